"""Hours that are free of charge, once a cycle: who has them, how many are left, their use and their return."""

from datetime import date, datetime
from decimal import Decimal

from sqlmodel import Session, col, select

from exam.credits.eligibility_terms import span_of
from exam.credits.facts import Facts
from exam.credits.service_membership import current
from exam.fees.models import Due, GrantUse
from exam.fees.rules import NOTHING, free_of
from exam.schemes.kinds import Rule, Scheme, rows_at
from exam.schemes.rows import Grant


def left(
    db: Session, institution_id: int, person_id: int, scheme: Scheme, on: date
) -> list[tuple[Rule[Grant], Decimal]]:
    """The grants that somebody has on a day, each with the hours left of it in the cycle that the day lies in.

    A cycle whose dates the office has not entered has no beginning: every use counts.
    """
    rows = rows_at(scheme.grants, on)
    member = current(db, institution_id, person_id, scheme.key) if rows else None
    if member is None:
        return []
    facts = Facts(track=member.track, member=member.facts, cycle_from=member.cycle_from, cycle_until=member.cycle_until)
    cycle = next((rule.value for rule in scheme.cycle if rule.holds(on)), None)
    since = span_of(cycle, facts, on).since
    found = []
    for rule in rows:
        if member.facts.get(rule.value.fact, 0) >= 1:
            query = select(col(GrantUse.hours)).where(
                GrantUse.institution_id == institution_id,
                GrantUse.person_id == person_id,
                GrantUse.scheme == scheme.key,
                GrantUse.grant == rule.value.key,
            )
            if since is not None:
                query = query.where(GrantUse.on >= since)
            found.append((rule, free_of(rule.value.hours, list(db.exec(query)), rule.value.hours)))
    return found


def free_hours(
    db: Session, institution_id: int, person_id: int, scheme: Scheme, on: date, category: str | None, hours: Decimal
) -> list[tuple[Grant, Decimal]]:
    """Which grants cover how many of `hours` of a category."""
    taken = []
    for rule, rest in left(db, institution_id, person_id, scheme, on):
        if rule.value.category == category and min(rest, hours) > 0:
            taken.append((rule.value, min(rest, hours)))
            hours -= taken[-1][1]
    return taken


def use(db: Session, due: Due, taken: list[tuple[Grant, Decimal]], on: date, now: datetime) -> None:
    """Write down what a due uses up of grants."""
    for grant, hours in taken:
        db.add(
            GrantUse(
                institution_id=due.institution_id,
                person_id=due.person_id,
                scheme=due.scheme,
                grant=grant.key,
                due_id=due.id or 0,
                hours=hours,
                on=on,
                at=now,
            )
        )
    db.flush()


def give_back(db: Session, due: Due, now: datetime) -> Decimal:
    """Give back what a due had used up, in the cycle it was used in. Returns the hours."""
    uses = db.exec(select(GrantUse).where(GrantUse.due_id == due.id).order_by(col(GrantUse.id))).all()
    undone = {row.undoes_id for row in uses if row.undoes_id is not None}
    back = NOTHING
    for row in uses:
        if row.undoes_id is None and row.id not in undone:
            back += row.hours
            values = row.model_dump(exclude={"id", "hours", "at", "undoes_id"})
            db.add(GrantUse(**values, hours=-row.hours, at=now, undoes_id=row.id))
    db.flush()
    return back
