"""Use cases: the Changzhou walkthroughs, booking, outcomes and their undo, what lapses, what concurrency leaves."""

import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from exam.accounts.permissions import Role
from exam.core import audit
from exam.core.errors import NotFound, Refused
from exam.scheduling import service
from exam.scheduling.models import Booking, Enrolment
from exam.scheduling.service_chances import chances_ended
from exam.scheduling.service_enrolment import enrol, set_course_finished
from exam.scheduling.service_exams import move_exam
from exam.scheduling.service_lapses import due_after, lapse_due
from tests.scheduling.conftest import Case
from tests.scheduling.making import caller, enrolled, open_exam
from tests.scheduling.test_windows import sh


def refused(code, function, *args, **kwargs):
    """The refusal with that code, which the call must raise."""
    with pytest.raises(Refused) as error:
        function(*args, **kwargs)
    assert error.value.refusal.code == code
    return error.value.refusal


def sit(db, case: Case, planned: str, passed: bool, at: str) -> Booking:
    """Book, come at the planned time, and have the outcome at another."""
    booking = service.book(db, case.candidate, case.enrolment_id, sh(planned), case.now)
    now = case.at(sh(planned))
    assert service.may_start(db, booking.id, now) is None
    service.chance_started(db, booking.id, now)
    service.chance_ended(db, booking.id, passed, case.at(sh(at)))
    return booking


def test_walkthrough_first_chance_failed_in_november_retake_passed_in_december(case: Case, world):
    """Enrolled before the course is finished; it is finished; November fails; December passes."""
    person = world.person(case.institution, Role.CANDIDATE)
    me = caller(person, case.institution, Role.CANDIDATE)
    with case.database.transaction() as db:
        now = case.at(sh("2026-10-08 09:00"))
        enrolment = enrol(db, case.registrar, case.exam_id, person, now)
        own = replace_enrolment(case, enrolment, me)
        assert service.next_steps(db, own.enrolment_id, now).step == "finish-course"
        refused("course-not-finished", service.book, db, me, own.enrolment_id, sh("2026-11-06 09:00"), now)

        now = case.at(sh("2026-10-21 10:00"))
        set_course_finished(db, case.registrar, own.enrolment_id, date(2026, 10, 20), now)
        steps = service.next_steps(db, own.enrolment_id, now)
        assert (steps.step, steps.chance, steps.chances_left, steps.until) == ("book", 1, 2, None)

        first = service.book(db, me, own.enrolment_id, sh("2026-11-06 09:00"), now)
        assert service.next_steps(db, own.enrolment_id, now).step == "wait-window"
        early = service.may_start(db, first.id, sh("2026-11-04 23:59:59.999"))
        assert early is not None and (early.code, early.allowed_from) == ("window-not-open", sh("2026-11-05"))

        now = case.at(sh("2026-11-06 09:02"))
        terms = service.terms(db, first.id)
        assert (terms.duration_seconds, terms.extra_seconds, terms.late_grace_seconds) == (3600, 0, 0)
        assert (terms.window_opens, terms.window_closes) == (sh("2026-11-05"), sh("2026-11-11"))
        assert (terms.scheme, terms.scheme_version) == ("changzhou", "2011-03-01")
        service.chance_started(db, first.id, now)
        assert service.next_steps(db, own.enrolment_id, now).step == "started"
        service.chance_ended(db, first.id, False, case.at(sh("2026-11-06 10:05")))

        steps = service.next_steps(db, own.enrolment_id, case.now)
        assert (steps.step, steps.retake, steps.chance, steps.chances_left) == ("book", True, 2, 1)
        assert steps.until == sh("2026-12-11")
        refused("retake-too-late", service.book, db, me, own.enrolment_id, sh("2027-01-06 09:00"), case.now)

        second = sit(db, own, "2026-12-08 14:00", True, "2026-12-08 15:00")
        assert second.chance == 2
        assert service.terms(db, second.id).paper_ids[0] != terms.paper_ids[0]
        assert own.saved(db).state == "passed"
        steps = service.next_steps(db, own.enrolment_id, case.now)
        assert (steps.step, steps.certificate_days) == ("passed", 15)
        assert steps.window is not None and steps.window.closes == sh("2026-12-11")
        refused("enrolment-passed", service.book, db, me, own.enrolment_id, sh("2026-12-09 09:00"), case.now)
        refused("already-passed", enrol, db, case.registrar, case.exam_id, person, case.now)
        assert audit.check(db, case.institution) is None


def replace_enrolment(case: Case, enrolment: Enrolment, who) -> Case:
    return replace(case, enrolment=enrolment, candidate=who)


def test_walkthrough_retake_forfeited(case: Case):
    """The retake is not taken by the end of December's window: select anew, with fresh chances."""
    with case.database.transaction() as db:
        sit(db, case, "2026-11-06 14:00", False, "2026-11-06 15:00")
    lapse_due(case.database, case.at(sh("2026-12-10 23:59:59.999")))
    with case.database.transaction() as db:
        assert case.saved(db).state == "active"
        assert service.next_steps(db, case.enrolment_id, case.now).step == "book"
    now = case.at(sh("2026-12-11"))
    with case.database.transaction() as db:  # before the job has been there
        assert service.next_steps(db, case.enrolment_id, now).step == "select-anew"
        refused("enrolment-forfeited", service.book, db, case.candidate, case.enrolment_id, sh("2027-01-06 09:00"), now)
    for _ in range(2):
        lapse_due(case.database, now)
    with case.database.transaction() as db:
        assert case.saved(db).state == "forfeited"
        deeds = [row.action for row in db.exec(select(audit.AuditEvent))]
        assert deeds.count("enrolment.forfeited") == 1
        steps = service.next_steps(db, case.enrolment_id, now)
        assert (steps.step, steps.fee_yuan) == ("select-anew", 50)
        anew = enrolled(db, case.registrar, case.exam, case.candidate.person_id, now)
        assert anew.number == 2
        assert service.next_steps(db, anew.id, now).chances_left == 2


def test_walkthrough_failed_twice_selects_anew(case: Case):
    with case.database.transaction() as db:
        sit(db, case, "2026-11-06 14:00", False, "2026-11-06 15:00")
        sit(db, case, "2026-11-07 14:00", False, "2026-11-07 15:00")
        assert case.saved(db).state == "exhausted"
        refusal = service.next_steps(db, case.enrolment_id, case.now).refusal
        assert refusal is not None and refusal.code == "enrolment-exhausted"
        refused("enrolment-exhausted", service.book, db, case.candidate, case.enrolment_id, None, case.now)
        anew = enrolled(db, case.registrar, case.exam, case.candidate.person_id, case.now)
        again = service.book(db, case.candidate, anew.id, sh("2026-11-08 09:00"), case.now)
        assert again.chance == 1


def test_a_missed_booking_gives_the_chance_back(case: Case):
    with case.database.transaction() as db:
        missed = service.book(db, case.candidate, case.enrolment_id, None, case.now)
        assert missed.window_closes == sh("2026-11-11")
    now = case.at(sh("2026-11-11"))
    assert lapse_due(case.database, now) == 1 and lapse_due(case.database, now) == 0
    with case.database.transaction() as db:
        assert (db.get_one(Booking, missed.id).state, case.saved(db).state) == ("missed", "active")
        again = service.book(db, case.candidate, case.enrolment_id, sh("2026-12-05 09:00"), now)
        assert (again.chance, again.id != missed.id) == (1, True)


def test_booking_settles_what_has_lapsed_without_the_job(case: Case):
    with case.database.transaction() as db:
        service.book(db, case.candidate, case.enrolment_id, None, case.now)
        now = case.at(sh("2026-11-20"))
        service.book(db, case.candidate, case.enrolment_id, sh("2026-12-05 09:00"), now)
        rows = db.exec(select(Booking.state).where(Booking.enrolment_id == case.enrolment_id).order_by(Booking.id))
        assert rows.all() == ["missed", "booked"]


def test_lapses_go_through_batches(case: Case, world):
    people = [world.person(case.institution, Role.CANDIDATE) for _ in range(5)]
    with case.database.transaction() as db:
        for person in people:
            enrolment = enrolled(db, case.registrar, case.exam, person, case.now)
            me = caller(person, case.institution, Role.CANDIDATE)
            service.book(db, me, enrolment.id, None, case.now)
    now = case.at(sh("2026-11-11"))
    assert lapse_due(case.database, now, batch=2) == 5
    with case.database.reading() as db:
        assert due_after(db, now, 0, 100) == []


def test_a_booking_is_moved_within_its_window_and_to_another(case: Case):
    with case.database.transaction() as db:
        made = service.book(db, case.candidate, case.enrolment_id, sh("2026-11-08 09:00"), case.now)
        moved = service.rebook(db, case.candidate, made.id, sh("2026-11-09 15:00"), case.now)
        assert (moved.id, moved.planned_at) == (made.id, sh("2026-11-09 15:00"))
        other = service.rebook(db, case.candidate, made.id, None, case.now, window_opens=sh("2026-12-05"))
        assert other.id != made.id and db.get_one(Booking, made.id).state == "cancelled"
        refused("booking-not-live", service.rebook, db, case.candidate, made.id, None, case.now)
        refused(
            "no-such-window",
            service.rebook,
            db,
            case.candidate,
            other.id,
            None,
            case.now,
            window_opens=sh("2026-12-06"),
        )
        refused("planned-in-no-window", service.rebook, db, case.candidate, other.id, sh("2026-12-20"), case.now)
        service.cancel_booking(db, case.candidate, other.id, case.now)
        assert service.next_steps(db, case.enrolment_id, case.now).step == "book"


def test_nothing_moves_once_it_has_started(case: Case):
    with case.database.transaction() as db:
        made = service.book(db, case.candidate, case.enrolment_id, None, case.now)
        service.chance_started(db, made.id, case.now)
        service.chance_started(db, made.id, case.now)
        refused("already-started", service.cancel_booking, db, case.candidate, made.id, case.now)
        refused("already-started", service.book, db, case.candidate, case.enrolment_id, None, case.now)


def test_bookings_are_the_candidates_own(case: Case, world):
    stranger = caller(world.person(case.institution, Role.CANDIDATE), case.institution, Role.CANDIDATE)
    elsewhere = replace(case.candidate, institution_id=world.institution())
    with case.database.transaction() as db:
        made = service.book(db, case.candidate, case.enrolment_id, None, case.now)
        for who in (stranger, elsewhere, case.registrar):
            with pytest.raises(NotFound):
                service.book(db, who, case.enrolment_id, None, case.now)
            with pytest.raises(NotFound):
                service.cancel_booking(db, who, made.id, case.now)
            with pytest.raises(NotFound):
                service.rebook(db, who, made.id, None, case.now)


def test_a_closed_exam_lets_nobody_start(case: Case):
    with case.database.transaction() as db:
        made = service.book(db, case.candidate, case.enrolment_id, None, case.now)
        move_exam(db, case.registrar, case.exam_id, "close", case.now)
        refusal = service.may_start(db, made.id, case.now)
        assert refusal is not None and refusal.code == "exam-closed"
        assert service.to_prepare(db, case.now, 10) == []
        move_exam(db, case.registrar, case.exam_id, "open", case.now)
        assert service.may_start(db, made.id, case.now) is None


def test_what_to_prepare(case: Case):
    with case.database.transaction() as db:
        made = service.book(db, case.candidate, case.enrolment_id, sh("2026-12-06 09:00"), case.now)
        assert service.to_prepare(db, sh("2026-12-03 23:59"), 10) == []
        assert service.to_prepare(db, sh("2026-12-04 00:00"), 10) == [made.id]
        assert service.to_prepare(db, sh("2026-12-10 23:59:59.999"), 10) == [made.id]
        assert service.to_prepare(db, sh("2026-12-11"), 10) == []
        known = select(Booking.id).where(Booking.id == made.id)
        assert service.to_prepare(db, sh("2026-12-05"), 10, prepared=known) == []


def test_two_bookings_at_once_leave_one(case: Case):
    """Both candidates' tabs press at the same moment."""
    gate, outcomes = threading.Barrier(2), []

    def press() -> None:
        gate.wait()
        try:
            with case.database.transaction() as db:
                service.book(db, case.candidate, case.enrolment_id, None, case.now)
            outcomes.append("booked")
        except Refused as error:
            outcomes.append(error.refusal.code)

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["already-booked", "booked"]
    with case.database.reading() as db:
        assert len(db.exec(select(Booking).where(Booking.enrolment_id == case.enrolment_id)).all()) == 1


def test_the_index_holds_even_where_the_check_was_too_early(case: Case, monkeypatch):
    with case.database.transaction() as db:
        service.book(db, case.candidate, case.enrolment_id, None, case.now)
        monkeypatch.setattr("exam.scheduling.rules.may_book", lambda *_: None)
        refused("already-booked", service.book, db, case.candidate, case.enrolment_id, None, case.now)
        assert case.saved(db).state == "active"  # the transaction still works


def snapshot(db, case: Case):
    """Every value of the enrolment and its bookings."""
    db.expire_all()
    bookings = db.exec(select(Booking).where(Booking.enrolment_id == case.enrolment_id).order_by(Booking.id)).all()
    return case.saved(db).model_dump(), [booking.model_dump() for booking in bookings]


outcomes = st.lists(st.booleans(), min_size=1, max_size=2).filter(lambda kept: not (len(kept) == 2 and kept[0]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
@given(outcomes, st.data())
def test_undo_restores_exactly(case: Case, results, data):
    """Whatever the outcomes were, ending a chance and taking it back leaves every row as it was."""
    with case.database.transaction() as db:
        made = []
        for n, passed in enumerate(results):
            booking = service.book(db, case.candidate, case.enrolment_id, None, case.now)
            service.chance_started(db, booking.id, case.now)
            made.append(booking)
            if n < len(results) - 1:
                service.chance_ended(db, booking.id, passed, case.now)
        before = snapshot(db, case)
        service.chance_ended(db, made[-1].id, results[-1], case.now)
        ended = snapshot(db, case)
        service.chance_ended(db, made[-1].id, results[-1], case.now + timedelta(hours=1))
        assert snapshot(db, case) == ended
        service.chance_reopened(db, made[-1].id)
        assert snapshot(db, case) == before
        service.chance_ended(db, made[-1].id, results[-1], case.now)
        assert snapshot(db, case) == ended
        picked = data.draw(st.sampled_from(made))
        service.chance_reopened(db, picked.id)
        service.chance_ended(db, picked.id, results[made.index(picked)], case.now)
        assert snapshot(db, case) == ended
        db.rollback()


def test_a_changed_outcome_turns_the_enrolment(case: Case):
    with case.database.transaction() as db:
        first = sit(db, case, "2026-11-06 14:00", False, "2026-11-06 15:00")
        retake = service.book(db, case.candidate, case.enrolment_id, None, case.now)
        service.chance_reopened(db, first.id)
        service.chance_ended(db, first.id, True, case.now)
        assert case.saved(db).state == "passed"
        refusal = service.may_start(db, retake.id, case.now)
        assert refusal is not None and refusal.code == "enrolment-passed"
        service.chance_ended(db, first.id, False, case.now)
        assert case.saved(db).state == "active"
        assert service.may_start(db, retake.id, case.now) is None


def test_a_voided_sitting_gives_the_chance_back(case: Case):
    with case.database.transaction() as db:
        first = sit(db, case, "2026-11-06 14:00", False, "2026-11-06 15:00")
        second = sit(db, case, "2026-11-07 14:00", False, "2026-11-07 15:00")
        assert case.saved(db).state == "exhausted"
        service.chance_void(db, second.id, case.now)
        service.chance_void(db, second.id, case.now)
        assert case.saved(db).state == "active"
        assert service.book(db, case.candidate, case.enrolment_id, None, case.now).chance == 2
        assert db.get_one(Booking, first.id).state == "failed"


def test_chances_in_a_row_get_different_papers(case: Case):
    with case.database.transaction() as db:
        exam = open_exam(db, case.registrar, case.now, papers=3, scheme="practice")
        enrolment = enrolled(db, case.registrar, exam, case.candidate.person_id, case.now, None)
        firsts = []
        for _ in range(4):
            booking = service.book(db, case.candidate, enrolment.id, None, case.now)
            terms = service.terms(db, booking.id)
            assert (terms.window_opens, terms.window_closes, len(terms.paper_ids)) == (None, None, 3)
            firsts.append(terms.paper_ids[0])
            service.chance_started(db, booking.id, case.now)
            service.chance_ended(db, booking.id, True, case.now)
        assert len(set(firsts[:3])) == 3 and firsts[3] == firsts[0]
        assert db.get_one(Enrolment, enrolment.id).state == "active"


def test_many_outcomes_at_once_are_the_same_as_one_by_one(case: Case):
    with case.database.transaction() as db:
        for many in (True, False):
            booking = service.book(db, case.candidate, case.enrolment_id, None, case.now)
            service.chance_started(db, booking.id, case.now)
            if many:
                chances_ended(db, {booking.id: False, 999999: True}, case.now)
            else:
                service.chance_ended(db, booking.id, False, case.now)
        rows = db.exec(select(Booking).where(Booking.enrolment_id == case.enrolment_id)).all()
        assert {(row.state, row.finished_at) for row in rows} == {("failed", case.now)}
        assert case.saved(db).state == "exhausted"


def test_unknown_bookings_are_not_found(case: Case):
    with case.database.transaction() as db:
        for call in (service.terms, service.chance_reopened, service.chance_void):
            with pytest.raises(NotFound):
                call(db, 999999)
        with pytest.raises(NotFound):
            service.next_steps(db, 999999, case.now)
