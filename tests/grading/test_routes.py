"""The pages of grading: what leaks, who sees what, what is downloaded."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from python_calamine import CalamineWorkbook
from sqlmodel import col, select
from starlette.routing import Route

from exam.accounts.models import RoleGrant
from exam.accounts.permissions import Role
from exam.app import all_routes
from exam.core.clock import FrozenClock
from exam.core.db import Database
from exam.grading import jobs, queries_sheet, queries_statistics
from exam.grading.models import MarkingTask, Result
from exam.sessions.models import Sitting
from tests.conftest import Client, World
from tests.grading.build import NOW, Built, case, essay, multiple, sat, single

Make = Callable[..., Built]
Staff = Callable[..., Client]
SECRETS = ("秘密", '"key"', "model_answer", "要点一")


def candidate(world: World, built: Built, sitting_id: int) -> Client:
    """A client of the candidate of a sitting."""
    sitting = next(each for each in built.sittings if each.id == sitting_id)
    with world.database.transaction() as db:
        db.add(
            RoleGrant(
                person_id=sitting.person_id, institution_id=built.institution_id, role=Role.CANDIDATE, granted_at=NOW
            )
        )
    return world.client(sitting.person_id, built.institution_id)


def graded(database: Database, clock: FrozenClock) -> None:
    jobs.grade_pending(database, clock)
    jobs.release_what_is_due(database, clock)


FULL = [single(), multiple(), single("bb"), essay(), case()]
ANSWERS = [{"choice": "aa"}, {"choices": ["aa"]}, {"choice": "cc"}]


@pytest.mark.parametrize("show_answers", [False, True])
def test_nothing_of_key_or_marks_leaks_before_the_release(
    database: Database, world: World, clock: FrozenClock, built: Make, show_answers: bool
) -> None:
    exam = built(FULL, release_rule="on-date", release_at=NOW + timedelta(days=2), show_answers=show_answers)
    sitting_id = sat(database, exam, ANSWERS)
    graded(database, clock)
    with database.reading() as db:
        result = db.exec(select(Result)).one()
    client = candidate(world, exam, sitting_id)
    ids = {"sitting_id": sitting_id, "enrolment_id": result.enrolment_id, "booking_id": result.booking_id}
    ids |= {"exam_id": exam.exam_id, "result_id": result.id, "bank_id": exam.bank.id, "paper_id": exam.paper.id}
    ids |= {"item_id": exam.items[0].id, "version_id": exam.versions[0].id}
    walked = 0
    for route in all_routes():
        if not isinstance(route, Route) or "GET" not in (route.methods or ()):
            continue
        params = {name: ids.get(name, 1) for name in route.param_convertors}
        response = client.get(str(route.url_path_for(route.name, **params)))
        walked += 1
        body = response.text
        assert not [secret for secret in SECRETS if secret in body], route.path
        assert "3.00" not in body, route.path  # the marks
    assert walked > 30
    page = client.get(f"/results/{sitting_id}")
    assert "成绩尚未公布" in page.text
    assert "2026-11-08 12:00" in page.text
    assert client.get(f"/results/{sitting_id}/answers").status_code == 409


def test_after_the_release_answers_are_shown_where_the_exam_does(
    database: Database, world: World, clock: FrozenClock, built: Make
) -> None:
    for show, status in ((True, 200), (False, 409)):
        exam = built([single(), multiple(), single("bb")], show_answers=show, cut="3")
        sitting_id = sat(database, exam, ANSWERS)
        graded(database, clock)
        client = candidate(world, exam, sitting_id)
        page = client.get(f"/results/{sitting_id}")
        assert page.status_code == 200
        for text in ("合格", "3 分，满分 6，合格线 3", "回执核对一致", "第1章", "知识点1"):
            assert text in page.text
        answers = client.get(f"/results/{sitting_id}/answers")
        assert answers.status_code == status
        assert ("解析秘密" in answers.text) is show
        listed = client.get("/results").text
        assert f"/results/{sitting_id}" in listed


def test_a_candidate_sees_no_other_candidates_result(
    database: Database, world: World, clock: FrozenClock, built: Make
) -> None:
    exam = built([single()], cut="2")
    mine, theirs = sat(database, exam, [{"choice": "aa"}]), sat(database, exam, [{"choice": "aa"}])
    graded(database, clock)
    client = candidate(world, exam, mine)
    assert client.get(f"/results/{mine}").status_code == 200
    assert client.get(f"/results/{theirs}").status_code == 404
    assert client.get(f"/results/{theirs}/answers").status_code == 404


def test_a_page_does_not_wait_for_the_job(database: Database, world: World, built: Make) -> None:
    exam = built([single()], cut="2")
    sitting_id = sat(database, exam, [{"choice": "aa"}])
    assert "合格" in candidate(world, exam, sitting_id).get(f"/results/{sitting_id}").text


def test_a_voided_sitting_has_no_result(database: Database, world: World, built: Make) -> None:
    exam = built([single()], cut="2")
    sitting_id = sat(database, exam, [{"choice": "aa"}], state="void")
    page = candidate(world, exam, sitting_id).get(f"/results/{sitting_id}")
    assert page.status_code == 200
    assert "本次考试作废" in page.text


def test_a_marker_learns_no_name(database: Database, clock: FrozenClock, built: Make, staff: Staff) -> None:
    exam = built([essay(), case()], cut="1")
    with database.transaction() as db:
        exam.db = db
        person = exam.person("欧阳某某")
    parts = {"parts": {"1": {"choice": "bb"}, "2": {"text": "案例作答"}}}
    sitting_id = sat(database, exam, [{"text": "我的作答"}, parts], person=person)
    graded(database, clock)
    client = staff(exam.institution_id, Role.MARKER)
    forbidden = [person.name, person.id_number, person.username, f"/sittings/{sitting_id}", f"/results/{sitting_id}"]
    queue = client.get("/marking").text
    item = exam.items[0].id
    taken = client.post("/marking/next", data={"exam": exam.exam_id, "item": item, "part": ""})
    assert taken.status_code == 303
    task = client.get(taken.headers["location"])
    assert "我的作答" in task.text and "范文秘密" in task.text and "要点一秘密" in task.text
    for page in (queue, task.text):
        assert not [each for each in forbidden if each and each in page]
    wrong = client.post(f"{taken.headers['location']}/save", data={"marks.p1": "9", "marks.p2": "1", "comment": "留着"})
    assert wrong.status_code == 422
    assert "最多 0.67 分" in wrong.text and "留着" in wrong.text and 'value="9"' in wrong.text
    done = client.post(f"{taken.headers['location']}/save", data={"marks.p1": "0.5", "marks.p2": "1", "comment": "好"})
    assert done.headers["location"].endswith("/marking?finished=1")
    assert client.get("/marking?finished=1").status_code == 200
    assert client.get(taken.headers["location"]).status_code == 200  # may be corrected: not released
    assert client.post(f"{taken.headers['location']}/skip").status_code == 409


def test_institutions_are_bounded(
    database: Database, clock: FrozenClock, built: Make, staff: Staff, world: World
) -> None:
    exam = built(FULL, cut="1", release_rule="when-marked")
    sitting_id = sat(database, exam, [*ANSWERS, {"text": "作答"}])
    other = built([single()], cut="2")
    seen = sat(database, other, [{"choice": "aa"}])
    graded(database, clock)
    with database.reading() as db:
        task = db.exec(select(MarkingTask)).one()
        result = db.exec(select(Result).where(Result.sitting_id == sitting_id)).one()
    stranger = staff(other.institution_id, Role.MARKER, Role.REGISTRAR, Role.OFFICER)
    assert stranger.get(f"/marking/{task.number}").status_code == 404
    assert stranger.post(f"/marking/{task.number}/save", data={}).status_code == 404
    assert stranger.get(f"/sheets/{sitting_id}").status_code == 404
    assert stranger.get(f"/sheets/{seen}").status_code == 200
    assert stranger.get(f"/exams/{exam.exam_id}/regrade").status_code == 404
    assert stranger.post(f"/releases/{exam.exam_id}/release", data={"window": ""}).status_code == 404
    assert stranger.post(f"/sheets/results/{result.id}/release").status_code == 404
    assert stranger.post(f"/sheets/results/{result.id}/withdraw", data={"reason": "x"}).status_code == 404
    rows = json.loads(stranger.get(f"/sheets/download/json?exam={exam.exam_id}").content)
    assert rows == []
    assert [row["sitting"] for row in json.loads(stranger.get("/sheets/download/json").content)] == [seen]
    assert f"/sheets/{sitting_id}" not in stranger.get("/sheets").text


NASTY = [
    '=HYPERLINK("http://x")',
    "+1",
    "-1",
    "@SUM(A1)",
    "＝1",
    "\t=1",
    "欧阳静怡",
    "买买提·阿不都热合曼",
    "O'Brien, 安",
]


@pytest.fixture
def sheet(database: Database, clock: FrozenClock, built: Make) -> Built:
    """One result a nasty name; the last one failed, one more waits for marking."""
    exam = built([single(), essay()], marks=["4", "2"], cut="4")
    for n, name in enumerate(NASTY):
        with database.transaction() as db:
            exam.db = db
            person = exam.person(name)
        answer = {"choice": "aa" if n < len(NASTY) - 1 else "bb"}
        sat(database, exam, [answer], person=person, submitted_at=NOW + timedelta(minutes=n))
    sat(database, exam, [{"choice": "aa"}, {"text": "作答"}], submitted_at=NOW + timedelta(hours=1))
    graded(database, clock)
    return exam


def test_csv_runs_nothing_and_keeps_chinese(sheet: Built, staff: Staff) -> None:
    response = staff(sheet.institution_id, Role.OFFICER).get("/sheets/download/csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))
    assert rows[0][:3] == ["姓名", "身份证号", "考试代码"]
    names = [row[0] for row in rows[1:]]
    assert names[6:9] == NASTY[6:9]
    for name, written in zip(NASTY[:6], names, strict=False):
        assert written == f"'{name}"
    assert all(cell[:1] not in "=+-@\t＝" for row in rows for cell in row if cell)
    assert [row[7] for row in rows[1:3]] == ["4.00", "4.00"]
    assert rows[-1][7:11] == ["", "", "", "待阅卷"]
    assert all("*" in row[1] for row in rows[1:])


def test_xlsx_runs_nothing_and_keeps_chinese(sheet: Built, staff: Staff) -> None:
    for role, whole in ((Role.OFFICER, False), (Role.REGISTRAR, True)):
        response = staff(sheet.institution_id, role).get("/sheets/download/xlsx")
        assert "UTF-8''%E6%88%90%E7%BB%A9%E5%8D%95" in response.headers["content-disposition"]
        with CalamineWorkbook.from_filelike(io.BytesIO(response.content)) as book:
            rows = book.get_sheet_by_index(0).to_python()
        assert [row[0] for row in rows[1:10]] == NASTY
        assert rows[1][7] == 4.0
        assert all(("*" in str(row[1])) is not whole and len(str(row[1])) == 18 for row in rows[1:])
        assert b"<f>" not in response.content


def test_the_sheet_page_filters(sheet: Built, staff: Staff, clock: FrozenClock) -> None:
    client = staff(sheet.institution_id, Role.OFFICER)
    whole = client.get("/sheets").text
    assert "欧阳静怡" in whole and "第 1–10 条，共 10 条" in whole
    for query, count in [
        ("outcome=passed", 8),
        ("outcome=failed", 1),
        ("outcome=pending", 1),
        ("q=欧阳", 1),
        ("q=%25", 0),
        ("month=2026-11", 10),
        ("month=2026-10", 0),
        ("start=2026-11-06&end=2026-11-06", 10),
        ("end=2026-11-05", 0),
        (f"exam={sheet.exam_id}", 10),
        ("exam=999", 0),
        ("month=2026-99&start=x&page=0&exam=x", 10),
    ]:
        text = client.get(f"/sheets?{query}").text
        expected = f"共 {count} 条" if count else "没有符合条件的成绩"
        assert expected in text, query
        rows = json.loads(client.get(f"/sheets/download/json?{query}").content)
        assert len(rows) == count, query


def test_marks_that_are_not_public_are_for_the_exam_office(
    database: Database, clock: FrozenClock, built: Make, staff: Staff
) -> None:
    exam = built([single()], marks=["7"], cut="2", release_rule="on-date")
    sitting_id = sat(database, exam, [{"choice": "aa"}])
    graded(database, clock)
    for role, seen in ((Role.OFFICER, False), (Role.REGISTRAR, True)):
        page = staff(exam.institution_id, role).get(f"/sheets/{sitting_id}").text
        assert ("7 分，满分 7" in page) is seen
        assert ("公布这份成绩" in page) is seen


def test_release_and_withdraw(database: Database, world: World, clock: FrozenClock, built: Make, staff: Staff) -> None:
    exam = built([single()], cut="2", release_rule="on-date")
    sitting_id = sat(database, exam, [{"choice": "aa"}])
    graded(database, clock)
    office, mine = staff(exam.institution_id, Role.REGISTRAR), candidate(world, exam, sitting_id)
    with database.reading() as db:
        window = db.exec(select(Result.window_opens)).one()
    assert window
    assert "1 份待公布" in office.get("/releases").text
    form = {"window": window.isoformat()}
    assert office.post(f"/releases/{exam.exam_id}/release", data=form).status_code == 303
    assert "合格线 2" in mine.get(f"/results/{sitting_id}").text
    assert office.post(f"/releases/{exam.exam_id}/release", data=form).status_code == 409
    refused = office.post(f"/releases/{exam.exam_id}/withdraw", data={**form, "reason": " "})
    assert refused.status_code == 422
    assert office.post(f"/releases/{exam.exam_id}/withdraw", data={**form, "reason": "复核"}).status_code == 303
    page = mine.get(f"/results/{sitting_id}").text
    assert "成绩尚未公布" in page and "合格线" not in page and "复核完成后重新公布" in page
    graded(database, clock)  # the rule does not release what was taken back
    assert "成绩尚未公布" in mine.get(f"/results/{sitting_id}").text
    with database.reading() as db:
        result_id = db.exec(select(Result.id).where(col(Result.current))).one()
    assert office.post(f"/sheets/results/{result_id}/release").status_code == 303
    assert "合格线 2" in mine.get(f"/results/{sitting_id}").text
    assert office.post(f"/sheets/results/{result_id}/withdraw", data={"reason": "再查"}).status_code == 303
    assert "1 份已撤回" in office.get("/releases").text


def test_deciding_about_a_key_on_the_page(database: Database, clock: FrozenClock, built: Make, staff: Staff) -> None:
    exam = built([single(), single("bb")], cut="3")
    sitting_id = sat(database, exam, [{"choice": "cc"}, {"choice": "bb"}])
    graded(database, clock)
    client = staff(exam.institution_id, Role.REGISTRAR)
    url = f"/exams/{exam.exam_id}/regrade"
    assert client.get(url).status_code == 200
    assert client.post(url, data={"step": "preview"}).status_code == 422
    form = {"item": str(exam.items[0].id), "kind": "full-marks", "version": "", "reason": "题目有歧义"}
    preview = client.post(url, data={**form, "step": "preview"})
    assert preview.status_code == 200 and "变为合格" in preview.text
    seen = preview.text.split('name="seen" value="')[1].split('"')[0]
    assert client.post(url, data={**form, "step": "decide", "seen": "x" * 32}).status_code == 409
    assert client.post(url, data={**form, "step": "decide", "seen": seen}).status_code == 303
    assert jobs.carry_decisions_through(database, clock, float("inf"))
    page = client.get(url).text
    assert "题目有歧义" in page and "已完成，1 份成绩有变化" in page
    assert "试题评分更正：题目有歧义" in client.get(f"/sheets/{sitting_id}").text


def test_first_pages_and_both_languages(sheet: Built, staff: Staff, world: World) -> None:
    everybody = staff(sheet.institution_id, Role.MARKER, Role.REGISTRAR, Role.OFFICER)
    mine = candidate(world, sheet, sheet.sittings[0].id or 0)
    for lang, words in (
        ("zh", ("阅卷", "成绩单", "最近合格的考生")),
        ("en", ("Marking", "Result sheet", "Passed most recently")),
    ):
        everybody.cookies.set("lang", lang)
        mine.cookies.set("lang", lang)
        home = everybody.get("/").text
        assert all(word in home for word in words)
        for path in ("/sheets", "/releases", "/marking", f"/exams/{sheet.exam_id}/regrade"):
            assert everybody.get(path).status_code == 200
        for path in ("/", "/results", f"/results/{sheet.sittings[0].id}"):
            assert mine.get(path).status_code == 200


def test_practice_counts_in_no_rate_and_is_not_failed(
    database: Database, world: World, clock: FrozenClock, built: Make, staff: Staff
) -> None:
    exam = built([single()], cut="2")
    sat(database, exam, [{"choice": "bb"}])
    practice = built([single()], cut="2", institution_id=exam.institution_id, scheme="practice")
    for n, choice in enumerate(("aa", "aa", "bb"), 1):
        below = sat(database, practice, [{"choice": choice}], chance=n, windowed=False)
    graded(database, clock)
    client = staff(exam.institution_id, Role.OFFICER)
    chosen = queries_sheet.Filter(exam.institution_id)
    for exam_id, rows, left_out, released, passed in ((None, 4, 3, 1, 0), (practice.exam_id, 3, 0, 3, 2)):
        with database.reading() as db:
            found = queries_statistics.statistics(db, replace(chosen, exam_id=exam_id))
        assert (found.rows, found.practice, found.released, found.passed) == (rows, left_out, released, passed)
    page = client.get("/sheets").text
    assert "另有 3 次练习" in page and "共 4 条" in page and "未达标" in page
    assert "次练习，" not in client.get(f"/sheets?exam={practice.exam_id}").text
    home = client.get("/").text
    assert "练习不计入以上数字" in home and "最近合格的考生" not in home
    own = candidate(world, practice, below).get(f"/results/{below}").text
    assert "未达到合格线" in own and "第 3 次练习" in own and "不合格" not in own


def test_from_a_booking_to_its_result(database: Database, world: World, clock: FrozenClock, built: Make) -> None:
    exam = built([single()])
    sitting_id, under_way = sat(database, exam, [{"choice": "aa"}]), sat(database, exam, [], state="in-progress")
    graded(database, clock)
    bookings = {each.id: each.booking_id for each in exam.sittings}
    own = candidate(world, exam, sitting_id)
    assert own.get(f"/bookings/{bookings[sitting_id]}/result").headers["location"].endswith(f"/results/{sitting_id}")
    assert own.get(f"/bookings/{bookings[under_way]}/result").status_code == 404
    other = candidate(world, exam, under_way)
    assert other.get(f"/bookings/{bookings[under_way]}/result").headers["location"].endswith(f"/sittings/{under_way}")


def test_whoever_has_handed_in_is_told_to_wait(
    database: Database, world: World, clock: FrozenClock, built: Make
) -> None:
    exam = built([essay()])
    for state, words, not_said in (
        ("submitted", "已交卷，等待成绩", "继续作答"),
        ("in-progress", "继续作答", "已交卷，等待成绩"),
    ):
        sitting_id = sat(database, exam, [{"text": "作答"}], state=state)
        own = candidate(world, exam, sitting_id)
        with database.reading() as db:
            enrolment = db.get_one(Sitting, sitting_id).enrolment_id
        for path in ("/", f"/my-exams/{enrolment}"):
            page = own.get(path).text
            assert words in page and not_said not in page, path
