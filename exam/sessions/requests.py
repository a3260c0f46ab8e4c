"""What a page asks of its sitting, and what it is told: plain values that pass between the web and the writer."""

from dataclasses import dataclass, field
from typing import Any

from exam.core.decisions import Refusal
from exam.seb.keys import Said


@dataclass(slots=True)
class Start:
    """Begin the sitting. `at`: microseconds at which the request arrived, as in every request here. `said`: what it
    says of SEB, in all that have it.
    """

    sitting_id: int
    person_id: int
    at: int
    said: tuple[Said, ...] = ()


@dataclass(slots=True)
class Claim:
    """Take the sitting over with a page: from now on only this page writes."""

    sitting_id: int
    person_id: int
    at: int
    csrf: str
    locale: str
    said: tuple[Said, ...] = ()


@dataclass(slots=True)
class Sync:
    """Answers and events of a page; none of both is a heartbeat."""

    sitting_id: int
    person_id: int
    at: int
    claim: int | None
    answers: list[Any]
    events: list[Any]
    locale: str
    said: tuple[Said, ...] = ()


@dataclass(slots=True)
class Submit(Sync):
    """The last answers, then the end. Without a claim (a page without script) there are no answers."""


@dataclass(slots=True)
class Note:
    """Something that a higher package writes down of a sitting, as a link of its log: `kind` and JSON.

    `about` goes with it to those who listen for that kind (`signals.noted`), in the transaction that appends the link.
    `bar` names what is asked first in that transaction (`signals.note_bars`); with one, a sitting that is not under way
    takes nothing either.
    """

    sitting_id: int
    at: int
    kind: str
    body: dict[str, Any]
    about: Any = None
    bar: str = ""


Request = Start | Claim | Sync | Submit | Note


@dataclass(slots=True)
class Outcome:
    """An HTTP status and the JSON body; `refusal` where a page explains it in words."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    refusal: Refusal | None = None
    encoded: bytes = b""
