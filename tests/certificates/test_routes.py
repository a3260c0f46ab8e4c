"""The pages: from due to a downloaded PDF, the public question, the office's orders and settings, each bounded."""

import re
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from exam.accounts.permissions import Role
from exam.certificates import jobs, routes_own
from exam.certificates.models import Certificate
from exam.credits.service_posting import post_outcome

NOON = datetime(2026, 10, 8, 4, 0, tzinfo=UTC)
CLOSES = datetime(2026, 10, 10, 16, 0, tzinfo=UTC)


@pytest.fixture
def passed(world, database, app):
    """Somebody who passed in October: their institution, person and certificate, due on 30 October."""
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
            window_closes=CLOSES,
        )
        row = db.exec(select(Certificate)).one()
    return home, person, row.id


@pytest.fixture
def office(world, passed):
    return world.signed_in(Role.REGISTRAR, institution_id=passed[0])


def run_orders(app, clock):
    jobs.work(app.state.database, app.state.objects, "http://127.0.0.1:8000", clock.now())


def test_from_due_to_a_downloaded_pdf_and_the_public_check(world, app, clock, database, office, passed):
    home, person, certificate_id = passed
    candidate = world.client(person, home)
    page = candidate.get("/my/certificates").text
    assert "待发放" in page and "2026-10-30" in page and "下载 PDF" not in page
    assert candidate.get(f"/my/certificates/{certificate_id}/file").status_code == 404
    ordered = office.post("/certificates/orders")
    assert ordered.status_code == 303
    run_orders(app, clock)
    progress = office.get(ordered.headers["location"]).text
    assert "已编号 1 张，已生成 PDF 1 张，共 1 张" in progress and "处理完" in progress
    page = candidate.get("/my/certificates").text
    number = re.search(r"CZ-2026-\d{6}", page)
    assert number is not None
    pdf = candidate.get(f"/my/certificates/{certificate_id}/file")
    assert pdf.content.startswith(b"%PDF") and pdf.headers["cache-control"] == "no-store"
    assert pdf.content == office.get(f"/certificates/{certificate_id}/file").content
    with database.reading() as db:
        token = db.get_one(Certificate, certificate_id).token
    scanned = candidate.get(f"/check/{token}")
    assert "这张证书有效" in scanned.text and "欧阳明" not in _main(scanned.text)


def _main(text):
    return text[text.index("<main") : text.index("</main>")]


def test_the_public_question_tells_nothing_to_who_lacks_the_name(world, app, clock, office, passed):
    office.post("/certificates/orders")
    run_orders(app, clock)
    asked = office.post("/check", data={"number": "CZ-2026-000001", "name": "欧阳明"}).text
    wrong = office.post("/check", data={"number": "CZ-2026-000001", "name": "某某"}).text
    unknown = office.post("/check", data={"number": "CZ-2026-999999", "name": "某某"}).text
    assert "这张证书有效" in asked
    assert "查无此证" in wrong and "查无此证" in unknown and "质量强国" not in wrong
    nothing = office.get("/check/unknown-token")
    assert nothing.status_code == 200 and "查无此证" in nothing.text
    assert office.get("/check").status_code == 200
    assert 'content="noindex"' in asked


def test_questions_are_bounded(office, passed):
    told = [office.post("/check", data={"number": "x", "name": "y"}).status_code for _ in range(31)]
    assert told[:30] == [200] * 30 and told[30] == 409


def test_revoking_asks_why_and_is_told_to_the_public(world, app, clock, office, passed):
    home, person, certificate_id = passed
    office.post("/certificates/orders")
    run_orders(app, clock)
    address = f"/certificates/{certificate_id}/revoke"
    assert "吊销不能撤回" in office.get(address).text
    assert office.post(address, data={"reason": " "}).status_code == 422
    assert office.post(address, data={"reason": "冒名顶替"}).status_code == 303
    assert "已被吊销" in office.post("/check", data={"number": "CZ-2026-000001", "name": "欧阳明"}).text
    candidate = world.client(person, home)
    assert "冒名顶替" in candidate.get("/my/certificates").text
    assert candidate.get(f"/my/certificates/{certificate_id}/file").status_code == 404


def test_other_institutions_and_other_candidates_see_nothing(world, app, clock, office, passed):
    home, _, certificate_id = passed
    office.post("/certificates/orders")
    run_orders(app, clock)
    stranger = world.signed_in(Role.REGISTRAR)
    assert "CZ-2026" not in stranger.get("/certificates").text
    assert stranger.get(f"/certificates/{certificate_id}/file").status_code == 404
    assert stranger.post(f"/certificates/{certificate_id}/revoke", data={"reason": "x"}).status_code == 404
    other = world.signed_in(Role.CANDIDATE, institution_id=home)
    assert other.get(f"/my/certificates/{certificate_id}/file").status_code == 404
    assert "CZ-2026" not in other.get("/my/certificates").text


def test_nothing_due_is_said(world):
    office = world.signed_in(Role.REGISTRAR)
    answer = office.post("/certificates/orders")
    assert answer.status_code == 409 and "没有到发放日期" in answer.text


def test_settings_check_the_numbers_and_keep_what_was_typed(office, passed):
    wrong = office.post("/certificates/settings", data={"name": "中心", "body": "X1", "approval": "CNCA-1"})
    assert wrong.status_code == 422 and 'value="X1"' in wrong.text and "CCAA012" in wrong.text
    right = {"name": "中心", "body": "ccaa012", "approval": "CNCA-R-2002-001"}
    assert office.post("/certificates/settings", data=right).status_code == 303
    assert 'value="CCAA012"' in office.get("/certificates/settings").text


def test_a_corrected_day_is_recorded_and_moves_the_date(world, office, passed, database):
    day = {"what": "day", "day": "2026-10-24", "working": "yes", "reason": "调休上班"}
    assert office.post("/certificates/settings", data={**day, "day": "soon"}).status_code == 422
    assert office.post("/certificates/settings", data={**day, "reason": ""}).status_code == 422
    assert office.post("/certificates/settings", data=day).status_code == 303
    assert "调休上班" in office.get("/certificates/settings").text
    with database.reading() as db:
        assert db.get_one(Certificate, passed[2]).due_on.isoformat() == "2026-10-29"


def test_the_list_is_filtered(office, passed):
    assert "欧阳明" in office.get("/certificates?state=due").text
    assert "欧阳明" not in office.get("/certificates?state=issued").text
    assert "欧阳明" in office.get("/certificates?q=欧阳").text
    assert "欧阳明" not in office.get("/certificates?q=李").text
    assert office.get("/certificates?state=odd&page=0").status_code == 200
