"""What a change would do to people's eligibility: facts before, facts after, and who gains or loses by it."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from exam import schemes
from exam.core import i18n
from exam.credits.eligibility import Standing, assess
from exam.credits.facts import Entry, Facts, Reached
from exam.schemes.kinds import Scheme


@dataclass(frozen=True)
class Change:
    """A change that somebody means to make to one person's facts in a scheme.

    `add` are new entries, `take` the ids of entries that would be undone, `reach` and `lose` outcomes (those lost by
    their source).
    """

    person_id: int
    scheme: str
    track: str = ""
    add: tuple[Entry, ...] = ()
    take: frozenset[int] = frozenset()
    reach: tuple[Reached, ...] = ()
    lose: frozenset[tuple[str, int]] = frozenset()


@dataclass(frozen=True)
class Move:
    """One person's standing before and after."""

    person_id: int
    scheme: str
    track: str
    before: Standing
    after: Standing

    @property
    def scheme_title(self) -> str:
        """The name of the scheme, in the reader's language."""
        return i18n.gettext(schemes.get(self.scheme).title) if self.scheme in schemes.SCHEMES else self.scheme

    @property
    def gains(self) -> bool:
        """Whether the person becomes eligible."""
        return self.after.met and not self.before.met

    @property
    def loses(self) -> bool:
        """Whether the person stops being eligible."""
        return self.before.met and not self.after.met

    @property
    def hours(self) -> Decimal:
        """By how many hours what counts changes."""
        return _counted(self.after) - _counted(self.before)


@dataclass(frozen=True)
class Concern:
    """What would change: sources of outcomes (kind and reference), and the standings that would be lost."""

    sources: frozenset[tuple[str, int]]
    lost: tuple[Move, ...] = ()


Becomes = Literal["", "due", "withdrawn", "doubted", "sound"]
"""What becomes of a certificate: it will be due, its coming is called off, it is issued and loses its basis (or has it
again)."""


@dataclass(frozen=True)
class Touched:
    """A certificate that a change concerns: its state, and whether that state forbids the change (`locked`).

    `doubted`: it is issued, and what it rests on was taken back already.
    """

    certificate_id: int
    person_id: int
    name: str
    title: str
    number: str
    state: str
    locked: bool = False
    doubted: bool = False
    becomes: Becomes = ""

    @property
    def told(self) -> str:
        """What a token is made of; one that does not exist yet has no id that stays."""
        return f"{'' if self.becomes == 'due' else self.certificate_id}:{self.title}:{self.state}:{self.becomes}"


@dataclass(frozen=True)
class Effect:
    """What a change would do: every standing that moves, and the certificates that rest on what changes."""

    moves: tuple[Move, ...] = ()
    certificates: tuple[Touched, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)

    @property
    def gains(self) -> tuple[Move, ...]:
        """Who becomes eligible."""
        return tuple(move for move in self.moves if move.gains)

    @property
    def loses(self) -> tuple[Move, ...]:
        """Who stops being eligible."""
        return tuple(move for move in self.moves if move.loses)

    @property
    def others(self) -> tuple[Move, ...]:
        """Whose hours change without making them eligible or not."""
        return tuple(move for move in self.moves if not move.gains and not move.loses)

    @property
    def nothing(self) -> bool:
        """Whether nobody's eligibility and no certificate is concerned."""
        return not self.moves and not self.certificates

    @property
    def takes(self) -> bool:
        """Whether it takes something from somebody: eligibility, or a certificate's basis."""
        return bool(self.loses) or any(one.becomes in ("withdrawn", "doubted") for one in self.certificates)

    @property
    def token(self) -> str:
        """A short digest, with which applying checks that the effect is still what was shown."""
        lines = [
            f"{move.person_id}:{move.scheme}:{move.track}:{move.after.cycle.year}:{side.met}:{_counted(side)}:"
            f"{side.hours_missing}:{side.barred is not None}"
            for move in self.moves
            for side in (move.before, move.after)
        ]
        lines += [one.told for one in self.certificates]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def changed(facts: Facts, change: Change) -> Facts:
    """The facts as they would be after a change."""
    entries = tuple(entry for entry in facts.entries if entry.id not in change.take)
    outcomes = tuple(one for one in facts.outcomes if (one.source_kind, one.source_ref) not in change.lose)
    return replace(facts, entries=(*entries, *change.add), outcomes=(*outcomes, *change.reach))


def moves(scheme: Scheme, person_id: int, facts: Facts, changes: Iterable[Change], today: date) -> list[Move]:
    """The standings that changes to one person move, in the running cycle and in those of the entries concerned."""
    after = facts
    for change in changes:
        after = changed(after, change)
    return moved(scheme, person_id, facts, after, today)


def moved(scheme: Scheme, person_id: int, before: Facts, after: Facts, today: date) -> list[Move]:
    """The standings in which two sets of facts about one person differ."""
    found = []
    for day in _cycles(scheme, after, {today} | _days(before, after), today):
        old, new = assess(scheme, before, day), assess(scheme, after, day)
        if (old.met, old.requirements, old.missing) != (new.met, new.requirements, new.missing):
            found.append(Move(person_id, scheme.key, after.track, old, new))
    return found


def _days(before: Facts, after: Facts) -> set[date]:
    """A day of each year in which the facts differ; of every year with hours when the person is measured otherwise."""
    entries = set(before.entries) ^ set(after.entries)
    if (before.track, before.member) != (after.track, after.member):
        entries = {*before.entries, *after.entries}
    years = {entry.year or entry.on.year for entry in entries}
    years |= {one.year for one in set(before.bars) ^ set(after.bars)}
    years |= {one.year for one in set(before.waived) ^ set(after.waived)}
    return {date(year, 12, 31) for year in years}


def _cycles(scheme: Scheme, facts: Facts, days: Iterable[date], today: date) -> list[date]:
    """One day of each cycle that the days lie in: today in the running one, else its last day."""
    found: dict[tuple[date | None, date | None], date] = {}
    for day in sorted(days):
        try:
            span = assess(scheme, facts, day).cycle
        except LookupError:
            continue
        key = (span.since, span.until)
        running = span.year is None or span.year == today.year
        found[key] = today if running else day
    return sorted(found.values())


def _counted(standing: Standing) -> Decimal:
    return sum((one.hours for one in standing.counted), Decimal(0))
