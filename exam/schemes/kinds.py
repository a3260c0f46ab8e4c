"""What schemes are made of: dated values with their sources, and the kinds of calendar an exam may have."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, Generic, TypeVar

from exam.schemes.rows import (
    Activity,
    Category,
    CertificateKind,
    Cycle,
    Deadline,
    Fee,
    Grant,
    HourRequirement,
    MonthDay,
    Posting,
    Prerequisite,
    QuarterWeekend,
    Track,
    Waiver,
)

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

Rows = tuple[Rule[T], ...]
"""Rows of a kind, each with its own dates; several may hold on a day."""

ROWS = frozenset(
    {
        "tracks",
        "categories",
        "requirements",
        "fees",
        "grants",
        "posts",
        "certificates",
        "activities",
        "waivers",
        "batches",
        "prerequisites",
        "deadlines",
    }
)
"""The fields of a scheme that are rows; the others have one value at a time."""


def rows_at(rows: Rows[T], on: date) -> list[Rule[T]]:
    """The rows in force on a day, in the order of declaration; none where the scheme knows no such thing."""
    return [rule for rule in rows if rule.holds(on)]


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
    windows: Dated[MonthlyWindow | QuarterWeekend | None]
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
    learning_hours: Dated[Decimal | None] = ()
    exam_hours: Dated[Decimal | None] = ()
    exam_minutes: Dated[int | None] = ()
    """The longest an exam of the scheme may take."""
    class_size: Dated[int | None] = ()
    """The largest class of a face-to-face course."""
    compared: Dated[bool] = ()
    """Whether results are compared within their cohort and diagnosed by knowledge point."""
    cycle: Dated[Cycle] = ()
    waiver_cap: Dated[Decimal] = ()
    """The share of a cycle's hours that partial waivers may come to together (0.5: half)."""
    waiver_deadline: Dated[MonthDay] = ()
    """The last day of the year on which a waiver may be applied for."""
    subject_once: Dated[bool] = ()
    """Whether the hours of one subject count once in a cycle, however often it was passed or finished."""
    forgery_bars: Dated[bool] = ()
    """Whether a forged claim of hours cancels the year's eligibility."""
    fastest_play: Dated[Decimal] = ()
    """How fast recorded lessons may be played and still count (1: at their own speed)."""
    tracks: Rows[Track] = ()
    categories: Rows[Category] = ()
    requirements: Rows[HourRequirement] = ()
    fees: Rows[Fee] = ()
    grants: Rows[Grant] = ()
    posts: Rows[Posting] = ()
    certificates: Rows[CertificateKind] = ()
    activities: Rows[Activity] = ()
    waivers: Rows[Waiver] = ()
    batches: Rows[date] = ()
    """Days on which certificates of the scheme expire, from which the new ones' dates count."""
    prerequisites: Rows[Prerequisite] = ()
    deadlines: Rows[Deadline] = ()
    practice: bool = False
    """Whether sittings are for the candidate's own sake: they can't be failed and count in no pass rate."""

    def histories(self) -> Iterator[tuple[str, Dated[Any]]]:
        """The name and history of each value that the scheme has, in the order of declaration."""
        for field in fields(self):
            history = getattr(self, field.name)
            if isinstance(history, tuple) and history:
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


def first_day(scheme: Scheme) -> date:
    """The first day on which the scheme says anything."""
    return min(rule.since for _, history in scheme.histories() for rule in history)


def fee_at(
    scheme: Scheme, on: date, per: str, track: str | None = None, category: str | None = None
) -> Rule[Fee] | None:
    """The fee in force on a day for an enrolment, hour or try; None when it costs nothing. The closest row wins."""
    fitting = [
        rule
        for rule in rows_at(scheme.fees, on)
        if rule.value.per == per and rule.value.track in (None, track) and rule.value.category in (None, category)
    ]
    return max(fitting, key=lambda rule: (rule.value.track is not None, rule.value.category is not None), default=None)


def certificates_for(
    scheme: Scheme, on: date, basis: str, track: str | None = None, delivery: str | None = None
) -> list[Rule[CertificateKind]]:
    """The certificates that an outcome (or met hours) of a track and delivery leads to on a day."""
    return [
        rule
        for rule in rows_at(scheme.certificates, on)
        if rule.value.basis == basis
        and (not rule.value.tracks or track in rule.value.tracks)
        and (not rule.value.deliveries or delivery in rule.value.deliveries)
    ]


def track_of(scheme: Scheme, on: date, facts: Mapping[str, int], chosen: str | None = None) -> Rule[Track] | None:
    """The track of a person with these facts on a day: the one they chose, or the first whose conditions hold.

    None when the scheme has no tracks, or the track must be chosen and none was.
    """
    for rule in rows_at(scheme.tracks, on):
        track = rule.value
        if track.chosen:
            if track.key == chosen:
                return rule
        elif not track.when or any(facts.get(cond.fact, 0) >= cond.at_least for cond in track.when):
            return rule
    return None
