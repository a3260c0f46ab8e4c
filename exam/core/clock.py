"""The one source of time. Rules never call a clock: `now` is handed to them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9000, 1, 1)


def day_of(text: str) -> date:
    """A civil day as typed (2026-11-05). Raises ValueError, also for days whose neighbours may have no midnight."""
    day = date.fromisoformat(text)
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"{text} is out of range")
    return day


def instant_of(text: str) -> datetime:
    """An ISO 8601 instant with its offset, in UTC. Raises ValueError as `day_of` does, and where there is no offset."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None or not FIRST_DAY <= found.date() <= LAST_DAY:
        raise ValueError(f"{text} is no instant in range")
    return found.astimezone(UTC)


class Clock(Protocol):
    """Tells the time as an aware UTC datetime."""

    def now(self) -> datetime: ...


@dataclass(frozen=True)
class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class ShiftedClock:
    """The machine's clock moved by a constant, for demonstrations: it keeps ticking and never runs backwards."""

    offset: timedelta

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset


@dataclass
class FrozenClock:
    """A clock for tests that moves only when told to."""

    at: datetime

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("a clock needs an aware datetime")

    def now(self) -> datetime:
        return self.at.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        """Move on by `by` (which may be negative, to test clocks that were set back)."""
        self.at += by
