"""The pages: who may open them, what they say, forms that keep what was typed, other institutions kept out."""

import re
from pathlib import Path

import pytest
from sqlmodel import select

from exam import scheduling
from exam.accounts.models import Person
from exam.accounts.permissions import Role
from exam.app import routes_by_name
from exam.core import i18n
from exam.core.pasted import read_lines
from exam.scheduling import service, service_extra
from exam.scheduling.forms import read_exam
from exam.scheduling.models import Accommodation, Booking, Enrolment, Exam
from exam.scheduling.routes import run_lapses
from tests.scheduling.conftest import Case
from tests.scheduling.making import paper
from tests.scheduling.test_windows import sh

FORM = {
    "title": "测量不确定度",
    "title_en": "Measurement uncertainty",
    "code": "MU-1",
    "scheme": "changzhou",
    "duration_minutes": "90",
    "cut_marks": "60",
    "release_rule": "at-once",
}


@pytest.fixture
def office(case: Case, world):
    return world.client(case.registrar.person_id, case.institution)


@pytest.fixture
def me(case: Case, world):
    return world.client(case.candidate.person_id, case.institution)


def everything(case: Case) -> dict[str, int]:
    return {"exam_id": case.exam_id, "enrolment_id": case.enrolment_id, "booking_id": 1}


OFFICE_READS = ["exams", "exam", "exam_enrolments"]
OFFICE_ONLY = ["exam_new", "exam_edit", "enrol", "enrolment"]
MINE = ["my_exams", "my_exam"]


def path(case: Case, name: str) -> str:
    route = routes_by_name()[name]
    return str(route.url_path_for(name, **{key: everything(case)[key] for key in route.param_convertors}))


@pytest.mark.parametrize("name", OFFICE_READS + OFFICE_ONLY + MINE)
def test_each_page_opens_in_both_languages_for_whom_it_is(case: Case, office, me, name):
    client = me if name in MINE else office
    for language, other in (("zh", re.compile(r"（可不填）|首页")), ("en", re.compile(r"\(optional\)|First page"))):
        client.cookies.set("lang", language)
        page = client.get(path(case, name))
        assert page.status_code == 200 and other.search(page.text)


@pytest.mark.parametrize(
    ("role", "open_to"),
    [
        (Role.CANDIDATE, ["my_exams"]),
        (Role.PROCTOR, OFFICE_READS),
        (Role.OFFICER, OFFICE_READS),
        (Role.REGISTRAR, OFFICE_READS + OFFICE_ONLY),
        (Role.ITEM_WRITER, []),
        (Role.MARKER, []),
        (Role.ADMINISTRATOR, []),
    ],
)
def test_who_may_open_what(case: Case, world, role, open_to):
    client = world.signed_in(role, institution_id=case.institution)
    for name in OFFICE_READS + OFFICE_ONLY + MINE:
        expected = 200 if name in open_to else 404 if name == "my_exam" and role == Role.CANDIDATE else 403
        assert client.get(path(case, name)).status_code == expected, name


def test_another_institution_sees_and_changes_nothing(case: Case, world, signed_in):
    stranger = signed_in(Role.REGISTRAR)
    for name in ("exam", "exam_edit", "exam_enrolments", "enrol", "enrolment"):
        assert stranger.get(path(case, name)).status_code == 404
    assert stranger.post(f"/exams/{case.exam_id}/move/close").status_code == 404
    assert stranger.post(path(case, "exam_edit"), data=FORM).status_code == 404
    for way in ("picked", "pasted", "courses"):
        answer = stranger.post(path(case, "enrol"), data={"way": way, "lines": "user1", "person": "1"})
        assert answer.status_code == 404
    for do in ("course", "cancel", "extra", "revoke", "nothing"):
        fields = {"do": do, "finished_on": "", "kind": "minutes", "amount": "5", "reason": "x", "grant": "1"}
        assert stranger.post(path(case, "enrolment"), data=fields).status_code == 404
    assert "质量管理基础" not in stranger.get("/exams").text


def test_another_candidate_sees_and_changes_nothing(case: Case, world, me):
    me.post(f"/my-exams/{case.enrolment_id}/book", data={"planned_at": ""})
    with case.database.reading() as db:
        booking = db.exec(select(Booking)).one()
    for institution in (case.institution, world.institution()):
        other = world.signed_in(Role.CANDIDATE, institution_id=institution)
        assert other.get(path(case, "my_exam")).status_code == 404
        assert other.post(f"/my-exams/{case.enrolment_id}/book").status_code == 404
        assert other.post(f"/my-exams/{case.enrolment_id}/bookings/{booking.id}/cancel").status_code == 404
    with case.database.reading() as db:
        assert db.exec(select(Booking)).one().state == "booked"


def test_a_bookings_number_of_somebody_else_does_not_pass_with_ones_own_enrolment(case: Case, world, office):
    """The path names my enrolment, the form somebody else's booking."""
    other = world.person(case.institution, Role.CANDIDATE)
    office.post(path(case, "enrol"), data={"way": "picked", "person": str(other)})
    with case.database.transaction() as db:
        booking = service.book(db, case.candidate, case.enrolment_id, None, case.now)
        theirs = db.exec(select(Enrolment).where(Enrolment.person_id == other)).one()
    client = world.client(other, case.institution)
    assert client.post(f"/my-exams/{theirs.id}/book", data={"booking": str(booking.id)}).status_code == 404
    assert client.post(f"/my-exams/{theirs.id}/bookings/{booking.id}/cancel").status_code == 404


def test_an_exam_is_made_opened_and_closed(case: Case, office):
    with case.database.transaction() as db:
        first, second = (paper(db, case.institution, case.now) for _ in range(2))
        odd = paper(db, case.institution, case.now, total="50")
        draft = paper(db, case.institution, case.now, state="draft")
    wrong = office.post("/exams/new", data={**FORM, "title": "", "duration_minutes": "0", "cut_marks": "0"})
    assert wrong.status_code == 422 and 'value="MU-1"' in wrong.text and 'href="#f-title"' in wrong.text
    assert office.post("/exams/new", data={**FORM, "cut_marks": "六十"}).status_code == 422
    assert office.post("/exams/new", data={**FORM, "paper_ids": [first, draft]}).status_code == 422
    assert "各份试卷的总分应相同" in office.post("/exams/new", data={**FORM, "paper_ids": [first, odd]}).text
    assert "合格线不能高于" in office.post("/exams/new", data={**FORM, "cut_marks": "101", "paper_ids": [first]}).text
    assert "请填写公布成绩的时间" in office.post("/exams/new", data={**FORM, "release_rule": "on-date"}).text
    made = office.post("/exams/new", data=FORM)
    assert made.status_code == 303
    here = made.headers["location"]
    assert "至少要有一份已发布的试卷" in office.get(here).text
    refused = office.post(f"{here}/move/open")
    assert refused.status_code == 422 and "至少要有一份已发布的试卷" in refused.text
    assert office.post("/exams/new", data=FORM).status_code == 422  # the code is taken
    assert office.post(f"{here}/edit", data={**FORM, "paper_ids": [first, second]}).status_code == 303
    assert office.post(f"{here}/move/open").status_code == 303
    assert office.post(f"{here}/move/open").status_code == 409
    changed = office.post(
        f"{here}/edit", data={"title": "新名称", "release_rule": "when-marked", "duration_minutes": "5"}
    )
    assert changed.status_code == 303
    with case.database.reading() as db:
        exam = db.exec(select(Exam).where(Exam.code == "MU-1")).one()
        assert (exam.title, exam.duration_minutes, exam.state) == ("新名称", 90, "open")
    assert office.post(f"{here}/move/close").status_code == 303
    assert office.post(f"{here}/move/close").status_code == 409
    assert office.post(f"{here}/move/explode").status_code == 409


def test_another_institutions_paper_is_not_taken(case: Case, office, world):
    elsewhere = world.institution()
    with case.database.transaction() as db:
        foreign = paper(db, elsewhere, case.now)
    assert office.post("/exams/new", data={**FORM, "paper_ids": [foreign]}).status_code == 422


def test_a_release_date_is_kept_in_utc():
    fields = {**FORM, "release_rule": "on-date", "release_at": "2026-11-20T09:00"}
    assert read_exam(fields, [], None, []).release_at == sh("2026-11-20 09:00")
    assert read_exam({**fields, "release_rule": "at-once"}, [], None, []).release_at is None


def named(case: Case, world, **values: str) -> int:
    person = world.person(case.institution, Role.CANDIDATE, name=values.pop("name", ""))
    with case.database.transaction() as db:
        row = db.get_one(Person, person)
        for name, value in values.items():
            setattr(row, name, value)
        db.add(row)
    return person


def test_a_pasted_list_enrols_row_by_row(case: Case, office, world):
    named(case, world, id_number="32040219900307123X", name="王芳")
    named(case, world, phone="13800000001", name="李伟")
    foreign = world.person(world.institution(), Role.CANDIDATE)
    with case.database.transaction() as db:
        row = db.get_one(Person, foreign)
        row.id_number = "320402199003071256"
        db.add(row)
    lines = (
        "32040219900307123x\t2026-10-20\n\n１３８０００００００１，2026年10月21日\n"
        "320402199003071256\nnobody 2026-10-20\n32040219900307123X 2026-02-30\n32040219900307123X"
    )
    page = office.post(path(case, "enrol"), data={"way": "pasted", "lines": lines})
    assert page.status_code == 200
    assert "完成 2 人，没有完成 4 人。" in page.text
    assert page.text.count("本机构没有这位考生") == 2 and "日期不存在" in page.text
    assert "已经选了这门考试" in page.text  # the last line repeats the first
    box = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page.text, re.S)
    assert box and "320402199003071256" in box.group(1) and "13800000001" not in box.group(1)
    with case.database.reading() as db:
        rows = db.exec(select(Enrolment).where(Enrolment.exam_id == case.exam_id)).all()
    assert len(rows) == 3
    assert sorted(row.course_finished_at for row in rows)[1:] == [sh("2026-10-20"), sh("2026-10-21")]


def test_course_dates_are_pasted(case: Case, office, world):
    person = named(case, world, id_number="32040219900307123X")
    office.post(path(case, "enrol"), data={"way": "picked", "person": str(person)})
    lines = "32040219900307123X\nuser-unknown 2026-10-01\n32040219900307123X 2026-11-07"
    page = office.post(path(case, "enrol"), data={"way": "courses", "lines": lines})
    assert "完成 1 人，没有完成 2 人。" in page.text and "不能晚于今天" in page.text
    with case.database.reading() as db:
        row = db.exec(select(Enrolment).where(Enrolment.person_id == person)).one()
    assert row.course_finished_at == sh("2026-11-06")


def test_empty_lists_are_sent_back(case: Case, office):
    assert office.post(path(case, "enrol"), data={"way": "pasted", "lines": " \n"}).status_code == 422
    assert office.post(path(case, "enrol"), data={"way": "picked"}).status_code == 422


def test_lines_are_read():
    found = [
        (line.number, line.who, line.on and line.on.isoformat(), line.problem)
        for line in read_lines("a\n\nb;2026/1/2\nc 1 2\nd 2026-13-01")
    ]
    assert found == [
        (1, "a", None, None),
        (3, "b", "2026-01-02", None),
        (4, "c", None, "line-not-understood"),
        (5, "d", None, "line-date"),
    ]


def test_an_enrolment_is_changed_and_cancelled(case: Case, office, me):
    here = path(case, "enrolment")
    assert office.post(here, data={"do": "course", "finished_on": "2026-11-07"}).status_code == 409
    assert office.post(here, data={"do": "course", "finished_on": "gestern"}).status_code == 422
    assert office.post(here, data={"do": "course", "finished_on": ""}).status_code == 303
    refused = me.post(f"/my-exams/{case.enrolment_id}/book", data={"planned_at": ""})
    assert refused.status_code == 409 and "课程还没有学完" in refused.text
    assert office.post(here, data={"do": "course", "finished_on": "2026-11-06"}).status_code == 303
    assert me.post(f"/my-exams/{case.enrolment_id}/book", data={"planned_at": ""}).status_code == 303
    assert office.post(here, data={"do": "cancel"}).status_code == 303
    assert office.post(here, data={"do": "cancel"}).status_code == 409
    with case.database.reading() as db:
        assert db.get_one(Enrolment, case.enrolment_id).state == "cancelled"
        assert db.exec(select(Booking)).one().state == "cancelled"


def test_extra_time_needs_a_reason_and_is_shown_to_the_candidate(case: Case, office, me):
    here = path(case, "enrolment")
    for wrong in (
        {"kind": "minutes", "amount": "15", "reason": " "},
        {"kind": "minutes", "amount": "0", "reason": "r"},
        {"kind": "minutes", "amount": "1.5", "reason": "r"},
        {"kind": "minutes", "amount": "601", "reason": "r"},
        {"kind": "factor", "amount": "1", "reason": "r"},
        {"kind": "factor", "amount": "3.01", "reason": "r"},
        {"kind": "factor", "amount": "1.255", "reason": "r"},
        {"kind": "factor", "amount": "NaN", "reason": "r"},
        {"kind": "", "amount": "", "reason": "r"},
    ):
        answer = office.post(here, data={"do": "extra", **wrong})
        assert answer.status_code == 422, wrong
    granted = {"do": "extra", "kind": "minutes", "amount": "15", "reason": "手臂受伤"}
    assert office.post(here, data=granted).status_code == 303
    assert office.post(here, data={**granted, "kind": "factor", "amount": "1.5"}).status_code == 303
    mine = me.get(path(case, "my_exam")).text
    assert "另加 30 分钟：手臂受伤" in mine
    with case.database.transaction() as db:
        old, new = db.exec(select(Accommodation).order_by(Accommodation.id)).all()
        assert old.revoked_at is not None and new.revoked_at is None
        booking = service.book(db, case.candidate, case.enrolment_id, None, case.now)
        assert service.terms(db, booking.id).extra_seconds == 1800
    assert office.post(here, data={"do": "revoke", "grant": str(new.id)}).status_code == 303
    assert office.post(here, data={"do": "revoke", "grant": "9999"}).status_code == 404
    with case.database.transaction() as db:
        assert service.terms(db, booking.id).extra_seconds == 0
        service.chance_started(db, booking.id, case.now)
    assert "这里的加时不影响它" in office.get(here).text


def test_one_institution_can_not_revoke_anothers_grant(case: Case, office, signed_in):
    with case.database.transaction() as db:
        grant = service_extra.grant_extra(db, case.registrar, case.enrolment_id, case.now, reason="r", minutes=5)
    answer = signed_in(Role.REGISTRAR).post(path(case, "enrolment"), data={"do": "revoke", "grant": str(grant.id)})
    assert answer.status_code == 404


def test_a_candidate_books_moves_and_gives_back(case: Case, me):
    here, to = path(case, "my_exam"), f"/my-exams/{case.enrolment_id}/book"
    page = me.get(here).text
    assert "下一步：预约考试" in page and page.count('name="window"') == 4
    november = sh("2026-11-05").isoformat()
    outside = me.post(to, data={"window": november, "planned_at": "2026-11-11T00:00"})
    assert (
        outside.status_code == 409 and "不在这个场次内" in outside.text and 'value="2026-11-11T00:00"' in outside.text
    )
    assert me.post(to, data={"window": november, "planned_at": "soon"}).status_code == 422
    assert me.post(to, data={"window": november, "planned_at": "2026-11-06T11:59"}).status_code == 409
    assert me.post(to, data={"window": november, "planned_at": "2026-11-06T15:00"}).status_code == 303
    page = me.get(here).text
    assert "下一步：开始考试" in page and "计划时间：2026-11-06 15:00" in page
    with case.database.reading() as db:
        booking = db.exec(select(Booking)).one()
    assert f'action="/bookings/{booking.id}/sitting"' in page
    assert me.post(to, data={"window": november}).status_code == 409  # booked already
    december = {"booking": str(booking.id), "window": sh("2026-12-05").isoformat(), "planned_at": "2026-12-06T09:00"}
    assert me.post(to, data=december).status_code == 303
    assert "下一步：等场次开放" in me.get(here).text
    with case.database.reading() as db:
        moved = db.exec(select(Booking).where(Booking.state == "booked")).one()
    cancel = f"/my-exams/{case.enrolment_id}/bookings/{moved.id}/cancel"
    assert me.post(cancel).status_code == 303
    assert me.post(cancel).status_code == 409
    assert me.post(to, data={"booking": "x"}).status_code == 404


def test_the_end_of_a_window_is_told_before_it_cuts_the_time(case: Case, world):
    with case.database.transaction() as db:
        service.book(db, case.candidate, case.enrolment_id, None, case.now)
    for at, told in (("2026-11-10 23:00", False), ("2026-11-10 23:00:01", True)):
        case.at(sh(at))
        page = world.client(case.candidate.person_id, case.institution).get(path(case, "my_exam"))
        assert ("场次快要结束" in page.text) is told


def test_first_pages_say_what_is_next(case: Case, office, me, world):
    assert "等您处理" not in office.get("/").text
    office.post("/exams/new", data=FORM)
    assert "等您处理" in office.get("/").text and "还没有开放" in office.get("/").text
    assert "下一步：预约考试" in me.get("/").text
    empty = world.signed_in(Role.CANDIDATE)
    assert "还没有选课" in empty.get("/").text
    assert "还没有考试" in world.signed_in(Role.REGISTRAR).get("/").text


def test_the_list_filters_and_pages(case: Case, office, world, monkeypatch):
    monkeypatch.setattr("exam.scheduling.queries.PAGE", 2)
    people = [world.person(case.institution, Role.CANDIDATE, name=f"分页{n}") for n in range(4)]
    office.post(path(case, "enrol"), data={"way": "picked", "person": [str(one) for one in people]})
    here = path(case, "exam_enrolments")

    def names(query: str) -> list[str]:
        return re.findall(r"(分页\d|欧阳静怡)</a>", office.get(f"{here}?{query}").text)

    assert names("") == ["分页3", "分页2"] and names("page=2") == ["分页1", "分页0"] and names("page=3") == ["欧阳静怡"]
    assert names("page=99") == ["欧阳静怡"] and names("page=x") == ["分页3", "分页2"]
    assert names("q=欧阳") == ["欧阳静怡"] and names("q=%25") == []
    assert names("state=unfinished&page=2") == ["分页1", "分页0"] and names("state=passed") == []
    with case.database.transaction() as db:
        service.book(db, case.candidate, case.enrolment_id, None, case.now)
    assert names("window=2026-11-05T00:00:00%2B08:00") == ["欧阳静怡"]
    assert names("window=2026-12-05T00:00:00%2B08:00") == []
    assert names("state=unbooked&page=3") == ["分页1", "分页0"]


def test_the_job_lets_lapse_what_is_due(case: Case, app):
    with case.database.transaction() as db:
        service.book(db, case.candidate, case.enrolment_id, None, case.now)
    case.at(sh("2026-11-11"))
    run_lapses(app.state)
    run_lapses(app.state)
    with case.database.reading() as db:
        assert db.exec(select(Booking)).one().state == "missed"


@pytest.mark.parametrize("prefix", ["refusal", "problem", "audit"])
def test_every_code_has_its_texts(prefix):
    """Every code that the package raises or records has a text in both languages."""
    source = "\n".join(file.read_text() for file in sorted(Path(scheduling.__file__).parent.glob("*.py")))
    patterns = {
        "refusal": r'Refusal\(\s*"([a-z-]+)"',
        "problem": r'Problem\(\s*[^,()]+,\s*"([a-z-]+)"',
        "audit": r'"((?:exam|enrolment|booking|extra-time)\.(?!id")[a-z-]+)"',
    }
    codes = set(re.findall(patterns[prefix], source))
    assert len(codes) > 5
    if prefix == "refusal":
        codes |= {f"exam-{state}" for state in ("draft", "closed")} | {"exam-cannot-open", "exam-cannot-close"}
        codes |= {f"enrolment-{state}" for state in ("passed", "exhausted", "forfeited", "cancelled")}
    missing = [c for c in sorted(codes) for lang in i18n.LOCALES if not i18n.has(f"{prefix}.{c}", lang)]
    assert missing == []
