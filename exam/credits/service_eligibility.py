"""Where people stand: facts from the database, judged by the pure function."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from exam import schemes
from exam.credits import queries_eligibility as facts
from exam.credits.eligibility import Standing, assess, complete_on
from exam.schemes.kinds import rule_at


@dataclass(frozen=True, slots=True)
class Line:
    """One person's standing, as a line of an institution's table."""

    person_id: int
    name: str
    id_number: str | None
    track: str
    """The track the person chose, "" where none is chosen (`standing.track` is the one they are measured in)."""
    standing: Standing


def standing(
    db: Session, institution_id: int, person_id: int, scheme_key: str, on: date, track: str | None = None
) -> Standing:
    """Where a person stands in a scheme on a day. Raises LookupError for an unknown scheme, or before its day."""
    scheme = schemes.get(scheme_key)
    return assess(scheme, facts.facts_of(db, institution_id, person_id, scheme_key, track or ""), on)


def complete_since(
    db: Session, institution_id: int, person_id: int, scheme_key: str, on: date, track: str | None = None
) -> date | None:
    """The day on which a person's hours in the cycle of `on` were complete; None while they are not."""
    return complete_on(
        schemes.get(scheme_key), facts.facts_of(db, institution_id, person_id, scheme_key, track or ""), on
    )


def standings(
    db: Session,
    institution_id: int,
    scheme_key: str,
    on: date,
    people: Collection[int] | None = None,
    name: str = "",
) -> Iterator[Line]:
    """Where everybody of an institution stands in a scheme on a day (or those of `people`), in the order of names."""
    scheme = schemes.get(scheme_key)
    for one in facts.measured(db, institution_id, scheme_key, people, name):
        yield Line(one.person_id, one.name, one.id_number, one.facts.track, assess(scheme, one.facts, on))


def measures(scheme_key: str, on: date) -> bool:
    """Whether a scheme asks for hours at all on a day."""
    return any(rule.holds(on) for rule in schemes.get(scheme_key).requirements)


def day_of_year(scheme_key: str, today: date, year: int | None) -> date:
    """The day on which a year is judged: today in the running one, the last day of one that is over.

    A scheme without calendar years is always judged today.
    """
    scheme = schemes.get(scheme_key)
    try:
        yearly = bool(scheme.cycle) and rule_at(scheme.cycle, today).value.kind == "calendar-year"
    except LookupError:
        yearly = False
    return date(year, 12, 31) if yearly and year is not None and year < today.year else today
