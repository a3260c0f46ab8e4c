"""Reads of claims and their evidence, bounded to an institution."""

from collections import Counter
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from exam.accounts.models import Person
from exam.credits.models import Membership
from exam.credits.models_claims import Claim, ClaimEvidence

PAGE = 50


@dataclass(frozen=True)
class Queue:
    """A page of claims with their people, and how many there are in each state."""

    rows: list[tuple[Claim, Person]]
    counts: dict[str, int]
    number: int
    total: int


def of_person(db: Session, institution_id: int, person_id: int) -> list[Claim]:
    """Somebody's claims, newest first."""
    query = select(Claim).where(Claim.institution_id == institution_id, Claim.person_id == person_id)
    return list(db.exec(query.order_by(col(Claim.id).desc())))


def queue(db: Session, institution_id: int, state: str, number: int = 1) -> Queue:
    """The institution's claims in a state, oldest first. Drafts are their maker's alone."""
    bounded = select(Claim.state, func.count()).where(Claim.institution_id == institution_id, Claim.state != "draft")
    counts = Counter(dict(db.exec(bounded.group_by(Claim.state)).all()))
    query = (
        select(Claim, Person)
        .join(Person, col(Person.id) == Claim.person_id)
        .where(Claim.institution_id == institution_id, Claim.state == state, Claim.state != "draft")
        .order_by(col(Claim.sent_at), col(Claim.id))
    )
    total = counts[state]
    number = max(1, min(number, -(-total // PAGE)))
    return Queue(list(db.exec(query.offset((number - 1) * PAGE).limit(PAGE))), dict(counts), number, total)


def evidence(db: Session, claim: Claim) -> list[ClaimEvidence]:
    """The files of a claim."""
    return list(db.exec(select(ClaimEvidence).where(ClaimEvidence.claim_id == claim.id).order_by("id")))


def alike(db: Session, claim: Claim) -> list[Claim]:
    """Other claims of the same person for the same thing in the same year: perhaps the same twice."""
    query = select(Claim).where(
        Claim.institution_id == claim.institution_id,
        Claim.person_id == claim.person_id,
        Claim.scheme == claim.scheme,
        Claim.row == claim.row,
        Claim.variant == claim.variant,
        Claim.year == claim.year,
        Claim.id != claim.id,
        col(Claim.state).in_(["sent", "approved", "forged"]),
    )
    return list(db.exec(query.order_by("id")))


def memberships(db: Session, institution_id: int, person_id: int) -> list[Membership]:
    """The current memberships of a person."""
    query = select(Membership).where(
        Membership.institution_id == institution_id,
        Membership.person_id == person_id,
        col(Membership.ended_at).is_(None),
    )
    return list(db.exec(query.order_by(col(Membership.scheme), col(Membership.track))))
