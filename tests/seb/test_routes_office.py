"""The office's page: forms that keep what was typed, the file and who may fetch it, both languages."""

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from exam.seb import config, links
from tests.scheduling.conftest import Case

FILE = config.write({"startURL": "https://exam.example.org/", "allowQuit": False})


@pytest.fixture
def office(case: Case, world):
    return world.client(case.registrar.person_id, case.institution)


def page(case: Case) -> str:
    return f"/exams/{case.exam_id}/seb"


def test_from_nothing_to_a_configuration_with_versions_in_both_languages(case: Case, office) -> None:
    assert page(case) in office.get(f"/exams/{case.exam_id}").text
    for language in ("zh", "en"):
        office.cookies.set("lang", language)
        assert office.get(page(case)).status_code == 200
    assert office.post(page(case), data={"required": "yes", "mode": "ours", "camera": "yes"}).status_code == 303
    key = "ab" * 32
    assert office.post(f"{page(case)}/keys", data={"key": key, "note": "Windows 3.9"}).status_code == 303
    for language, word in (("zh", "要求使用"), ("en", "Required")):
        office.cookies.set("lang", language)
        text = office.get(page(case)).text
        assert word in text and key in text and "Windows 3.9" in text
    answer = office.get(f"{page(case)}/file")
    assert answer.headers["content-type"] == "application/seb"
    assert answer.headers["content-disposition"].endswith('.seb"')
    assert config.read(answer.content)["startURL"] == f"http://127.0.0.1:8000/seb/exams/{case.exam_id}"


def test_an_upload_and_what_is_wrong_with_one(case: Case, office) -> None:
    data = {"required": "yes", "mode": "uploaded"}
    wrong = office.post(page(case), data=data, files={"file": ("x.seb", b"pswd1234")})
    assert wrong.status_code == 422
    assert "文件是加密的" in wrong.text
    assert 'value="uploaded" checked' in wrong.text and 'name="required" value="yes" checked' in wrong.text
    large = office.post(page(case), data=data, files={"file": ("x.seb", b" " * (config.MAX_FILE + 1))})
    assert large.status_code == 422
    huge = office.post(page(case), data=data, files={"file": ("x.seb", b" " * (3 * 1024 * 1024))})
    assert huge.status_code == 413
    right = office.post(page(case), data=data, files={"file": ("学院 配置.seb", FILE)})
    assert right.status_code == 303
    assert "学院 配置.seb" in office.get(page(case)).text
    assert office.get(f"{page(case)}/file").content == FILE


def test_a_key_that_is_none_keeps_what_was_typed(case: Case, office) -> None:
    office.post(page(case), data={"mode": "ours"})
    answer = office.post(f"{page(case)}/keys", data={"key": "<abc>", "note": "SEB 3.9"})
    assert answer.status_code == 422
    assert 'value="&lt;abc&gt;"' in answer.text and 'value="SEB 3.9"' in answer.text


def test_seb_itself_fetches_the_file_by_its_ticket_without_any_sign_in(case: Case, office, app) -> None:
    ticket = links.ticket(app.state.secret, case.exam_id, case.now)
    seb = TestClient(app, base_url="http://127.0.0.1:8000")
    address = f"/seb/files/{ticket}/exam.seb"
    assert seb.get(address).status_code == 404  # nothing to give
    office.post(page(case), data={"mode": "ours"})
    assert seb.get(address).status_code == 404  # not asked for
    office.post(page(case), data={"required": "yes", "mode": "ours"})
    assert seb.head(address).status_code == 200
    assert seb.get(address).headers["content-type"] == "application/seb"
    assert seb.get("/seb/files/forged/exam.seb").status_code == 404
    case.clock.advance(links.VALID + timedelta(seconds=1))
    assert seb.get(address).status_code == 404


def test_whoever_sees_the_last_page_is_not_in_seb(case: Case, world) -> None:
    assert "可以直接关闭窗口" in world.signed_in().get("/seb/quit").text


def test_an_address_that_has_changed_is_noticed(case: Case, office, app) -> None:
    office.post(page(case), data={"required": "yes", "mode": "ours"})
    app.state.settings.public_url = "https://new.example.org"
    assert "https://new.example.org/seb/exams/" in office.get(page(case)).text
