"""Taking in a sheet of people: planned against what is there, then written in one transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, func, insert, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, select

from exam.accounts import passwords, signals
from exam.accounts.access import Caller
from exam.accounts.models import BrowserSession, PeopleImport, Person, RoleGrant
from exam.accounts.people_sheet import Found, PersonRow, Sheet
from exam.core import audit
from exam.core.decisions import Refusal
from exam.core.errors import NotFound, Problem, Refused

CHUNK = 500
CONTACTS = ("phone", "email", "username")


@dataclass(frozen=True)
class Planned:
    """What a row will do: to nobody yet (`person_id` None), or to somebody on file."""

    row: PersonRow
    person_id: int | None
    values: dict[str, Any]
    new_roles: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What a sheet will do, and everything wrong with it; rows with something wrong are not in `people`."""

    people: tuple[Planned, ...]
    problems: tuple[Found, ...]
    ignored: tuple[str, ...]
    skipped: int

    @property
    def added(self) -> int:
        """How many are new to the platform."""
        return sum(1 for each in self.people if each.person_id is None)

    @property
    def changed(self) -> int:
        """How many on file get other details or more roles."""
        return sum(1 for each in self.people if each.person_id and (each.values or each.new_roles))

    @property
    def unchanged(self) -> int:
        """How many are on file just as the sheet has them."""
        return len(self.people) - self.added - self.changed


def plan(db: Session, sheet: Sheet, institution_id: int) -> Plan:
    """Hold a sheet against the people on file."""
    on_file = _by_number(db, [row.person.id_number for row in sheet.rows if row.person.id_number])
    owners = {name: _owners(db, name, sheet) for name in ("phone", "username")}
    grants = _grants(db, [person.id or 0 for person in on_file.values()], institution_id)
    problems, good = list(sheet.problems), []
    for row in sheet.rows:
        person = on_file.get(row.person.id_number or "")
        found = _against(row, person, owners)
        problems += found
        if not found and row.number not in sheet.bad:
            held = grants.get(person.id or 0, set()) if person else set()
            good.append(_planned(row, person, held, institution_id))
    problems.sort(key=lambda found: found.row)
    return Plan(tuple(good), tuple(problems), sheet.ignored, len(sheet.rows) - len(good))


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[at : at + CHUNK] for at in range(0, len(values), CHUNK))


def _by_number(db: Session, numbers: Sequence[str]) -> dict[str, Person]:
    people: dict[str, Person] = {}
    for chunk in _chunks(numbers):
        for person in db.exec(select(Person).where(col(Person.id_number).in_(chunk))):
            people[person.id_number or ""] = person
    return people


def _owners(db: Session, name: str, sheet: Sheet) -> dict[str, int]:
    column = getattr(Person, name)
    values = [value for row in sheet.rows if (value := getattr(row.person, name))]
    return {
        value: owner or 0
        for chunk in _chunks(values)
        for value, owner in db.exec(select(column, Person.id).where(col(column).in_(chunk)))
    }


def _grants(db: Session, ids: Sequence[int], institution_id: int) -> dict[int, set[str]]:
    held: dict[int, set[str]] = {}
    for chunk in _chunks(ids):
        found = select(RoleGrant.person_id, RoleGrant.role).where(
            RoleGrant.institution_id == institution_id, col(RoleGrant.person_id).in_(chunk)
        )
        for person_id, role in db.exec(found):
            held.setdefault(person_id, set()).add(role)
    return held


def _against(row: PersonRow, person: Person | None, owners: dict[str, dict[str, int]]) -> list[Found]:
    """What a row has against the people on file. Of somebody else's person no detail is revealed."""
    found = []
    if person is not None and person.name != row.person.name:
        found.append(Found(row.number, "name", Problem("name", "name-differs")))
    if person is not None and person.state == "disabled":
        found.append(Found(row.number, "id_number", Problem("id_number", "person-disabled")))
    for name, taken in owners.items():
        owner = taken.get(getattr(row.person, name) or "")
        if owner is not None and (person is None or owner != person.id):
            found.append(Found(row.number, name, Problem(name, "taken")))
    return found


def _planned(row: PersonRow, person: Person | None, held: set[str], institution_id: int) -> Planned:
    roles = tuple(role.value for role in row.roles if role.value not in held)
    if person is None:
        return Planned(row, None, {}, roles)
    values: dict[str, Any] = {}
    if person.state != "active":
        # Whoever registered with this number may not be its owner: they start anew with a one-time password.
        values = {name: getattr(row.person, name) for name in CONTACTS}
        values |= {"state": "active", "state_reason": "", "applied_to": institution_id}
        values |= {"password_hash": None, "must_change_password": True}
    elif person.applied_to == institution_id:
        given = {name: getattr(row.person, name) for name in CONTACTS if getattr(row.person, name)}
        values = {name: value for name, value in given.items() if getattr(person, name) != value}
    return Planned(row, person.id, values, roles)


def take_in(db: Session, who: Caller, planned: Plan, file_name: str, *, now: datetime) -> PeopleImport:
    """Write what was planned. Raises `Refused` when somebody changed the same people meanwhile."""
    record = PeopleImport(
        institution_id=who.institution_id,
        file_name=file_name[:200],
        at=now,
        by=who.person_id,
        added=planned.added,
        changed=planned.changed,
        unchanged=planned.unchanged,
        skipped=planned.skipped,
    )
    db.add(record)
    db.flush()
    assert record.id is not None
    try:
        ids = _write_people(db, who, planned, record.id, now)
        _write_roles(db, who, ids, now)
    except IntegrityError as error:
        raise Refused(Refusal("import-outdated")) from error
    counts = {"added": record.added, "changed": record.changed, "unchanged": record.unchanged}
    audit.record(
        db,
        at=now,
        action="people.import",
        subject=("people-import", record.id),
        institution_id=who.institution_id,
        actor_id=who.person_id,
        detail={"file": record.file_name, **counts, "skipped": record.skipped},
    )
    signals.people_changed(db, [person_id for person_id, each in ids if each.person_id])
    return record


def _write_people(db: Session, who: Caller, planned: Plan, import_id: int, now: datetime) -> list[tuple[int, Planned]]:
    written: list[tuple[int, Planned]] = []
    approved = {"activated_at": now, "activated_by": who.person_id, "import_id": import_id}
    new = [each for each in planned.people if each.person_id is None]
    rows = [_new_row(each, who.institution_id, now) | approved for each in new]
    if rows:  # plain rows, not objects: nobody's answer is saved while twenty thousand people are written
        db.connection().execute(insert(_table(Person)), rows)
        made = dict(db.exec(select(Person.id_number, Person.id).where(Person.import_id == import_id)).all())
        written += [(made[each.row.person.id_number] or 0, each) for each in new]
    for each in planned.people:
        if each.person_id is None:
            continue
        if each.values:
            again = approved if "state" in each.values else {}
            db.exec(update(Person).where(col(Person.id) == each.person_id).values(**each.values, **again))
        written.append((each.person_id, each))
    return written


def _table(model: type[SQLModel]) -> Table:
    table: Table = vars(model)["__table__"]
    return table


def _new_row(each: Planned, institution_id: int, now: datetime) -> dict[str, Any]:
    person = each.row.person
    details = {name: getattr(person, name) for name in ("name", "id_number", *CONTACTS)}
    state = {"state": "active", "state_reason": "", "must_change_password": True, "locale": "zh"}
    return {**details, **state, "applied_to": institution_id, "created_at": now}


def _write_roles(db: Session, who: Caller, people: list[tuple[int, Planned]], now: datetime) -> None:
    grants = [
        {
            "person_id": person_id,
            "institution_id": who.institution_id,
            "role": role,
            "granted_at": now,
            "granted_by": who.person_id,
        }
        for person_id, each in people
        for role in each.new_roles
    ]
    if grants:
        db.connection().execute(insert(_table(RoleGrant)), grants)


def import_here(db: Session, who: Caller, import_id: int) -> PeopleImport:
    """A sheet that the caller's institution took in. Raises `NotFound`."""
    record = db.get(PeopleImport, import_id)
    if record is None or record.institution_id != who.institution_id:
        raise NotFound
    return record


def without_password(db: Session, record: PeopleImport) -> list[Person]:
    """People of an import who have never signed in, and so may be given a (new) one-time password."""
    return list(db.exec(select(Person).where(*_never_in(record)).order_by(col(Person.id))))


def count_without_password(db: Session, record: PeopleImport) -> int:
    """How many they are."""
    return db.exec(select(func.count()).select_from(Person).where(*_never_in(record))).one()


def _never_in(record: PeopleImport) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Person.import_id) == record.id,
        col(Person.state) == "active",
        col(Person.must_change_password).is_(True),
        col(Person.applied_to) == record.institution_id,
        col(Person.id).not_in(select(BrowserSession.person_id)),
    )


@dataclass(frozen=True)
class FirstPassword:
    """A one-time password, to be handed to its person and kept nowhere."""

    person: Person
    password: str
    hash: str


def first_passwords(people: Sequence[Person]) -> list[FirstPassword]:
    """One-time passwords for people, made outside any transaction."""
    return [FirstPassword(person, *passwords.one_time()) for person in people]


def set_first_passwords(
    db: Session, who: Caller, import_id: int, made: Sequence[FirstPassword], *, now: datetime
) -> None:
    """Keep the hashes of one-time passwords just made; those of an earlier time are void. Raises `NotFound`."""
    record = import_here(db, who, import_id)
    allowed = set(db.exec(select(Person.id).where(*_never_in(record))).all())
    rows = [{"of": each.person.id, "new": each.hash} for each in made if each.person.id in allowed]
    if rows:
        people = _table(Person)
        change = update(people).where(people.c.id == bindparam("of")).values(password_hash=bindparam("new"))
        db.connection().execute(change, rows)
    record.passwords_at = now
    db.add(record)
    audit.record(
        db,
        at=now,
        action="password.first",
        subject=("people-import", import_id),
        institution_id=who.institution_id,
        actor_id=who.person_id,
        detail={"n": len(rows)},
    )
