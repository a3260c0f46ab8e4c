"""Use cases on both databases: people, roles, sign-ins, import, what was seen."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session, select

from exam.accounts import (
    people_sheet,
    service,
    service_admission,
    service_import,
    service_keys,
    service_sessions,
    service_sign_in,
)
from exam.accounts.access import Caller, token_hash
from exam.accounts.models import BrowserSession, Person, RoleGrant
from exam.accounts.permissions import Role, permissions_of
from exam.accounts.rules import Details
from exam.accounts.seen import Seen
from exam.core import audit
from exam.core.clock import SHANGHAI
from exam.core.errors import Invalid, NotFound, Refused
from exam.core.xlsx import make_book, read_rows
from tests.accounts.conftest import actions

A, B = "320411197710049982", "320411199710269992"
TODAY = date(2026, 11, 6)
PLACE = service_sessions.Place("203.0.113.7", "Firefox", timedelta(hours=12))


def institution(db: Session, now, code: str = "CZ") -> int:
    return service.add_institution(db, code=code, name=code, now=now).id


def boss(db: Session, now, here: int) -> Caller:
    """An administrator of the institution."""
    person = service.add_person(db, Details("管理员"), now=now, home=here)
    service.grant(db, person.id, here, Role.ADMINISTRATOR, now=now)
    roles = frozenset({Role.ADMINISTRATOR})
    return Caller(person.id, person.name, here, "CZ", ((here, "CZ"),), roles, permissions_of(roles))


def test_adding_people_and_institutions(db, clock):
    here = service.add_institution(db, code=" CZ ", name="常州", now=clock.now())
    with pytest.raises(Invalid):
        service.add_institution(db, code="CZ", name="", now=clock.now())
    person = service.add_person(db, Details("王芳", A, username="wang"), now=clock.now(), home=here.id)
    assert service.grant(db, person.id, here.id, Role.MARKER, now=clock.now())
    assert not service.grant(db, person.id, here.id, Role.MARKER, now=clock.now())
    with pytest.raises(Invalid) as caught:
        service.add_person(db, Details("王芳", A, username="wang"), now=clock.now(), home=here.id)
    assert [(problem.field, problem.code) for problem in caught.value.problems] == [
        ("id_number", "taken"),
        ("username", "taken"),
    ]
    assert actions(db, here.id) == ["institution.add", "person.add", "role.grant"]
    assert audit.check(db, here.id) is None


def test_registered_and_admitted(db, clock):
    now = clock.now()
    here = institution(db, now)
    who = boss(db, now, here)
    person = Details("王芳", A, "13800000001")
    assert service_sign_in.register(db, person, password_hash="x", institution_id=here, locale="zh", now=now)
    assert not service_sign_in.register(db, person, password_hash="y", institution_id=here, locale="zh", now=now)
    found = service_sign_in.find(db, A)
    assert service_admission.admit(db, who, [found.id], now=now) == [found.id]
    assert service_admission.admit(db, who, [found.id], now=now) == []
    assert service_sign_in.find(db, "138 0000 0001").state == "active"
    assert service_sign_in.find(db, "nobody") is None


def test_sign_ins_open_switch_and_end(db, clock):
    now = clock.now()
    here, there = institution(db, now), institution(db, now, "JN")
    person = service.add_person(db, Details("王芳"), now=now, home=here)
    service.grant(db, person.id, there, Role.CANDIDATE, now=now)
    service.grant(db, person.id, here, Role.CANDIDATE, now=now)
    first = service_sessions.open_session(db, person, PLACE, now=now)
    second = service_sessions.open_session(db, person, PLACE, now=now, replaces=first.token)
    rows = {row.token_hash: row for row in db.exec(select(BrowserSession))}
    assert rows[token_hash(first.token)].ended_at and not rows[token_hash(second.token)].ended_at
    who = Caller(person.id, "王芳", here, "CZ", ((here, "CZ"), (there, "JN")), session_id=second.session_id)
    service_sessions.switch_institution(db, who, there, now=now)
    with pytest.raises(NotFound):
        service_sessions.switch_institution(db, who, 999, now=now)
    third = service_sessions.open_session(db, person, PLACE, now=now)
    assert db.get(BrowserSession, third.session_id).institution_id == there
    assert service_sessions.end_sessions(db, person.id, now=now, by=None, but=third.session_id) == 1
    assert service_sign_in.known_address(db, person.id, "203.0.113.7", now)
    assert not service_sign_in.known_address(db, person.id, "203.0.113.7", now + timedelta(days=91))
    assert not service_sign_in.known_address(db, person.id, "203.0.113.8", now)


def test_what_was_seen_is_written(database, clock):
    now = clock.now()
    with database.transaction() as db:
        who = boss(db, now, institution(db, now))
        person = db.get(Person, who.person_id)
        opened = service_sessions.open_session(db, person, PLACE, now=now)
        key = service_keys.add_key(db, who, name="k", scopes=["results:read"], expires_at=None, now=now)
    seen = Seen()
    seen.session(opened.session_id, now + timedelta(minutes=9))
    seen.key(key.id, now)
    assert seen.last(opened.session_id, now) == now + timedelta(minutes=9)
    seen.flush(database)
    with database.reading() as db:
        assert db.get(BrowserSession, opened.session_id).last_seen_at == now + timedelta(minutes=9)


def plan_of(db: Session, here: int, *rows: list) -> service_import.Plan:
    data = make_book("人员", ["姓名", "证件号码", "手机号", "角色"], rows)
    sheet = people_sheet.read(read_rows(data), TODAY)
    return service_import.plan(db, sheet, here)


def test_a_sheet_is_planned_and_taken_in(db, clock):
    now = clock.now()
    here = institution(db, now)
    who = boss(db, now, here)
    planned = plan_of(db, here, ["王芳", A, "13800000001", "考生、阅卷员"], ["李明", B])
    record = service_import.take_in(db, who, planned, "people.xlsx", now=now)
    assert (record.added, record.changed, record.unchanged, record.skipped) == (2, 0, 0, 0)
    people = {row.id_number: row for row in db.exec(select(Person)) if row.id_number}
    held = db.exec(select(RoleGrant.role).where(RoleGrant.person_id == people[A].id)).all()
    assert sorted(held) == ["candidate", "marker"] and people[B].name == "李明"
    made = service_import.first_passwords(service_import.without_password(db, record))
    service_import.set_first_passwords(db, who, record.id, made, now=now)
    again = plan_of(db, here, ["王芳", A, "13800000001"], ["李明", B, "13900000001"])
    assert (again.added, again.changed, again.unchanged) == (0, 1, 1)
    assert now.astimezone(SHANGHAI).date() == TODAY


def test_a_sheet_overtaken_by_somebody_else_is_refused_whole(database, clock):
    now = clock.now()
    with database.transaction() as db:
        here = institution(db, now)
        who = boss(db, now, here)
        planned = plan_of(db, here, ["王芳", A], ["李明", B])
    with database.transaction() as db:
        service.add_person(db, Details("李明", B), now=now, home=here)
    with pytest.raises(Refused) as caught, database.transaction() as db:
        service_import.take_in(db, who, planned, "people.xlsx", now=now)
    assert caught.value.refusal.code == "import-outdated"
    with database.reading() as db:
        assert db.exec(select(Person).where(Person.id_number == A)).first() is None
