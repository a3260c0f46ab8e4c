"""The people that an office may enrol: the active candidates of their institution, found by name or number."""

from collections.abc import Iterable
from typing import Any

from sqlmodel import Session, col, or_, select

from exam.accounts.access import Caller
from exam.accounts.models import Person, RoleGrant
from exam.accounts.permissions import Role

CHUNK = 500


def candidates(institution_id: int) -> Any:
    """A SELECT of the active people who are candidates at an institution."""
    holds = select(RoleGrant.person_id).where(
        RoleGrant.institution_id == institution_id, RoleGrant.role == Role.CANDIDATE
    )
    return select(Person).where(col(Person.id).in_(holds), Person.state == "active")


def candidates_by_name(db: Session, who: Caller, given: Iterable[str]) -> dict[str, int]:
    """ID number, user name or phone → person, among the candidates of the caller's institution only."""
    found: dict[str, int] = {}
    names = sorted(set(given))
    for start in range(0, len(names), CHUNK):
        part = names[start : start + CHUNK]
        named = or_(col(Person.id_number).in_(part), col(Person.username).in_(part), col(Person.phone).in_(part))
        for person in db.exec(candidates(who.institution_id).where(named)):
            for name in (person.id_number, person.username, person.phone):
                if name in part:
                    found[name] = person.id or 0
    return found


def candidate_names(db: Session, who: Caller, ids: Iterable[int]) -> dict[int, str]:
    """Person → real name, for those of `ids` who are candidates of the caller's institution."""
    found: dict[int, str] = {}
    wanted = list(ids)
    for start in range(0, len(wanted), CHUNK):
        query = candidates(who.institution_id).where(col(Person.id).in_(wanted[start : start + CHUNK]))
        found |= {person.id or 0: person.name for person in db.exec(query)}
    return found
