"""Letting registered people in: real name, and an administrator's approval (S3)."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from exam.accounts import deeds, signals
from exam.accounts.access import Caller
from exam.accounts.models import Person
from exam.accounts.permissions import Role
from exam.accounts.service import grant, reason_given


def admit(db: Session, who: Caller, people: Iterable[int], *, now: datetime) -> list[int]:
    """Activate people who wait at the caller's institution and make them candidates there.

    Returns who was; others (another institution's, or decided meanwhile by a colleague) are left as they are.
    """
    admitted = []
    for person in _waiting(db, who, people):
        assert person.id is not None
        person.state, person.activated_at, person.activated_by = "active", now, who.person_id
        db.add(person)
        deeds.record(db, now, "person.activate", person.id, who.institution_id, who.person_id)
        grant(db, person.id, who.institution_id, Role.CANDIDATE, now=now, by=who.person_id)
        admitted.append(person.id)
    signals.people_changed(db, admitted)
    return admitted


def refuse(db: Session, who: Caller, people: Iterable[int], reason: str, *, now: datetime) -> list[int]:
    """Refuse people who wait, each told the reason when they sign in; they may register again.

    Returns who was. Raises `Invalid` without a reason.
    """
    reason, refused = reason_given(reason), []
    for person in _waiting(db, who, people):
        assert person.id is not None
        person.state, person.state_reason = "refused", reason
        db.add(person)
        deeds.record(db, now, "person.refuse", person.id, who.institution_id, who.person_id, {"reason": reason})
        refused.append(person.id)
    return refused


def _waiting(db: Session, who: Caller, people: Iterable[int]) -> Iterable[Person]:
    for person_id in sorted(set(people)):
        person = db.get(Person, person_id)
        if person is not None and person.state == "registered" and person.applied_to == who.institution_id:
            yield person
