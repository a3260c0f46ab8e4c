"""What candidates see of themselves, what they ask for, what the office answers."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from exam.accounts import messages
from exam.accounts.access import Caller
from exam.accounts.permissions import ROLE_PERMISSIONS, Role
from exam.core.errors import Invalid, NotFound, Refused
from exam.core.objects import ObjectStore
from exam.proctor.consent import service as service_consent
from exam.proctor.consent import service_privacy
from exam.proctor.models import CheckIn, ErasureRequest, Frame, Proctored
from exam.proctor.models_incidents import Incident
from exam.sessions import service, service_supervise
from tests.proctor.conftest import Room, picture


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path / "private")


@pytest.fixture
def over(room: Room, store: ObjectStore) -> Room:
    """A sitting that has ended, with two pictures."""
    with room.database.transaction() as db:
        for number in (1, 2):
            data = picture(number)
            db.add(Frame(sitting_id=room.sitting, number=number, at=0, picture=store.put(data), size=len(data)))
    with room.database.transaction() as db:
        service_supervise.end(db, room.proctor, room.sitting, "other", "结束", room.clock.now())
    return room


def candidate(room: Room) -> Caller:
    roles = frozenset({Role.CANDIDATE})
    return replace(room.registrar, person_id=room.person, roles=roles, permissions=ROLE_PERMISSIONS[Role.CANDIDATE])


def ask(room: Room, reason: str = "") -> None:
    with room.database.transaction() as db:
        service_privacy.ask_erasure(db, room.person, room.sitting, reason, room.clock.now())


def decide(room: Room, store: ObjectStore, granted: bool, answer: str) -> None:
    with room.database.transaction() as db:
        request_id = db.exec(select(ErasureRequest.id).order_by(ErasureRequest.id.desc())).first()  # type: ignore[union-attr]
        service_privacy.decide(db, store, room.registrar, request_id or 0, granted, answer, room.clock.now())


def seen(room: Room) -> service_privacy.Mine:
    with room.database.reading() as db:
        (mine,) = service_privacy.mine(db, candidate(room))
        return mine


def test_the_candidate_sees_what_is_kept_and_until_when(over: Room) -> None:
    mine = seen(over)
    assert (mine.kept.pictures, mine.may_withdraw, mine.may_ask) == (2, True, True)
    assert mine.kept.until == over.clock.now() + timedelta(days=90)
    with over.database.reading() as db:
        assert service_privacy.mine(db, replace(candidate(over), person_id=over.proctor.person_id)) == []


def test_a_consent_can_be_taken_back_afterwards(over: Room) -> None:
    with over.database.transaction() as db:
        service_consent.withdraw(db, over.person, over.sitting, over.clock.now())
    mine = seen(over)
    assert mine.row.route == "camera", "nobody is asked to verify a sitting that is over"
    with over.database.reading() as db:
        assert db.get_one(CheckIn, over.sitting).state == "approved"
    assert not mine.may_withdraw and [row.answer for row in mine.answers] == ["given", "withdrawn"]


def test_a_granted_request_deletes_and_tells(over: Room, store: ObjectStore) -> None:
    ask(over, "不想留着")
    assert not seen(over).may_ask
    with pytest.raises(Refused, match="erasure-open"):
        ask(over)
    with over.database.reading() as db:
        waiting, answered = service_privacy.requests_of(db, over.registrar)
        assert [one.candidate for one in waiting] == ["考生"] and answered == []
        digests = list(db.exec(select(Frame.picture)))
    decide(over, store, True, "")
    with over.database.reading() as db:
        assert service_privacy.waiting(db, over.hall.institution_id) == 0
        assert db.get_one(Proctored, over.sitting).erased_at == over.clock.now()
        assert service.check_log(db, over.sitting) is None
        told = messages.unread(db, candidate(over))
        assert [message.code for message in told] == ["erasure-done"]
    assert not any(store.path(digest).exists() for digest in digests)
    assert (seen(over).kept.pictures, seen(over).may_ask) == (0, False)


def test_a_refusal_needs_its_reason_and_is_told(over: Room, store: ObjectStore) -> None:
    ask(over)
    with pytest.raises(Invalid):
        decide(over, store, False, "  ")
    decide(over, store, False, "申诉期还没有过")
    decide(over, store, True, "")  # an answer is final
    mine = seen(over)
    assert [row.state for row in mine.requests] == ["refused"] and mine.kept.pictures == 2 and mine.may_ask
    with over.database.reading() as db:
        (told,) = messages.unread(db, candidate(over))
        assert told.code == "erasure-refused" and told.params["reason"] == "申诉期还没有过"


def test_what_is_still_needed_is_not_deleted(over: Room, store: ObjectStore) -> None:
    ask(over)
    here: dict[str, Any] = {"institution_id": over.hall.institution_id, "sitting_id": over.sitting}
    with over.database.transaction() as db:
        at = {"began_at": over.clock.now(), "noted_at": over.clock.now()}
        db.add(Incident(**here, kind="no-face", origin="camera", severity=2, **at))
    with pytest.raises(Refused, match="evidence-incidents-undecided"):
        decide(over, store, True, "")
    with over.database.reading() as db:
        ((one,), _) = service_privacy.requests_of(db, over.registrar)
        assert one.why_not == "evidence-incidents-undecided" and one.request.state == "open"


def test_nobody_asks_for_others_or_before_the_end(room: Room, store: ObjectStore) -> None:
    with room.database.transaction() as db:
        db.add(Frame(sitting_id=room.sitting, number=1, at=0, picture=store.put(picture()), size=1))
    with pytest.raises(Refused, match="erasure-not-over"):
        ask(room)
    with pytest.raises(NotFound), room.database.transaction() as db:
        service_privacy.ask_erasure(db, room.proctor.person_id, room.sitting, "", room.clock.now())


def test_another_office_does_not_answer(over: Room, store: ObjectStore, world: Any) -> None:
    ask(over)
    over.registrar = replace(over.registrar, institution_id=world.institution())
    with pytest.raises(NotFound):
        decide(over, store, True, "")
