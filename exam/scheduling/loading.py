"""Loads an enrolment with what its rules need, bounded to who may see it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from exam import schemes
from exam.accounts.access import Caller
from exam.core.decisions import Refusal
from exam.core.errors import NotFound
from exam.scheduling.models import Booking, Enrolment, Exam
from exam.scheduling.models_notices import CalendarNotice
from exam.scheduling.standing import Standing, Taken
from exam.scheduling.windows import Notice, Window


@dataclass(frozen=True)
class Loaded:
    """An enrolment, its exam, its bookings in the order they were made, and how the rules see them."""

    exam: Exam
    enrolment: Enrolment
    bookings: tuple[Booking, ...]
    barriers: tuple[Refusal, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def standing(self) -> Standing:
        """The standing as of the rows' present values."""
        return standing_of(self.exam, self.enrolment, self.bookings, self.barriers, self.notices)

    def booking(self, booking_id: int) -> Booking:
        """One of the bookings. Raises NotFound."""
        for booking in self.bookings:
            if booking.id == booking_id:
                return booking
        raise NotFound


def standing_of(
    exam: Exam,
    enrolment: Enrolment,
    bookings: Sequence[Booking],
    barriers: Sequence[Refusal] = (),
    notices: tuple[Notice, ...] = (),
) -> Standing:
    """The rows as the values that the rules read; `barriers` as `gates` finds them where a chance is asked for."""
    return Standing(
        scheme=schemes.get(exam.scheme),
        exam_state=exam.state,
        enrolment_state=enrolment.state,
        course_finished_at=enrolment.course_finished_at,
        bookings=tuple(map(taken, bookings)),
        barriers=tuple(barriers),
        notices=notices,
    )


def taken(booking: Booking) -> Taken:
    """A booking as the rules see it."""
    return Taken(booking.id or 0, booking.chance, booking.state, window_of(booking), booking.finished_at)


def window_of(booking: Booking) -> Window | None:
    """The window of a booking; None for an exam without windows."""
    if booking.window_opens is None or booking.window_closes is None:
        return None
    return Window(booking.window_opens, booking.window_closes)


def notices_of(db: Session, institution_id: int, scheme_key: str) -> tuple[Notice, ...]:
    """What an institution's notices changed of a scheme's windows, in the order they were recorded."""
    query = select(CalendarNotice).where(
        CalendarNotice.institution_id == institution_id,
        CalendarNotice.scheme == scheme_key,
        col(CalendarNotice.withdrawn_at).is_(None),
    )
    return tuple(map(as_notice, db.exec(query.order_by(col(CalendarNotice.id)))))


def as_notice(row: CalendarNotice) -> Notice:
    """A recorded notice as the rules see it."""
    new = Window(row.new_opens, row.new_closes) if row.new_opens and row.new_closes else None
    return Notice(Window(row.opens, row.closes), new)


def load(db: Session, enrolment_id: int, *, lock: bool = False) -> Loaded:
    """An enrolment with all of it; `lock` keeps other writers from its chances until the transaction ends.

    Raises NotFound. For callers that have no person behind them; people go through `owned` or `managed`.
    """
    query = select(Enrolment).where(Enrolment.id == enrolment_id).execution_options(populate_existing=lock)
    enrolment = db.exec(query.with_for_update() if lock else query).one_or_none()
    if enrolment is None:
        raise NotFound
    exam = db.get_one(Exam, enrolment.exam_id)
    bookings = db.exec(
        select(Booking)
        .where(Booking.enrolment_id == enrolment_id)
        .order_by(col(Booking.id))
        .execution_options(populate_existing=lock)
    )
    notices = notices_of(db, enrolment.institution_id, exam.scheme)
    return Loaded(exam, enrolment, tuple(bookings), notices=notices)


def load_by_booking(db: Session, booking_id: int, *, lock: bool = False) -> tuple[Loaded, Booking]:
    """The enrolment that a booking belongs to, and the booking. Raises NotFound."""
    enrolment_id = db.exec(select(Booking.enrolment_id).where(Booking.id == booking_id)).one_or_none()
    if enrolment_id is None:
        raise NotFound
    loaded = load(db, enrolment_id, lock=lock)
    return loaded, loaded.booking(booking_id)


def owned(db: Session, who: Caller, enrolment_id: int, *, lock: bool = False) -> Loaded:
    """The caller's own enrolment at the institution they are at. Raises NotFound for anybody else's."""
    loaded = load(db, enrolment_id, lock=lock)
    if (loaded.enrolment.person_id, loaded.enrolment.institution_id) != (who.person_id, who.institution_id):
        raise NotFound
    return loaded


def managed(db: Session, who: Caller, enrolment_id: int, *, lock: bool = False) -> Loaded:
    """An enrolment at the caller's institution. Raises NotFound for another's."""
    loaded = load(db, enrolment_id, lock=lock)
    if loaded.enrolment.institution_id != who.institution_id:
        raise NotFound
    return loaded


def exam_of(db: Session, who: Caller, exam_id: int, *, lock: bool = False) -> Exam:
    """An exam of the caller's institution. Raises NotFound."""
    query = select(Exam).where(Exam.id == exam_id, Exam.institution_id == who.institution_id)
    exam = db.exec(query.with_for_update() if lock else query).one_or_none()
    if exam is None:
        raise NotFound
    return exam
