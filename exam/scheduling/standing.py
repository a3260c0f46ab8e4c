"""Where a candidate stands in an enrolment, as plain values that the rules read, and what follows from it."""

from dataclasses import dataclass
from datetime import datetime

from exam.core.decisions import Refusal
from exam.scheduling.calendar import after_notices
from exam.scheduling.states import LIVE, USED
from exam.scheduling.windows import Notice, Window, local_date, next_window, window_at, windows_from
from exam.schemes.kinds import Scheme, value_at

WINDOWS_AHEAD = 12
"""How many windows ahead may be booked."""


@dataclass(frozen=True)
class Taken:
    """A booking as the rules see it; `finished_at` is when its outcome was known."""

    booking_id: int
    chance: int
    state: str
    window: Window | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True)
class Standing:
    """An enrolment with all its bookings, under its exam's scheme."""

    scheme: Scheme
    exam_state: str
    enrolment_state: str
    course_finished_at: datetime | None
    bookings: tuple[Taken, ...] = ()
    notices: tuple[Notice, ...] = ()
    """What the institution's notices changed of the scheme's windows."""
    barriers: tuple[Refusal, ...] = ()
    """What the scheme asks for before a sitting and is not there: fee, application, hour proof (`gates`)."""

    @property
    def used(self) -> int:
        """How many chances are taken."""
        return sum(booking.state in USED for booking in self.bookings)

    @property
    def live(self) -> Taken | None:
        """The booking that still waits for something."""
        return next((booking for booking in self.bookings if booking.state in LIVE), None)

    @property
    def failed(self) -> tuple[Taken, ...]:
        """The chances that were failed."""
        return tuple(booking for booking in self.bookings if booking.state == "failed")

    @property
    def next_chance(self) -> int:
        """The number of the next chance: the smallest that is free, as a chance that was voided comes back."""
        taken = {booking.chance for booking in self.bookings if booking.state in USED}
        return next(number for number in range(1, len(taken) + 2) if number not in taken)

    def chances(self, now: datetime) -> int | None:
        """How many chances the enrolment has; None when there is no limit (S3 annex 3 §5: two)."""
        return value_at(self.scheme.chances, local_date(self.scheme, now))

    def chances_left(self, now: datetime) -> int | None:
        """How many chances are left; None when there is no limit."""
        chances = self.chances(now)
        return None if chances is None else max(0, chances - self.used)


def state_from_bookings(standing: Standing, now: datetime) -> str:
    """The state an enrolment has by its chances alone: passed, exhausted or active."""
    day = local_date(standing.scheme, now)
    passed = any(booking.state == "passed" for booking in standing.bookings)
    if passed and value_at(standing.scheme.ends_when_passed, day):
        return "passed"
    chances = standing.chances(now)
    return "exhausted" if chances is not None and len(standing.failed) >= chances else "active"


def retake_from(standing: Standing) -> Window | None:
    """The window of the failed chance, from which a retake's windows count.

    Settled: a retake that the office voids counts like a failed chance here, so that its candidate is not too late.
    """
    if not standing.failed:
        return None
    counted = (booking for booking in standing.bookings if booking.state in ("failed", "void"))
    return max((booking.window for booking in counted if booking.window), default=None)


def retake_until(standing: Standing) -> datetime | None:
    """The first instant at which a retake is too late; None when nothing was failed or there is no deadline.

    The end of the next window after the failed chance's (S3 annex 3 §5). Settled: when the failure became known only
    after that, the end of the first window that was still open or to come by then, so that slow marking costs nobody
    the retake.
    """
    base = retake_from(standing)
    if base is None:
        return None
    scheme = standing.scheme
    further = value_at(scheme.retake_windows, local_date(scheme, base.opens))
    if further is None:
        return None
    last = max(_by_date(standing, base, further), _by_rule(standing, base, further))
    known = max(
        (b.finished_at for b in standing.bookings if b.state in ("failed", "void") and b.finished_at), default=None
    )
    if known and known >= last.closes:
        last = window_at(scheme, known, standing.notices) or next_window(scheme, known, standing.notices) or last
    return last.closes


def _by_date(standing: Standing, base: Window, further: int) -> Window:
    """The last of so many windows that open after a window."""
    for _ in range(further):
        base = next_window(standing.scheme, base.opens, standing.notices) or base
    return base


def _by_rule(standing: Standing, base: Window, further: int) -> Window:
    """The last of so many windows that the rule puts after a window, where notices moved them; cancelled ones don't
    count.

    Settled: a window that was moved behind others is still the one after the failed chance's, so that a notice shortens
    nobody's time.
    """
    scheme, notices = standing.scheme, standing.notices
    moved = (notice.original for notice in notices if notice.new == base)
    at, last = next(moved, base), base
    while further and (following := next_window(scheme, at.opens)):
        at = following
        if holds := after_notices(at, notices):
            last, further = max(last, holds), further - 1
    return last


def has_lapsed(standing: Standing, now: datetime) -> bool:
    """Whether the retake is forfeited: failed, a chance left, nothing under way, and its last window over."""
    live = standing.live
    waiting = live is not None and (live.state == "started" or live.window is None or live.window.closes > now)
    if standing.enrolment_state != "active" or waiting or standing.chances_left(now) == 0:
        return False
    until = retake_until(standing)
    return until is not None and now >= until


def bookable_windows(standing: Standing, now: datetime, count: int = WINDOWS_AHEAD) -> list[Window]:
    """The windows in which the next chance may be taken, soonest first, at most `count`.

    A first chance has no deadline; a retake has the window of the failed chance and the next one (S3 annex 3 §5).
    """
    until = retake_until(standing)
    found = windows_from(standing.scheme, now, count, standing.notices)
    return [window for window in found if until is None or window.closes <= until]
