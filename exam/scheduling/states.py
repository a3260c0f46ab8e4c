"""DATA: the states of bookings and exams and what moves them; `service` changes a state only through these tables."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class BookingEvent(StrEnum):
    """What can happen to a booked chance."""

    CANCEL = "cancel"
    START = "start"
    MISS = "miss"
    PASS = "pass"  # noqa: S105 - an event, not a password
    FAIL = "fail"
    REOPEN = "reopen"
    VOID = "void"
    RESTORE = "restore"


_E = BookingEvent
BOOKING_MOVES: Mapping[tuple[str, BookingEvent], str] = MappingProxyType(
    {
        ("booked", _E.CANCEL): "cancelled",
        ("booked", _E.START): "started",
        ("booked", _E.MISS): "missed",
        ("booked", _E.VOID): "void",
        ("started", _E.PASS): "passed",
        ("started", _E.FAIL): "failed",
        ("started", _E.VOID): "void",
        # A mark that is changed while the sitting stays handed in turns the outcome at once.
        ("failed", _E.PASS): "passed",
        ("passed", _E.FAIL): "failed",
        ("passed", _E.REOPEN): "started",
        ("failed", _E.REOPEN): "started",
        ("passed", _E.VOID): "void",
        ("failed", _E.VOID): "void",
        # A voided sitting counts again; its outcome is told anew.
        ("void", _E.RESTORE): "started",
    }
)

LIVE = ("booked", "started")
"""A booking that still waits for something."""

USED = ("started", "passed", "failed")
"""A chance that counts as taken."""

EXAM_MOVES: Mapping[tuple[str, str], str] = MappingProxyType(
    {("draft", "open"): "open", ("open", "close"): "closed", ("closed", "open"): "open"}
)
