"""Whether somebody has what a scheme asks for, and if not, what is missing: one pure function over facts.

Nothing here knows a scheme by its name; everything comes from its rows. The answer names for each hour whether it was
counted and, if not, why and by which source. The order in which facts are handed in never matters, and a further entry
never makes anybody worse off (an undo or a forged claim may).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from exam.credits.eligibility_count import Counted, NotCounted, count
from exam.credits.eligibility_terms import NOTHING, Span, Terms, span_of, terms_of
from exam.credits.facts import Bar, Facts, Let, Reached
from exam.schemes.kinds import Rule, Scheme, rows_at
from exam.schemes.rows import CertificateKind, HourRequirement

T = TypeVar("T", Let, Bar)
NO_PARAMS: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Asked:
    """One requirement: `category` None means all hours together; `missing` is what is needed beyond `counted`.

    `waived`: met because all hours of the year are let off.
    """

    code: str
    category: str | None
    title: str
    needed: Decimal
    counted: Decimal
    missing: Decimal
    source: str
    since: date
    met: bool
    waived: bool = False
    after: str = ""
    """The category that has to be complete first, by its title."""


@dataclass(frozen=True)
class Missing:
    """One thing that stands between somebody and being eligible: a code, what fills its text, and the source."""

    code: str
    source: str
    params: Mapping[str, Any] = field(default_factory=lambda: NO_PARAMS)


@dataclass(frozen=True)
class Toward:
    """A certificate of the scheme: what it rests on, and the outcomes that lead to it already."""

    key: str
    title: str
    basis: str
    source: str
    reached: tuple[Reached, ...] = ()


@dataclass(frozen=True)
class Standing:
    """Where somebody stands in a cycle. `met` needs every requirement, a known track, and no bar."""

    scheme: str
    version: str
    on: date
    track: str
    track_title: str
    met: bool
    cycle: Span
    requirements: tuple[Asked, ...] = ()
    counted: tuple[Counted, ...] = ()
    not_counted: tuple[NotCounted, ...] = ()
    missing: tuple[Missing, ...] = ()
    certificates: tuple[Toward, ...] = ()
    waived: Let | None = None
    barred: Bar | None = None

    @property
    def hours_missing(self) -> Decimal:
        """The fewest hours with which everything would be met."""
        by_category = sum((asked.missing for asked in self.requirements if asked.category), NOTHING)
        in_all = max((asked.missing for asked in self.requirements if not asked.category), default=NOTHING)
        return max(by_category, in_all)

    @property
    def categories_missing(self) -> tuple[str, ...]:
        """The categories in which hours are missing; "" for hours of any category beyond those."""
        found = [asked.category for asked in self.requirements if asked.category and not asked.met]
        by_category = sum((asked.missing for asked in self.requirements if asked.category), NOTHING)
        return (*found, "") if self.hours_missing > by_category else tuple(found)


def assess(scheme: Scheme, facts: Facts, on: date) -> Standing:
    """Where a person stands in the cycle of `on`, under the rules in force on that day. Raises LookupError for a day
    before the scheme's first."""
    terms = terms_of(scheme, facts, on)
    span = span_of(terms.cycle.value if terms.cycle else None, facts, on)
    counting = count(facts.entries, terms, span)
    waived = _of_year(facts.waived, span)
    barred = _of_year(facts.bars, span) if terms.forgery and terms.forgery.value else None
    requirements = tuple(_asked(rule, terms, counting.counted, waived) for rule in terms.requirements)
    missing = tuple(_missing(requirements, terms, barred, span))
    return Standing(
        scheme=scheme.key,
        version=scheme.version_at(on),
        on=on,
        track=terms.track.value.key if terms.track else "",
        track_title=terms.track.value.title if terms.track else "",
        met=bool(requirements) and not missing,
        cycle=span,
        requirements=requirements,
        counted=counting.counted,
        not_counted=counting.not_counted,
        missing=missing,
        certificates=tuple(_towards(scheme, facts, terms, on)),
        waived=waived,
        barred=barred,
    )


def complete_on(scheme: Scheme, facts: Facts, on: date) -> date | None:
    """The day on which the hours of the cycle of `on` were complete: the first up to which what was earned meets all
    that is asked; `on` itself where nothing had to be earned. None while it is not met."""
    standing = assess(scheme, facts, on)
    if not standing.met:
        return None
    for day in sorted({one.entry.on for one in standing.counted}):
        earned = tuple(entry for entry in facts.entries if entry.on <= day)
        if assess(scheme, replace(facts, entries=earned), on).met:
            return day
    return on


def _of_year(found: tuple[T, ...], span: Span) -> T | None:
    """The first one that concerns the cycle; in a cycle without years of its own, any that lies within it."""
    fitting = [one for one in found if span.year is None or one.year == span.year]
    if span.kind == "years":
        fitting = [one for one in fitting if _within(one.year, span)]
    return min(fitting, key=lambda one: (one.year, one.claim), default=None)


def _within(year: int, span: Span) -> bool:
    return (span.since is None or year >= span.since.year) and (span.until is None or year <= span.until.year)


def _asked(rule: Rule[HourRequirement], terms: Terms, counted: tuple[Counted, ...], waived: Let | None) -> Asked:
    wanted = rule.value
    hours = sum((one.hours for one in counted if wanted.category in (None, one.entry.category)), NOTHING)
    missing = NOTHING if waived else max(NOTHING, wanted.hours - hours)
    after = terms.categories.get(wanted.after or "")
    own = terms.categories.get(wanted.category or "")
    return Asked(
        code=wanted.key,
        category=wanted.category,
        title=own.value.title if own else "",
        needed=wanted.hours,
        counted=hours,
        missing=missing,
        source=waived.source if waived else rule.source,
        since=rule.since,
        met=missing == NOTHING,
        waived=waived is not None,
        after=after.value.title if after else "",
    )


def _missing(requirements: tuple[Asked, ...], terms: Terms, barred: Bar | None, span: Span) -> list[Missing]:
    found = []
    if terms.track_needed and terms.requirements == ():
        found.append(Missing("track", "Settled: what is asked depends on the track"))
    if barred is not None and terms.forgery is not None:
        found.append(Missing("barred", terms.forgery.source, {"reason": barred.reason, "until": span.until}))
    by_category = sum((asked.missing for asked in requirements if asked.category), NOTHING)
    for asked in requirements:
        if asked.category and not asked.met:
            params = {"category": asked.category, "title": asked.title, "hours": asked.missing, "until": span.until}
            found.append(Missing("hours", asked.source, params))
        elif not asked.category and not asked.met and asked.missing > by_category:
            rest = asked.missing - by_category
            found.append(Missing("hours-any", asked.source, {"hours": rest, "until": span.until}))
        elif not asked.category and not asked.met:
            continue  # the hours that the categories lack make up for it
    return found


def _towards(scheme: Scheme, facts: Facts, terms: Terms, on: date) -> list[Toward]:
    track = terms.track.value.key if terms.track else ""
    return [
        Toward(kind.key, kind.title, kind.basis, rule.source, _leading(kind, facts))
        for rule in rows_at(scheme.certificates, on)
        for kind in (rule.value,)
        if not kind.tracks or track in kind.tracks
    ]


def _leading(kind: CertificateKind, facts: Facts) -> tuple[Reached, ...]:
    found = [
        one
        for one in facts.outcomes
        if one.kind == kind.basis
        and (not kind.deliveries or one.delivery in kind.deliveries)
        and (not kind.tracks or one.track in kind.tracks)
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.source_kind, one.source_ref)))
