"""Selecting, paying, finishing: what follows for hours, exams and fees."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session, select

from exam.accounts.permissions import Role
from exam.core.errors import Invalid, NotFound, Refused
from exam.core.pasted import Line
from exam.courses import service, service_finishing, service_selecting
from exam.courses.models import CourseEnrolment
from exam.credits.models import HourEntry, Outcome
from exam.fees import queries as fees
from exam.fees import service_dues, service_payments
from exam.fees.models import FeeRefund
from exam.scheduling import service_exams, service_extra
from exam.scheduling.course_link import extra_time
from exam.scheduling.models import Booking, Enrolment
from exam.scheduling.service_booking import book
from exam.scheduling.service_chances import chance_started
from exam.scheduling.service_enrolment import cancel_enrolment, enrol, set_course_finished
from tests.courses.making import NOON, opened, settings
from tests.fees.making import place_in, transfer
from tests.scheduling.making import paper
from tests.scheduling.making import settings as exam_settings


@pytest.fixture
def place(world):
    return place_in(world)


@pytest.fixture
def db(place, database):
    """A writing session, opened only once the place is there."""
    with database.writing(), Session(database.write_engine, expire_on_commit=False) as session:
        yield session


def refused(call, *args, **more):
    with pytest.raises(Refused) as error:
        call(*args, **more)
    return error.value.refusal.code


def exam_for(db, place, course, now=NOON, **changes):
    wanted = exam_settings(paper(db, place.institution, now), course_id=course.id, scheme=course.scheme, **changes)
    made = service_exams.save_exam(db, place.office, None, wanted, now)
    return service_exams.move_exam(db, place.office, made.id, "open", now)


def collect(db, place):
    service_dues.instruct(db, place.office, "学会", "工商银行", "1105", "", "", NOON)


def take(db, who, course, now=NOON):
    return service_selecting.select_course(db, who, course.id, now)


def test_selecting_enrols_in_the_exam_and_finishing_lets_in(db, place):
    course = opened(db, place.office)
    exam = exam_for(db, place, course)
    selection = take(db, place.me, course)
    [enrolment] = db.exec(select(Enrolment)).all()
    assert (enrolment.exam_id, enrolment.person_id, enrolment.course_enrolment_id) == (
        exam.id,
        place.me.person_id,
        selection.id,
    )
    assert refused(book, db, place.me, enrolment.id, None, NOON) == "course-not-finished"
    service_finishing.finish(db, selection, NOON, None, NOON)
    assert enrolment.course_finished_at == NOON
    assert book(db, place.me, enrolment.id, None, NOON).state == "booked"


def test_an_exam_that_opens_later_takes_in_who_has_the_course(db, place):
    course = opened(db, place.office)
    first, second = take(db, place.me, course), take(db, place.other, course)
    service_finishing.finish(db, first, NOON, None, NOON)
    service_selecting.cancel(db, second, None, "", NOON)
    exam_for(db, place, course)
    [enrolment] = db.exec(select(Enrolment)).all()
    assert (enrolment.person_id, enrolment.course_finished_at) == (place.me.person_id, NOON)


def test_the_office_can_not_go_round_the_course(db, place):
    course = opened(db, place.office)
    exam = exam_for(db, place, course)
    assert refused(enrol, db, place.office, exam.id, place.me.person_id, NOON) == "enrolment-by-course"
    take(db, place.me, course)
    [enrolment] = db.exec(select(Enrolment)).all()
    assert refused(set_course_finished, db, place.office, enrolment.id, NOON.date(), NOON) == "course-decides"
    assert refused(cancel_enrolment, db, place.office, enrolment.id, NOON) == "course-decides"


def test_hours_are_credited_once_and_taken_back_exactly(db, place):
    course = opened(db, place.office, scheme="ccib", category="required", hours=Decimal("7.5"))
    selection = take(db, place.me, course)
    service_finishing.finish(db, selection, NOON, None, NOON)
    [entry] = db.exec(select(HourEntry)).all()
    assert (entry.hours, entry.category, entry.subject) == (Decimal("7.5"), "required", course.code)
    assert refused(service_finishing.finish, db, selection, NOON, None, NOON) == "course-selection-finished"
    with pytest.raises(Invalid):
        service_finishing.unfinish(db, place.office, selection, "  ", NOON)
    service_finishing.unfinish(db, place.office, selection, "登记错了", NOON)
    assert (selection.state, selection.finished_at) == ("active", None)
    assert sum(row.hours for row in db.exec(select(HourEntry))) == 0
    service_finishing.finish(db, selection, NOON, None, NOON)
    assert sum(row.hours for row in db.exec(select(HourEntry))) == Decimal("7.5")
    assert len(db.exec(select(Outcome)).all()) == 3


def test_what_was_not_paid_is_not_finished_nor_sat(db, place):
    collect(db, place)
    course = opened(db, place.office)
    exam_for(db, place, course)
    selection = take(db, place.me, course)
    due = fees.due_of(db, "course-enrolment", selection.id)
    assert due.amount == Decimal(50)
    assert refused(service_finishing.finish, db, selection, NOON, None, NOON) == "fee-unpaid"
    payment = service_payments.settle(db, place.office, transfer(place, "50"), [due.id], NOON)
    service_finishing.finish(db, selection, NOON, None, NOON)
    [enrolment] = db.exec(select(Enrolment)).all()
    assert fees.due_of(db, "enrolment", enrolment.id) is None  # charged with the course, not again
    service_payments.undo(db, place.office, payment.id, "录错", NOON)
    assert refused(book, db, place.me, enrolment.id, None, NOON) == "fee-unpaid"
    service_payments.settle(db, place.office, transfer(place, "50"), [due.id], NOON)
    assert book(db, place.me, enrolment.id, None, NOON).state == "booked"


def test_giving_a_course_back_notes_the_refund_and_leaves_the_exam(db, place):
    collect(db, place)
    course = opened(db, place.office)
    exam_for(db, place, course)
    selection = take(db, place.me, course)
    due = fees.due_of(db, "course-enrolment", selection.id)
    service_payments.settle(db, place.office, transfer(place, "50"), [due.id], NOON)
    service_selecting.cancel(db, selection, place.me.person_id, "", NOON)
    assert (due.state, selection.state) == ("void", "cancelled")
    assert db.exec(select(FeeRefund.amount)).one() == Decimal(50)
    assert db.exec(select(Enrolment.state)).one() == "cancelled"
    again = take(db, place.me, course)
    assert again.number == 2
    assert fees.due_of(db, "course-enrolment", again.id).state == "unpaid"


def test_what_was_sat_on_the_strength_of_it_keeps_the_course_finished(db, place):
    course = opened(db, place.office)
    exam_for(db, place, course)
    selection = take(db, place.me, course)
    service_finishing.finish(db, selection, NOON, None, NOON)
    enrolment = db.exec(select(Enrolment)).one()
    booking = book(db, place.me, enrolment.id, None, NOON)
    chance_started(db, booking.id, NOON)
    assert refused(service_finishing.unfinish, db, place.office, selection, "错", NOON) == "course-date-in-use"


def test_a_spent_course_is_selected_anew_with_fresh_chances(db, place):
    course = opened(db, place.office)
    exam_for(db, place, course)
    selection = take(db, place.me, course)
    service_finishing.finish(db, selection, NOON, None, NOON)
    assert refused(take, db, place.me, course) == "course-exam-waits"
    enrolment = db.exec(select(Enrolment)).one()
    enrolment.state = "forfeited"
    db.add(enrolment)
    db.flush()
    assert take(db, place.me, course).number == 2
    numbers = [(row.number, row.state) for row in db.exec(select(Enrolment).order_by("id"))]
    assert numbers == [(1, "forfeited"), (2, "active")]
    assert not db.exec(select(Booking)).all()


def test_an_enrolment_of_the_office_is_taken_over_by_the_course(db, place):
    exam = service_exams.save_exam(db, place.office, None, exam_settings(paper(db, place.institution, NOON)), NOON)
    enrol(db, place.office, exam.id, place.me.person_id, NOON)
    course = opened(db, place.office)
    exam.course_id = course.id
    db.add(exam)
    selection = take(db, place.me, course)
    service_exams.move_exam(db, place.office, exam.id, "open", NOON)
    [enrolment] = db.exec(select(Enrolment)).all()
    assert enrolment.course_enrolment_id == selection.id


def test_filed_courses_are_for_own_staff_whom_the_office_enrols(db, place):
    course = opened(
        db, place.office, scheme="ccaa", delivery="filed", category="filed", hours=Decimal(8), class_number="01"
    )
    assert refused(take, db, place.me, course) == "course-office-enrols"
    wanted = [(Line(1, "a"), place.me.person_id), (Line(2, "b"), 0)]
    with pytest.raises(Invalid):
        service_selecting.enrol_people(db, place.office, course.id, wanted, False, NOON)
    rows = service_selecting.enrol_people(db, place.office, course.id, wanted, True, NOON)
    assert [row.refusal.code if row.refusal else row.done for row in rows] == ["selected", "not-a-candidate"]


def test_a_list_of_who_finished_does_the_good_lines(db, place):
    course = opened(db, place.office)
    take(db, place.me, course)
    lines = [
        (Line(1, "a", date(2026, 11, 1)), place.me.person_id),
        (Line(2, "b"), place.other.person_id),
        (Line(3, "c", date(2026, 11, 7)), place.me.person_id),
        (Line(4, "d", problem="line-date"), place.me.person_id),
    ]
    rows = service_finishing.finish_people(db, place.office, course.id, lines, NOON)
    assert [row.refusal.code if row.refusal else row.done for row in rows] == [
        "finished",
        "not-selected",
        "course-date-in-future",
        "line-date",
    ]
    assert db.exec(select(CourseEnrolment.finished_at)).one() == NOON.replace(day=1, hour=0) - timedelta(hours=8)


def test_frozen_once_open_and_bounded_to_the_institution(db, place):
    course = opened(db, place.office)
    saved = service.save_course(db, place.office, course.id, settings(category="public", title="新名称"), NOON)
    assert saved.title == "新名称"
    changed = settings(category="public", hours=Decimal(30))
    assert refused(service.save_course, db, place.office, course.id, changed, NOON) == "course-frozen"
    with pytest.raises(Invalid):
        service.save_course(db, place.office, None, settings(), NOON)  # the code is taken
    with pytest.raises(NotFound):
        service.save_course(db, place.stranger, course.id, settings(), NOON)
    with pytest.raises(NotFound):
        take(db, place.stranger, course)


def test_the_office_of_another_place_finds_no_selection(db, place):
    selection = take(db, place.me, opened(db, place.office))
    with pytest.raises(NotFound):
        service_selecting.managed_selection(db, place.stranger, selection.id)
    with pytest.raises(NotFound):
        service_selecting.own_selection(db, place.other, selection.id)


def test_who_is_no_candidate_selects_nothing(db, place):
    course = opened(db, place.office)
    assert Role.CANDIDATE not in place.office.roles
    assert refused(take, db, place.office, course) == "not-a-candidate"


@pytest.mark.parametrize(
    ("grant", "factor"), [({"factor": Decimal("1.50")}, Decimal("1.5")), ({"minutes": 15}, Decimal("1.25")), (None, 1)]
)
def test_extra_time_of_the_exam_applies_to_the_quizzes_of_its_course(db, place, grant, factor):
    course = opened(db, place.office)
    exam_for(db, place, course, duration_minutes=60)
    selection = take(db, place.me, course)
    [enrolment] = db.exec(select(Enrolment)).all()
    if grant:
        service_extra.grant_extra(db, place.office, enrolment.id, NOON, reason="医院证明", **grant)
    assert extra_time(db, selection.id) == factor
