"""When the windows of a scheme open and close: pure functions of the scheme's data.

A window is half open: `opens` is its first instant, `closes` the first one outside. Both are UTC.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from exam.schemes.kinds import MonthlyWindow, Scheme, value_at

REACH_MONTHS = 24
"""How far ahead a next window is looked for; a scheme without one in that time has ended."""


@dataclass(frozen=True, order=True)
class Window:
    """A stretch of time in which an exam may be sat: from `opens` until just before `closes`."""

    opens: datetime
    closes: datetime

    def holds(self, instant: datetime) -> bool:
        """Whether an instant lies in the window."""
        return self.opens <= instant < self.closes


def local_date(scheme: Scheme, instant: datetime) -> date:
    """The civil date of an instant where the scheme applies."""
    return instant.astimezone(ZoneInfo(scheme.zone)).date()


def has_windows(scheme: Scheme, now: datetime) -> bool:
    """Whether the scheme, as in force now, is bound to windows at all."""
    return value_at(scheme.windows, local_date(scheme, now)) is not None


def _starts(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _months(first: date, count: int) -> Iterator[date]:
    for n in range(count):
        years, month = divmod(first.month - 1 + n, 12)
        yield date(first.year + years, month + 1, 1)


def _of_month(scheme: Scheme, month: date) -> Iterator[Window]:
    """The windows that open in a month, under the rule in force on their opening day."""
    zone = ZoneInfo(scheme.zone)
    for rule in scheme.windows:
        match rule.value:
            case MonthlyWindow(first_day, last_day):
                opening = month.replace(day=first_day)
                if rule.holds(opening):
                    after = month.replace(day=last_day) + timedelta(days=1)
                    yield Window(_starts(opening, zone), _starts(after, zone))
            case None:
                pass


def windows_between(scheme: Scheme, start: datetime, end: datetime) -> list[Window]:
    """The windows that share at least an instant with the time from `start` until just before `end`, in order."""
    if end <= start:
        return []
    first, last = local_date(scheme, start), local_date(scheme, end)
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    found = (window for month in _months(first, count) for window in _of_month(scheme, month))
    return sorted(window for window in found if window.opens < end and window.closes > start)


def window_at(scheme: Scheme, now: datetime) -> Window | None:
    """The window that is open now."""
    return next(iter(windows_between(scheme, now, now + timedelta(microseconds=1))), None)


def next_window(scheme: Scheme, now: datetime) -> Window | None:
    """The first window that opens later than now; None when the scheme has none ahead of it."""
    for month in _months(local_date(scheme, now), REACH_MONTHS):
        for window in sorted(_of_month(scheme, month)):
            if window.opens > now:
                return window
    return None


def windows_from(scheme: Scheme, now: datetime, count: int) -> list[Window]:
    """The window that is open now, where one is, and those after it: `count` in all, fewer where the scheme ends."""
    window = window_at(scheme, now) or next_window(scheme, now)
    found: list[Window] = []
    while window and len(found) < count:
        found.append(window)
        window = next_window(scheme, window.opens)
    return found
