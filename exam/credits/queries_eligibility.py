"""Facts for eligibility, read for one person or a whole institution: one query a table, however many people."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from exam import schemes
from exam.accounts.models import Person
from exam.credits.eligibility_claims import Judged, judged
from exam.credits.facts import Bar, Entry, Facts, Let, Reached
from exam.credits.models import HourEntry, Membership, Outcome
from exam.schemes.kinds import Scheme

Who = tuple[int, str]
"""A person and the track they chose ("" where none is chosen)."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Somebody whom a scheme asks for hours, with the facts about them."""

    person_id: int
    name: str
    id_number: str | None
    facts: Facts


def measured(
    db: Session, institution_id: int, scheme_key: str, people: Collection[int] | None = None, name: str = ""
) -> list[Measured]:
    """Everybody (or those of `people`, or whose name holds `name`) with a membership, hours or outcomes in a scheme.

    In the order of names. A person with several chosen tracks comes once for each.
    """
    scheme = schemes.get(scheme_key)
    reader = _Reader(db, institution_id, scheme_key, people)
    found = _facts(reader, scheme)
    persons = _persons(reader, name)
    rows = [Measured(person, *persons[person], facts) for (person, _), facts in found.items() if person in persons]
    return sorted(rows, key=lambda row: (row.name, row.person_id, row.facts.track))


def facts_of(db: Session, institution_id: int, person_id: int, scheme_key: str, track: str = "") -> Facts:
    """The facts about one person in a scheme and chosen track, whether or not they are a member."""
    found = _facts(_Reader(db, institution_id, scheme_key, [person_id]), schemes.get(scheme_key))
    return found.get((person_id, track)) or next(
        (replace(facts, track=track) for facts in found.values()), Facts(track=track)
    )


def chosen_tracks(db: Session, institution_id: int, person_id: int, scheme_key: str) -> list[str]:
    """The tracks in which a person is measured ("" where none is chosen), if a scheme concerns them."""
    found = _facts(_Reader(db, institution_id, scheme_key, [person_id]), schemes.get(scheme_key))
    return sorted(track for _, track in found)


def usual_scheme(db: Session, institution_id: int) -> str:
    """The scheme in which an institution has most members; "" while it has none."""
    count = sa.func.count()
    query = (
        sa.select(col(Membership.scheme))
        .where(col(Membership.institution_id) == institution_id, col(Membership.ended_at).is_(None))
        .group_by(col(Membership.scheme))
        .order_by(count.desc(), col(Membership.scheme))
        .limit(1)
    )
    return str(db.execute(query).scalar_one_or_none() or "")


def schemes_of(db: Session, institution_id: int, person_id: int) -> list[str]:
    """The schemes in which somebody is a member or has hours or outcomes, in the order of keys."""
    tables: tuple[Any, ...] = (HourEntry, Outcome)
    held = [
        sa.select(table.scheme).where(table.institution_id == institution_id, table.person_id == person_id)
        for table in tables
    ]
    member = sa.select(col(Membership.scheme)).where(
        col(Membership.institution_id) == institution_id,
        col(Membership.person_id) == person_id,
        col(Membership.ended_at).is_(None),
    )
    found = db.connection().execute(sa.union(member, *held)).scalars()
    return sorted(key for key in found if key in schemes.SCHEMES)


def people_after(db: Session, institution_id: int, scheme_key: str, after: int, limit: int) -> list[int]:
    """The ids of the next people whom a scheme concerns at an institution, in their order."""
    reader = _Reader(db, institution_id, scheme_key, None)
    query = sa.select(col(Person.id)).where(col(Person.id).in_(reader.whose()), col(Person.id) > after)
    found = db.connection().execute(query.order_by(col(Person.id)).limit(limit)).scalars()
    return [person for person in found if person is not None]


def names(db: Session, people: Collection[int]) -> dict[int, str]:
    """The names of people by id."""
    found: Any = db.connection().execute(sa.select(col(Person.id), col(Person.name)).where(col(Person.id).in_(people)))
    return {row[0]: row[1] for row in found}


def standing_outcomes(
    db: Session, institution_id: int, sources: Collection[tuple[str, int]]
) -> list[tuple[Outcome, int | None]]:
    """The outcomes that stand for some sources, each with the id of its entry in the ledger, if it earned hours."""
    undoing = select(Outcome.undoes_id).where(
        Outcome.institution_id == institution_id, col(Outcome.undoes_id).is_not(None)
    )
    found: list[tuple[Outcome, int | None]] = []
    for kind in sorted({kind for kind, _ in sources}):
        refs = [ref for each, ref in sources if each == kind]
        query = (
            select(Outcome, HourEntry.id)
            .outerjoin(
                HourEntry,
                (col(HourEntry.source_kind) == col(Outcome.kind))
                & (col(HourEntry.source_ref) == col(Outcome.id))
                & col(HourEntry.undoes_id).is_(None),
            )
            .where(
                Outcome.institution_id == institution_id,
                Outcome.source_kind == kind,
                col(Outcome.undoes_id).is_(None),
                col(Outcome.id).not_in(undoing),
            )
        )
        for start in range(0, len(refs), 500):
            found += db.exec(query.where(col(Outcome.source_ref).in_(refs[start : start + 500]))).all()
    return found


@dataclass(frozen=True)
class _Reader:
    db: Session
    institution_id: int
    scheme: str
    people: Collection[int] | None

    def whose(self) -> Any:
        """A select of the ids of everybody whom the scheme concerns."""
        tables: tuple[Any, ...] = (Membership, HourEntry, Outcome)
        selects = [
            sa.select(table.person_id).where(table.institution_id == self.institution_id, table.scheme == self.scheme)
            for table in tables
        ]
        return sa.union(selects[0].where(col(Membership.ended_at).is_(None)), *selects[1:])

    def rows(self, table: Any, *columns: Any) -> Any:
        """The rows of a table about these people in this scheme."""
        query = sa.select(table.person_id, *columns).where(
            table.institution_id == self.institution_id, table.scheme == self.scheme
        )
        if table is Membership:
            query = query.where(col(Membership.ended_at).is_(None))
        if self.people is not None:
            query = query.where(table.person_id.in_(self.people))
        return self.db.connection().execute(query)


def _facts(reader: _Reader, scheme: Scheme) -> dict[Who, Facts]:
    members = {
        (row[0], row[1]): Facts(track=row[1], member=row[2], cycle_from=row[3], cycle_until=row[4])
        for row in reader.rows(
            Membership, Membership.track, Membership.facts, Membership.cycle_from, Membership.cycle_until
        )
    }
    outcomes, own = _outcomes(reader)
    entries = _entries(reader, own)
    claims = judged(reader.db, reader.institution_id, reader.scheme, reader.people)
    chosen = {rule.value.key for rule in scheme.tracks if rule.value.chosen}
    known = {person for person, _ in members}
    for person in (entries.keys() | outcomes.keys()) - known:
        said = {one.track for one in entries[person]} | {one.track for one in outcomes[person]}
        for track in sorted(said & chosen) or [""]:
            members[(person, track)] = Facts(track=track)
    return {
        who: replace(
            facts,
            entries=tuple(entries[who[0]]),
            outcomes=tuple(outcomes[who[0]]),
            waived=_waived(claims, who[0]),
            bars=_bars(claims, who[0]),
        )
        for who, facts in members.items()
    }


def _entries(reader: _Reader, own_staff: Mapping[int, bool]) -> dict[int, list[Entry]]:
    columns = (
        *(HourEntry.id, HourEntry.category, HourEntry.hours, HourEntry.on, HourEntry.source_kind),
        *(HourEntry.source_ref, HourEntry.subject, HourEntry.title, HourEntry.at, HourEntry.year, HourEntry.track),
        *(HourEntry.evidence, HourEntry.undoes_id),
    )
    found: dict[int, list[Entry]] = defaultdict(list)
    make: Any = Entry
    for person, *values, evidence, undoes in reader.rows(HourEntry, *columns):
        kind, ref = values[4], values[5]
        of_staff = own_staff.get(ref, True) if kind in ("passed", "finished") else True
        waiver = "partial" if kind == "waiver" else ""
        own = of_staff and (evidence or {}).get("own_staff") is not False
        found[person].append(make(*values, waiver, own, undoes))
    return found


def _outcomes(reader: _Reader) -> tuple[dict[int, list[Reached]], dict[int, bool]]:
    """The outcomes that stand, by person, and of each whether it was earned with one's own institution."""
    columns = (
        *(Outcome.id, Outcome.undoes_id, Outcome.fields, Outcome.kind, Outcome.subject, Outcome.title, Outcome.at),
        *(Outcome.track, Outcome.delivery, Outcome.source_kind, Outcome.source_ref),
    )
    rows = list(reader.rows(Outcome, *columns))
    undone = {row[2] for row in rows if row[2] is not None}
    found: dict[int, list[Reached]] = defaultdict(list)
    own: dict[int, bool] = {}
    for person, number, undoes, fields, *values in rows:
        own[number] = (fields or {}).get("own_staff") is not False
        if undoes is None and number not in undone:
            found[person].append(Reached(*values))
    return found, own


def _waived(claims: Mapping[int, list[Judged]], person: int) -> tuple[Let, ...]:
    return tuple(
        Let(one.year, one.title, one.source, one.claim_id)
        for one in claims.get(person, ())
        if one.kind == "full-waiver"
    )


def _bars(claims: Mapping[int, list[Judged]], person: int) -> tuple[Bar, ...]:
    return tuple(
        Bar(one.year, one.reason or one.title, one.on, one.claim_id)
        for one in claims.get(person, ())
        if one.kind == "forged"
    )


def _persons(reader: _Reader, name: str) -> dict[int, tuple[str, str | None]]:
    query = sa.select(col(Person.id), col(Person.name), col(Person.id_number)).where(col(Person.id).in_(reader.whose()))
    if reader.people is not None:
        query = query.where(col(Person.id).in_(reader.people))
    if name:
        query = query.where(col(Person.name).contains(name, autoescape=True) | (col(Person.id_number) == name.upper()))
    found: Any = reader.db.connection().execute(query)
    return {row[0]: (row[1], row[2]) for row in found}
