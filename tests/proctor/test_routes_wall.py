"""The wall and a sitting's page as proctors get them; what they may not do is refused beside the field."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import event
from sqlmodel import select
from starlette.applications import Starlette

from exam.accounts.permissions import Role
from exam.core import streams
from exam.core.audit import AuditEvent
from exam.proctor.models import Frame, Proctored
from exam.proctor.models_incidents import Incident
from exam.proctor.wall import board as wall_board
from exam.proctor.wall import queries as queries_wall
from exam.proctor.wall.queries import Place
from exam.sessions.instants import micros
from tests.conftest import Client, World
from tests.proctor.conftest import Room, make_room, picture
from tests.sessions.conftest import Hall


@pytest.fixture
def proctor(room: Room, world: World) -> Iterator[Client]:
    """A proctor of the room's institution."""
    institution = room.hall.institution_id
    yield world.client(world.person(institution, Role.PROCTOR), institution)


def incident(room: Room, kind: str = "several-faces", severity: int = 3, **more: Any) -> int:
    with room.database.transaction() as db:
        row = Incident(
            institution_id=room.hall.institution_id,
            sitting_id=room.sitting,
            kind=kind,
            severity=severity,
            began_at=room.clock.now(),
            noted_at=room.clock.now(),
            **{
                "origin": "camera",
                "reason": {"hits": 3, "of": 4},
                "scores": {"score": [0.71, 0.93]},
                "detector": "yunet-320/1",
                **more,
            },
        )
        db.add(row)
        db.flush()
        return row.id or 0


def frames(room: Room, app: Starlette, count: int) -> None:
    with room.database.transaction() as db:
        for number in range(1, count + 1):
            digest = app.state.private.put(picture(number))
            at = micros(room.clock.now()) + number * 5_000_000
            seen = {"faces": "one"}
            db.add(Frame(sitting_id=room.sitting, number=number, at=at, picture=digest, size=1, observation=seen))
        row = db.get_one(Proctored, room.sitting)
        row.frame_at, row.frame_number, row.heard_at = room.clock.now(), count, room.clock.now()
        db.add(row)


def test_the_wall_shows_who_needs_somebody_first(room: Room, proctor: Client, app: Starlette) -> None:
    frames(room, app, 1)
    text = proctor.get("/proctoring").text
    assert "现在没有人需要您马上看" in text and f"/proctoring/sittings/{room.sitting}/pictures/1?size=small" in text
    incident(room)
    text = proctor.get("/proctoring").text
    first = text.index("data-first")
    assert first < text.index(f'data-tile="{room.sitting}"') < text.index("data-rest")
    assert "画面里不止一张脸" in text and "正在发生，请马上看" in text


def test_the_visit_is_written_down_once(room: Room, proctor: Client) -> None:
    for _ in range(3):
        assert proctor.get("/proctoring").status_code == 200
    room.clock.advance(timedelta(minutes=10))
    proctor.get("/proctoring")
    with room.database.reading() as db:
        assert len(db.exec(select(AuditEvent).where(AuditEvent.action == "proctor.wall")).all()) == 2


def test_the_wall_is_narrowed_and_another_institution_sees_nothing(room: Room, proctor: Client, world: World) -> None:
    incident(room, "away", 1)
    here = f'data-tile="{room.sitting}"'
    exam = room.hall.exam_id
    for query, there in [
        (f"exam={exam}", True),
        (f"exam={exam + 1}", False),
        ("room=1", True),
        ("room=2", False),
        ("kind=away&undecided=yes", True),
        ("kind=covered", False),
        ("line=unknown", True),
        ("line=lost", False),
        ("exam=x&room=-1&line=?&kind=nobody", True),
    ]:
        assert (here in proctor.get(f"/proctoring?{query}").text) is there, query
    stranger = world.signed_in(Role.PROCTOR)
    assert here not in stranger.get("/proctoring").text
    assert stranger.get("/proctoring/live").json()["tiles"] == []
    for path in ("", "/frames", "/do/message"):
        assert stranger.get(f"/proctoring/sittings/{room.sitting}{path}").status_code == 404
    assert world.signed_in(Role.CANDIDATE).get("/proctoring").status_code == 403


def test_a_human_route_and_a_focus_exam_have_tiles_without_pictures(room: Room, proctor: Client) -> None:
    with room.database.transaction() as db:
        row = db.get_one(Proctored, room.sitting)
        row.route = "human"
        db.add(row)
    assert "人工监考，不用摄像头" in proctor.get("/proctoring").text
    with room.database.transaction() as db:
        row = db.get_one(Proctored, room.sitting)
        row.route, row.terms = "camera", {**row.terms, "level": "focus"}
        db.add(row)
    assert "只看页面焦点，没有画面" in proctor.get("/proctoring").text


def test_what_is_muted_is_shown(room: Room, proctor: Client) -> None:
    with room.database.transaction() as db:
        row = db.get_one(Proctored, room.sitting)
        row.terms = {**row.terms, "accommodations": ["head-movement"]}
        db.add(row)
    assert "头部活动" in proctor.get("/proctoring").text
    text = proctor.get(f"/proctoring/sittings/{room.sitting}").text
    assert "因此不计的信号" in text and "脸长时间转开" in text


def test_a_sittings_page(room: Room, proctor: Client, app: Starlette) -> None:
    frames(room, app, 12)
    number = incident(room, first_frame=4, last_frame=7)
    incident(room, "blind", 2, origin="blind")
    room.clock.advance(timedelta(minutes=2))
    text = proctor.get(f"/proctoring/sittings/{room.sitting}?frame=4").text
    assert "画面里不止一张脸（4 帧画面中的 3 帧）" in text and "yunet-320/1" in text and "0.93" in text
    assert "请看一看这一段" not in text, "what was drawn blindly is for review alone"
    assert f'id="incident-{number}"' in text and "<svg" in text
    assert f"/proctoring/sittings/{room.sitting}/pictures/4" in text


@pytest.mark.parametrize(
    ("around", "first", "last"),
    [(None, 12, 20), (20, 12, 20), (1, 1, 9), (0, 1, 9), (5, 1, 9), (6, 2, 10), (10, 6, 14), (99, 12, 20)],
)
def test_the_strip_is_always_full(
    room: Room, proctor: Client, app: Starlette, around: int | None, first: int, last: int
) -> None:
    frames(room, app, 20)
    query = "" if around is None else f"?around={around}"
    told = proctor.get(f"/proctoring/sittings/{room.sitting}/frames{query}").json()
    assert [each["number"] for each in told["frames"]] == list(range(first, last + 1))
    assert told["newest"] == 20


def test_deeds_by_their_forms(room: Room, proctor: Client) -> None:
    at = f"/proctoring/sittings/{room.sitting}/do"
    assert "常用语" in proctor.get(f"{at}/message").text
    assert proctor.get(f"{at}/dance").status_code == 404
    wrong = proctor.post(f"{at}/extra", data={"minutes": "99", "words": ""})
    assert wrong.status_code == 422 and "f-minutes-error" in wrong.text and "f-words-error" in wrong.text
    done = proctor.post(f"{at}/message", data={"usual": "0"})
    assert done.status_code == 303 and done.headers["location"].endswith("?done=message")
    assert "已完成，并已记录" in proctor.get(done.headers["location"]).text
    assert "未读" in proctor.get(f"/proctoring/sittings/{room.sitting}").text
    fragment = proctor.post(f"{at}/pause", data={"words": "请稍候"}, headers={"X-Fragment": "1"})
    assert fragment.status_code == 200 and "<html" not in fragment.text and "恢复考试" in fragment.text
    assert "不能这样做" in proctor.get(f"{at}/pause").text
    assert proctor.post(f"{at}/resume").status_code == 303


def test_ending_asks_twice(room: Room, proctor: Client) -> None:
    at = f"/proctoring/sittings/{room.sitting}/do/end"
    assert proctor.post(at, data={"code": "help"}).status_code == 422
    asked = proctor.post(at, data={"code": "help", "words": "有人念答案"})
    assert asked.status_code == 200 and "请再次确认" in asked.text
    with room.database.reading() as db:
        assert room.row(db).state == "in-progress"
    sure = {"code": "help", "words": "有人念答案", "sure": "yes"}
    assert proctor.post(at, data=sure).status_code == 303
    with room.database.reading() as db:
        assert room.row(db).state == "submitted"
    assert proctor.post(at, data=sure).status_code == 409


def test_the_first_page_says_who_needs_me(room: Room, proctor: Client) -> None:
    assert "没有正在发生的情况" in proctor.get("/").text
    incident(room)
    assert "画面里不止一张脸" in proctor.get("/").text


async def some(stream: Any, count: int) -> list[tuple[str, Any]]:
    """The first messages of a stream."""
    found: list[tuple[str, Any]] = []
    async for part in stream:
        if part == streams.HEARTBEAT:
            found.append(("heartbeat", None))
        else:
            kind, data = part.decode().strip().split("\n")
            found.append((kind.removeprefix("event: "), orjson.loads(data.removeprefix("data: "))))
        if len(found) == count:
            break
    await stream.aclose()
    return found


async def always() -> bool:
    return True


async def never() -> bool:
    return False


def test_the_stream_tells_the_wall_then_what_differs(
    room: Room, app: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall_board, "EVERY_SECONDS", 0.02)
    place = Place(room.hall.institution_id)

    async def watch() -> tuple[Any, Any]:
        first = wall_board.watch(app.state, place, always)
        second = wall_board.watch(app.state, place, always)
        begun = [await anext(first), await anext(second)]
        assert len(wall_board.boards(app.state)) == 1, "both look at one board"
        assert all(part.startswith(b"event: wall") for part in begun)
        await asyncio.to_thread(incident, room)
        return await some(first, 1), await some(second, 1)

    for told in asyncio.run(watch()):
        ((kind, data),) = told
        assert kind == "change"
        (tile,) = data["tiles"]
        assert tile["id"] == room.sitting and set(tile) == {"id", "signals", "undecided", "rank"}
    assert wall_board.boards(app.state) == {}, "nobody looks any more"


def test_the_stream_ends_with_the_sign_in(room: Room, app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wall_board, "CHECK_SECONDS", 0.0)
    told = asyncio.run(some(wall_board.watch(app.state, Place(room.hall.institution_id), never), 5))
    assert told == [("signed-out", {})]


def test_a_silent_stream_has_heartbeats(room: Room, app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wall_board, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(wall_board, "EVERY_SECONDS", 0.02)
    told = asyncio.run(some(wall_board.watch(app.state, Place(room.hall.institution_id), always), 2))
    assert [kind for kind, _ in told] == ["wall", "heartbeat"]


def test_the_stream_as_a_page_asks_for_it(
    room: Room, proctor: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall_board, "LONGEST_SECONDS", 0.5)
    reply = proctor.get("/proctoring/live", headers={"Accept": "text/event-stream"})
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert reply.text.startswith("retry: ") and "event: wall" in reply.text
    assert reply.headers["cache-control"] == "no-store, no-transform"
    outside = world.signed_in(Role.CANDIDATE)
    assert outside.get("/proctoring/live", headers={"Accept": "text/event-stream"}).status_code == 403


def test_two_hundred_are_read_in_few_statements(hall: Hall, world: World) -> None:
    rooms = [make_room(hall, room_size=2) for _ in range(3)]
    engine = hall.database.read_engine
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *about: asked.append(about[2]))
    with hall.database.reading() as db:
        found = queries_wall.snapshot(db, Place(hall.institution_id), hall.clock.now())
    assert sorted(found.tiles) == [room.sitting for room in rooms] and found.total == 3
    assert [found.tiles[room.sitting]["room"] for room in rooms] == [1, 1, 2]
    assert len([each for each in asked if each.startswith("SELECT")]) == 4
