"""What the pages about people read. Everything is bounded to an institution."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Session, col, select

from exam.accounts import id_number, rules
from exam.accounts.models import ApiKey, BrowserSession, Institution, PeopleImport, Person, RoleGrant
from exam.accounts.permissions import Role
from exam.core.audit import AuditEvent

PAGE = 50
DUPLICATE_DAYS = 30


@dataclass(frozen=True)
class PersonRow:
    """A person in a list: the ID number masked, the roles held at the institution that asks."""

    id: int
    name: str
    id_number: str
    phone: str
    username: str
    state: str
    roles: tuple[Role, ...]


@dataclass(frozen=True)
class Found:
    """A page of people, and how many there are on all pages."""

    rows: tuple[PersonRow, ...]
    total: int
    page: int

    @property
    def first(self) -> int:
        """The number of the first one shown, from 1."""
        return (self.page - 1) * PAGE + 1

    @property
    def last(self) -> int:
        """The number of the last one shown."""
        return self.first + len(self.rows) - 1


def here(institution_id: int) -> ColumnElement[bool]:
    """People of an institution: with a role there, or brought in by it."""
    held = select(RoleGrant.person_id).where(RoleGrant.institution_id == institution_id)
    return or_(col(Person.id).in_(held), col(Person.applied_to) == institution_id)


def people(db: Session, institution_id: int, *, q: str = "", role: str = "", state: str = "", page: int = 1) -> Found:
    """People of an institution, by name; those waiting or refused are on a page of their own."""
    wanted: list[ColumnElement[bool]] = [
        here(institution_id),
        col(Person.state).in_([state] if state else ["active", "disabled"]),
    ]
    if role:
        held = select(RoleGrant.person_id).where(RoleGrant.institution_id == institution_id, RoleGrant.role == role)
        wanted.append(col(Person.id).in_(held))
    if q.strip():
        wanted.append(_matches(q))
    total = db.exec(select(func.count()).select_from(Person).where(*wanted)).one()
    page = max(1, min(page, -(-total // PAGE)))
    found = db.exec(
        select(Person).where(*wanted).order_by(col(Person.name), col(Person.id)).offset((page - 1) * PAGE).limit(PAGE)
    ).all()
    roles = _roles(db, institution_id, [person.id or 0 for person in found])
    return Found(tuple(_row(person, roles) for person in found), total, page)


def _matches(q: str) -> ColumnElement[bool]:
    """Name or user name containing it; phone or ID number only whole, or by its first six or last four characters at
    least, so that a search does not reveal the digits that a list hides."""
    text, ids = rules.folded(q)[:100], rules.identifiers(q)
    part = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    found: list[ColumnElement[bool]] = [
        col(Person.name).like(part, escape="\\"),
        col(Person.username).like(part.lower(), escape="\\"),
    ]
    if ids.phone:
        found.append(col(Person.phone) == ids.phone)
    number = id_number.normalised(q)
    if len(number) == id_number.LENGTH:
        found.append(col(Person.id_number) == number)
    elif len(number) == 6 and number.isdigit():
        found.append(col(Person.id_number).like(f"{number}%"))
    elif len(number) == 4 and number[:3].isdigit():
        found.append(col(Person.id_number).like(f"%{number}"))
    return or_(*found)


def _roles(db: Session, institution_id: int, ids: Sequence[int]) -> dict[int, list[Role]]:
    roles: dict[int, list[Role]] = {}
    held = select(RoleGrant.person_id, RoleGrant.role).where(
        RoleGrant.institution_id == institution_id, col(RoleGrant.person_id).in_(ids)
    )
    for person_id, role in db.exec(held):
        roles.setdefault(person_id, []).append(Role(role))
    return {person_id: sorted(held, key=list(Role).index) for person_id, held in roles.items()}


def _row(person: Person, roles: dict[int, list[Role]]) -> PersonRow:
    return PersonRow(
        id=person.id or 0,
        name=person.name,
        id_number=id_number.masked(person.id_number),
        phone=person.phone or "",
        username=person.username or "",
        state=person.state,
        roles=tuple(roles.get(person.id or 0, ())),
    )


def roles_at(db: Session, person_id: int, institution_id: int) -> list[RoleGrant]:
    """The roles of a person at an institution, in the order of the table of roles."""
    found = db.exec(
        select(RoleGrant).where(RoleGrant.person_id == person_id, RoleGrant.institution_id == institution_id)
    ).all()
    return sorted(found, key=lambda grant: list(Role).index(Role(grant.role)))


def live_sessions(db: Session, person_id: int, now: datetime, idle: timedelta) -> list[BrowserSession]:
    """Sign-ins of a person that still live, the newest first."""
    live = and_(
        col(BrowserSession.ended_at).is_(None),
        col(BrowserSession.expires_at) > now,
        col(BrowserSession.last_seen_at) > now - idle,
    )
    found = select(BrowserSession).where(BrowserSession.person_id == person_id, live)
    return list(db.exec(found.order_by(col(BrowserSession.id).desc())))


def waiting(db: Session, institution_id: int, limit: int = 200) -> list[Person]:
    """People who registered with an institution and wait for an administrator, the longest first."""
    found = select(Person).where(Person.applied_to == institution_id, Person.state == "registered")
    return list(db.exec(found.order_by(col(Person.created_at), col(Person.id)).limit(limit)))


def waiting_count(db: Session, institution_id: int) -> int:
    """How many wait for an administrator of an institution."""
    found = select(func.count()).select_from(Person)
    return db.exec(found.where(Person.applied_to == institution_id, Person.state == "registered")).one()


def duplicates(db: Session, institution_id: int, now: datetime) -> list[tuple[datetime, Person]]:
    """Registrations of the last `DUPLICATE_DAYS` whose ID number or phone somebody had already: when, and who has it.

    Only those whose owner belongs to this institution; of others no more is said than that there was one.
    """
    found = (
        select(AuditEvent.at, AuditEvent.subject_id)
        .where(
            AuditEvent.institution_id == institution_id,
            AuditEvent.action == "registration.duplicate",
            AuditEvent.at > now - timedelta(days=DUPLICATE_DAYS),
        )
        .order_by(col(AuditEvent.id).desc())
        .limit(50)
    )
    events = db.exec(found).all()
    ids = [int(subject) for _, subject in events]
    owners = {row.id: row for row in db.exec(select(Person).where(col(Person.id).in_(ids), here(institution_id)))}
    return [(at, owners[int(subject)]) for at, subject in events if int(subject) in owners]


def keys(db: Session, institution_id: int) -> list[tuple[ApiKey, str]]:
    """The API keys of an institution with the names of who made them; those that work first, the newest first."""
    found = (
        select(ApiKey, Person.name)
        .join(Person, col(Person.id) == col(ApiKey.created_by))
        .where(ApiKey.institution_id == institution_id)
        .order_by(col(ApiKey.revoked_at).is_not(None), col(ApiKey.id).desc())
    )
    return [(key, name) for key, name in db.exec(found)]


def imports(db: Session, institution_id: int, limit: int = 20) -> list[PeopleImport]:
    """The last sheets of people that an institution took in."""
    found = select(PeopleImport).where(PeopleImport.institution_id == institution_id)
    return list(db.exec(found.order_by(col(PeopleImport.id).desc()).limit(limit)))


def institution(db: Session, institution_id: int | None) -> Institution | None:
    """An institution, if there is one by that id."""
    return db.get(Institution, institution_id) if institution_id else None
