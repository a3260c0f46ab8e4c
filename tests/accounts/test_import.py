"""Bulk import of people: what a sheet may hold, what it does, the one-time passwords."""

import io
import zipfile
from datetime import date

import pytest
from sqlmodel import select

from exam.accounts import people_sheet
from exam.accounts.models import PeopleImport, Person, RoleGrant
from exam.accounts.permissions import Role
from exam.core.errors import Invalid
from exam.core.xlsx import make_book, read_rows
from tests.accounts.conftest import actions
from tests.accounts.test_rules import number

A, B, C = "320411197710049982", "320411199710269992", "11010519491231002X"
HEADINGS = ["姓名*", "证件号码*", "手机号", "电子邮箱", "用户名", "角色"]
TODAY = date(2026, 11, 6)


def sheet(*rows: list, headings=HEADINGS) -> bytes:
    return make_book("人员", headings, rows)


def read(*rows: list, headings=HEADINGS) -> people_sheet.Sheet:
    return people_sheet.read(read_rows(sheet(*rows, headings=headings)), TODAY)


def wrong(*rows: list) -> list[tuple[int, str, str]]:
    return [(found.row, found.column, found.problem.code) for found in read(*rows).problems]


@pytest.mark.parametrize(
    ("rows", "problems"),
    [
        ([["王芳", A]], []),
        ([["王芳", A, "138 0000 0001", "A@B.cn", "Wang", "考生、阅卷员"]], []),
        ([["", A]], [(2, "name", "name-required")]),
        ([["王芳", ""]], [(2, "id_number", "id-number-required")]),
        ([["王芳", "320411197710049981"]], [(2, "id_number", "id-number-check")]),
        ([["王芳", 320411197710049982.0]], [(2, "id_number", "digits-lost")]),
        ([["王芳", A, 13800000001.0]], []),
        ([["王芳", A, "", "", "", "国王"]], [(2, "roles", "role-unknown")]),
        ([["王芳", A], ["王芳", A]], [(3, "id_number", "row-twice")]),
        (
            [["王芳", A, "13800000001"], ["李", B, "13800000001"]],
            [(3, "name", "person-name"), (3, "phone", "row-twice")],
        ),
        ([["王芳", A], ["", ""], ["李明", B]], []),
    ],
)
def test_rows_are_checked_one_by_one(rows, problems):
    assert wrong(*rows) == problems


def test_columns_are_found_by_their_headings():
    found = read(["x", A, "王芳"], headings=["备注", "身份证号", "Name"])
    assert found.rows[0].person.name == "王芳"
    assert found.ignored == ("备注",)
    with pytest.raises(Invalid) as caught:
        read(["王芳"], headings=["姓名"])
    assert caught.value.problems[0].params == {"heading": "证件号码"}
    with pytest.raises(Invalid):
        read(list(people_sheet.EXAMPLE_ROW))


@pytest.mark.parametrize(
    ("text", "roles", "unknown"),
    [
        ("", (Role.CANDIDATE,), []),
        ("监考员", (Role.PROCTOR,), []),
        ("监考员，阅卷员", (Role.PROCTOR, Role.MARKER), []),
        ("marker / proctor", (Role.MARKER, Role.PROCTOR), []),
        ("考生、考生", (Role.CANDIDATE,), []),
        ("校长", (), ["校长"]),
    ],
)
def test_roles_by_their_names(text, roles, unknown):
    assert people_sheet.roles_in(text) == (roles, unknown)


@pytest.fixture
def office(visitor, world, somebody):
    """An administrator's browser that uploads sheets."""
    here = world.institution("here")
    somebody(Role.ADMINISTRATOR, username="admin", institution_id=here)
    admin = visitor()
    admin.sign_in("admin")
    admin.get("/people/import")
    admin.institution = here
    admin.upload = lambda data, mode="all": admin.post(
        "/people/import", {"mode": mode}, files={"file": ("people.xlsx", data)}
    )
    return admin


def on_file(database) -> dict[str, Person]:
    with database.reading() as db:
        return {row.id_number: row for row in db.exec(select(Person)) if row.id_number}


def test_people_come_in_with_roles_and_nobody_twice(office, database):
    rows = [["王芳", A, "13800000001", "", "", "考生、阅卷员"], ["李明", B]]
    answer = office.upload(sheet(*rows))
    assert answer.status_code == 200 and "一次性密码" in answer.text
    people = on_file(database)
    assert people[A].phone == "13800000001" and people[A].state == "active" and people[B].password_hash is None
    with database.reading() as db:
        held = db.exec(select(RoleGrant.role).where(RoleGrant.person_id == people[A].id)).all()
        assert set(held) == {"candidate", "marker"}
        assert "people.import" in actions(db, office.institution)
    assert office.upload(sheet(*rows)).status_code == 200
    rows[1] += ["13900000009", "", "", "监考员"]
    assert office.upload(sheet(*rows)).status_code == 200
    with database.reading() as db:
        done = db.exec(select(PeopleImport).order_by(PeopleImport.id)).all()
    assert [(each.added, each.changed, each.unchanged, each.skipped) for each in done] == [
        (2, 0, 0, 0),
        (0, 0, 2, 0),
        (0, 1, 1, 0),
    ]
    assert on_file(database)[B].phone == "13900000009" and len(on_file(database)) == 2


def test_all_or_nothing_or_the_good_rows_only(office, database):
    data = sheet(["王芳", A], ["李明", "320411199710269991"])
    answer = office.upload(data)
    assert answer.status_code == 422
    assert "校验码不对" in answer.text and "逐位核对证件" in answer.text and "没有保存任何内容" in answer.text
    assert on_file(database) == {}
    answer = office.upload(data, "good")
    assert answer.status_code == 200 and "校验码不对" in answer.text
    assert set(on_file(database)) == {A}


def test_against_the_people_on_file(office, world, somebody, database):
    there = world.institution()
    somebody(Role.CANDIDATE, institution_id=there, name="王芳", id_number=A, phone="13800000001")
    somebody(Role.CANDIDATE, institution_id=there, name="赵六", id_number=B)
    somebody(institution_id=office.institution, name="停用", id_number=C, state="disabled")
    taken = number("11010519900307001")
    answer = office.upload(
        sheet(["王芳", A, "13900000009"], ["赵五", B], ["停用", C], ["新人", taken, "13800000001"]), "good"
    )
    assert answer.status_code == 200
    for text in ("姓名不同", "账号已停用", "已被使用"):
        assert text in answer.text
    assert "赵六" not in answer.text
    people = on_file(database)
    assert set(people) == {A, B, C}
    assert people[A].phone == "13800000001"  # their own institution keeps their details
    with database.reading() as db:
        here = db.exec(select(RoleGrant.person_id).where(RoleGrant.institution_id == office.institution)).all()
    assert people[A].id in here and people[B].id not in here


def test_somebody_else_s_registration_is_not_let_in_by_an_import(office, somebody, database, visitor):
    """Whoever registered with the number keeps no password: the person named in the sheet gets a one-time one."""
    somebody(institution_id=office.institution, name="王芳", id_number=A, phone="13800000001", state="registered")
    office.upload(sheet(["王芳", A, "13900000009"]))
    person = on_file(database)[A]
    assert (person.state, person.password_hash, person.phone) == ("active", None, "13900000009")
    assert visitor().sign_in(A).status_code == 422


def test_one_time_passwords_are_made_once_and_again_until_used(office, visitor, database):
    office.upload(sheet(["王芳", A], ["李明", B]))
    with database.reading() as db:
        import_id = db.exec(select(PeopleImport.id)).one()

    def passwords() -> dict[str, str]:
        answer = office.post(f"/people/imports/{import_id}/passwords")
        assert answer.headers["cache-control"] == "no-store"
        return {str(row.cells[1]): str(row.cells[4]) for row in read_rows(answer.content)[1:]}

    first = passwords()
    assert set(first) == {A, B}
    someone = visitor()
    someone.sign_in(A, first[A])
    assert someone.get("/").headers["location"] == "/me/password"
    second = passwords()
    assert set(second) == {B} and second[B] != first[B]
    assert visitor().sign_in(B, first[B]).status_code == 422
    assert visitor().sign_in(B, second[B]).status_code == 303
    assert "没有需要一次性密码的人" in office.get(f"/people/imports/{import_id}").text


def test_the_template_can_be_filled_in_and_taken(office):
    answer = office.get("/people/import/template.xlsx")
    rows = read_rows(answer.content)
    assert [str(cell) for cell in rows[0].cells] == HEADINGS
    assert str(rows[1].cells[0]).startswith("示例")
    with pytest.raises(Invalid):
        people_sheet.read(rows, TODAY)


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"not a sheet", "不是可以读取的"), (b"", "是空的"), (make_book("x", ["a"], [["b"]]), "缺少“姓名”")],
)
def test_what_is_no_sheet_of_people(office, data, says):
    answer = office.upload(data)
    assert answer.status_code == 422 and says in answer.text


def test_a_zip_bomb_and_a_huge_file_are_refused(office):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/worksheets/sheet1.xml", b"\0" * (200 * 1024 * 1024))
    assert "解压后超过" in office.upload(out.getvalue()).text
    assert office.post("/people/import", {"mode": "all"}).status_code == 422
    too_big = office.upload(b"x" * (11 * 1024 * 1024))
    assert too_big.status_code == 413 and "一次最多上传 10 MB" in too_big.text


def test_many_people_at_once(office, database):
    """Two thousand in one transaction; the passwords too."""
    rows = []
    for n in range(2000):
        serial = f"{n // 900 + 1:02}"
        rows.append(
            [
                f"考生{'甲乙丙丁戊己庚辛壬癸'[n % 10]}",
                number(f"320411199{n // 900}{serial}{n // 30 % 28 + 1:02}{n % 900 + 100:03}"),
            ]
        )
    numbers = {row[1] for row in rows}
    assert len(numbers) == 2000
    answer = office.upload(sheet(*rows))
    assert answer.status_code == 200 and len(on_file(database)) == 2000
    with database.reading() as db:
        import_id = db.exec(select(PeopleImport.id)).one()
    made = office.post(f"/people/imports/{import_id}/passwords")
    assert len(read_rows(made.content)) == 2001
