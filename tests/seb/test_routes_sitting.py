"""The pages of a sitting whose exam requires SEB, by the short way and the ordinary one; unlocking it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from starlette.applications import Starlette

from exam.accounts.permissions import Role
from exam.seb.keys import bound
from exam.sessions import service
from tests.conftest import Client, World
from tests.seb.making import SITE, WRONG, add_browser_key, by_header, by_page, require
from tests.sessions.conftest import Hall, answer

Join = Callable[[Client], Client]


@pytest.fixture(params=["short", "ordinary"])
def join(request: pytest.FixtureRequest, app: Starlette) -> Iterator[Join]:
    """The app with its writer running (requests take the short way) or without; has a client use the app's one loop."""
    if request.param == "ordinary":
        yield lambda client: client
        return

    def joined(client: Client) -> Client:
        client.portal = running.portal
        return client

    with Client(app, base_url=SITE) as running:
        yield joined


class Desk:
    """A candidate's browser, with SEB's headers (`how` "header") or without but with its word to the page ("page")."""

    def __init__(self, client: Client, sitting_id: int, key: str, how: str) -> None:
        self.client, self.sitting_id, self.key, self.how = client, sitting_id, key, how
        self.page = f"/sittings/{sitting_id}"

    def headers(self, path: str, key: str | None = None) -> dict[str, str]:
        key = self.key if key is None else key
        if not key:
            return {}
        return by_header(key, path) if self.how == "header" else by_page(key, self.sitting_id)

    def get(self, key: str | None = None) -> Any:
        """The page as the browser navigates to it: only headers of SEB's own can come with that."""
        return self.client.get(self.page, headers=self.headers(self.page, key) if self.how == "header" else {})

    def post(self, action: str, body: Any, key: str | None = None) -> Any:
        path = f"{self.page}/{action}"
        return self.client.post(path, json=body, headers=self.headers(path, key))

    def start(self, key: str | None = None) -> Any:
        path = f"{self.page}/start"
        data = {"csrf_token": self.client.csrf}
        headers = self.headers(path, key)
        if self.how == "page":
            data["seb"] = headers.pop("X-Exam-Seb", "")
        return self.client.post(path, data=data, headers=headers)


@pytest.fixture(params=["header", "page"])
def desk(request: pytest.FixtureRequest, join: Join, world: World, hall: Hall) -> Desk:
    person = world.person(hall.institution_id, Role.CANDIDATE)
    sitting_id = hall.prepared(person)
    return Desk(join(world.client(person, hall.institution_id)), sitting_id, require(hall), request.param)


@pytest.fixture
def proctor(desk: Desk, join: Join, world: World, hall: Hall) -> Client:
    return join(world.client(world.person(hall.institution_id, Role.PROCTOR), hall.institution_id))


def test_from_the_start_page_to_the_end_in_seb(desk: Desk) -> None:
    start = desk.client.get(desk.page).text
    assert "在 SEB 中打开" in start and "seb://127.0.0.1:8000/seb/files/" in start
    assert 'name="seb"' in start
    for key, words in (("", "现在的浏览器不是"), (WRONG, "配置或版本不是这门考试要求的")):
        refused = desk.start(key)
        assert refused.status_code == 409
        assert words in refused.text
    assert desk.start().status_code == 303
    if desk.how == "page":
        waiting = desk.get().text
        assert 'id="seb-check"' in waiting and "1+1?" not in waiting
        assert desk.post("seb", {}).json() == {"finding": "present"}
    assert "1+1?" in desk.get().text
    assert desk.post("claim", {}).status_code == 200
    saved = desk.post("sync", {"claim": 1, "answers": [answer(0, 1, {"at": 1})], "events": []})
    assert saved.json()["accepted"][0]["status"] == "saved"
    assert "locked" not in saved.json()
    assert desk.post("submit", {"claim": 1, "answers": []}).json()["state"] == "submitted"
    end = desk.client.get(desk.page).text
    assert 'href="http://127.0.0.1:8000/seb/quit"' in end


def test_outside_seb_no_question_is_ever_sent_and_it_is_noted_once_a_minute(desk: Desk, hall: Hall) -> None:
    assert desk.start().status_code == 303
    for _ in range(2):
        page = desk.client.get(desk.page)
        assert page.status_code == 200
        assert "1+1?" not in page.text and 'id="seb-check"' in page.text
        answered = desk.client.post(f"{desk.page}/seb", json={})
        assert (answered.status_code, answered.json()["error"]) == (409, "seb-needed")
    data = desk.client.get(f"{desk.page}/paper")
    assert (data.status_code, data.json()["error"]) == (409, "seb-needed")
    assert log(hall, desk) == ["seb.outside"]
    hall.clock.advance(timedelta(seconds=60))
    assert desk.post("seb", {}, WRONG).json()["finding"] == "absent"
    assert log(hall, desk) == ["seb.outside", "seb.outside"]


def log(hall: Hall, desk: Desk) -> list[str]:
    with hall.database.reading() as db:
        assert service.check_log(db, desk.sitting_id) is None
        return [row.kind for row in service.walk_log(db, desk.sitting_id) if row.kind.startswith("seb.")]


@pytest.mark.parametrize("desk", ["page"], indirect=True)
def test_a_pass_is_for_one_minute_one_sitting_and_one_person(desk: Desk, hall: Hall, world: World) -> None:
    desk.start()
    desk.post("seb", {})
    assert "1+1?" in desk.get().text
    cookie = desk.client.cookies.get(f"seb{desk.sitting_id}", path=desk.page)
    assert cookie
    stranger_id = world.person(hall.institution_id, Role.CANDIDATE)
    stranger = world.client(stranger_id, hall.institution_id)
    stranger.portal = desk.client.portal
    other = hall.prepared(stranger_id)
    stranger.post(f"/sittings/{other}/start", data={"csrf_token": stranger.csrf, "seb": proof(desk.key, other)})
    stranger.cookies.set(f"seb{other}", cookie)
    assert 'id="seb-check"' in stranger.get(f"/sittings/{other}").text
    hall.clock.advance(timedelta(seconds=61))
    assert 'id="seb-check"' in desk.get().text


def proof(key: str, sitting_id: int) -> str:
    return by_page(key, sitting_id)["X-Exam-Seb"]


def test_an_address_with_more_in_it_goes_to_the_plain_one(desk: Desk) -> None:
    desk.start()
    answered = desk.client.get(f"{desk.page}?lang=zh")
    assert (answered.status_code, answered.headers["location"]) == (303, desk.page)


def test_a_mismatch_in_the_middle_locks_and_a_supervisor_unlocks(desk: Desk, proctor: Client, hall: Hall) -> None:
    desk.start()
    desk.post("claim", {})
    told = desk.post("sync", {"claim": 1, "answers": [answer(0, 1, {"at": 1})], "events": []}, WRONG).json()
    assert told["accepted"][0]["status"] == "saved"
    assert told["locked"]["why"] == "other-config"
    page = desk.get().text
    assert "答卷已锁定" in page and "1+1?" not in page
    watch = proctor.get(f"{desk.page}/watch").text
    assert "等待解锁" in watch and "请求来自另一种配置或版本的 SEB" in watch
    assert "允许这名考生不用 SEB" not in watch
    (row,) = proctor.get(f"/sittings/live?only={desk.sitting_id}").json()["rows"]
    assert (row["state"], row["locked"]) == ("in-progress", True)
    assert "已锁定" in proctor.get("/sittings").text
    empty = proctor.post(f"{desk.page}/seb/unlock", data={"reason": " "})
    assert empty.status_code == 422
    assert 'href="#f-unlock-reason"' in empty.text
    assert proctor.post(f"{desk.page}/seb/unlock", data={"reason": "SEB 崩溃，已查看"}).status_code == 303
    again = proctor.get(f"{desk.page}/watch").text
    assert "SEB 崩溃，已查看" in again and "等待解锁" not in again
    assert "locked" not in desk.post("sync", {"claim": 1, "answers": [], "events": []}).json()
    proctor.cookies.set("lang", "en")
    assert "Paper unlocked" in proctor.get(f"{desk.page}/watch").text


def test_the_office_lets_somebody_do_without(desk: Desk, proctor: Client, join: Join, world: World, hall: Hall) -> None:
    office = join(world.client(world.person(hall.institution_id, Role.REGISTRAR), hall.institution_id))
    assert proctor.post(f"{desk.page}/seb/excuse", data={"reason": "x"}).status_code == 403
    assert "允许这名考生不用 SEB" in office.get(f"{desk.page}/watch").text
    assert office.post(f"{desk.page}/seb/excuse", data={"reason": "用读屏软件"}).status_code == 303
    assert "已允许您不用 SEB" in desk.client.get(desk.page).text
    assert desk.start("").status_code == 303
    assert "1+1?" in desk.client.get(desk.page).text
    assert desk.client.get(f"{desk.page}/paper").status_code == 200
    again = office.post(f"{desk.page}/seb/excuse", data={"reason": "再次"})
    assert again.status_code == 303


def test_browser_exam_keys_ask_for_a_version(desk: Desk, hall: Hall) -> None:
    add_browser_key(hall.database, hall, "b" * 64)
    assert desk.start().status_code == 409  # the right configuration, in a version nobody named


@pytest.mark.parametrize("desk", ["header"], indirect=True)
def test_a_host_that_the_request_names_is_never_believed(desk: Desk) -> None:
    path = f"{desk.page}/start"
    forged = {"X-SafeExamBrowser-ConfigKeyHash": bound(f"http://evil.example{path}", desk.key), "Host": "evil.example"}
    answered = desk.client.post(path, data={"csrf_token": desk.client.csrf}, headers=forged)
    assert answered.status_code == 409


def test_where_our_configuration_begins(desk: Desk, hall: Hall, join: Join, world: World) -> None:
    enter = desk.client.get(f"/seb/exams/{hall.exam_id}")
    assert (enter.status_code, enter.headers["location"]) == (303, desk.page)
    someone = join(world.client(world.person(hall.institution_id, Role.CANDIDATE), hall.institution_id))
    assert someone.get(f"/seb/exams/{hall.exam_id}").headers["location"] == "/my-exams"
    elsewhere = world.institution()
    stranger = join(world.client(world.person(elsewhere, Role.CANDIDATE), elsewhere))
    assert stranger.get(f"/seb/exams/{hall.exam_id}").status_code == 404
