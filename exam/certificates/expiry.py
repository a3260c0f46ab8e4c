"""Certificates that expire: who is reminded when, the next cycle of somebody whose hours they rest on, and which
certificate continues which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from exam.accounts.access import Caller
from exam.accounts.models import Person
from exam.certificates.models import Certificate
from exam.certificates.service_issue import managed
from exam.core.decisions import Refusal
from exam.core.errors import Refused
from exam.credits.models import Membership
from exam.credits.service_membership import change

REMIND_DAYS = 180
"""Holders are reminded from so many days before the last day of validity on (Settled: half a year to learn)."""

WITHIN = (30, 90, 180, 365)
PAGE = 50
MEMBER = "member:"


@dataclass(frozen=True)
class Expiring:
    """An issued certificate that ends: whose it is, the days left (below 0: over), what continues it (None: nothing
    yet), and the next cycle that can be begun with it (None: it rests on no cycle, or the cycle is begun)."""

    certificate: Certificate
    person: Person
    days: int
    successor: Certificate | None
    next_cycle: tuple[date, date] | None


def days_left(until: date, today: date) -> int:
    """How many days a certificate still holds, the last one included; 0 on the day after it, then below."""
    return (until - today).days + 1


def reminded(until: date | None, today: date) -> bool:
    """Whether the holder is reminded on a day: from `REMIND_DAYS` before the end until it is over."""
    return until is not None and until - timedelta(days=REMIND_DAYS) <= today <= until


def expiring(
    db: Session, who: Caller, today: date, within: int, *, over: bool = False, page: int = 1
) -> tuple[list[Expiring], int]:
    """A page of the institution's issued certificates that end within so many days (`over`: that are over), the
    soonest first, and how many there are."""
    last = col(Certificate.valid_until)
    query = (
        select(Certificate, Person)
        .join(Person, col(Person.id) == col(Certificate.person_id))
        .where(Certificate.institution_id == who.institution_id, Certificate.state == "issued", last.is_not(None))
        .where(last < today if over else (last >= today) & (last <= today + timedelta(days=within)))
        .order_by(last, col(Certificate.id))
    )
    found = db.exec(query).all()
    rows = found[(page - 1) * PAGE : page * PAGE]
    next_ones = successors(db, [row for row, _ in rows])
    members = _members(db, [row for row, _ in rows])
    return [
        Expiring(
            row,
            person,
            days_left(row.valid_until or today, today),
            next_ones.get(row.id or 0),
            next_cycle(row, members.get(row.id or 0)),
        )
        for row, person in rows
    ], len(found)


def own_reminders(db: Session, who: Caller, today: date) -> list[tuple[Certificate, int]]:
    """The caller's certificates that end soon and that nothing continues yet, each with the days left."""
    query = select(Certificate).where(
        Certificate.person_id == who.person_id,
        Certificate.institution_id == who.institution_id,
        Certificate.state == "issued",
        col(Certificate.valid_until).is_not(None),
    )
    rows = [row for row in db.exec(query) if reminded(row.valid_until, today)]
    continued = successors(db, rows)
    return [(row, days_left(row.valid_until or today, today)) for row in rows if row.id not in continued]


def successors(db: Session, rows: Sequence[Certificate]) -> dict[int, Certificate]:
    """Certificate → the next one of the same kind and track that the same person has been issued."""
    people = {row.person_id for row in rows}
    query = select(Certificate).where(
        col(Certificate.person_id).in_(people), Certificate.state == "issued", col(Certificate.issued_at).is_not(None)
    )
    later: dict[tuple[object, ...], list[Certificate]] = {}
    for row in db.exec(query.order_by(col(Certificate.issued_at), col(Certificate.id))):
        later.setdefault(_same(row), []).append(row)
    found = {}
    for row in rows:
        line = later.get(_same(row), [])
        place = next((n for n, each in enumerate(line) if each.id == row.id), len(line))
        if place + 1 < len(line):
            found[row.id or 0] = line[place + 1]
    return found


def predecessors(db: Session, rows: Sequence[Certificate]) -> dict[int, Certificate]:
    """Certificate → the one before that it continues."""
    return {after.id or 0: row for row in rows if (after := successors(db, [row]).get(row.id or 0)) is not None}


def _same(row: Certificate) -> tuple[object, ...]:
    return (row.institution_id, row.person_id, row.scheme, row.kind, row.track)


def _members(db: Session, rows: Sequence[Certificate]) -> Mapping[int, Membership]:
    """Certificate → the current membership whose hours it rests on."""
    wanted = {
        int(row.basis.split(":")[1]): row.id or 0
        for row in rows
        if row.basis.startswith(MEMBER) and row.basis.split(":")[1].isdecimal()
    }
    query = select(Membership).where(col(Membership.id).in_(wanted), col(Membership.ended_at).is_(None))
    return {wanted[member.id or 0]: member for member in db.exec(query)}


def next_cycle(row: Certificate, member: Membership | None) -> tuple[date, date] | None:
    """The cycle in which the hours for the next certificate are learned: from the day after the old one's counting
    began to its last day (S0 §3: four years); None where it is begun already or the certificate rests on no cycle."""
    if member is None or row.valid_until is None or row.state != "issued":
        return None
    if member.cycle_until is not None and member.cycle_until >= row.valid_until:
        return None
    return row.counted_from + timedelta(days=1), row.valid_until


def begin_cycle(db: Session, who: Caller, certificate_id: int, now: datetime) -> Membership:
    """Have the holder's hours count for the next certificate from now on. Raises NotFound, Refused."""
    row = managed(db, who, certificate_id)
    member = _members(db, [row]).get(row.id or 0)
    dates = next_cycle(row, member)
    if member is None or dates is None:
        raise Refused(Refusal("certificate-no-next-cycle"))
    change(
        db,
        member,
        facts=member.facts,
        cycle_from=dates[0],
        cycle_until=dates[1],
        reason=f"renewal of {row.number}",
        by=who.person_id,
        now=now,
    )
    return member
