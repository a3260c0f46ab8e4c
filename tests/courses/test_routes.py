"""Courses as people click them: the office makes and opens one, a candidate selects it, a list says who finished."""

import re

import pytest
from sqlmodel import select

from exam.accounts.models import Person
from exam.accounts.permissions import Role
from exam.certificates.models import Certificate
from exam.courses.models import Course, CourseEnrolment
from tests.credits.making import confirmed

FORM = {
    "title": "创新能力建设",
    "code": "GX-01",
    "scheme": "changzhou",
    "delivery": "online",
    "hours": "24",
    "title_en": "Innovation",
}


@pytest.fixture
def place(world):
    here = world.institution()
    office = world.signed_in(Role.REGISTRAR, institution_id=here)
    mine = world.signed_in(Role.CANDIDATE, institution_id=here)
    return world, office, mine


def one(world, table):
    with world.database.reading() as db:
        return db.exec(select(table)).one()


def test_from_the_form_to_the_finished_course(place):
    world, office, mine = place
    assert "还没有课程" in office.get("/courses").text
    assert office.get("/courses/new").status_code == 200
    made = office.post("/courses/new", data=FORM)
    assert made.status_code == 303
    course = one(world, Course)
    assert course.category == "public"  # the scheme says so
    assert "现在没有其他可以选的课程" in mine.get("/my/courses").text
    assert office.post(f"/courses/{course.id}/move/open").status_code == 303
    page = mine.get("/my/courses").text
    assert "创新能力建设" in page and "24 学时" in page and "不收费" in page
    assert mine.post(f"/my/courses/{course.id}/select").status_code == 303
    again = mine.post(f"/my/courses/{course.id}/select")
    assert again.status_code == 409 and "已经选了这门课" in again.text
    with world.database.reading() as db:
        name = db.exec(select(Person.username).order_by(Person.id.desc())).first()
    lines = {"way": "finished", "lines": f"{name} 2026-11-01\nnobody"}
    answer = office.post(f"/courses/{course.id}/people", data=lines)
    assert "完成 1 人，没有完成 1 人" in answer.text
    assert re.search(r"<textarea[^>]*>\s*nobody", answer.text)
    assert "2026-11-01 学完" in mine.get("/my/courses").text
    selection = one(world, CourseEnrolment)
    assert selection.state == "finished"
    url = f"/selections/{selection.id}"
    assert office.post(url, data={"what": "unfinish", "reason": ""}).status_code == 422
    assert office.post(url, data={"what": "unfinish", "reason": "登记错了"}).status_code == 303
    assert office.post(url, data={"what": "finish"}).status_code == 303
    assert office.post(url, data={"what": "cancel"}).status_code == 409
    assert "已学完" in office.get(f"/courses/{course.id}?state=finished").text
    assert "没有符合条件的学员" in office.get(f"/courses/{course.id}?q=zzz").text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"hours": "many"}, "数字"),
        ({"hours": "0.3"}, "半学时"),
        ({"code": ""}, "必须填写"),
        ({"scheme": "practice"}, ""),
    ],
)
def test_what_is_wrong_is_said_and_kept(place, changes, said):
    _, office, _ = place
    answer = office.post("/courses/new", data={**FORM, **changes})
    assert answer.status_code == 422 and said in answer.text and "创新能力建设" in answer.text


def test_giving_back_and_selecting_anew(place):
    world, office, mine = place
    office.post("/courses/new", data=FORM)
    course = one(world, Course)
    office.post(f"/courses/{course.id}/move/open")
    mine.post(f"/my/courses/{course.id}/select")
    selection = one(world, CourseEnrolment)
    assert mine.post(f"/my/selections/{selection.id}/cancel").status_code == 303
    page = mine.get("/my/courses").text
    assert "已退选" in page and "重新选课" in page
    assert mine.post(f"/my/selections/{selection.id}/cancel").status_code == 409
    assert mine.post(f"/my/courses/{course.id}/select").status_code == 303


def test_in_english(place):
    _, office, mine = place
    office.post("/courses/new", data=FORM)
    for client in (office, mine):
        client.cookies.set("lang", "en")
    assert "Innovation" in office.get("/courses").text
    assert "Courses on offer" in mine.get("/my/courses").text


def test_taking_back_a_finished_course_shows_first_whom_it_moves(place):
    world, office, mine = place
    course = {**FORM, "code": "PT-30", "scheme": "ptp", "track": "officer", "category": "training", "hours": "30"}
    assert office.post("/courses/new", data=course).status_code == 303
    number = one(world, Course).id
    office.post(f"/courses/{number}/move/open")
    assert mine.post(f"/my/courses/{number}/select").status_code == 303
    url = f"/selections/{one(world, CourseEnrolment).id}"
    assert office.post(url, data={"what": "finish"}).status_code == 303
    back = {"what": "unfinish", "reason": "登记错了"}
    page = office.post(url, data=back)
    assert page.status_code == 200 and one(world, CourseEnrolment).state == "finished"
    for text in ("确认撤销学完", "变为不满足", ">-30<", "学时证明", "待颁发，将取消", "登记错了"):
        assert text in page.text
    assert office.post(url, data={**back, "seen": "0" * 32}).status_code == 409
    assert confirmed(office, url, back).status_code == 303
    assert one(world, CourseEnrolment).state == "active" and one(world, Certificate).state == "withdrawn"
