"""The calendar of a scheme as lines: each window or verification day with where it comes from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from exam.scheduling.windows import Notice, Window, sourced_of_month
from exam.schemes.kinds import Scheme
from exam.schemes.rows import QuarterWeekend

LONGEST = timedelta(days=366 * 50)


@dataclass(frozen=True)
class Entry:
    """A window or a verification day of a scheme, and the notice that says so."""

    window: Window
    kind: str
    source: str


def entries(scheme: Scheme, first: date, last: date) -> Iterator[Entry]:
    """What opens or is open from `first` to `last`, both days inclusive, in order."""
    month = date(first.year, first.month, 1)
    while month <= last:
        found = sorted(sourced_of_month(scheme, month), key=lambda each: each[0])
        for window, rule in found:
            if _day(scheme, window.opens) <= last and _day(scheme, window.closes - timedelta(microseconds=1)) >= first:
                kind = "verification-day" if isinstance(rule.value, QuarterWeekend) else "window"
                yield Entry(window, kind, rule.source)
        month = (month + timedelta(days=31)).replace(day=1)


def _day(scheme: Scheme, instant: datetime) -> date:
    return instant.astimezone(ZoneInfo(scheme.zone)).date()


def line(scheme: Scheme, entry: Entry) -> dict[str, Any]:
    """An entry as plain values: instants with the scheme's own offset, `closes` the first one that is outside."""
    zone = ZoneInfo(scheme.zone)
    return {
        "opens": entry.window.opens.astimezone(zone).isoformat(),
        "closes": entry.window.closes.astimezone(zone).isoformat(),
        "kind": entry.kind,
        "source": entry.source,
    }


def after_notices(window: Window, notices: Iterable[Notice]) -> Window | None:
    """What holds instead of a window of the rule after the notices about it; None where it is cancelled."""
    found: Window | None = window
    for notice in notices:
        if notice.original.opens == window.opens:
            found = notice.new
    return found
