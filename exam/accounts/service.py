"""Use cases round institutions, people and roles. Functions take `db` and never commit."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from exam.accounts import deeds, rules, signals
from exam.accounts.access import Caller
from exam.accounts.models import Institution, Person, RoleGrant
from exam.accounts.permissions import Role
from exam.accounts.rules import Details
from exam.accounts.service_sessions import end_sessions
from exam.core import audit
from exam.core.clock import SHANGHAI
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused

UNIQUE = ("id_number", "username", "phone")


def add_institution(db: Session, *, code: str, name: str, name_en: str = "", now: datetime) -> Institution:
    """Add an institution. Raises `Invalid` when the code is taken or something is missing."""
    problems = [Problem(field, "required") for field, value in (("code", code), ("name", name)) if not value.strip()]
    if db.exec(select(Institution).where(Institution.code == code.strip())).first():
        problems.append(Problem("code", "taken"))
    if problems:
        raise Invalid(problems)
    row = Institution(code=code.strip(), name=name.strip(), name_en=name_en.strip(), created_at=now)
    db.add(row)
    db.flush()
    audit.record(
        db,
        at=now,
        action="institution.add",
        subject=("institution", row.id),
        institution_id=row.id,
        actor_id=None,
        detail={"code": row.code},
    )
    return row


def add_person(
    db: Session,
    person: Details,
    *,
    now: datetime,
    home: int | None,
    by: int | None = None,
    password_hash: str | None = None,
    must_change: bool = False,
    state: str = "active",
    required: Sequence[str] = ("name",),
) -> Person:
    """Add a person who belongs to the institution `home`; `Details` come normalised from `rules.details`.

    Raises `Invalid` with everything wrong, `taken` for a number or name that somebody else has.
    """
    problems = rules.detail_problems(person, now.astimezone(SHANGHAI).date(), required) or taken(db, person)
    if problems:
        raise Invalid(problems)
    row = Person(
        name=person.name,
        id_number=person.id_number,
        username=person.username,
        phone=person.phone,
        email=person.email,
        password_hash=password_hash,
        must_change_password=must_change,
        state=state,
        applied_to=home,
        created_at=now,
        activated_at=now if state == "active" else None,
        activated_by=by if state == "active" else None,
    )
    db.add(row)
    db.flush()
    deeds.record(db, now, "person.add", row.id, home, by, {"state": state})
    return row


def taken(db: Session, person: Details, but: int | None = None) -> list[Problem]:
    """A problem `taken` for each of the unique details that somebody other than the person `but` has."""
    found = []
    for name in UNIQUE:
        value = getattr(person, name)
        if (
            value
            and db.exec(select(Person.id).where(getattr(Person, name) == value, col(Person.id) != (but or 0))).first()
        ):
            found.append(Problem(name, "taken"))
    return found


def grant(
    db: Session, person_id: int, institution_id: int, role: Role, *, now: datetime, by: int | None = None
) -> bool:
    """Give somebody a role at an institution; False when they have it already."""
    held = select(RoleGrant).where(
        RoleGrant.person_id == person_id, RoleGrant.institution_id == institution_id, RoleGrant.role == role.value
    )
    if db.exec(held).first():
        return False
    db.add(
        RoleGrant(person_id=person_id, institution_id=institution_id, role=role.value, granted_at=now, granted_by=by)
    )
    deeds.record(db, now, "role.grant", person_id, institution_id, by, {"role": role.value})
    signals.people_changed(db, [person_id])
    return True


def withdraw(db: Session, who: Caller, person_id: int, role: Role, *, now: datetime) -> None:
    """Take a role at the caller's institution away. Raises `NotFound` when they don't hold it, or `Refused`."""
    here = RoleGrant.institution_id == who.institution_id
    held = db.exec(
        select(RoleGrant).where(here, RoleGrant.person_id == person_id, RoleGrant.role == role.value)
    ).first()
    if held is None:
        raise NotFound
    administrators = db.exec(
        select(func.count())
        .select_from(RoleGrant)
        .join(Person, col(Person.id) == col(RoleGrant.person_id))
        .where(here, RoleGrant.role == Role.ADMINISTRATOR.value, Person.state == "active")
    ).one()
    refusal = rules.may_withdraw(role, own=person_id == who.person_id, administrators=administrators)
    if refusal:
        raise Refused(refusal)
    db.exec(delete(RoleGrant).where(col(RoleGrant.id) == held.id))
    deeds.record(db, now, "role.withdraw", person_id, who.institution_id, who.person_id, {"role": role.value})
    signals.people_changed(db, [person_id])


def person_here(db: Session, who: Caller, person_id: int) -> Person:
    """A person of the caller's institution: one with a role there, or one it brought in. Raises `NotFound`."""
    person = db.get(Person, person_id)
    held = db.exec(
        select(RoleGrant.id).where(RoleGrant.person_id == person_id, RoleGrant.institution_id == who.institution_id)
    ).first()
    if person is None or (held is None and person.applied_to != who.institution_id):
        raise NotFound
    return person


def account_refusal(db: Session, who: Caller, person: Person) -> Refusal | None:
    """Why the caller's institution may not manage somebody's account, or None."""
    grants = db.exec(select(RoleGrant.institution_id, RoleGrant.role).where(RoleGrant.person_id == person.id)).all()
    held = [(institution, Role(role)) for institution, role in grants]
    return rules.may_manage_account(who.institution_id, person.applied_to, held)


def manageable(db: Session, who: Caller, person_id: int) -> Person:
    """A person whose account the caller's institution manages. Raises `NotFound` or `Refused`."""
    person = person_here(db, who, person_id)
    refusal = account_refusal(db, who, person)
    if refusal:
        raise Refused(refusal)
    return person


def set_disabled(db: Session, who: Caller, person_id: int, *, disabled: bool, reason: str, now: datetime) -> None:
    """Bar somebody from signing in (their sign-ins end), or let them in again.

    Raises `NotFound`, `Refused`, or `Invalid` without a reason for barring them.
    """
    person = manageable(db, who, person_id)
    if person_id == who.person_id:
        raise Refused(Refusal("own-account"))
    if person.state != ("active" if disabled else "disabled"):
        raise Refused(Refusal("person-state-changed"))
    reason = reason_given(reason) if disabled else ""
    person.state, person.state_reason = ("disabled" if disabled else "active"), reason
    db.add(person)
    if disabled:
        end_sessions(db, person_id, now=now, by=who.person_id)
    action = "person.disable" if disabled else "person.enable"
    deeds.record(db, now, action, person_id, who.institution_id, who.person_id, {"reason": reason} if reason else {})
    signals.people_changed(db, [person_id])


def set_one_time_password(db: Session, who: Caller, person_id: int, password_hash: str, *, now: datetime) -> Person:
    """Replace a password by a one-time one and end all sign-ins. Raises `NotFound` or `Refused`."""
    person = manageable(db, who, person_id)
    if person_id == who.person_id:
        raise Refused(Refusal("own-password"))
    person.password_hash, person.must_change_password = password_hash, True
    db.add(person)
    end_sessions(db, person_id, now=now, by=who.person_id)
    deeds.record(db, now, "password.reset", person_id, who.institution_id, who.person_id)
    signals.people_changed(db, [person_id])
    return person


def shown_id_number(db: Session, who: Caller, person_id: int, *, now: datetime) -> str:
    """The whole ID number of a person, for an administrator who asked; that it was shown is written down."""
    person = person_here(db, who, person_id)
    deeds.record(db, now, "person.id-number-shown", person_id, who.institution_id, who.person_id)
    return person.id_number or ""


def change_details(db: Session, who: Caller, person_id: int, new: Details, *, now: datetime) -> None:
    """Correct somebody's details. Raises `NotFound`, `Refused` or `Invalid`."""
    person = manageable(db, who, person_id)
    problems = rules.detail_problems(new, now.astimezone(SHANGHAI).date(), ("name",)) or taken(db, new, but=person_id)
    if problems:
        raise Invalid(problems)
    changed = [
        name
        for name in ("name", "id_number", "phone", "email", "username")
        if getattr(person, name) != getattr(new, name)
    ]
    for name in changed:
        setattr(person, name, getattr(new, name))
    if changed:
        db.add(person)
        deeds.record(db, now, "person.change", person_id, who.institution_id, who.person_id, {"fields": changed})
        signals.people_changed(db, [person_id])


def reason_given(text: str) -> str:
    """A reason as kept. Raises `Invalid` when it is missing or too long."""
    text = text.strip()
    if not text:
        raise Invalid([Problem("reason", "reason-required")])
    if len(text) > rules.REASON_LENGTH:
        raise Invalid([Problem("reason", "too-long", {"most": rules.REASON_LENGTH})])
    return text
