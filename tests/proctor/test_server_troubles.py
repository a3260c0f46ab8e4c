"""What the server itself does to a watched sitting (pauses, outages, being busy) is never told of its candidate."""

from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlmodel import Session

from exam.proctor.models import Frame, Proctored
from exam.proctor.watching import jobs as jobs_watching
from exam.proctor.watching import service as service_watching
from exam.proctor.watching import service_gaps
from exam.proctor.watching.runtime import Watching
from exam.sessions import service_supervise
from exam.sessions.instants import SECOND
from tests.proctor.following import Followed, followed
from tests.proctor.watching_world import links

__all__ = ["followed"]


def another_process(followed: Followed) -> Followed:
    """A second process that follows the same sittings; its pages are the first one's."""
    room = followed.room
    watching = Watching(room.database, room.clock, SimpleNamespace())  # type: ignore[arg-type]
    state = SimpleNamespace(**{**vars(followed.state), "watching": watching})
    jobs_watching.follow(state)
    return Followed(room, state)


@pytest.mark.parametrize("heard", [True, False], ids=["the page goes on", "the laptop sleeps"])
@pytest.mark.parametrize("elsewhere", [False, True], ids=["one process", "the other one hears the page"])
@pytest.mark.parametrize("late", [0, 2])
def test_a_pause_makes_no_stretch_that_begins_before_it(
    followed: Followed, heard: bool, elsewhere: bool, late: int
) -> None:
    """Whatever the first turns after the resume hear, and whichever process does."""
    room, judge = followed.room, another_process(followed) if elsewhere else followed

    def turns(count: int, heard: bool) -> None:
        for _ in range(count):
            room.clock.advance(timedelta(seconds=3))
            if heard:
                followed.state.watching.heard[room.sitting] = room.hall.at()
            jobs_watching.follow(followed.state)
            if judge is not followed:
                jobs_watching.follow(judge.state)

    followed.pass_time(30)
    with room.database.transaction() as db:
        service_supervise.pause(db, room.proctor, room.sitting, "上厕所", room.clock.now())
    turns(100, heard)
    with room.database.transaction() as db:
        service_supervise.resume(db, room.proctor, room.sitting, room.clock.now())
    turns(late, False)
    turns(3, True)
    assert followed.incidents() == [] and followed.kinds() == []


def test_a_pause_hides_no_camera_that_is_gone_after_it(followed: Followed) -> None:
    room = followed.room
    followed.pass_time(30)
    with room.database.transaction() as db:
        service_supervise.pause(db, room.proctor, room.sitting, "上厕所", room.clock.now())
    followed.pass_time(60, frames=False)
    with room.database.transaction() as db:
        service_supervise.resume(db, room.proctor, room.sitting, room.clock.now())
    followed.pass_time(42, frames=False)
    assert followed.incidents() == []
    followed.pass_time(9, frames=False)
    assert followed.incidents() == [("camera-lost", None, 1)]


@pytest.mark.parametrize("fails", ["write_heard", "under_way", "read_pages", "mark_seen"])
@pytest.mark.parametrize("seconds", [120])
def test_a_database_that_was_away_is_nobodys_lost_line(
    followed: Followed, monkeypatch: pytest.MonkeyPatch, fails: str, seconds: int
) -> None:
    """Wherever the turns fail meanwhile, and what was heard just before is not lost."""

    def away(*_: Any) -> None:
        raise OSError("the database is away")

    followed.pass_time(60)
    followed.page("hidden")
    with monkeypatch.context() as patch:
        patch.setattr(service_watching, fails, away)
        last = followed.room.hall.at()
        for _ in range(seconds // 3):
            followed.room.clock.advance(timedelta(seconds=3))
            with suppress(OSError):
                jobs_watching.follow(followed.state)
    if fails != "mark_seen":
        assert followed.state.watching.heard == {followed.room.sitting: last}
    followed.room.clock.advance(timedelta(seconds=3))
    jobs_watching.follow(followed.state)
    followed.page("visible")
    followed.pass_time(30)
    assert "line-lost" not in [kind for kind, _, _ in followed.incidents()]
    assert "camera-lost" not in [kind for kind, _, _ in followed.incidents()]


def test_the_log_is_asked_only_where_it_grew(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    events = service_watching._events

    def reading(db: Session, sitting_id: int, beyond: int) -> Any:
        asked.append(beyond)
        return events(db, sitting_id, beyond)

    monkeypatch.setattr(service_watching, "_events", reading)
    followed.pass_time(30)
    assert asked == []
    followed.page("hidden")
    followed.pass_time(30)
    assert len(asked) == 2  # the page's word, and the incident that came of it
    followed.state.watching.pages.clear()
    followed.pass_time(30)
    assert asked[2] == 0


def test_frames_that_there_is_no_room_for_are_no_lost_camera(followed: Followed) -> None:
    """They come and are turned away, by this process or another, for as long as it takes; the log says so once."""
    room = followed.room
    followed.pass_time(30)
    for n in range(60):
        if n % 4 == 0:
            followed.state.watching.held[room.sitting] = room.hall.at()
        followed.pass_time(3, frames=False)
    assert followed.incidents() == []
    with room.database.reading() as db:
        told = [said for kind, said in links(db, room.sitting) if kind == service_watching.HELD_UP]
    assert len(told) == 1
    followed.pass_time(30, frames=False)
    assert followed.incidents() == []
    followed.pass_time(6, frames=False)  # they don't come any more: from the last one on that did
    assert followed.incidents() == [("camera-lost", None, 1)]


def test_numbers_that_there_was_no_room_for_are_not_missing(followed: Followed) -> None:
    room, at = followed.room, followed.room.hall.at()
    with room.database.transaction() as db:
        for number, seconds in ((1, 0), (9, 40), (20, 100)):
            db.add(
                Frame(sitting_id=room.sitting, number=number, at=at + seconds * SECOND, picture="0" * 64, size=1)  #
            )
        db.get_one(Proctored, room.sitting).held_at = room.clock.now() + timedelta(seconds=20)
        db.flush()
        assert service_gaps.missing_change(db, room.sitting, 2, 8) is None
        assert service_gaps.missing_change(db, room.sitting, 10, 19) is not None
