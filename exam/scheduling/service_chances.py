"""What happens to a booked chance, told by the sessions and grading packages; undo included.

These have no person behind them and write nothing to the audit log: the sitting's own log and the caller's deed say
why.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session, col, select

from exam.core.decisions import Refusal
from exam.core.errors import Refused
from exam.scheduling.loading import Loaded, load_by_booking
from exam.scheduling.models import Booking, Enrolment, Exam
from exam.scheduling.standing import state_from_bookings
from exam.scheduling.states import BOOKING_MOVES, LIVE, USED, BookingEvent


def move(booking: Booking, event: BookingEvent, at: datetime | None) -> None:
    """The one gate that changes a booking's state; `at` becomes `finished_at`. Raises Refused where the table has no
    such move."""
    target = BOOKING_MOVES.get((booking.state, event))
    if target is None:
        raise Refused(Refusal("booking-not-live"))
    booking.state, booking.finished_at = target, at


def _settle_state(loaded: Loaded, now: datetime) -> None:
    """Let the enrolment's state follow from its chances; a cancelled one stays cancelled."""
    if loaded.enrolment.state != "cancelled":
        loaded.enrolment.state = state_from_bookings(loaded.standing, now)


def chance_started(db: Session, booking_id: int, now: datetime) -> None:
    """The sitting of a booking starts: the chance is taken. Ask `may_start` before, in the same transaction.

    Twice is once. Raises NotFound, and Refused when the booking is no longer live.
    """
    _, booking = load_by_booking(db, booking_id, lock=True)
    if booking.state == "started":
        return
    move(booking, BookingEvent.START, None)
    db.add(booking)
    db.flush()


def chance_ended(db: Session, booking_id: int, passed: bool, at: datetime) -> None:
    """The outcome of a chance is known: passed ends the enrolment, the last failed one exhausts it.

    Call it when the candidate may know the outcome, as their pages show it from then on; `at` is that instant, from
    which a late retake's deadline is counted. A changed outcome may be told again; the same one twice is once.
    """
    loaded, booking = load_by_booking(db, booking_id, lock=True)
    event = BookingEvent.PASS if passed else BookingEvent.FAIL
    if booking.state == ("passed" if passed else "failed"):
        return
    move(booking, event, at)
    _settle_state(loaded, at)
    db.add_all([booking, loaded.enrolment])
    db.flush()


def chances_ended(db: Session, outcomes: Mapping[int, bool], at: datetime) -> None:
    """`chance_ended` for many bookings (id → passed) in few statements; a booking that is not there is left out."""
    ids = [*outcomes]
    theirs = select(Booking.enrolment_id).where(col(Booking.id).in_(ids))
    locked = select(Enrolment).where(col(Enrolment.id).in_(theirs)).order_by(col(Enrolment.id)).with_for_update()
    enrolments = db.exec(locked.execution_options(populate_existing=True)).all()
    bookings = defaultdict(list)
    query = select(Booking).where(col(Booking.enrolment_id).in_(theirs)).order_by(col(Booking.id))
    for booking in db.exec(query.execution_options(populate_existing=True)):
        bookings[booking.enrolment_id].append(booking)
    exams = {exam.id: exam for exam in db.exec(select(Exam).where(col(Exam.id).in_({e.exam_id for e in enrolments})))}
    for enrolment in enrolments:
        loaded = Loaded(exams[enrolment.exam_id], enrolment, tuple(bookings[enrolment.id or 0]))
        for booking in loaded.bookings:
            passed = outcomes.get(booking.id or 0)
            if passed is None or booking.state == ("passed" if passed else "failed"):
                continue
            move(booking, BookingEvent.PASS if passed else BookingEvent.FAIL, at)
            _settle_state(loaded, at)
            db.add_all([booking, enrolment])
    db.flush()


def chance_reopened(db: Session, booking_id: int) -> None:
    """Undo `chance_ended`: the chance waits for its outcome again and everything is as it was before.

    Twice is once. Raises Refused for a chance that never ended.
    """
    loaded, booking = load_by_booking(db, booking_id, lock=True)
    if booking.state == "started":
        return
    ended_at = booking.finished_at or loaded.enrolment.enrolled_at
    move(booking, BookingEvent.REOPEN, None)
    _settle_state(loaded, ended_at)
    db.add_all([booking, loaded.enrolment])
    db.flush()


def chance_void(db: Session, booking_id: int, at: datetime | None = None) -> None:
    """The sitting does not count: the candidate has the chance back and may book it again.

    Twice is once. `at` is the instant of the decision, from which a retake's deadline is counted.
    """
    loaded, booking = load_by_booking(db, booking_id, lock=True)
    if booking.state == "void":
        return
    known_at = at or booking.finished_at
    move(booking, BookingEvent.VOID, known_at)
    _settle_state(loaded, known_at or loaded.enrolment.enrolled_at)
    db.add_all([booking, loaded.enrolment])
    db.flush()


def chance_restored(db: Session, booking_id: int, at: datetime) -> None:
    """Undo `chance_void`: the chance is taken again and waits for its outcome. Ask `chance_free` before.

    Twice is once. Raises Refused where the candidate has used or booked the chance that was given back.
    """
    loaded, booking = load_by_booking(db, booking_id, lock=True)
    if booking.state != "void":
        return
    if not _free(loaded, booking):
        raise Refused(Refusal("chance-taken-again"))
    move(booking, BookingEvent.RESTORE, None)
    _settle_state(loaded, at)
    db.add_all([booking, loaded.enrolment])
    db.flush()


def chance_free(db: Session, booking_id: int) -> bool:
    """Whether a chance that was given back is still there: neither booked again nor used, nor the enrolment over."""
    loaded, booking = load_by_booking(db, booking_id)
    return _free(loaded, booking)


def _free(loaded: Loaded, booking: Booking) -> bool:
    others = (each for each in loaded.bookings if each.id != booking.id)
    return not any(each.chance == booking.chance and each.state in (*LIVE, *USED) for each in others)
