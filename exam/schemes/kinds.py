"""What schemes are made of: dated values with their sources, and the kinds of calendar an exam may have."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Rule(Generic[T]):
    """One value of a scheme: what it is, who says so, and from when.

    `source` names the notice and its place ("S3 annex 3 §5"), or "Settled" with the reason where the notice is silent.
    `since` is the first day (civil date of the scheme's zone) on which it holds, `until` the first on which it no
    longer does; None while nothing has replaced it.
    """

    value: T
    source: str
    since: date
    until: date | None = None

    def holds(self, on: date) -> bool:
        """Whether the value is in force on a day."""
        return self.since <= on and (self.until is None or on < self.until)


Dated = tuple[Rule[T], ...]
"""The history of one value, oldest first; at most one of its rules holds on any day."""


def rule_at(history: Dated[T], on: date) -> Rule[T]:
    """The rule in force on a day. Raises LookupError when there is none: the scheme does not reach that day."""
    for rule in history:
        if rule.holds(on):
            return rule
    raise LookupError(f"no rule holds on {on.isoformat()}")


def value_at(history: Dated[T], on: date) -> T:
    """The value in force on a day. Raises LookupError when there is none."""
    return rule_at(history, on).value


@dataclass(frozen=True)
class MonthlyWindow:
    """A session window each month, from the first instant of `first_day` through the whole of `last_day`."""

    first_day: int
    last_day: int

    def __post_init__(self) -> None:
        # Days that February lacks would need a rule of their own.
        if not 1 <= self.first_day <= self.last_day <= 28:
            raise ValueError("a monthly window lies within the days 1 to 28")


@dataclass(frozen=True)
class Scheme:
    """The rules of one scheme, as data; rules read it, nothing else decides.

    `title` and `summary` are Chinese and are the message ids of their English. Hours are credit hours of 45 minutes.
    None as a value means that the scheme knows no such thing: no windows, no limit of chances, no deadline, no fee.
    """

    key: str
    title: str
    summary: str
    zone: str
    windows: Dated[MonthlyWindow | None]
    chances: Dated[int | None]
    """How often an enrolment may be sat."""
    retake_windows: Dated[int | None]
    """How many windows after that of the failed chance a retake may still be taken in; 0 is the same one only."""
    course_first: Dated[bool]
    """Whether the course must be finished before any chance."""
    ends_when_passed: Dated[bool]
    """Whether passing uses up the enrolment."""
    cut_at_window_end: Dated[bool]
    """Whether a sitting ends with its window, so that a late starter has less than the full duration."""
    late_grace_seconds: Dated[int]
    """How long after the deadline an answer made before it may still arrive."""
    learning_hours: Dated[Decimal | None]
    exam_hours: Dated[Decimal | None]
    fee_yuan: Dated[Decimal | None]
    """What one enrolment costs."""
    certificate: Dated[str | None]
    """The name of what a passed candidate is given."""
    certificate_working_days: Dated[int | None]
    """Working days from the window's end to the certificate."""
    practice: bool = False
    """Whether sittings are for the candidate's own sake: they can't be failed and count in no pass rate."""

    def histories(self) -> Iterator[tuple[str, Dated[Any]]]:
        """Each value's name and history, in the order of declaration."""
        for field in fields(self):
            history = getattr(self, field.name)
            if isinstance(history, tuple):
                yield field.name, history

    def in_force(self, on: date) -> Iterator[tuple[str, Rule[Any]]]:
        """Each value's name and the rule that holds on a day, leaving out what does not hold then."""
        for name, history in self.histories():
            for rule in history:
                if rule.holds(on):
                    yield name, rule

    def version_at(self, on: date) -> str:
        """The version of the scheme on a day: the ISO date of the last change of any of its values up to then.

        All values of a version are those in force on that date. Raises LookupError before the scheme's first day.
        """
        changes = {rule.since for _, history in self.histories() for rule in history}
        changes |= {rule.until for _, history in self.histories() for rule in history if rule.until}
        reached = [change for change in changes if change <= on]
        if not reached:
            raise LookupError(f"{self.key} does not reach {on.isoformat()}")
        return max(reached).isoformat()
