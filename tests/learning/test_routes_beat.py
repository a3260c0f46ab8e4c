"""Reports through the application, with a sign-in: by the short way and by the ordinary one."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from starlette.applications import Starlette

from exam.accounts.access import SESSION_COOKIE
from exam.accounts.permissions import Role
from exam.learning import runtime, service_runs, signals
from exam.learning.heartbeat import MAX_BODY
from exam.learning.judging import SILENT
from exam.learning.models import LearningRun
from tests.conftest import Client
from tests.learning.making import published, selected

GOOD: dict[str, Any] = {
    "number": 1,
    "at": 0,
    "played": 0,
    "chapter": 1,
    "position": 0,
    "idle": 0,
    "playing": True,
    "visible": True,
    "focused": True,
}


def body(*beats: Any, **more: Any) -> bytes:
    return orjson.dumps({"player": "p", "beats": list(beats), **more})


@pytest.fixture(params=["short", "ordinary"])
def join(request: pytest.FixtureRequest, app: Starlette) -> Iterator[Callable[[Client], Client]]:
    """The app with its runtime started (reports take the short way) or without."""
    if request.param == "ordinary":
        signals.over.append(app.state.learning.desk.drop)
        yield lambda client: client
        signals.over.remove(app.state.learning.desk.drop)
        return

    def joined(client: Client) -> Client:
        client.portal = running.portal
        return client

    with Client(app, base_url="http://127.0.0.1:8000") as running:
        yield joined


@pytest.fixture
def learner(join: Any, world: Any, place: Any, database: Any) -> Any:
    """A signed-in candidate who has opened the course; the browser and what it was told."""
    with database.transaction() as db:
        made = published(db, place.office)
        selection = selected(db, place.me, made)
    client = join(world.client(place.me.person_id, place.institution))
    client.selection_id = selection.id
    told = client.post(f"/learn/{selection.id}/open", json={"at": 5, "device": "x"})
    assert told.status_code == 200, told.text
    return client, told.json()


def beats(client: Client, told: Any, *given_beats: Any, **more: Any) -> Any:
    whole = [GOOD | {"chapter": told["chapter"], "at": 5} | each for each in given_beats]
    return client.post("/learn/beat", json={"player": told["player"], "beats": whole}, **more)


def test_time_that_is_learned(learner: Any, clock: Any, database: Any, app: Any) -> None:
    client, told = learner
    assert beats(client, told, {}).json()["credited"] == 0
    clock.advance(timedelta(seconds=10))
    answer = beats(client, told, {"number": 2, "at": 10_005, "played": 10_000, "position": 10_000})
    assert (answer.status_code, answer.json()["credited"], answer.json()["verified"]) == (200, 10_000, 10_000)
    assert answer.headers["cache-control"] == "no-store"
    again = beats(client, told, {"number": 2, "at": 10_005, "played": 10_000, "position": 10_000}).json()
    assert (again["credited"], again["counted"], again["why"]) == (0, 10_000, "known")
    runtime.tick(app.state.learning)
    with database.reading() as db:
        assert db.get_one(LearningRun, 1).counted_ms == 10_000


def test_who_is_not_let_in(learner: Any, world: Any, place: Any) -> None:
    client, told = learner
    assert beats(client, told, {}, headers={"X-CSRF-Token": "wrong"}).status_code == 403
    assert beats(client, told, {}, headers={"X-CSRF-Token": ""}).status_code == 403
    office = world.client(world.person(place.institution, Role.REGISTRAR), place.institution)
    office.portal = client.portal
    assert beats(office, told, {}).status_code == 403
    other = world.client(place.other.person_id, place.institution)
    other.portal = client.portal
    assert (beats(other, told, {}).status_code, beats(other, told, {}).json()) == (409, {"error": "reopen"})
    client.cookies.set(SESSION_COOKIE, "nobody")
    assert beats(client, told, {}).status_code == 401


@pytest.mark.parametrize("given_body", [b"", b"{", b"[]", body(GOOD | {"at": -1})])
def test_malformed_reports(learner: Any, given_body: bytes) -> None:
    client, _ = learner
    answer = client.post("/learn/beat", content=given_body)
    assert (answer.status_code, answer.json()) == (400, {"error": "malformed"})


def test_a_report_that_is_too_long(learner: Any) -> None:
    client, _ = learner
    assert client.post("/learn/beat", content=b" " * (2 * 1024 * 1024)).status_code == 413
    assert client.post("/learn/beat", content=iter([b" " * MAX_BODY, b" " * MAX_BODY * 20])).status_code == 413


def test_only_posts_are_reports(learner: Any) -> None:
    client, _ = learner
    assert client.get("/learn/beat").status_code in (404, 405)


def test_another_course_in_another_window(learner: Any, clock: Any, database: Any, place: Any) -> None:
    client, told = learner
    with database.transaction() as db:
        other = selected(db, place.me, published(db, place.office))
    beats(client, told, {})
    clock.advance(timedelta(seconds=10))
    client.post(f"/learn/{other.id}/open", json={"at": 5, "device": "x"})
    answer = beats(client, told, {"number": 2, "at": 10_005, "played": 10_000}).json()
    assert (answer["credited"], answer["others"]) == (10_000, True)
    clock.advance(timedelta(seconds=10))
    answer = beats(client, told, {"number": 3, "at": 20_005, "played": 10_000}).json()
    assert (answer["credited"], answer["why"]) == (0, "other-course")
    clock.advance(timedelta(milliseconds=SILENT))
    assert beats(client, told, {"number": 4, "at": 50_005, "played": 0}).json()["others"] is False


def test_coming_back_to_a_quiz_is_counted_once(learner: Any, clock: Any) -> None:
    client, told = learner
    beats(client, told, {})
    clock.advance(timedelta(seconds=30))
    quiz = beats(client, told, {"number": 2, "at": 30_005, "played": 30_000, "position": 30_000}).json()["quiz"]
    assert client.get(f"/learn/quizzes/{quiz}").status_code == 200
    assert client.post(f"/learn/quizzes/{quiz}/shown").json()["left_ms"] == 60_000
    clock.advance(timedelta(seconds=200))
    back = client.post(f"/learn/quizzes/{quiz}/back").json()
    assert (back["leaves"], back["left_ms"]) == (1, 60_000)
    clock.advance(timedelta(seconds=1))
    beats(client, told, {"number": 3, "at": 231_005, "position": 30_000, "playing": False})
    assert client.post(f"/learn/quizzes/{quiz}/back").json()["leaves"] == 1
    clock.advance(timedelta(seconds=200))
    again = client.post(f"/learn/{client.selection_id}/open", json={"at": 5, "device": "x"}).json()
    beats(client, again, {"position": 30_000, "playing": False})
    assert client.post(f"/learn/quizzes/{quiz}/back").json()["leaves"] == 2
    answered = client.post(f"/learn/quizzes/{quiz}/answer", json={"responses": [None, None]}).json()
    assert answered["state"] == "timed-out"  # nothing was answered
    assert beats(client, again, {"number": 2}).status_code == 409


def test_the_table_is_made_anew_from_the_database(learner: Any, app: Any, clock: Any, database: Any) -> None:
    client, told = learner
    beats(client, told, {})
    clock.advance(timedelta(seconds=10))
    beats(client, told, {"number": 2, "at": 10_005, "played": 10_000, "position": 10_000})
    runtime.tick(app.state.learning)
    app.state.learning.desk.drop(1)
    assert beats(client, told, {"number": 3}).json() == {"error": "reopen"}
    again = client.post(f"/learn/{client.selection_id}/open", json={"at": 5, "device": "x"}).json()
    assert (again["counted"], again["position"], again["run"]) == (10_000, 10_000, 1)
    with database.reading() as db:
        assert service_runs.learners(db, db.get_one(LearningRun, 1).course_id) == 1
