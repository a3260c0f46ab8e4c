"""Signed PDFs, checked by pyHanko's validator: whole and trusted, a changed byte found, nothing unsigned by stealth."""

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from sqlmodel import select

from exam.accounts.permissions import Role
from exam.certificates import jobs, keys, rendering, runtime, service_keys, signing
from exam.certificates.models import Certificate, SigningKey
from exam.core.errors import Invalid, Refused
from exam.credits.service_posting import post_outcome

from .test_rendering import VIEW

NOON = datetime(2026, 11, 6, 4, 0, tzinfo=UTC)
SECRET = b"s" * 32
REAL = datetime.now(UTC)


@pytest.fixture(scope="module")
def pair():
    """A key that is valid by the test's clock and by the computer's."""
    return keys.make("考试中心", min(NOON, REAL) - timedelta(days=1))


def checked(pdf, pair):
    (embedded,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    own = asn1_x509.Certificate.load(pair.own.public_bytes(serialization.Encoding.DER))
    return validate_pdf_signature(embedded, ValidationContext(trust_roots=[own], allow_fetching=False))


def p12(pair, passphrase=b"open"):
    how = serialization.BestAvailableEncryption(passphrase)
    return pkcs12.serialize_key_and_certificates(b"x", pair.key, pair.own, None, how)


def test_the_signature_is_whole_covers_everything_and_is_pades(pair):
    plain = rendering.render(VIEW)
    signed = signing.sign(plain, pair, "考试中心")
    assert signed.startswith(plain)
    status = checked(signed, pair)
    assert (status.intact, status.valid, status.trusted, status.bottom_line) == (True, True, True, True)
    (embedded,) = PdfFileReader(io.BytesIO(signed)).embedded_signatures
    assert embedded.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert status.coverage.name == "ENTIRE_FILE"


def test_a_changed_byte_is_found(pair):
    signed = bytearray(signing.sign(rendering.render(VIEW), pair, "考试中心"))
    place = re.search(rb"/MediaBox ?\[0 0 841", signed)
    assert place is not None
    signed[place.end() - 1] = ord("2")
    status = checked(bytes(signed), pair)
    assert not status.intact and not status.bottom_line


def test_a_key_is_read_from_pkcs12_and_refused_with_its_reason(pair):
    assert keys.read_pkcs12(p12(pair), "open", NOON).fingerprint == pair.fingerprint
    odd = ec.generate_private_key(ec.SECP256R1())
    alone = serialization.BestAvailableEncryption(b"open")
    for data, passphrase, now, code in (
        (b"", "", NOON, "signing-file-size"),
        (b"x" * (keys.MOST_BYTES + 1), "", NOON, "signing-file-size"),
        (b"no such file", "open", NOON, "signing-file-unreadable"),
        (p12(pair), "shut", NOON, "signing-file-unreadable"),
        (p12(pair), "", NOON, "signing-file-unreadable"),
        (
            pkcs12.serialize_key_and_certificates(b"x", None, pair.own, None, alone),
            "open",
            NOON,
            "signing-file-incomplete",
        ),
        (
            pkcs12.serialize_key_and_certificates(b"x", odd, None, None, alone),
            "open",
            NOON,
            "signing-file-incomplete",
        ),
        (p12(pair), "open", pair.own.not_valid_after_utc + timedelta(seconds=1), "signing-key-dates"),
        (p12(pair), "open", pair.own.not_valid_before_utc - timedelta(seconds=1), "signing-key-dates"),
    ):
        with pytest.raises(Invalid) as refused:
            keys.read_pkcs12(data, passphrase, now)
        assert [problem.code for problem in refused.value.problems] == [code]


def test_a_sealed_key_opens_under_its_secret_alone(pair):
    sealed = keys.seal(pair.key, SECRET)
    assert keys.open_pair(sealed, pair.chain, SECRET).key.private_numbers() == pair.key.private_numbers()
    with pytest.raises(Refused) as refused:
        keys.open_pair(sealed, pair.chain, b"t" * 32)
    assert refused.value.refusal.code == "signing-key-unreadable"
    assert "PRIVATE" not in repr(pair) and "key=" not in repr(pair)


@pytest.mark.parametrize(("past", "code"), [(-1, None), (0, None), (1, "signing-key-expired")])
def test_the_last_instant_of_a_key_still_counts(past, code):
    refusal = keys.usable(NOON - timedelta(days=1), NOON, NOON + timedelta(microseconds=past))
    assert (refusal.code if refusal else None) == code


@pytest.fixture
def due(world, database, app):
    """A certificate, due on 30 October, of an institution."""
    home = world.institution()
    person = world.person(home, Role.CANDIDATE, name="欧阳明")
    when = datetime(2026, 10, 8, 4, 0, tzinfo=UTC)
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
            at=when,
            now=when,
            window_closes=datetime(2026, 10, 10, 16, 0, tzinfo=UTC),
        )
        return home, person, db.exec(select(Certificate)).one().id


def work(app, clock):
    jobs.run(app.state)


def test_the_office_puts_a_key_in_and_certificates_are_signed(world, app, clock, database, due, pair):
    home, person, certificate_id = due
    office = world.signed_in(Role.REGISTRAR, institution_id=home)
    assert "还没有签名密钥" in office.get("/certificates/key").text
    sent = {"file": ("key.p12", p12(pair), "application/x-pkcs12")}
    wrong = office.post("/certificates/key", data={"what": "upload", "passphrase": "shut"}, files=sent)
    assert wrong.status_code == 422 and "密码不对" in wrong.text and "shut" not in wrong.text
    right = office.post("/certificates/key", data={"what": "upload", "passphrase": "open"}, files=sent)
    assert right.status_code == 303
    again = office.post("/certificates/key", data={"what": "upload", "passphrase": "open"}, files=sent)
    assert again.status_code == 422
    page = office.get("/certificates/key").text
    assert pair.fingerprint[:16] in page and "PRIVATE" not in page and "由机构上传" in page
    with database.reading() as db:
        row = db.exec(select(SigningKey)).one()
        assert row.sealed not in page and "PRIVATE" not in row.sealed
    office.post("/certificates/orders")
    work(app, clock)
    candidate = world.client(person, home)
    pdf = candidate.get(f"/my/certificates/{certificate_id}/file").content
    assert checked(pdf, pair).bottom_line
    assert office.post("/certificates/key", data={"what": "make"}).status_code == 303
    page = office.get("/certificates/key").text
    assert "在本系统生成，由机构自己签发" in page and "以前的密钥" in page
    assert candidate.get(f"/my/certificates/{certificate_id}/file").content == pdf
    with database.reading() as db:
        assert db.get_one(Certificate, certificate_id).signed_with == row.id


def test_an_expired_key_refuses_and_a_new_one_goes_on(world, app, clock, database, due, pair):
    home, person, certificate_id = due
    office = world.signed_in(Role.REGISTRAR, institution_id=home)
    sent = {"file": ("key.p12", p12(pair), "application/x-pkcs12")}
    office.post("/certificates/key", data={"what": "upload", "passphrase": "open"}, files=sent)
    assert office.post("/certificates/orders").status_code == 303
    with database.transaction() as db:
        row = db.exec(select(SigningKey)).one()
        row.not_after = NOON - timedelta(days=1)
        db.add(row)
    work(app, clock)
    with database.reading() as db:
        stuck = db.get_one(Certificate, certificate_id)
        assert (bool(stuck.number), stuck.pdf, stuck.problem) == (True, None, "signing-key-expired")
    candidate = world.client(person, home)
    told = candidate.get(f"/my/certificates/{certificate_id}/file")
    assert told.status_code == 409 and "到期" in told.text
    assert "到期" in office.get("/certificates/key").text and "签名密钥已到期" in office.get("/certificates").text
    assert office.post("/certificates/key", data={"what": "make"}).status_code == 303
    drawn = candidate.get(f"/my/certificates/{certificate_id}/file")
    assert drawn.status_code == 200 and b"/ETSI.CAdES.detached" in drawn.content
    assert "签名密钥已到期" not in office.get("/certificates").text


def test_an_order_is_refused_before_any_number_when_the_key_expired(world, app, clock, database, due):
    home, _, certificate_id = due
    office = world.signed_in(Role.REGISTRAR, institution_id=home)
    office.post("/certificates/key", data={"what": "make"})
    with database.transaction() as db:
        row = db.exec(select(SigningKey)).one()
        row.not_after = NOON - timedelta(days=1)
        db.add(row)
    told = office.post("/certificates/orders")
    assert told.status_code == 409 and "到期" in told.text
    with database.reading() as db:
        assert db.get_one(Certificate, certificate_id).number is None


def test_without_a_key_nothing_is_signed_nor_with_anothers_key(world, app, clock, database, due, pair):
    stranger = world.signed_in(Role.REGISTRAR)
    stranger.post("/certificates/key", data={"what": "make"})
    home, person, certificate_id = due
    office = world.signed_in(Role.REGISTRAR, institution_id=home)
    assert "还没有签名密钥" in office.get("/certificates/key").text
    office.post("/certificates/orders")
    work(app, clock)
    pdf = world.client(person, home).get(f"/my/certificates/{certificate_id}/file").content
    assert list(PdfFileReader(io.BytesIO(pdf)).embedded_signatures) == []
    with database.reading() as db:
        assert service_keys.current(db, home) is None


def test_a_photo_that_is_wanted_is_drawn_or_its_frame_stays_empty(world, app, clock, database, due, monkeypatch):
    import cv2
    import numpy as np
    from pypdf import PdfReader

    home, _, certificate_id = due
    office = world.signed_in(Role.REGISTRAR, institution_id=home)
    with database.transaction() as db:
        row = db.get_one(Certificate, certificate_id)
        row.scheme, row.kind, row.track = "ptp", "verification", "officer"
        row.scheme_version = "2099-01-01"
        db.add(row)
    office.post("/certificates/orders")
    _, picture = cv2.imencode(".png", np.full((490, 350, 3), 200, np.uint8))
    for asked, seen in ((None, False), ("f" * 64, False), (app.state.private.put(picture.tobytes()), True)):
        monkeypatch.setattr(runtime, "photo_for", [lambda _db, _row, asked=asked: asked])
        with database.transaction() as db:
            db.get_one(Certificate, certificate_id).pdf = None
        work(app, clock)
        page = PdfReader(io.BytesIO(office.get(f"/certificates/{certificate_id}/file").content)).pages[0]
        assert len(page.images) == int(seen)
        assert ("照片框空着" in office.get("/certificates").text) is not seen
