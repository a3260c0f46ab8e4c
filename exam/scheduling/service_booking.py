"""A candidate books a chance, moves it, gives it back."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from exam.accounts.access import Caller
from exam.core import audit
from exam.core.decisions import Refusal
from exam.core.errors import NotFound, Refused
from exam.scheduling import rules
from exam.scheduling.gates import with_barriers
from exam.scheduling.loading import Loaded, load_by_booking, owned, window_of
from exam.scheduling.models import Booking
from exam.scheduling.service_chances import move
from exam.scheduling.service_lapses import settle
from exam.scheduling.standing import Standing, bookable_windows
from exam.scheduling.states import BookingEvent
from exam.scheduling.windows import Window, has_windows, next_window, window_at


def _window_for(
    standing: Standing, planned_at: datetime | None, window_opens: datetime | None, now: datetime
) -> Window | None:
    """The window that is meant: the one named, the one of the planned time, or the soonest that can be booked."""
    scheme = standing.scheme
    if not has_windows(scheme, now):
        return None
    if window_opens is not None:
        window = window_at(scheme, window_opens, standing.notices)
        if window is None or window.opens != window_opens:
            raise Refused(Refusal("no-such-window"))
        return window
    if planned_at is not None:
        window = window_at(scheme, planned_at, standing.notices)
        if window is None:
            following = next_window(scheme, max(planned_at, now), standing.notices)
            raise Refused(Refusal("planned-in-no-window", following.opens if following else None))
        return window
    return next(iter(bookable_windows(standing, now)), None)


def book(
    db: Session,
    who: Caller,
    enrolment_id: int,
    planned_at: datetime | None,
    now: datetime,
    *,
    window_opens: datetime | None = None,
) -> Booking:
    """Book the caller's next chance in the window of `planned_at` (or the one that opens at `window_opens`).

    `planned_at` is when they mean to come, for their own and the office's planning: they may start at any time of the
    window. Raises NotFound, Refused.
    """
    audit.hold(db, who.institution_id)  # a notice that moves dates is recorded before or after, never meanwhile
    loaded = owned(db, who, enrolment_id, lock=True)
    loaded = with_barriers(db, settle(db, loaded, now), now)
    window = _window_for(loaded.standing, planned_at, window_opens, now)
    if refusal := rules.may_book(loaded.standing, window, planned_at, now):
        raise Refused(refusal)
    booking = _insert(db, loaded, window, planned_at, now)
    _record(db, who, "booking.make", booking, now)
    return booking


def rebook(
    db: Session,
    who: Caller,
    booking_id: int,
    planned_at: datetime | None,
    now: datetime,
    *,
    window_opens: datetime | None = None,
) -> Booking:
    """Move a booking that has not started to another time or window; another window is another booking.

    Raises NotFound, Refused.
    """
    audit.hold(db, who.institution_id)
    loaded, booking = _own_booking(db, who, booking_id)
    loaded = with_barriers(db, loaded, now)
    others = tuple(taken for taken in loaded.standing.bookings if taken.booking_id != booking_id)
    standing = replace(loaded.standing, bookings=others)
    window = _window_for(standing, planned_at, window_opens, now)
    if refusal := rules.may_book(standing, window, planned_at, now):
        raise Refused(refusal)
    if window == window_of(booking):
        booking.planned_at = planned_at
        db.add(booking)
        db.flush()
    else:
        move(booking, BookingEvent.CANCEL, now)
        db.add(booking)
        db.flush()
        booking = _insert(db, loaded, window, planned_at, now)
    _record(db, who, "booking.move", booking, now)
    return booking


def cancel_booking(db: Session, who: Caller, booking_id: int, now: datetime) -> Booking:
    """Give a booking back before its sitting starts; the chance stays. Raises NotFound, Refused."""
    _, booking = _own_booking(db, who, booking_id)
    move(booking, BookingEvent.CANCEL, now)
    db.add(booking)
    db.flush()
    _record(db, who, "booking.cancel", booking, now)
    return booking


def _own_booking(db: Session, who: Caller, booking_id: int) -> tuple[Loaded, Booking]:
    loaded, booking = load_by_booking(db, booking_id, lock=True)
    if (booking.institution_id, loaded.enrolment.person_id) != (who.institution_id, who.person_id):
        raise NotFound
    if refusal := rules.may_cancel_booking(loaded.standing, booking_id):
        raise Refused(refusal)
    return loaded, booking


def _insert(db: Session, loaded: Loaded, window: Window | None, planned_at: datetime | None, now: datetime) -> Booking:
    booking = Booking(
        institution_id=loaded.enrolment.institution_id,
        enrolment_id=loaded.enrolment.id or 0,
        chance=loaded.standing.next_chance,
        window_opens=window.opens if window else None,
        window_closes=window.closes if window else None,
        planned_at=planned_at,
        booked_at=now,
    )
    try:
        with db.begin_nested():
            db.add(booking)
    except IntegrityError as error:
        # Two requests at once: the index lets one of them have the chance.
        raise Refused(Refusal("already-booked")) from error
    return booking


def _record(db: Session, who: Caller, action: str, booking: Booking, now: datetime) -> None:
    planned = booking.planned_at.isoformat() if booking.planned_at else None
    opens = booking.window_opens.isoformat() if booking.window_opens else None
    audit.record(
        db,
        at=now,
        action=action,
        subject=("booking", booking.id),
        institution_id=booking.institution_id,
        actor_id=who.person_id,
        detail={"enrolment": booking.enrolment_id, "chance": booking.chance, "window": opens, "planned": planned},
    )
