"""When the windows of a scheme open and close: pure functions of the scheme's data.

A window is half open: `opens` is its first instant, `closes` the first one outside. Both are UTC. An institution's
notices (`Notice`) replace or cancel windows; where they are handed in, the windows are those that hold after them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from exam.schemes.kinds import MonthlyWindow, Rule, Scheme, value_at
from exam.schemes.rows import QuarterWeekend

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


@dataclass(frozen=True)
class Notice:
    """A notice about a window of the scheme's rule (`original`): it takes place in `new` instead, or (None) not at all.

    Of several about the same window the last one counts (S4 §7: "unless the official notice says otherwise").
    """

    original: Window
    new: Window | None


Notices = Sequence[Notice]


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


def _of_month(scheme: Scheme, month: date, notices: Notices) -> Iterator[Window]:
    """The windows that open in a month, under the rule in force on their opening day and the notices."""
    moved = {notice.original.opens: notice.new for notice in notices}
    for window, _ in sourced_of_month(scheme, month):
        if window.opens not in moved:
            yield window
    for new in moved.values():
        if new is not None and local_date(scheme, new.opens).replace(day=1) == month.replace(day=1):
            yield new


def sourced_of_month(
    scheme: Scheme, month: date
) -> Iterator[tuple[Window, Rule[MonthlyWindow | QuarterWeekend | None]]]:
    """The windows that open in a month, each with the rule that it follows from."""
    zone = ZoneInfo(scheme.zone)
    for rule in scheme.windows:
        days = _days_of(rule.value, month)
        if days is not None and rule.holds(days[0]):
            yield Window(_starts(days[0], zone), _starts(days[1] + timedelta(days=1), zone)), rule


def _days_of(kind: MonthlyWindow | QuarterWeekend | None, month: date) -> tuple[date, date] | None:
    """The first and last day of the window that opens in a month; None when none does."""
    match kind:
        case MonthlyWindow(first_day, last_day):
            return month.replace(day=first_day), month.replace(day=last_day)
        case QuarterWeekend():
            return quarter_weekend(month) if month.month % 3 == 0 else None
        case None:
            return None


def quarter_weekend(month: date) -> tuple[date, date]:
    """The last Saturday and Sunday that lie wholly inside the quarter which ends with this month (S4 §7, settled).

    A quarter that ends on a Saturday has its last whole weekend the week before. It always lies in the last month.
    """
    year, following = divmod(month.month, 12)
    last = date(month.year + year, following + 1, 1) - timedelta(days=1)
    sunday = last - timedelta(days=(last.weekday() + 1) % 7)
    return sunday - timedelta(days=1), sunday


def windows_between(scheme: Scheme, start: datetime, end: datetime, notices: Notices = ()) -> list[Window]:
    """The windows that share at least an instant with the time from `start` until just before `end`, in order."""
    if end <= start:
        return []
    # A window by notice may have opened in the month before.
    first = (local_date(scheme, start).replace(day=1) - timedelta(days=1)).replace(day=1)
    last = local_date(scheme, end)
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    found = (window for month in _months(first, count) for window in _of_month(scheme, month, notices))
    return sorted(window for window in found if window.opens < end and window.closes > start)


def window_at(scheme: Scheme, now: datetime, notices: Notices = ()) -> Window | None:
    """The window that is open now."""
    return next(iter(windows_between(scheme, now, now + timedelta(microseconds=1), notices)), None)


def next_window(scheme: Scheme, now: datetime, notices: Notices = ()) -> Window | None:
    """The first window that opens later than now; None when the scheme has none ahead of it."""
    for month in _months(local_date(scheme, now), REACH_MONTHS):
        for window in sorted(_of_month(scheme, month, notices)):
            if window.opens > now:
                return window
    return None


def windows_from(scheme: Scheme, now: datetime, count: int, notices: Notices = ()) -> list[Window]:
    """The window that is open now, where one is, and those after it: `count` in all, fewer where the scheme ends."""
    window = window_at(scheme, now, notices) or next_window(scheme, now, notices)
    found: list[Window] = []
    while window and len(found) < count:
        found.append(window)
        window = next_window(scheme, window.opens, notices)
    return found
