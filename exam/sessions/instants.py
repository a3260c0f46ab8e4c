"""Instants as whole microseconds since 1970 UTC, which the log and the answer path count in."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000


def micros(at: datetime) -> int:
    """An aware datetime as microseconds, exactly."""
    return (at - EPOCH) // _MICROSECOND


def instant(microseconds: int) -> datetime:
    """The datetime of `micros`."""
    return EPOCH + timedelta(microseconds=microseconds)


def millis(microseconds: int | None) -> int | None:
    """Milliseconds, rounded down, as the wire protocol counts."""
    return None if microseconds is None else microseconds // 1000
