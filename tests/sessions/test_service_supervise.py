"""What whoever watches does to a sitting: the clock stands still and goes on, messages are read, the end is the end."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlmodel import select

from exam.accounts.access import Caller
from exam.accounts.permissions import Permission, Role
from exam.core.errors import NotFound, Refused
from exam.sessions import requests, service, service_supervise, signals
from exam.sessions.instants import SECOND
from exam.sessions.models import Adjustment, Sitting, SittingMessage
from sessions.conftest import Hall, answer


@dataclass
class Room:
    """A hall with a candidate who is writing, and somebody who watches."""

    hall: Hall
    person: int
    sitting: int
    who: Caller

    def row(self) -> Sitting:
        with self.hall.database.reading() as db:
            return db.get_one(Sitting, self.sitting)

    def pause(self, reason: str = "核对身份") -> None:
        with self.hall.database.transaction() as db:
            service_supervise.pause(db, self.who, self.sitting, reason, self.hall.clock.now())

    def resume(self) -> int:
        with self.hall.database.transaction() as db:
            return service_supervise.resume(db, self.who, self.sitting, self.hall.clock.now())

    def made(self) -> int:
        """Now, as the page's milliseconds."""
        return self.hall.at() // 1000

    def whole(self) -> None:
        with self.hall.database.reading() as db:
            assert service.check_log(db, self.sitting) is None


@pytest.fixture
def room(hall: Hall) -> Room:
    person = hall.person()
    watcher = hall.person("监考")
    permissions = frozenset({Permission.SITTING_SUPERVISE})
    who = Caller(watcher, "监考", hall.institution_id, "机构", roles=frozenset({Role.PROCTOR}), permissions=permissions)
    return Room(hall, person, hall.started(person), who)


def test_a_pause_gives_all_of_its_time_back(room: Room) -> None:
    before = room.row().deadline
    assert before is not None
    room.hall.clock.advance(timedelta(minutes=10))
    room.pause()
    told = room.hall.sync(room.sitting, room.person, []).body
    assert (told["state"], told["pause_reason"]) == ("paused", "核对身份")
    assert told["paused"] == room.made()
    room.hall.clock.advance(timedelta(minutes=7, milliseconds=1))
    assert room.resume() == 7 * 60 + 1  # begun seconds are given whole
    after = room.row()
    assert after.state == "in-progress" and after.paused_at is None
    assert after.deadline == before + timedelta(seconds=421)
    told = room.hall.sync(room.sitting, room.person, []).body
    assert told["paused"] is None and told["deadline"] == int(after.deadline.timestamp() * 1000)
    with room.hall.database.reading() as db:
        rows = db.exec(select(Adjustment)).all()
    assert [(row.kind, row.seconds, row.reason) for row in rows] == [("pause", 421, "核对身份")]
    room.whole()


def test_a_pause_outlasts_the_deadline_and_nothing_is_handed_in(room: Room) -> None:
    room.hall.clock.advance(timedelta(minutes=59))
    room.pause()
    room.hall.clock.advance(timedelta(hours=3))
    with room.hall.database.transaction() as db:
        assert service.submit_due(db, room.hall.clock.now()) == 0
    assert room.hall.sync(room.sitting, room.person, []).status == 200
    room.resume()
    deadline = room.row().deadline
    assert deadline is not None
    assert deadline - room.hall.clock.now() == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("made_before_ms", "status", "code"),
    [(1, "saved", None), (0, "later", "paused"), (-1, "later", "paused"), (None, "later", "paused")],
)
def test_what_was_answered_before_the_pause_is_saved_and_the_rest_waits(
    room: Room, made_before_ms: int | None, status: str, code: str | None
) -> None:
    room.pause()
    made = None if made_before_ms is None else room.made() - made_before_ms
    room.hall.clock.advance(timedelta(seconds=20))
    said = answer(2, 1, None)
    (told,) = room.hall.sync(room.sitting, room.person, [{**said, "made": made}]).body["accepted"]
    assert (told["status"], told["code"]) == (status, code)
    room.resume()
    (told,) = room.hall.sync(room.sitting, room.person, [said]).body["accepted"]
    assert told["status"] == ("duplicate" if status == "saved" else "saved")  # nothing is lost
    room.whole()


def test_a_paused_sitting_can_be_opened_again_but_not_handed_in(room: Room) -> None:
    room.pause()
    (claimed,) = room.hall.do(requests.Claim(room.sitting, room.person, room.hall.at(), "csrf", "zh"))
    assert claimed.status == 200 and claimed.body["state"] == "paused"
    (told,) = room.hall.do(requests.Submit(room.sitting, room.person, room.hall.at(), 2, [], [], "zh"))
    assert (told.status, told.body["error"], told.body["state"]) == (409, "paused", "paused")
    assert room.row().state == "paused"


def test_pausing_and_resuming_twice_is_once(room: Room) -> None:
    room.pause("一")
    room.hall.clock.advance(timedelta(seconds=30))
    room.pause("二")
    assert room.resume() == 30
    assert room.resume() == 0
    with room.hall.database.reading() as db:
        said = service.newest_links(db, room.sitting, "paused", 10)
    assert [each["reason"] for each in said] == ["一"]


@pytest.mark.parametrize("paused", [False, True])
def test_ending_hands_in_what_is_saved(room: Room, paused: bool) -> None:
    room.hall.sync(room.sitting, room.person, [answer(2, 1, None)])
    if paused:
        room.pause()
    with room.hall.database.transaction() as db:
        service_supervise.end(db, room.who, room.sitting, "impersonation", "不是本人", room.hall.clock.now())
    row = room.row()
    assert (row.state, row.submitted_by, row.paused_at) == ("submitted", "proctor", None)
    with room.hall.database.reading() as db:
        assert service.newest_links(db, room.sitting, "submitted", 1) == [
            {"by": "proctor", "person": room.who.person_id, "code": "impersonation", "reason": "不是本人",
             "answered_slots": [2]}
        ]  # fmt: skip
    with pytest.raises(Refused), room.hall.database.transaction() as db:
        service_supervise.pause(db, room.who, room.sitting, "晚了", room.hall.clock.now())
    room.whole()


def test_a_message_is_shown_until_it_is_read(room: Room) -> None:
    with room.hall.database.transaction() as db:
        first = service_supervise.send(db, room.who, room.sitting, "message", "请坐正", room.hall.clock.now())
        service_supervise.send(db, room.who, room.sitting, "room", "请环拍桌面", room.hall.clock.now())
    told = room.hall.sync(room.sitting, room.person, []).body["messages"]
    assert [(each["kind"], each["text"]) for each in told] == [("message", "请坐正"), ("room", "请环拍桌面")]
    for _ in range(2):
        with room.hall.database.transaction() as db:
            service_supervise.acknowledge(db, room.person, room.sitting, first, room.hall.clock.now())
    told = room.hall.sync(room.sitting, room.person, []).body["messages"]
    assert [each["kind"] for each in told] == ["room"]
    with room.hall.database.reading() as db:
        assert db.get_one(SittingMessage, first).acknowledged_at == room.hall.clock.now()
        assert len(service.newest_links(db, room.sitting, "message.read", 10)) == 1
    room.whole()


def test_nobody_reads_the_messages_of_another(room: Room) -> None:
    with room.hall.database.transaction() as db:
        message = service_supervise.send(db, room.who, room.sitting, "message", "请坐正", room.hall.clock.now())
    other = room.hall.person("旁人")
    for person, sitting in ((other, room.sitting), (other, room.hall.started(other))):
        with pytest.raises(NotFound), room.hall.database.transaction() as db:
            service_supervise.acknowledge(db, person, sitting, message, room.hall.clock.now())


def test_another_institution_touches_nothing(room: Room) -> None:
    stranger = replace(room.who, institution_id=room.hall.institution_id + 1)
    now = room.hall.clock.now()
    for deed in (
        lambda db: service_supervise.pause(db, stranger, room.sitting, "x", now),
        lambda db: service_supervise.resume(db, stranger, room.sitting, now),
        lambda db: service_supervise.end(db, stranger, room.sitting, "x", "x", now),
        lambda db: service_supervise.send(db, stranger, room.sitting, "message", "x", now),
    ):
        with pytest.raises(NotFound), room.hall.database.transaction() as db:
            deed(db)
    assert room.row().state == "in-progress"


def test_a_note_of_a_higher_package_is_a_link_and_keeps_what_is_remembered(room: Room, monkeypatch) -> None:
    heard: list[tuple[str, int]] = []
    monkeypatch.setitem(
        signals.noted, "frame", lambda db, group: heard.extend((note.about, seq) for note, seq in group)
    )
    at = room.hall.at()
    told = room.hall.do(
        requests.Note(room.sitting, at, "frame", {"n": 1}, "one"),
        requests.Note(room.sitting, at + SECOND, "frame", {"n": 2}, "two"),
        requests.Note(999_999, at, "frame", {"n": 1}, "nobody"),
    )
    assert [each.status for each in told] == [200, 200, 404]
    assert heard == [("one", told[0].body["seq"]), ("two", told[0].body["seq"] + 1)]
    assert room.hall.memory[room.sitting].seq == told[1].body["seq"]
    room.whole()
