"""What is allowed: None, or a `Refusal` with the instant from which it would be allowed, where waiting helps.

Pure functions; `now` is handed in.
"""

import math
from datetime import datetime, timedelta
from decimal import Decimal

from exam.core.decisions import Refusal
from exam.scheduling.standing import WINDOWS_AHEAD, Standing, bookable_windows, has_lapsed, retake_until
from exam.scheduling.windows import Window, has_windows, local_date, next_window
from exam.schemes.kinds import value_at

MAX_FACTOR = Decimal(3)
MAX_EXTRA_MINUTES = 600


def _closed(standing: Standing, now: datetime) -> Refusal | None:
    """What stands in the way of any chance: the exam, the enrolment, the course, what else the scheme asks for."""
    if standing.exam_state != "open":
        return Refusal(f"exam-{standing.exam_state}")
    if standing.enrolment_state != "active":
        return Refusal(f"enrolment-{standing.enrolment_state}")
    finished = standing.course_finished_at
    if value_at(standing.scheme.course_first, local_date(standing.scheme, now)) and (
        finished is None or finished > now
    ):
        return Refusal("course-not-finished", allowed_from=finished)
    return next(iter(standing.barriers), None)


def _another(standing: Standing, now: datetime) -> Refusal | None:
    """Why there is no further chance."""
    if standing.chances_left(now) == 0:
        return Refusal("chances-used", params={"chances": standing.chances(now)})
    if has_lapsed(standing, now):
        return Refusal("retake-forfeited", params={"until": retake_until(standing)})
    return None


def may_take_another(standing: Standing, now: datetime) -> Refusal | None:
    """Whether the candidate may book their next chance at all, in whatever window (S3 annex 3 §5)."""
    if refusal := _closed(standing, now):
        return refusal
    if live := standing.live:
        return Refusal("already-started" if live.state == "started" else "already-booked")
    return _another(standing, now)


def may_book(standing: Standing, window: Window | None, planned_at: datetime | None, now: datetime) -> Refusal | None:
    """Whether the next chance may be booked in `window` for `planned_at` (both None for an exam without windows)."""
    if refusal := may_take_another(standing, now):
        return refusal
    if planned_at is not None and planned_at < now:
        return Refusal("planned-in-the-past")
    if not has_windows(standing.scheme, now):
        return None
    if window is None:
        return Refusal("window-needed")
    if window.closes <= now:
        return Refusal("window-over", allowed_from=_next_opening(standing, now), params={"closed": window.closes})
    if window not in bookable_windows(standing, now):
        until = retake_until(standing)
        if until is not None and window.closes > until:
            return Refusal("retake-too-late", params={"until": until})
        return Refusal("window-too-far", params={"count": WINDOWS_AHEAD})
    if planned_at is not None and not window.holds(planned_at):
        return Refusal("planned-outside-window", params={"opens": window.opens, "closes": window.closes})
    return None


def may_start(standing: Standing, booking_id: int, now: datetime) -> Refusal | None:
    """Whether the sitting of a booking may start at this instant. The planned time does not bind, the window does."""
    booking = next((taken for taken in standing.bookings if taken.booking_id == booking_id), None)
    if booking is None or booking.state != "booked":
        started = booking is not None and booking.state == "started"
        return Refusal("already-started" if started else "booking-not-live")
    if refusal := _closed(standing, now):
        return refusal
    window = booking.window
    if window and now < window.opens:
        return Refusal("window-not-open", allowed_from=window.opens, params={"opens": window.opens})
    if window and now >= window.closes:
        return Refusal("window-over", allowed_from=_next_opening(standing, now), params={"closed": window.closes})
    return None


def may_cancel_booking(standing: Standing, booking_id: int) -> Refusal | None:
    """Whether a booking can still be given back: before its sitting starts."""
    booking = next((taken for taken in standing.bookings if taken.booking_id == booking_id), None)
    if booking is None or booking.state != "booked":
        started = booking is not None and booking.state == "started"
        return Refusal("already-started" if started else "booking-not-live")
    return None


def _next_opening(standing: Standing, now: datetime) -> datetime | None:
    """When the chance that is too late now may be taken instead: None when its last window is over."""
    following = next_window(standing.scheme, now, standing.notices)
    until = retake_until(standing)
    if following is None or (until is not None and following.closes > until):
        return None
    return following.opens


def extra_seconds(duration_seconds: int, factor: Decimal | None, minutes: int | None) -> int:
    """Extra time in whole seconds: a factor of the duration (1.25 is a quarter more, rounded up), or minutes."""
    if factor is not None:
        return math.ceil(duration_seconds * (factor - 1))
    return (minutes or 0) * 60


def deadline(started_at: datetime, duration: timedelta, extra: timedelta, window_closes: datetime | None) -> datetime:
    """When a sitting that starts now ends: duration and extra time, but never after the window (None: no window)."""
    full = started_at + duration + extra
    return full if window_closes is None else min(full, window_closes)


def full_time_until(window: Window, duration: timedelta, extra: timedelta) -> datetime:
    """The latest start in a window that still leaves the whole of the time."""
    return window.closes - duration - extra
