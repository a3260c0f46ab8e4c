"""Sittings from preparation to submission, at the level of the service."""

from datetime import timedelta

import pytest

from exam.core.errors import Refused
from exam.sessions import requests, service
from exam.sessions.models import Sitting
from exam.sessions.states import Event
from sessions.conftest import Hall, answer


def slot_of(hall: Hall, sitting_id: int, kind: str) -> int:
    with hall.database.reading() as db:
        sitting = db.get_one(Sitting, sitting_id)
        return next(slot.slot for slot in service.slots(db, sitting) if slot.kind == kind)


def test_a_whole_sitting(hall: Hall) -> None:
    person = hall.person()
    sitting_id = hall.started(person)
    slot = slot_of(hall, sitting_id, "single-choice")
    saved = hall.sync(sitting_id, person, [answer(slot, 1, {"choice": "a1"})])
    assert saved.status == 200
    assert saved.body["accepted"][0]["status"] == "saved"
    again = hall.sync(sitting_id, person, [answer(slot, 1, {"choice": "a1"})])
    assert again.body["accepted"][0] == {**saved.body["accepted"][0], "status": "duplicate"}
    conflict = hall.sync(sitting_id, person, [answer(slot, 1, {"choice": "b2"})])
    assert conflict.body["accepted"][0]["code"] == "revision-conflict"
    done = hall.do(requests.Submit(sitting_id, person, hall.at(), 1, [answer(slot, 2, {"choice": "b2"})], [], "zh"))[0]
    assert (done.status, done.body["state"]) == (200, "submitted")
    with hall.database.reading() as db:
        assert service.answers(db, sitting_id)[slot].response == {"choice": "b2"}
        assert service.check_log(db, sitting_id) is None
    late = hall.sync(sitting_id, person, [answer(slot, 3, None)])
    assert (late.status, late.body["error"]) == (409, "submitted")


def test_another_candidate_finds_nothing(hall: Hall) -> None:
    sitting_id = hall.started(hall.person())
    assert hall.sync(sitting_id, hall.person(), []).status == 404


def test_a_second_page_takes_over(hall: Hall) -> None:
    person = hall.person()
    sitting_id = hall.started(person)
    hall.sync(sitting_id, person, [answer(1, 1, None)])
    claimed = hall.do(requests.Claim(sitting_id, person, hall.at(), "csrf", "zh"))[0]
    assert claimed.body["claim"] == 2
    assert [each["slot"] for each in claimed.body["answers"]] == [1]
    assert hall.sync(sitting_id, person, [answer(1, 2, None)], claim=1).body["error"] == "superseded"
    assert hall.sync(sitting_id, person, [answer(1, 2, None)], claim=2).status == 200


@pytest.mark.parametrize(("milliseconds", "status"), [(-1, 200), (0, 409), (1, 409)])
def test_the_deadline_is_exact(hall: Hall, milliseconds: int, status: int) -> None:
    person = hall.person()
    sitting_id = hall.started(person)
    hall.clock.advance(timedelta(minutes=60, milliseconds=milliseconds))
    outcome = hall.sync(sitting_id, person, [answer(1, 1, None)])
    assert outcome.status == status
    with hall.database.reading() as db:
        sitting = db.get_one(Sitting, sitting_id)
    assert sitting.state == ("in-progress" if status == 200 else "submitted")
    if status == 409:
        assert outcome.body["error"] == "deadline-passed"
        assert sitting.submitted_at == sitting.deadline


def test_the_server_submits_by_itself(hall: Hall) -> None:
    person = hall.person()
    sitting_id = hall.started(person)
    hall.clock.advance(timedelta(minutes=59, seconds=59))
    with hall.database.transaction() as db:
        assert service.submit_due(db, hall.clock.now()) == 0
    hall.clock.advance(timedelta(seconds=1))
    with hall.database.transaction() as db:
        assert service.submit_due(db, hall.clock.now()) == 1
        assert db.get_one(Sitting, sitting_id).submitted_by == "deadline"


def test_prepare_twice_is_once_and_void_is_final(hall: Hall) -> None:
    booking_id = hall.booking(hall.person())
    with hall.database.transaction() as db:
        first = service.prepare(db, booking_id, hall.clock.now())
        assert service.prepare(db, booking_id, hall.clock.now()).id == first.id
        with pytest.raises(Refused):
            service.apply(db, first.id or 0, Event.SUBMIT, hall.clock.now(), {"by": "candidate"})
