"""Reads of the ledger: everybody's entries and outcomes are bounded to an institution."""

from sqlmodel import Session, select

from exam.credits.models import HourEntry, Outcome


def entries(db: Session, institution_id: int, person_id: int, scheme: str = "") -> list[HourEntry]:
    """All entries of a person, those that undo others too, in the order of posting; of all schemes for ""."""
    query = select(HourEntry).where(HourEntry.institution_id == institution_id, HourEntry.person_id == person_id)
    if scheme:
        query = query.where(HourEntry.scheme == scheme)
    return list(db.exec(query.order_by("id")))


def all_outcomes(db: Session, institution_id: int, person_id: int, scheme: str = "") -> list[Outcome]:
    """All outcomes of a person, those that undo others too, in the order of posting; of all schemes for ""."""
    query = select(Outcome).where(Outcome.institution_id == institution_id, Outcome.person_id == person_id)
    if scheme:
        query = query.where(Outcome.scheme == scheme)
    return list(db.exec(query.order_by("id")))


def outcomes(db: Session, institution_id: int, person_id: int, scheme: str = "") -> list[Outcome]:
    """The outcomes of a person that stand."""
    rows = all_outcomes(db, institution_id, person_id, scheme)
    undone = {row.undoes_id for row in rows if row.undoes_id is not None}
    return [row for row in rows if row.undoes_id is None and row.id not in undone]
