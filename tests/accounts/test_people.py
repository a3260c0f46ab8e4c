"""Registering and being admitted; the people of an institution, their roles and accounts."""

import pytest
from sqlmodel import select

from exam.accounts import queries, service
from exam.accounts.models import Person, RoleGrant
from exam.accounts.permissions import Role
from tests.accounts.conftest import actions

NUMBER, OTHER = "320411197710049982", "320411199710269992"
FORM = {"name": "王芳", "id_number": NUMBER, "phone": "13800000001", "password": "good enough 1"}


def register(visitor, institution_id: int, **fields):
    someone = visitor()
    someone.get("/register")
    form = {**FORM, "institution": str(institution_id), **fields}
    return someone.post("/register", {"password_again": form["password"], **form})


def test_registered_then_admitted_then_in(visitor, world, somebody, database):
    here = world.institution("here")
    somebody(Role.ADMINISTRATOR, username="admin", institution_id=here)
    assert register(visitor, here).headers["location"] == "/register/received"
    assert "正在等待管理员审核" in visitor().sign_in(NUMBER, "good enough 1").text

    admin = visitor()
    admin.sign_in("admin")
    assert "王芳" in admin.get("/").text
    assert NUMBER in admin.get("/people/waiting").text
    with database.reading() as db:
        person = db.exec(select(Person).where(Person.id_number == NUMBER)).one()
    answer = admin.post("/people/waiting", {"person": str(person.id), "decision": "admit"})
    assert answer.headers["location"].endswith("done=admitted&n=1")
    assert visitor().sign_in(NUMBER, "good enough 1").status_code == 303
    with database.reading() as db:
        assert [grant.role for grant in queries.roles_at(db, person.id, here)] == ["candidate"]
        assert {"registration.new", "person.activate", "role.grant"} <= set(actions(db, here))


def test_refused_with_a_reason_and_registered_again(visitor, world, somebody, database):
    here = world.institution()
    somebody(Role.ADMINISTRATOR, username="admin", institution_id=here)
    register(visitor, here)
    with database.reading() as db:
        person_id = db.exec(select(Person.id).where(Person.id_number == NUMBER)).one()
    admin = visitor()
    admin.sign_in("admin")
    admin.get("/people/waiting")
    chosen = {"person": str(person_id), "decision": "refuse"}
    assert admin.post("/people/waiting", chosen).status_code == 422
    assert admin.post("/people/waiting", {**chosen, "reason": "姓名与证件不符"}).status_code == 303
    assert "姓名与证件不符" in visitor().sign_in(NUMBER, "good enough 1").text
    register(visitor, here, name="王小芳", password="another one 2")
    assert "正在等待管理员审核" in visitor().sign_in(NUMBER, "another one 2").text
    with database.reading() as db:
        assert db.exec(select(Person.name).where(Person.id_number == NUMBER)).one() == "王小芳"


def test_many_are_admitted_at_once_but_only_one_s_own(visitor, world, somebody, database, person_of):
    here, there = world.institution(), world.institution()
    somebody(Role.ADMINISTRATOR, username="admin", institution_id=here)
    own = [somebody(institution_id=here, state="registered") for _ in range(3)]
    foreign = somebody(institution_id=there, state="registered")
    already = somebody(Role.CANDIDATE, institution_id=here)
    admin = visitor()
    admin.sign_in("admin")
    admin.get("/people/waiting")
    chosen = [str(person) for person in [*own, foreign, already, 9999]]
    answer = admin.post("/people/waiting", {"person": chosen, "decision": "admit"})
    assert answer.headers["location"].endswith("n=3")
    assert person_of(foreign).state == "registered"
    assert admin.post("/people/waiting", {"decision": "admit"}).status_code == 422


@pytest.mark.parametrize("taken", [{"id_number": NUMBER}, {"phone": "13800000001"}])
def test_registering_does_not_tell_who_is_here(visitor, world, somebody, person_of, database, taken):
    here = world.institution()
    person = somebody(Role.CANDIDATE, institution_id=here, **taken)
    kept = person_of(person).password_hash
    fresh = register(visitor, world.institution(), id_number=OTHER, phone="13900000009")
    known = register(visitor, here)
    assert (known.status_code, known.headers["location"]) == (fresh.status_code, fresh.headers["location"])
    assert person_of(person).password_hash == kept
    with database.reading() as db:
        assert "registration.duplicate" in actions(db, here)
        assert [owner.id for _, owner in queries.duplicates(db, here, world.clock.now())] == [person]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"id_number": "320411197710049981"}, "校验码不对"),
        ({"institution": "999"}, "请选择登记到哪个机构"),
        ({"institution": "x"}, "请选择登记到哪个机构"),
        ({"phone": ""}, "请填写手机号"),
        ({"password_again": "other"}, "不一样"),
        ({"name": "<b>王</b>"}, "姓名须为"),
    ],
)
def test_the_registration_form_comes_back_with_what_was_typed(visitor, world, wrong, says):
    answer = register(visitor, world.institution(), **wrong)
    assert answer.status_code == 422 and says in answer.text
    assert 'value="王芳"' in answer.text or "name" in wrong
    assert "<b>王" not in answer.text


@pytest.fixture
def office(visitor, world, somebody):
    """An administrator's browser and their institution."""
    here = world.institution("here")
    somebody(Role.ADMINISTRATOR, username="admin", institution_id=here)
    admin = visitor()
    admin.sign_in("admin")
    admin.get("/people")
    admin.institution = here
    return admin


def test_roles_are_granted_and_withdrawn_at_once(office, visitor, somebody):
    person = somebody(Role.CANDIDATE, username="zhang", institution_id=office.institution)
    someone = visitor()
    someone.sign_in("zhang")
    assert someone.get("/people").status_code == 403
    office.post(f"/people/{person}/roles", {"role": "registrar"})
    assert someone.get("/people").status_code == 200
    office.post(f"/people/{person}/roles/withdraw", {"role": "registrar"})
    assert someone.get("/people").status_code == 403
    assert office.post(f"/people/{person}/roles", {"role": "king"}).status_code == 422
    assert office.post(f"/people/{person}/roles/withdraw", {"role": "marker"}).status_code == 404


def test_an_institution_keeps_an_administrator(office, database):
    with database.reading() as db:
        own = db.exec(select(RoleGrant.person_id).where(RoleGrant.institution_id == office.institution)).one()
    answer = office.post(f"/people/{own}/roles/withdraw", {"role": "administrator"})
    assert answer.status_code == 409 and "自己的管理员角色" in answer.text
    assert office.post(f"/people/{own}/disable", {"reason": "x"}).status_code == 409
    assert office.post(f"/people/{own}/password").status_code == 409


def test_disabled_is_signed_out_at_once_and_told_why(office, visitor, somebody):
    person = somebody(Role.CANDIDATE, username="zhang", institution_id=office.institution)
    someone = visitor()
    someone.sign_in("zhang")
    assert office.post(f"/people/{person}/disable", {"reason": " "}).status_code == 422
    assert office.post(f"/people/{person}/disable", {"reason": "冒名"}).status_code == 303
    assert someone.get("/me").status_code == 303
    assert "冒名" in visitor().sign_in("zhang").text
    office.get(f"/people/{person}")
    office.post(f"/people/{person}/enable")
    assert visitor().sign_in("zhang").status_code == 303


def test_a_reset_password_is_shown_once(office, visitor, somebody):
    import re

    person = somebody(Role.CANDIDATE, username="zhang", institution_id=office.institution)
    someone = visitor()
    someone.sign_in("zhang")
    answer = office.post(f"/people/{person}/password")
    password = re.search(r"<code>([2-9a-z]{14})</code>", answer.text)[1]
    assert someone.get("/me").status_code == 303
    assert password not in office.get(f"/people/{person}").text
    assert visitor().sign_in("zhang").status_code == 422
    other = visitor()
    other.sign_in("zhang", password)
    assert other.get("/").headers["location"] == "/me/password"


def test_live_sign_ins_are_shown_and_killed(office, visitor, somebody, database):
    from exam.accounts.models import BrowserSession

    person = somebody(Role.CANDIDATE, username="zhang", institution_id=office.institution)
    someone = visitor()
    someone.sign_in("zhang")
    with database.reading() as db:
        session = db.exec(select(BrowserSession.id).where(BrowserSession.person_id == person)).one()
    assert f"/people/{person}/sign-ins/{session}/end" in office.get(f"/people/{person}").text
    office.post(f"/people/{person}/sign-ins/{session}/end")
    assert someone.get("/me").status_code == 303
    assert office.post(f"/people/{person}/sign-ins/{session}/end").status_code == 404


def test_the_whole_id_number_is_shown_on_demand_and_that_is_logged(office, somebody, database):
    person = somebody(Role.CANDIDATE, institution_id=office.institution, id_number=NUMBER)
    assert NUMBER not in office.get(f"/people/{person}").text + office.get("/people").text
    assert NUMBER in office.post(f"/people/{person}/id-number").text
    with database.reading() as db:
        assert "person.id-number-shown" in actions(db, office.institution)


def test_somebody_working_elsewhere_can_not_be_taken_over(office, somebody, world, database):
    """An administrator may add anybody as a candidate, but must not be able to sign in as them elsewhere."""
    there = world.institution()
    boss = somebody(Role.ADMINISTRATOR, institution_id=there)
    for person, home in ((boss, there), (somebody(Role.MARKER, institution_id=there), office.institution)):
        with database.transaction() as db:
            row = db.get(Person, person)
            row.applied_to = home
            db.add(row)
            service.grant(db, person, office.institution, Role.CANDIDATE, now=world.clock.now())
        assert office.get(f"/people/{person}").status_code == 200
        for deed, form in (("password", {}), ("disable", {"reason": "x"}), ("change", {"name": "别人"})):
            assert office.post(f"/people/{person}/{deed}", form).status_code == 409, deed
        assert office.post(f"/people/{person}/roles/withdraw", {"role": "candidate"}).status_code == 303


def test_details_are_corrected(office, somebody, person_of):
    person = somebody(Role.CANDIDATE, institution_id=office.institution, id_number=NUMBER)
    somebody(Role.CANDIDATE, phone="13900000009")
    form = {"name": "王 芳", "phone": "１３９００００００09", "email": "", "username": ""}
    answer = office.post(f"/people/{person}/change", form)
    assert answer.status_code == 422 and "已被使用" in answer.text
    assert office.post(f"/people/{person}/change", {**form, "phone": "13900000008"}).status_code == 303
    kept = person_of(person)
    assert (kept.name, kept.phone, kept.username, kept.id_number) == ("王 芳", "13900000008", None, NUMBER)


def test_one_person_is_added_with_a_one_time_password(office, visitor):
    form = {"name": "王芳", "id_number": NUMBER, "roles": ["candidate", "marker"]}
    answer = office.post("/people/new", form)
    assert answer.status_code == 200 and "只显示这一次" in answer.text
    answer = office.post("/people/new", form)
    assert answer.status_code == 422 and "已被使用" in answer.text
    assert office.post("/people/new", {**form, "id_number": OTHER, "roles": []}).status_code == 422


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"甲一", "乙二", "管理"}),
        ({"q": "甲"}, {"甲一"}),
        ({"q": "%"}, set()),
        ({"q": NUMBER}, {"甲一"}),
        ({"q": "320411"}, {"甲一"}),
        ({"q": "9982"}, {"甲一"}),
        ({"q": "1977"}, set()),  # a date of birth can't be searched for
        ({"q": "138 0000 0001"}, {"乙二"}),
        ({"role": "marker"}, {"乙二"}),
        ({"state": "disabled"}, {"乙二"}),
        ({"q": "外人"}, set()),
    ],
)
def test_search(database, world, somebody, query, found):
    here, there = world.institution(), world.institution()
    somebody(Role.ADMINISTRATOR, institution_id=here, name="管理")
    somebody(Role.CANDIDATE, institution_id=here, name="甲一", id_number=NUMBER)
    somebody(Role.MARKER, institution_id=here, name="乙二", phone="13800000001", state="disabled")
    somebody(institution_id=here, name="甲等待", state="registered")
    somebody(Role.CANDIDATE, institution_id=there, name="外人")
    with database.reading() as db:
        assert {row.name for row in queries.people(db, here, **query).rows} == found


def test_pages(database, world, somebody):
    here = world.institution()
    for n in range(queries.PAGE + 1):
        world.person(here, Role.CANDIDATE, name=f"考生{n:03}")
    with database.reading() as db:
        first, last, beyond = (queries.people(db, here, page=page) for page in (1, 2, 99))
    assert (first.first, first.last, first.total) == (1, 50, 51)
    assert (last.first, last.last, len(last.rows)) == (51, 51, 1)
    assert beyond.page == 2
