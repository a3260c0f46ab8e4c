"""Nobody decides about themselves: every deed about a sitting is refused to whoever sat it, and nothing is written."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import Session, select

from exam.accounts.access import Caller
from exam.accounts.permissions import Permission
from exam.core.errors import NotFound, Refused
from exam.core.objects import ObjectStore
from exam.proctor.checkin import service_identity
from exam.proctor.checkin.service_identity import Decision
from exam.proctor.consent import service_privacy
from exam.proctor.models import CheckIn, ErasureRequest
from exam.proctor.models_incidents import Appeal, Incident, VoidProposal
from exam.proctor.review import service as service_review
from exam.proctor.review import service_appeals, service_voiding
from exam.proctor.review.service import Verdict
from exam.proctor.wall import service as service_wall
from exam.proctor.wall.deeds import DEEDS
from exam.proctor.wall.rules_deeds import Asked
from exam.sessions import service, service_adjust, service_guard, service_supervise
from exam.sessions.service_adjust import ExtraTime
from tests.proctor.conftest import Hall, Room, make_room
from tests.proctor.reviewing import hand_in, incident

Do = Callable[[Session, Caller, int, Room], object]


def _deed(key: str) -> Do:
    asked = Asked("请看镜头", 5, "identity", 2)
    return lambda db, who, sitting, room: service_wall.do(db, who, sitting, DEEDS[key], asked, room.clock.now())


def _first(db: Session, model: type[Incident] | type[Appeal] | type[VoidProposal] | type[ErasureRequest]) -> int:
    return db.exec(select(model)).one().id or 0


WHILE_WRITING: dict[str, Do] = {
    **{key: _deed(key) for key in DEEDS},
    "supervise.pause": lambda db, who, at, room: service_supervise.pause(db, who, at, "稍候", room.clock.now()),
    "supervise.resume": lambda db, who, at, room: service_supervise.resume(db, who, at, room.clock.now()),
    "supervise.end": lambda db, who, at, room: service_supervise.end(db, who, at, "other", "无", room.clock.now()),
    "supervise.send": lambda db, who, at, room: service_supervise.send(db, who, at, "face", "请", room.clock.now()),
    "extra": lambda db, who, at, room: service_adjust.extra_time(db, who, [at], ExtraTime(9, "a"), room.clock.now()),
    "void": lambda db, who, at, room: service_adjust.void(db, who, at, "停电", room.clock.now()),
    "seb.unlock": lambda db, who, at, room: service_guard.unlock(db, who, at, "好了", room.clock.now()),
    "seb.excuse": lambda db, who, at, room: service_guard.excuse(db, who, at, "坏了", room.clock.now()),
    "check-in": lambda db, who, at, room: service_identity.decide(
        db, who, at, Decision("approve", ""), room.clock.now()
    ),
}
AFTERWARDS: dict[str, Do] = {
    "decide": lambda db, who, at, room: service_review.decide(
        db, who, Verdict((_first(db, Incident),), "dismissed", ""), room.clock.now()
    ),
    "propose": lambda db, who, at, room: service_voiding.propose(db, who, at, "重考", room.clock.now()),
    "carry-out": lambda db, who, at, room: service_voiding.carry_out(
        db, who, _first(db, VoidProposal), room.clock.now()
    ),
    "refuse": lambda db, who, at, room: service_voiding.refuse(db, who, _first(db, VoidProposal), room.clock.now()),
    "uphold": lambda db, who, at, room: service_appeals.uphold(db, who, _first(db, Appeal), "对", room.clock.now()),
    "refuse-appeal": lambda db, who, at, room: service_appeals.refuse_appeal(
        db, who, _first(db, Appeal), "不", room.clock.now()
    ),
    "restore": lambda db, who, at, room: service_adjust.restore(db, who, at, "恢复", room.clock.now()),
}


def themselves(room: Room) -> Caller:
    """The candidate, who holds every permission there is."""
    return replace(room.registrar, person_id=room.person, permissions=frozenset(Permission))


def refused(room: Room, do: Do) -> None:
    """The deed is refused to the candidate, and the sitting's log stays as it was."""
    with room.database.reading() as db:
        before = service.log_hash(db, room.sitting)
    with pytest.raises(Refused, match="own-sitting"), room.database.transaction() as db:
        do(db, themselves(room), room.sitting, room)
    with room.database.reading() as db:
        assert service.log_hash(db, room.sitting) == before


@pytest.mark.parametrize("name", sorted(WHILE_WRITING))
def test_nobody_supervises_themselves(hall: Hall, name: str) -> None:
    room = make_room(hall, identity="after")
    with room.database.transaction() as db:
        db.get_one(CheckIn, room.sitting).state = "waiting"
    refused(room, WHILE_WRITING[name])


@pytest.mark.parametrize("name", sorted(AFTERWARDS))
def test_nobody_decides_about_their_own_result(hall: Hall, name: str) -> None:
    room = make_room(hall)
    hand_in(room)
    now, here = room.clock.now(), {"institution_id": hall.institution_id, "sitting_id": room.sitting}
    with room.database.transaction() as db:
        db.add(incident(room))
        db.add(VoidProposal(**here, reason="作弊", proposed_by=room.proctor.person_id, proposed_at=now))
        db.add(Appeal(**here, person_id=room.person, text="不是我", made_at=now))
    refused(room, AFTERWARDS[name])


@pytest.mark.parametrize("granted", [True, False])
def test_nobody_answers_their_own_request_for_deletion(hall: Hall, tmp_path: Path, granted: bool) -> None:
    room = make_room(hall)
    hand_in(room)
    now, store = room.clock.now(), ObjectStore(tmp_path)
    with room.database.transaction() as db:
        here = {"institution_id": hall.institution_id, "sitting_id": room.sitting, "person_id": room.person}
        db.add(ErasureRequest(**here, asked_at=now))
    refused(
        room,
        lambda db, who, at, room: service_privacy.decide(
            db, store, who, _first(db, ErasureRequest), granted, "好的", now
        ),
    )


def test_time_for_the_whole_room_leaves_out_whoever_gives_it(hall: Hall) -> None:
    room, other = make_room(hall), make_room(hall)
    with room.database.transaction() as db:
        own, theirs = room.row(db).deadline, other.row(db).deadline
        given = service_adjust.extra_time_for_all(
            db, themselves(room), hall.exam_id, ExtraTime(5, "断网"), room.clock.now()
        )
        assert given == 1
    with room.database.reading() as db:
        assert room.row(db).deadline == own
        assert other.row(db).deadline != theirs


def test_another_institution_hears_only_that_nothing_is_there(hall: Hall) -> None:
    room = make_room(hall)
    stranger = replace(themselves(room), institution_id=hall.institution_id + 1)
    with room.database.transaction() as db, pytest.raises(NotFound):
        service_adjust.others(db, stranger, room.sitting)
