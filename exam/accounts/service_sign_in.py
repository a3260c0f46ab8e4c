"""Who somebody is, by identifier and password. Hashing stands outside transactions: it takes twenty milliseconds."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import or_
from sqlmodel import Session, col, select

from exam.accounts import deeds, passwords, rules
from exam.accounts.access import Caller
from exam.accounts.models import BrowserSession, Institution, Person
from exam.accounts.rules import Details
from exam.accounts.service_sessions import end_sessions
from exam.core.errors import Invalid, NotFound, Problem

KNOWN_FOR = timedelta(days=90)


@dataclass(frozen=True)
class Judged:
    """What came of an identifier and a password. `person` is set for every outcome but "wrong"."""

    outcome: Literal["in", "wrong", "waiting", "refused", "disabled"]
    person: Person | None = None
    new_hash: str | None = None


def find(db: Session, typed: str) -> Person | None:
    """The person somebody means by an ID number, phone number or user name."""
    ids = rules.identifiers(typed)
    wanted = [col(Person.username) == ids.username]
    wanted += [col(Person.id_number) == ids.id_number] if ids.id_number else []
    wanted += [col(Person.phone) == ids.phone] if ids.phone else []
    return db.exec(select(Person).where(or_(*wanted))).first()


def judge(person: Person | None, password: str) -> Judged:
    """Whether the password is right, and whether the person may come in.

    Takes the same time whether or not there is such a person; that somebody waits, was refused or is disabled is told
    only to those who know the password.
    """
    kept = person.password_hash if person else None
    if not passwords.right(password, kept) or person is None or kept is None:
        return Judged("wrong")
    if person.state != "active":
        outcomes: dict[str, Literal["waiting", "refused", "disabled"]] = {"registered": "waiting", "refused": "refused"}
        return Judged(outcomes.get(person.state, "disabled"), person)
    renew = passwords.stale(kept) and not person.must_change_password
    return Judged("in", person, passwords.make_hash(password) if renew else None)


def known_address(db: Session, person_id: int, address: str, now: datetime) -> bool:
    """Whether the person has signed in from this address within the last 90 days."""
    found = select(BrowserSession.id).where(
        BrowserSession.person_id == person_id,
        BrowserSession.address == address[:60],
        BrowserSession.created_at > now - KNOWN_FOR,
    )
    return db.exec(found.limit(1)).first() is not None


def change_password(db: Session, who: Caller, new_hash: str, *, expected: str | None, now: datetime) -> None:
    """Set the caller's own new password and end their other sign-ins.

    `expected` is the hash that the old password was checked against; raises `Invalid` when it has changed since.
    """
    person = db.get(Person, who.person_id)
    if person is None:
        raise NotFound
    if person.password_hash != expected:
        raise Invalid([Problem("old_password", "password-wrong")])
    person.password_hash, person.must_change_password = new_hash, False
    db.add(person)
    end_sessions(db, who.person_id, now=now, by=who.person_id, but=who.session_id)
    deeds.record(db, now, "password.change", who.person_id, who.institution_id or None, who.person_id)


def register(
    db: Session, person: Details, *, password_hash: str, institution_id: int, locale: str, now: datetime
) -> bool:
    """Write down somebody's registration; it waits for an administrator (S3: real name, administrator's approval).

    False when the number or phone belongs to somebody already: nothing is changed then, the institution finds it in
    its log, and the person is told no more than anybody (registering must not reveal who is on the platform).
    Somebody who was refused may register again with the same ID number.
    """
    others = [col(Person.id_number) == person.id_number, col(Person.phone) == person.phone]
    found = db.exec(select(Person).where(or_(*others))).all()
    again = next((row for row in found if row.state == "refused" and row.id_number == person.id_number), None)
    if any(row is not again for row in found):
        deeds.record(db, now, "registration.duplicate", found[0].id, institution_id, None)
        return False
    row = again or Person(name=person.name, created_at=now)
    row.name, row.id_number, row.phone, row.email = person.name, person.id_number, person.phone, person.email
    row.password_hash, row.must_change_password = password_hash, False
    row.state, row.state_reason, row.applied_to, row.locale = "registered", "", institution_id, locale
    row.created_at = now
    db.add(row)
    db.flush()
    deeds.record(db, now, "registration.new", row.id, institution_id, None)
    return True


def institutions(db: Session) -> list[tuple[int, str, str]]:
    """Where one may register: id, Chinese and English name."""
    rows = db.exec(select(Institution).order_by(col(Institution.name)))
    return [(row.id or 0, row.name, row.name_en or row.name) for row in rows]
