"""What eligibility is judged by: the facts about one person in one scheme, as plain values without a database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

ONCE_KINDS = frozenset({"passed", "finished", "manual"})
"""Entries that stand for a course or an exam: the same subject counts once in a cycle where the scheme says so."""


@dataclass(frozen=True)
class Entry:
    """One entry of the ledger.

    `on` is the civil date on which the hours were earned, `at` the instant where it is known. `year` says which year
    they are registered in where that is not the year of `on`. `own_staff` is False when they were learned with an
    institution that the person does not work for. `waiver`: hours let off rather than learned.
    """

    id: int
    category: str
    hours: Decimal
    on: date
    source_kind: str
    source_ref: int
    subject: str = ""
    title: str = ""
    at: datetime | None = None
    year: int | None = None
    track: str = ""
    waiver: Literal["", "partial"] = ""
    own_staff: bool = True
    undoes: int | None = None

    @property
    def order(self) -> tuple[date, bool, float, int]:
        """When it was earned; an entry of which only the day is known comes first on that day."""
        return self.on, self.at is not None, self.at.timestamp() if self.at else 0.0, self.id


@dataclass(frozen=True)
class Reached:
    """An outcome that stands: an exam passed, a course finished."""

    kind: Literal["passed", "finished"]
    subject: str
    title: str
    at: datetime
    track: str = ""
    delivery: str = ""
    source_kind: str = ""
    source_ref: int = 0


@dataclass(frozen=True)
class Let:
    """All hours of a year are waived, for a reason (the title of the waiver), under a source."""

    year: int
    reason: str
    source: str
    claim: int = 0


@dataclass(frozen=True)
class Bar:
    """The year's eligibility is cancelled: something in it was forged."""

    year: int
    reason: str
    on: date
    claim: int = 0


@dataclass(frozen=True)
class Facts:
    """Everything that counts about one person in one scheme. `track` is the one they chose, "" where none was chosen.

    `cycle_from` and `cycle_until` (both inclusive) are set where a person's cycle follows their certificate.
    """

    track: str = ""
    member: Mapping[str, int] = field(default_factory=dict)
    cycle_from: date | None = None
    cycle_until: date | None = None
    entries: tuple[Entry, ...] = ()
    outcomes: tuple[Reached, ...] = ()
    waived: tuple[Let, ...] = ()
    bars: tuple[Bar, ...] = ()
