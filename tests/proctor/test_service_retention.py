"""Pictures of a sitting go on time or on request; the log still verifies and says what went."""

import json
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from exam.accounts.access import Caller
from exam.core import keeping
from exam.core.audit import AuditEvent
from exam.core.db import Database
from exam.core.errors import NotFound, Refused
from exam.proctor.evidence import retention
from exam.proctor.evidence.rules_retention import frames_digest
from exam.proctor.models import CheckIn, Frame, Proctored
from exam.proctor.models_incidents import Appeal, Incident, VoidProposal
from exam.proctor.review.rules import appeal_until
from exam.sessions import service, service_adjust
from exam.sessions.models import SittingEvent
from tests.proctor.conftest import Hall, Room, make_room
from tests.proctor.evidence_story import Story, tell
from tests.proctor.reviewing import incident


@pytest.fixture
def story(room: Room, tmp_path: Path) -> Story:
    return tell(room, tmp_path / "story")


def files(story: Story) -> set[str]:
    return {path.name for path in story.store.folder.glob("??/*")}


def tombstones(story: Story) -> list[dict[str, object]]:
    with story.room.database.reading() as db:
        query = select(SittingEvent.body).where(
            SittingEvent.sitting_id == story.sitting, SittingEvent.kind == retention.ERASED
        )
        return [json.loads(body) for body in db.exec(query.order_by(col(SittingEvent.seq)))]


def due(story: Story) -> int:
    return retention.erase_due(story.room.database, story.store, story.room.clock.now())


def test_pictures_go_when_their_time_is_over(database: Database, story: Story) -> None:
    assert len(files(story)) == 7
    story.later(days=90, seconds=-1)
    assert due(story) == 0 and len(files(story)) == 7
    story.later(seconds=1)
    assert due(story) == 1 and not files(story)
    assert due(story) == 0, "twice is once"
    with database.reading() as db:
        frames = db.exec(select(Frame).order_by(col(Frame.number))).all()
        assert all(row.erased and row.observation is None and row.picture for row in frames) and len(frames) == 4
        check_in = db.get_one(CheckIn, story.sitting)
        assert check_in.pictures == {} and check_in.baseline is None and check_in.seen == {}
        assert db.get_one(Proctored, story.sitting).erased_at == story.room.clock.now()
        assert service.check_log(db, story.sitting) is None
        noted = db.exec(select(AuditEvent).where(AuditEvent.action == "proctor.pictures-erased")).one()
    assert noted.actor_id is None and noted.detail == {"count": 7, "rule": "keep-days", "reason": ""}
    (told,) = tombstones(story)
    count, digest = frames_digest((row.number, row.picture) for row in frames)
    assert told["frames"] == {"count": count, "digest": digest} and told["days"] == 90
    assert set(told["check_in"]) == {"id-card", "face", "turn"}  # type: ignore[call-overload]


HOLDS = {
    "incident": lambda room: Incident(
        institution_id=room.hall.institution_id,
        sitting_id=room.sitting,
        kind="away",
        origin="camera",
        severity=1,
        began_at=room.clock.now(),
        noted_at=room.clock.now(),
    ),
    "appeal": lambda room: Appeal(
        institution_id=room.hall.institution_id,
        sitting_id=room.sitting,
        person_id=room.person,
        text="不是我",
        made_at=room.clock.now(),
    ),
    "proposal": lambda room: VoidProposal(
        institution_id=room.hall.institution_id,
        sitting_id=room.sitting,
        reason="替考",
        proposed_by=room.proctor.person_id,
        proposed_at=room.clock.now(),
    ),
}
ANSWERS = {
    "incident": {"state": "dismissed"},
    "appeal": {"state": "refused"},
    "proposal": {"decided_at": "now", "carried_out": False},
}


@pytest.mark.parametrize(
    ("identity", "state", "kept"),
    [
        ("after", "waiting", True),
        ("after", "approved", False),
        ("before", "waiting", False),
    ],
)
def test_an_identity_that_nobody_compared_holds_them(story: Story, identity: str, state: str, kept: bool) -> None:
    with story.room.database.transaction() as db:
        row = db.get_one(Proctored, story.sitting)
        row.terms = {**row.terms, "identity": identity}
        db.get_one(CheckIn, story.sitting).state = state
    story.later(days=400)
    with story.room.database.reading() as db:
        assert retention.held(db, story.sitting).why == ("evidence-identity-waiting" if kept else None)
    assert due(story) == (0 if kept else 1)
    with story.room.database.transaction() as db:
        db.get_one(CheckIn, story.sitting).state = "approved"
    assert due(story) == (1 if kept else 0)


@pytest.mark.parametrize("what", HOLDS)
def test_what_is_undecided_holds_them_and_its_answer_lets_them_go(database: Database, story: Story, what: str) -> None:
    room = story.room
    with database.transaction() as db:
        row = HOLDS[what](room)
        db.add(row)
        db.flush()
        kind, key = type(row), row.id
    story.later(days=400)
    assert due(story) == 0
    with database.transaction() as db, pytest.raises(Refused):
        retention.erase(db, story.store, story.sitting, room.registrar, room.clock.now(), "请求")
    with database.transaction() as db:
        row = db.get_one(kind, key)
        answer = {name: room.clock.now() if value == "now" else value for name, value in ANSWERS[what].items()}
        row.sqlmodel_update(answer)
        db.add(row)
    assert due(story) == 1 and not files(story)


@pytest.mark.parametrize("what", ["confirmed", "voided"])
def test_they_stay_while_a_late_decision_can_be_appealed(hall: Hall, tmp_path: Path, what: str) -> None:
    """Kept for 30 days, 30 to appeal; decided on the 29th: without the pictures no appeal could be judged."""
    story = tell(make_room(hall, keep_days=30, appeal_days=30), tmp_path / "late")
    room, database = story.room, hall.database
    story.later(days=29)
    now = room.clock.now()
    with database.transaction() as db:
        row = incident(room, state="confirmed", decided_at=now)
        db.add(row)
        if what == "voided":
            row.decided_at = now - timedelta(days=28)
            service_adjust.void(db, room.registrar, room.sitting, "替考", now, agreed=True)
    story.later(days=30)
    assert due(story) == 0 and len(files(story)) == 7
    with database.transaction() as db:
        assert retention.kept_until(db, db.get_one(Proctored, room.sitting)) == appeal_until(now, 30)
    room.clock.advance(appeal_until(now, 30) - room.clock.now())
    assert due(story) == 1 and not files(story)


def test_an_answered_appeal_lets_them_go(database: Database, story: Story) -> None:
    room = story.room
    story.later(days=89)
    with database.transaction() as db:
        now = room.clock.now()
        db.add(incident(room, state="confirmed", decided_at=now))
        values = {"institution_id": room.hall.institution_id, "sitting_id": room.sitting, "person_id": room.person}
        db.add(Appeal(**values, text="不是我", made_at=now, state="refused", decided_at=now))
    story.later(days=1)
    assert due(story) == 1 and not files(story)


def test_on_request_they_go_at_once(database: Database, story: Story) -> None:
    room, now = story.room, story.room.clock.now()
    stranger = Caller(room.proctor.person_id, "别处", room.hall.institution_id + 1, "别的机构")
    with database.transaction() as db, pytest.raises(NotFound):
        retention.erase(db, story.store, story.sitting, stranger, now, "请求")
    with database.transaction() as db:
        assert retention.erase(db, story.store, story.sitting, room.registrar, now, "考生请求") == 7
        assert len(files(story)) == 7, "nothing is deleted before the commit"
    assert not files(story)
    (told,) = tombstones(story)
    assert (told["rule"], told["reason"], told["by"]) == ("request", "考生请求", room.registrar.person_id)
    with database.transaction() as db:
        assert retention.erase(db, story.store, story.sitting, room.registrar, now, "考生请求") == 0
    assert len(tombstones(story)) == 1


def test_not_while_the_sitting_goes_on(database: Database, room: Room, tmp_path: Path) -> None:
    story = tell(make_room(room.hall), tmp_path / "other")
    with database.transaction() as db, pytest.raises(Refused, match="evidence-sitting-not-over"):
        retention.erase(db, story.store, room.sitting, room.registrar, room.clock.now(), "请求")
    story.later(days=4000)
    assert due(story) == 1, "only the one that is over"


def test_a_picture_that_another_sitting_has_stays_for_it(
    database: Database, hall: Hall, room: Room, tmp_path: Path
) -> None:
    first, second = tell(room, tmp_path / "one", 2), make_room(hall)
    other = Story(second, first.store, first.keys)
    shared = other.frame(1, seed=1)
    with database.transaction() as db:
        retention.erase(db, first.store, first.sitting, room.registrar, room.clock.now(), "请求")
    assert files(first) == {shared}


def test_when_it_is_cut_off_the_sweep_finds_what_is_left(
    database: Database, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_digest: str) -> None:
        raise OSError("read-only")

    monkeypatch.setattr(story.store, "remove", fails)
    story.later(days=90)
    assert due(story) == 1 and len(files(story)) == 7
    soon, day = story.room.clock.now().replace(year=2000), timedelta(days=36_525)
    assert keeping.sweep(database, story.store, soon) == 0, "too fresh to be sure"
    assert keeping.sweep(database, story.store, soon + day) == 7 and not files(story)


def test_the_sweep_leaves_what_is_needed(database: Database, story: Story) -> None:
    story.store.put(b"nobody's")
    assert keeping.sweep(database, story.store, story.room.clock.now().replace(year=2100)) == 1
    assert len(files(story)) == 7
    assert keeping.folders_of(0) | keeping.folders_of(23) < {f"{n:02x}" for n in range(256)}
    assert set().union(*(keeping.folders_of(hour) for hour in range(24))) == {f"{n:02x}" for n in range(256)}


def test_a_rollback_deletes_nothing(database: Database, story: Story) -> None:
    class Stop(Exception):
        pass

    with pytest.raises(Stop), database.transaction() as db:
        retention.erase(db, story.store, story.sitting, story.room.registrar, story.room.clock.now(), "请求")
        raise Stop
    assert len(files(story)) == 7 and tombstones(story) == []


def test_many_files_go_beside_those_who_write(
    database: Database, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "FEW", 1)
    with database.transaction() as db:
        retention.erase(db, story.store, story.sitting, story.room.registrar, story.room.clock.now(), "请求")
    for thread in threading.enumerate():
        if thread.name == "remover":
            thread.join()
    assert not files(story)
