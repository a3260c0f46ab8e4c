"""Which certificates rest on what somebody means to change; asked before it is changed."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from sqlmodel import Session, col, select

from exam.accounts.models import Person
from exam.certificates.models import Certificate
from exam.certificates.service_issue import kind_of
from exam.credits.effects import Becomes, Concern, Touched
from exam.credits.models import Outcome

STANDING = ("due", "issued")
PIECE = 500


def touched(db: Session, institution_id: int, concern: Concern) -> list[Touched]:
    """The certificates, due or issued, of an institution that rest on the outcomes or the met hours concerned."""
    found: dict[int, tuple[Certificate, str]] = {}
    whose = (
        select(Certificate, Person.name)
        .join(Person, col(Person.id) == col(Certificate.person_id))
        .where(Certificate.institution_id == institution_id, col(Certificate.state).in_(STANDING))
    )
    resting = whose.join(Outcome, col(Outcome.id) == col(Certificate.outcome_id))
    for kind in sorted({kind for kind, _ in concern.sources}):
        refs = sorted(ref for each, ref in concern.sources if each == kind)
        for piece in _pieces(refs):
            rows = resting.where(Outcome.source_kind == kind, col(Outcome.source_ref).in_(piece))
            found |= {row[0].id or 0: row for row in db.exec(rows)}
    lost = {(move.person_id, move.scheme) for move in concern.lost}
    for piece in _pieces(sorted({person for person, _ in lost})):
        rows = whose.where(col(Certificate.outcome_id).is_(None), col(Certificate.person_id).in_(piece))
        for row in db.exec(rows):
            one = row[0]
            if (one.person_id, one.scheme) in lost:
                found[one.id or 0] = row
    return [replace(each, becomes=_becomes(each)) for each in (_told(one, name) for one, name in found.values())]


def standing_of(db: Session, institution_id: int, people: Collection[int]) -> list[Touched]:
    """The certificates, due or issued, of people of an institution."""
    query = (
        select(Certificate, Person.name)
        .join(Person, col(Person.id) == col(Certificate.person_id))
        .where(Certificate.institution_id == institution_id, col(Certificate.state).in_(STANDING))
        .where(col(Certificate.person_id).in_(people))
    )
    return [_told(one, name) for one, name in db.exec(query.order_by(col(Certificate.id)))]


def _becomes(one: Touched) -> Becomes:
    """What becomes of a certificate whose basis goes."""
    return "withdrawn" if one.state == "due" else "doubted"


def _pieces(numbers: list[int]) -> Iterable[list[int]]:
    return (numbers[start : start + PIECE] for start in range(0, len(numbers), PIECE))


def _told(one: Certificate, name: str) -> Touched:
    try:
        locked = one.state == "issued" and kind_of(one).locks_result
    except LookupError:
        locked = False
    return Touched(
        one.id or 0, one.person_id, name, one.title, one.number or "", one.state, locked, one.problem == "basis-undone"
    )
