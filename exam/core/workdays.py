"""Working days in China: weekends, public holidays and the weekend days worked instead, as the State Council publishes.

Pure: the published days come from `chinese_calendar`. For years it does not know the statutory holidays come from
`holidays`, without make-up days, and whatever is counted across such a day is provisional. Single days can be
corrected by the caller.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import chinese_calendar
import holidays

NO_CORRECTIONS: Mapping[date, bool] = {}
MOST_DAYS = 1000


@dataclass(frozen=True)
class Due:
    """A day that was counted to; `provisional` while a day on the way is not published yet."""

    day: date
    provisional: bool


def is_working_day(day: date, corrections: Mapping[date, bool] = NO_CORRECTIONS) -> bool:
    """Whether people work on a day. `corrections` says so (or not) for single days, before anything else."""
    if day in corrections:
        return corrections[day]
    return _worked(day)


def is_published(day: date, corrections: Mapping[date, bool] = NO_CORRECTIONS) -> bool:
    """Whether it is settled if people work on a day, rather than guessed from weekdays and statutory holidays."""
    if day in corrections:
        return True
    try:
        chinese_calendar.is_workday(day)
    except NotImplementedError:
        return False
    return True


def add_working_days(after: date, count: int, corrections: Mapping[date, bool] = NO_CORRECTIONS) -> Due:
    """The last of `count` working days that follow `after`, which itself is not counted; 0 is the day itself.

    Raises ValueError for a negative or absurd count.
    """
    if not 0 <= count <= MOST_DAYS:
        raise ValueError(f"working days are counted from 0 to {MOST_DAYS}")
    day, provisional = after, False
    while count:
        day += timedelta(days=1)
        provisional = provisional or not is_published(day, corrections)
        count -= is_working_day(day, corrections)
    return Due(day, provisional)


def _worked(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5 and day not in _statutory(day.year)


@cache
def _statutory(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("CN", years=year, categories=("public",)))
