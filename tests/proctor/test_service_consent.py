"""Answers about the camera: the newest counts, refusing leads to a human, withdrawing works at any time."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import Session, col, select

from exam.accounts.permissions import Role
from exam.core.errors import NotFound, Refused
from exam.proctor.consent import service as service_consent
from exam.proctor.consent import steps
from exam.proctor.consent import texts as consent
from exam.proctor.models import CameraConsent, CheckIn, Proctored, ProctoringAccommodation, ProctoringPolicy
from exam.proctor.terms import watched
from exam.sessions import requests, service
from exam.sessions.models import SittingEvent
from tests.proctor.conftest import Hall, Room, caller, set_policy


@pytest.fixture(autouse=True)
def listening() -> None:
    """Sittings ask proctoring, as in the application."""
    steps.listen()


@pytest.fixture
def ahead(hall: Hall) -> Iterator[tuple[Hall, int, int]]:
    """A candidate whose watched sitting is ready."""
    set_policy(hall, caller(hall, Role.REGISTRAR).person_id)
    person = hall.person()
    yield hall, person, hall.prepared(person)


def say(hall: Hall, person: int, sitting_id: int, answer: str) -> None:
    with hall.database.transaction() as db:
        service_consent.answer(db, person, sitting_id, answer, "zh", hall.clock.now())


def start(hall: Hall, person: int, sitting_id: int) -> str:
    outcome = hall.do(requests.Start(sitting_id, person, hall.at()))[0]
    return outcome.refusal.code if outcome.refusal else "started"


def approve(hall: Hall, sitting_id: int, by: int) -> None:
    with hall.database.transaction() as db:
        row = db.get_one(CheckIn, sitting_id)
        row.state, row.decided_by, row.decided_at = "approved", by, hall.clock.now()
        db.add(row)


def kinds(db: Session, sitting_id: int) -> list[str]:
    query = select(SittingEvent.kind).where(SittingEvent.sitting_id == sitting_id).order_by(col(SittingEvent.seq))
    return list(db.exec(query))


def test_a_sitting_gets_its_terms_when_it_is_made_ready(ahead: Any) -> None:
    hall, _, sitting_id = ahead
    with hall.database.reading() as db:
        terms = watched(db, sitting_id)
    assert terms is not None and terms.camera


def test_without_an_answer_there_is_no_start_and_with_yes_there_is(ahead: Any) -> None:
    hall, person, sitting_id = ahead
    assert start(hall, person, sitting_id) == "camera-consent-needed"
    say(hall, person, sitting_id, "given")
    with hall.database.reading() as db:
        assert service_consent.consented(db, [sitting_id, 999]) == {sitting_id}
        assert kinds(db, sitting_id)[-1] == "consent.given"
        assert service_consent.bars(db, db.exec(select(Proctored)).all()) == {}


def test_no_leads_to_a_human_who_lets_the_candidate_start(ahead: Any) -> None:
    hall, person, sitting_id = ahead
    say(hall, person, sitting_id, "refused")
    with hall.database.reading() as db:
        row, check_in = db.get_one(Proctored, sitting_id), db.get_one(CheckIn, sitting_id)
        assert row.route == "human" and check_in.state == "waiting" and check_in.sent_at == hall.clock.now()
        assert service_consent.consented(db, [sitting_id]) == set()
    assert start(hall, person, sitting_id) == "human-check-waiting"
    approve(hall, sitting_id, hall.person("监考"))
    assert start(hall, person, sitting_id) == "started"
    with hall.database.reading() as db:
        terms = watched(db, sitting_id)
        assert terms is not None and not terms.camera and "no-face" not in terms.detectors
        assert service.check_log(db, sitting_id) is None


def test_where_identity_is_checked_afterwards_a_human_is_not_waited_for(ahead: Any) -> None:
    hall, person, sitting_id = ahead
    set_policy(hall, caller(hall, Role.REGISTRAR).person_id, identity="after")
    say(hall, person, sitting_id, "refused")
    assert start(hall, person, sitting_id) == "started"


def test_asked_again_the_candidate_asks_again(ahead: Any) -> None:
    hall, person, sitting_id = ahead
    say(hall, person, sitting_id, "refused")
    with hall.database.transaction() as db:
        row = db.get_one(CheckIn, sitting_id)
        row.state, row.note = "again", "看不清"
        db.add(row)
    assert start(hall, person, sitting_id) == "human-check-needed"
    with hall.database.transaction() as db:
        service_consent.ask_human(db, person, sitting_id, hall.clock.now())
        service_consent.ask_human(db, person, sitting_id, hall.clock.now())
    assert start(hall, person, sitting_id) == "human-check-waiting"


def test_a_changed_mind_goes_back_to_the_camera(ahead: Any) -> None:
    hall, person, sitting_id = ahead
    for answer in ("refused", "given", "given"):
        say(hall, person, sitting_id, answer)
    with hall.database.reading() as db:
        assert db.get_one(Proctored, sitting_id).route == "camera"
        assert db.get_one(CheckIn, sitting_id).state == "open"
        assert [row.answer for row in service_consent.history(db, [sitting_id])[sitting_id]] == ["refused", "given"]


def test_an_accommodation_keeps_the_camera_off_whatever_is_answered(ahead: Any) -> None:
    hall, person, sitting_id = ahead
    with hall.database.transaction() as db:
        enrolment = db.get_one(service.Sitting, sitting_id).enrolment_id
        here: dict[str, Any] = {"institution_id": hall.institution_id, "granted_by": person}
        row = ProctoringAccommodation(
            **here, enrolment_id=enrolment, kind="camera-off", reason="证明", granted_at=hall.clock.now()
        )
        db.add(row)
    say(hall, person, sitting_id, "given")
    with hall.database.reading() as db:
        assert db.get_one(Proctored, sitting_id).route == "human"
    assert start(hall, person, sitting_id) == "human-check-needed"
    with hall.database.transaction() as db:
        service_consent.ask_human(db, person, sitting_id, hall.clock.now())
    approve(hall, sitting_id, person)
    assert start(hall, person, sitting_id) == "started"


def test_withdrawing_in_the_middle_ends_the_camera_and_not_the_exam(room: Room) -> None:
    hall = room.hall
    for _ in range(2):
        with hall.database.transaction() as db:
            service_consent.withdraw(db, room.person, room.sitting, hall.clock.now())
    assert not room.terms().camera and not room.terms().detectors & {"no-face", "covered", "camera-lost"}
    with hall.database.reading() as db:
        assert service_consent.consented(db, [room.sitting]) == set()
        assert room.row(db).state == "in-progress"
        assert kinds(db, room.sitting).count("consent.withdrawn") == 1
        assert db.get_one(CheckIn, room.sitting).state == "waiting"
        assert service.check_log(db, room.sitting) is None
    said = hall.sync(room.sitting, room.person, [{"slot": 1, "revision": 1, "response": {"choice": "a1"}}])
    assert said.status == 200
    with pytest.raises(Refused, match="consent-too-late"):
        say(hall, room.person, room.sitting, "given")


def test_what_was_never_given_is_not_withdrawn_and_nobody_answers_for_others(ahead: Any) -> None:
    hall, person, sitting_id = ahead
    say(hall, person, sitting_id, "withdrawn")
    with hall.database.reading() as db:
        assert db.exec(select(CameraConsent)).all() == []
    with pytest.raises(NotFound):
        say(hall, hall.person(), sitting_id, "given")


def test_an_exam_without_a_camera_asks_nothing(ahead: Any) -> None:
    hall, person, sitting_id = ahead
    set_policy(hall, person, level="focus")
    with pytest.raises(Refused, match="consent-not-asked"):
        say(hall, person, sitting_id, "given")
    assert start(hall, person, sitting_id) == "started"


def test_a_policy_taken_away_before_the_start_asks_nothing_either(ahead: Any) -> None:
    hall, person, sitting_id = ahead
    set_policy(hall, person, level="none")
    assert start(hall, person, sitting_id) == "started"
    with hall.database.reading() as db:
        terms = watched(db, sitting_id)
        assert terms is not None and terms.level == "none" and not terms.detectors


def test_an_exam_that_begins_to_be_watched_leaves_those_who_have_started(hall: Hall) -> None:
    person = hall.person()
    sitting_id = hall.started(person)
    set_policy(hall, person)
    assert start(hall, person, sitting_id) == "started"
    with hall.database.reading() as db:
        assert db.get(Proctored, sitting_id) is None


def test_many_start_at_once_each_by_their_own_answer(hall: Hall) -> None:
    set_policy(hall, hall.person())
    people = [hall.person() for _ in range(6)]
    sittings = [hall.prepared(person) for person in people]
    for person, sitting_id in list(zip(people, sittings, strict=True))[::2]:
        say(hall, person, sitting_id, "refused")
        approve(hall, sitting_id, person)
    outcomes = hall.do(*(requests.Start(s, p, hall.at()) for p, s in zip(people, sittings, strict=True)))
    assert [outcome.status for outcome in outcomes] == [200, 409] * 3
    with hall.database.reading() as db:
        assert db.get_one(ProctoringPolicy, hall.exam_id).level == "camera"
        answered = db.exec(select(CameraConsent.text_version)).all()
        assert list(answered) == [consent.CURRENT.version] * 3
