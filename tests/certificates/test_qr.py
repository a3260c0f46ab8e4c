"""The QR code, read from a picture of the PDF's page, leads to what the certificate is now."""

from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import cv2
import pypdfium2
import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from exam.accounts.permissions import Role
from exam.certificates import jobs, routes_own
from exam.certificates.models import Certificate
from exam.credits.service_posting import post_outcome

NOON = datetime(2026, 10, 8, 4, 0, tzinfo=UTC)


@pytest.fixture
def issued(world, database, app):
    """A signed, drawn certificate: the office's client, its id and its PDF."""
    routes_own.limiter.storage.reset()
    home = world.institution()
    person = world.person(home, Role.CANDIDATE, name="欧阳明")
    with database.transaction() as db:
        post_outcome(
            db,
            institution_id=home,
            person_id=person,
            scheme_key="changzhou",
            kind="passed",
            subject="QS",
            title="质量强国",
            source_kind="sitting",
            source_ref=1,
            at=NOON,
            now=NOON,
            window_closes=datetime(2026, 10, 10, 16, 0, tzinfo=UTC),
        )
        certificate_id = db.exec(select(Certificate)).one().id
    office = world.signed_in(Role.REGISTRAR, institution_id=home)
    office.post("/certificates/key", data={"what": "make"})
    office.post("/certificates/orders")
    jobs.run(app.state)
    return office, certificate_id, office.get(f"/certificates/{certificate_id}/file").content


def scanned(pdf):
    """What a reader finds; OpenCV's misses a picture now and then, so it gets several, as a telephone does."""
    with pypdfium2.PdfDocument(pdf) as document:
        for scale in (2.5, 3, 3.5, 4):
            picture = document[0].render(scale=scale).to_numpy()
            text, _, _ = cv2.QRCodeDetector().detectAndDecode(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))
            if text:
                return text
    return ""


def test_the_scanned_address_tells_in_force_expired_revoked(issued, app, database):
    office, certificate_id, pdf = issued
    address = urlsplit(scanned(pdf))
    assert f"{address.scheme}://{address.netloc}" == str(app.state.settings.public_url).rstrip("/")
    assert address.path.startswith("/check/")
    stranger = TestClient(app)
    assert "这张证书有效" in stranger.get(address.path).text
    with database.transaction() as db:
        db.get_one(Certificate, certificate_id).valid_until = date(2026, 11, 6)
    assert "这张证书有效" in stranger.get(address.path).text  # the last day still counts
    with database.transaction() as db:
        db.get_one(Certificate, certificate_id).valid_until = date(2026, 11, 5)
    assert "已经过期" in stranger.get(address.path).text
    office.post(f"/certificates/{certificate_id}/revoke", data={"reason": "冒名顶替"})
    told = stranger.get(address.path).text
    assert "已被吊销" in told
    assert "欧阳明" not in told and "冒名顶替" not in told
