"""What a scheme asks of somebody on a day, gathered from its rows: requirements of their track, cycle, caps."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from exam.credits.facts import Facts
from exam.schemes.kinds import Rule, Scheme, rows_at, track_of
from exam.schemes.rows import Category, Cycle, HourRequirement, Track

NOTHING = Decimal(0)
T = TypeVar("T")


@dataclass(frozen=True)
class Span:
    """The stretch that hours are counted in, both days inclusive; None: no bound on that side.

    `year` is set for a calendar year. `late` says that hours after `until` still count towards it: a cycle of years
    goes on until it is met, its certificate is merely late.
    """

    kind: str
    since: date | None = None
    until: date | None = None
    year: int | None = None
    late: bool = False

    def holds(self, on: date, year: int | None) -> bool:
        """Whether hours earned on a day, registered in `year` where that is said, belong to it."""
        if self.year is not None:
            return (year if year is not None else on.year) == self.year
        after_start = self.since is None or on >= self.since
        return after_start and (self.late or self.until is None or on <= self.until)


@dataclass(frozen=True)
class Terms:
    """The rules of a scheme for a track on a day."""

    track: Rule[Track] | None
    track_needed: bool
    cycle: Rule[Cycle] | None
    requirements: tuple[Rule[HourRequirement], ...]
    categories: Mapping[str, Rule[Category]]
    waiver_cap: Rule[Decimal] | None
    once: Rule[bool] | None
    forgery: Rule[bool] | None

    @property
    def total(self) -> Rule[HourRequirement] | None:
        """The requirement for all hours together, where there is one."""
        return next((rule for rule in self.requirements if rule.value.category is None), None)

    @property
    def hours(self) -> Decimal:
        """All hours that a cycle asks for."""
        by_category = sum((rule.value.hours for rule in self.requirements if rule.value.category), NOTHING)
        return max(by_category, self.total.value.hours if self.total else NOTHING)

    @property
    def waiver_most(self) -> Decimal | None:
        """The most hours that partial waivers may come to together; None: no cap."""
        return self.hours * self.waiver_cap.value if self.waiver_cap else None

    def of(self, category: str) -> Rule[HourRequirement] | None:
        """The requirement for a category, where there is one."""
        return next((rule for rule in self.requirements if rule.value.category == category), None)

    def counts(self, category: str) -> bool:
        """Whether hours of a category count for anything."""
        return category in self.categories and (self.total is not None or self.of(category) is not None)


def terms_of(scheme: Scheme, facts: Facts, on: date) -> Terms:
    """The terms of the person whom the facts describe."""
    track = track_of(scheme, on, facts.member, facts.track or None)
    return _terms(_Held(scheme), on, track.value.key if track else "")


@dataclass(frozen=True)
class _Held:
    """A scheme as a key of a cache: two are the same when they are one object."""

    scheme: Scheme

    def __hash__(self) -> int:
        return id(self.scheme)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.scheme is self.scheme


@lru_cache(maxsize=256)
def _terms(held: _Held, on: date, track_key: str) -> Terms:
    scheme = held.scheme
    tracks = rows_at(scheme.tracks, on)
    track = next((rule for rule in tracks if rule.value.key == track_key), None)
    requirements = [rule for rule in rows_at(scheme.requirements, on) if rule.value.track in (None, track_key)]
    return Terms(
        track=track,
        track_needed=bool(tracks) and track is None,
        cycle=_held_rule(scheme.cycle, on),
        requirements=tuple(requirements),
        categories={rule.value.key: rule for rule in rows_at(scheme.categories, on)},
        waiver_cap=_held_rule(scheme.waiver_cap, on),
        once=_held_rule(scheme.subject_once, on),
        forgery=_held_rule(scheme.forgery_bars, on),
    )


def _held_rule(history: tuple[Rule[T], ...], on: date) -> Rule[T] | None:
    return next((rule for rule in history if rule.holds(on)), None)


def span_of(cycle: Cycle | None, facts: Facts, on: date) -> Span:
    """The cycle that a day lies in."""
    if cycle is None or cycle.kind == "open":
        return Span("open")
    if cycle.kind == "calendar-year":
        return Span("calendar-year", date(on.year, 1, 1), date(on.year, 12, 31), on.year)
    since, until = facts.cycle_from, facts.cycle_until
    if since is None and until is not None:
        since = _years_later(until, -cycle.years) + timedelta(days=1)
    if until is None and since is not None:
        until = _years_later(since, cycle.years) - timedelta(days=1)
    return Span("years", since, until, late=True)


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)
