"""The office sets how an exam is watched and what candidates are granted; an exam opens only when both fit."""

from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import select

from exam.accounts.permissions import Role
from exam.core.audit import AuditEvent
from exam.core.errors import Invalid, NotFound, Refused
from exam.proctor.consent import service as service_consent
from exam.proctor.consent import steps
from exam.proctor.models import Proctored, ProctoringAccommodation
from exam.proctor.policy import service as service_policy
from exam.proctor.policy import service_accommodations
from exam.proctor.policy.rules import Settings, default
from exam.proctor.terms import watched
from exam.scheduling import service_exams
from exam.scheduling.models import Exam
from exam.sessions import requests
from exam.sessions.models import Sitting
from tests.proctor.conftest import Hall, Room, caller


@pytest.fixture(autouse=True)
def listening() -> None:
    """Exams and sittings ask proctoring, as in the application."""
    steps.listen()


class Office:
    """The exam office of a hall, in one call each."""

    def __init__(self, hall: Hall) -> None:
        self.hall, self.who = hall, caller(hall, Role.REGISTRAR)

    def save(self, settings: Settings) -> None:
        with self.hall.database.transaction() as db:
            service_policy.save(db, self.who, self.hall.exam_id, settings, self.hall.clock.now())

    def grant(self, enrolment_id: int, kind: str, reason: str = "医院证明") -> None:
        with self.hall.database.transaction() as db:
            service_accommodations.grant(db, self.who, enrolment_id, kind, reason, self.hall.clock.now())

    def revoke(self, enrolment_id: int, kind: str) -> None:
        with self.hall.database.transaction() as db:
            service_accommodations.revoke(db, self.who, enrolment_id, kind, self.hall.clock.now())

    def move(self, event: str) -> None:
        with self.hall.database.transaction() as db:
            service_exams.move_exam(db, self.who, self.hall.exam_id, event, self.hall.clock.now())

    def terms(self, sitting_id: int) -> Any:
        with self.hall.database.reading() as db:
            return watched(db, sitting_id)


@pytest.fixture
def office(hall: Hall) -> Office:
    return Office(hall)


def ready(hall: Hall) -> tuple[int, int, int]:
    """A candidate with a sitting that is ready: person, sitting, enrolment."""
    person = hall.person()
    sitting_id = hall.prepared(person)
    with hall.database.reading() as db:
        return person, sitting_id, db.get_one(Sitting, sitting_id).enrolment_id


def test_an_exam_without_a_policy_is_not_watched(hall: Hall) -> None:
    with hall.database.reading() as db:
        assert service_policy.settings_of(db, hall.exam_id) == Settings()


def test_what_is_saved_is_read_again_and_written_down(hall: Hall, office: Office) -> None:
    wanted = replace(default("live"), interval_seconds=9, keep_days=33)
    office.save(wanted)
    with hall.database.reading() as db:
        assert service_policy.settings_of(db, hall.exam_id) == wanted
        event = db.exec(select(AuditEvent).where(AuditEvent.action == "proctoring.policy")).one()
        assert event.actor_id == office.who.person_id


def test_sittings_that_are_ready_follow_and_those_begun_do_not(hall: Hall, office: Office) -> None:
    _, before, _ = ready(hall)
    person, begun, _ = ready(hall)
    office.save(default("focus"))
    assert office.terms(before).level == "focus"
    hall.do(requests.Start(begun, person, hall.at()))
    office.save(default("live"))
    assert office.terms(before).level == "live" and office.terms(begun).level == "focus"
    with hall.database.reading() as db:
        assert service_policy.started(db, hall.exam_id)


def test_another_institution_can_not_touch_it(hall: Hall, office: Office, world: Any) -> None:
    office.who = replace(office.who, institution_id=world.institution())
    with pytest.raises(NotFound):
        office.save(default("live"))


def test_a_grant_mutes_in_sittings_that_are_ready(hall: Hall, office: Office) -> None:
    office.save(default("camera"))
    _, sitting_id, enrolment_id = ready(hall)
    office.grant(enrolment_id, "head-movement")
    assert office.terms(sitting_id).muted == {"away"}
    office.grant(enrolment_id, "head-movement", "新的证明")
    office.revoke(enrolment_id, "head-movement")
    office.revoke(enrolment_id, "head-movement")
    assert office.terms(sitting_id).muted == frozenset()
    with hall.database.reading() as db:
        rows = db.exec(select(ProctoringAccommodation)).all()
        assert [row.revoked_at is None for row in rows] == [False, False]
        said = [event.action for event in db.exec(select(AuditEvent)) if event.action.startswith("accommodation")]
        assert said == ["accommodation.grant", "accommodation.grant", "accommodation.revoke"]
        assert "证明" not in str([event.detail for event in db.exec(select(AuditEvent))])


@pytest.mark.parametrize(("kind", "reason"), [("flying", "x"), ("breaks", " "), ("", "")])
def test_a_grant_says_what_and_why(hall: Hall, office: Office, kind: str, reason: str) -> None:
    _, _, enrolment_id = ready(hall)
    with pytest.raises(Invalid):
        office.grant(enrolment_id, kind, reason)


def test_an_open_exam_takes_no_grant_that_it_can_not_keep(hall: Hall, office: Office) -> None:
    office.save(default("camera"))
    _, _, enrolment_id = ready(hall)
    for kind, code in (("breaks", "accommodation-breaks-nobody"), ("camera-off", "accommodation-camera-off-nobody")):
        with pytest.raises(Refused, match=code):
            office.grant(enrolment_id, kind)
    office.save(default("live"))
    office.grant(enrolment_id, "breaks")
    with pytest.raises(Invalid, match="accommodation-breaks-nobody"):
        office.save(default("camera"))
    with hall.database.reading() as db:
        assert service_policy.settings_of(db, hall.exam_id).level == "live"


def test_an_exam_does_not_open_while_a_grant_does_not_fit(hall: Hall, office: Office) -> None:
    _, _, enrolment_id = ready(hall)
    office.move("close")
    office.save(default("camera"))
    office.grant(enrolment_id, "breaks")
    with hall.database.reading() as db:
        exam = db.get_one(Exam, hall.exam_id)
        problems = service_exams.exam_problems(db, exam)
        assert [(problem.code, problem.params["n"]) for problem in problems] == [("accommodation-breaks-nobody", 1)]
        assert [(found[0], found[1]) for found in service_policy.unfit_people(db, hall.exam_id)] == [
            (enrolment_id, "考生")
        ]
    with pytest.raises(Invalid, match="accommodation-breaks-nobody"):
        office.move("open")
    office.save(default("live"))
    office.move("open")


def test_camera_off_means_a_human_and_back(hall: Hall, office: Office) -> None:
    office.save(default("live"))
    person, sitting_id, enrolment_id = ready(hall)
    office.grant(enrolment_id, "camera-off")
    assert not office.terms(sitting_id).camera
    office.revoke(enrolment_id, "camera-off")
    assert office.terms(sitting_id).camera
    with hall.database.transaction() as db:
        service_consent.answer(db, person, sitting_id, "refused", "zh", hall.clock.now())
    office.grant(enrolment_id, "camera-off")
    office.revoke(enrolment_id, "camera-off")
    assert not office.terms(sitting_id).camera, "whoever refused stays with the human"


def test_who_has_begun_keeps_what_was_granted(room: Room) -> None:
    office = Office(room.hall)
    office.save(default("live"))
    with room.database.reading() as db:
        enrolment_id = room.row(db).enrolment_id
    office.grant(enrolment_id, "head-movement")
    assert "away" in room.terms().detectors
    with room.database.reading() as db:
        assert db.get_one(Proctored, room.sitting).terms["accommodations"] == []
