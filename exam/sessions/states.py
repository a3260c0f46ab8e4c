"""DATA: the states of a sitting, what can happen to it, and which state follows."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """`prepared`: has its paper, not begun. `in-progress`: its clock runs. `paused`: a supervisor stopped its clock.
    `submitted`: final. `void`: does not count.
    """

    PREPARED = "prepared"
    IN_PROGRESS = "in-progress"
    PAUSED = "paused"
    SUBMITTED = "submitted"
    VOID = "void"


RUNNING = (State.IN_PROGRESS, State.PAUSED)
"""Begun and not ended: what is answered is saved, and nobody else has seen the end of it."""


class Event(StrEnum):
    """What can happen to a sitting; also the kind of the link in its log (pages' own events are `page.<kind>`, what
    others write down of it have kinds of their own: `requests.Note`).
    """

    PREPARE = "prepared"
    START = "started"
    CLAIM = "claimed"
    ANSWER = "answer"
    ADJUST = "adjusted"
    PAUSE = "paused"
    RESUME = "resumed"
    SUBMIT = "submitted"
    VOID = "voided"
    RESTORE = "restored"


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
        (State.IN_PROGRESS, Event.PAUSE): State.PAUSED,
        (State.PAUSED, Event.CLAIM): State.PAUSED,
        (State.PAUSED, Event.ANSWER): State.PAUSED,
        (State.PAUSED, Event.ADJUST): State.PAUSED,
        (State.PAUSED, Event.RESUME): State.IN_PROGRESS,
        (State.PAUSED, Event.SUBMIT): State.SUBMITTED,
        (State.PAUSED, Event.VOID): State.VOID,
        (State.SUBMITTED, Event.VOID): State.VOID,
        # An appeal against a void was upheld; only one that was handed in (`service_adjust.restore`).
        (State.VOID, Event.RESTORE): State.SUBMITTED,
    }
)
