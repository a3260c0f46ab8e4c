"""DATA: the states of a sitting, what can happen to it, and which state follows."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """`prepared`: has its paper, not begun. `in-progress`: its clock runs. `submitted`: final. `void`: does not
    count.
    """

    PREPARED = "prepared"
    IN_PROGRESS = "in-progress"
    SUBMITTED = "submitted"
    VOID = "void"


class Event(StrEnum):
    """What can happen to a sitting; also the kind of the link in its log (pages' own events are `page.<kind>`)."""

    PREPARE = "prepared"
    START = "started"
    CLAIM = "claimed"
    ANSWER = "answer"
    ADJUST = "adjusted"
    SUBMIT = "submitted"
    VOID = "voided"


PAGE_EVENT = "page."

TRANSITIONS: Mapping[tuple[State, Event], State] = MappingProxyType(
    {
        (State.PREPARED, Event.PREPARE): State.PREPARED,
        (State.PREPARED, Event.START): State.IN_PROGRESS,
        (State.PREPARED, Event.VOID): State.VOID,
        (State.IN_PROGRESS, Event.CLAIM): State.IN_PROGRESS,
        (State.IN_PROGRESS, Event.ANSWER): State.IN_PROGRESS,
        (State.IN_PROGRESS, Event.ADJUST): State.IN_PROGRESS,
        (State.IN_PROGRESS, Event.SUBMIT): State.SUBMITTED,
        (State.IN_PROGRESS, Event.VOID): State.VOID,
        (State.SUBMITTED, Event.VOID): State.VOID,
    }
)
