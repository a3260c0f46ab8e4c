"""What time it is in the demo: inside an exam window, ticking on, never backwards. Pure."""

from datetime import UTC, datetime, time, timedelta

from exam import schemes
from exam.core.clock import SHANGHAI
from exam.scheduling.windows import next_window, window_at

SCHEME = schemes.get("changzhou")
INTO_THE_WINDOW = timedelta(days=1)
TIME_OF_DAY = time(9, 30)


def first_moment(after: datetime) -> datetime:
    """The second day of a window, half past nine in Shanghai: the first such instant at or after `after`.

    The second day, so that results of the same window are there already, and days of it are left.
    """
    window = window_at(SCHEME, after) or next_window(SCHEME, after)
    while window is not None:
        day = (window.opens + INTO_THE_WINDOW).astimezone(SHANGHAI).date()
        moment = datetime.combine(day, TIME_OF_DAY, SHANGHAI).astimezone(UTC)
        if moment >= after:
            return moment
        window = next_window(SCHEME, window.opens)
    raise LookupError(f"the scheme has no window after {after.isoformat()}")


def offset(real_now: datetime, kept: timedelta | None = None) -> timedelta:
    """How far the demo's clock is ahead of the real one. `kept` is the offset of the start before, None the first time.

    A kept offset stays while it leads into a window; when the window is over it grows, so that no clock runs back.
    """
    if kept is not None and window_at(SCHEME, real_now + kept) is not None:
        return kept
    start = real_now + (kept or timedelta(0))
    return kept_whole(first_moment(start) - real_now)


def kept_whole(span: timedelta) -> timedelta:
    """A span in whole seconds, rounded up: the setting that carries it knows no fractions."""
    whole = timedelta(seconds=span // timedelta(seconds=1))
    return whole if whole == span else whole + timedelta(seconds=1)
