"""Exams follow their course: who selects it is enrolled, who finishes it may sit, who gives it back is out."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session, col, select

from exam.accounts.candidates import CHUNK
from exam.core import audit
from exam.core.decisions import Refusal
from exam.core.errors import Refused
from exam.courses import signals
from exam.courses.models import CourseEnrolment
from exam.learning import signals as learning
from exam.scheduling.charging import charge_enrolment, void_charge
from exam.scheduling.loading import Loaded, load
from exam.scheduling.models import Accommodation, Enrolment, Exam
from exam.scheduling.service_chances import move
from exam.scheduling.states import USED, BookingEvent

STATES: dict[str, signals.ExamState] = {
    "active": "waiting",
    "passed": "passed",
    "exhausted": "spent",
    "forfeited": "spent",
}


def listen() -> None:
    """Hear of selections for as long as the process lives. Doing it twice is doing it once."""
    pairs = (
        (signals.selected, _selected),
        (signals.finished, _finished),
        (signals.unfinished, _unfinished),
        (signals.cancelled, _cancelled),
    )
    for hooks, heard in pairs:
        if heard not in hooks:
            hooks.append(heard)
    if exam_states not in signals.exam_states:
        signals.exam_states.append(exam_states)
    if extra_time not in learning.extra_time:
        learning.extra_time.append(extra_time)


def enrol_selected(db: Session, exam: Exam, by: int | None, now: datetime) -> int:
    """Enrol everybody who has the exam's course selected and is not in the exam by it yet; returns how many."""
    if exam.course_id is None:
        return 0
    inside = select(Enrolment.course_enrolment_id).where(
        Enrolment.exam_id == exam.id, col(Enrolment.course_enrolment_id).is_not(None)
    )
    waiting = db.exec(
        select(CourseEnrolment)
        .where(
            CourseEnrolment.course_id == exam.course_id,
            col(CourseEnrolment.state).in_(("active", "finished")),
            col(CourseEnrolment.id).not_in(inside),
        )
        .order_by(col(CourseEnrolment.id))
    ).all()
    for selection in waiting:
        _enrol(db, exam, selection, by, now)
    return len(waiting)


def exam_states(db: Session, selection_ids: Collection[int]) -> dict[int, signals.ExamState]:
    """Where the exams of these selections stand; several exams of one course: the one that is furthest from done."""
    order: tuple[signals.ExamState, ...] = ("passed", "spent", "waiting")
    found: dict[int, signals.ExamState] = {}
    ids = sorted(selection_ids)
    for start in range(0, len(ids), CHUNK):
        query = select(Enrolment.course_enrolment_id, Enrolment.state).where(
            col(Enrolment.course_enrolment_id).in_(ids[start : start + CHUNK])
        )
        for selection_id, state in db.exec(query):
            if selection_id is not None and state in STATES:
                known = found.get(selection_id, "passed")
                found[selection_id] = max(known, STATES[state], key=order.index)
    return found


def extra_time(db: Session, selection_id: int) -> Decimal:
    """The greatest factor of extra time granted for an exam of a selection (minutes: of its duration); 1: none."""
    granted = db.exec(
        select(Accommodation, Exam.duration_minutes)
        .join(Enrolment, col(Enrolment.id) == col(Accommodation.enrolment_id))
        .join(Exam, col(Exam.id) == col(Enrolment.exam_id))
        .where(Enrolment.course_enrolment_id == selection_id, col(Accommodation.revoked_at).is_(None))
    )
    factors = [grant.factor or 1 + Decimal(grant.extra_minutes or 0) / minutes for grant, minutes in granted]
    return max(factors, default=Decimal(1))


def _selected(db: Session, selection: CourseEnrolment, by: int | None, now: datetime) -> None:
    for exam in db.exec(select(Exam).where(Exam.course_id == selection.course_id, Exam.state == "open")):
        _enrol(db, exam, selection, by, now)


def _enrol(db: Session, exam: Exam, selection: CourseEnrolment, by: int | None, now: datetime) -> None:
    latest = db.exec(
        select(Enrolment)
        .where(Enrolment.exam_id == exam.id, Enrolment.person_id == selection.person_id)
        .order_by(col(Enrolment.number).desc())
        .limit(1)
    ).first()
    if latest is not None and latest.state == "active":
        # The office had enrolled them before there was a course to select: it is the same enrolment.
        latest.course_enrolment_id = selection.id
        latest.course_finished_at = selection.finished_at or latest.course_finished_at
        db.add(latest)
        db.flush()
        return
    enrolment = Enrolment(
        institution_id=exam.institution_id,
        exam_id=exam.id or 0,
        person_id=selection.person_id,
        number=latest.number + 1 if latest else 1,
        enrolled_at=now,
        enrolled_by=by,
        course_finished_at=selection.finished_at,
        course_enrolment_id=selection.id,
    )
    db.add(enrolment)
    db.flush()
    charge_enrolment(db, exam, enrolment, by, now)
    detail = {"people": [selection.person_id], "count": 1}
    audit.record(
        db,
        at=now,
        action="enrolment.make",
        subject=("exam", exam.id),
        institution_id=exam.institution_id,
        actor_id=by,
        detail=detail,
    )


def _of(db: Session, selection: CourseEnrolment) -> list[Loaded]:
    ids = db.exec(select(Enrolment.id).where(Enrolment.course_enrolment_id == selection.id)).all()
    return [load(db, enrolment_id, lock=True) for enrolment_id in ids if enrolment_id is not None]


def _finished(db: Session, selection: CourseEnrolment, _by: int | None, _now: datetime) -> None:
    for loaded in _of(db, selection):
        loaded.enrolment.course_finished_at = selection.finished_at
        db.add(loaded.enrolment)
    db.flush()


def _unfinished(db: Session, selection: CourseEnrolment, _by: int | None, _now: datetime) -> None:
    for loaded in _of(db, selection):
        if any(booking.state in USED for booking in loaded.bookings):
            raise Refused(Refusal("course-date-in-use"))
        loaded.enrolment.course_finished_at = None
        db.add(loaded.enrolment)
    db.flush()


def _cancelled(db: Session, selection: CourseEnrolment, by: int | None, now: datetime) -> None:
    for loaded in _of(db, selection):
        if loaded.enrolment.state != "active":
            continue
        if any(booking.state in USED for booking in loaded.bookings):
            raise Refused(Refusal("enrolment-in-use"))
        for booking in loaded.bookings:
            if booking.state == "booked":
                move(booking, BookingEvent.CANCEL, now)
                db.add(booking)
        loaded.enrolment.state = "cancelled"
        db.add(loaded.enrolment)
        db.flush()
        void_charge(db, loaded.enrolment, "course-cancelled", by, now)
