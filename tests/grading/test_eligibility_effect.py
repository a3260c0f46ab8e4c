"""Taking a result back, or correcting a key, shows first what it does to hours and eligibility."""

import re
from decimal import Decimal
from typing import Any

from sqlmodel import select

from exam.accounts.permissions import Role
from exam.core.clock import FrozenClock
from exam.core.db import Database
from exam.courses.models import Course
from exam.credits.models import Outcome
from exam.grading.models import Result
from exam.grading.service_credit import credit_results
from exam.scheduling.models import Exam

from .build import NOW, sat, single
from .test_routes import graded


def test_a_withdrawal_that_takes_hours_is_confirmed_first(
    database: Database, clock: FrozenClock, built: Any, staff: Any
) -> None:
    exam = built([single()], cut="2", release_rule="on-date")
    sat(database, exam, [{"choice": "aa"}])
    graded(database, clock)
    office = staff(exam.institution_id, Role.REGISTRAR)
    with database.reading() as db:
        window = db.exec(select(Result.window_opens)).one()
    form = {"window": window.isoformat() if window else ""}
    assert office.post(f"/releases/{exam.exam_id}/release", data=form).status_code == 303
    assert credit_results(database, clock.now())
    with database.reading() as db:
        assert len(db.exec(select(Outcome)).all()) == 1
    address = f"/releases/{exam.exam_id}/withdraw"
    shown = office.post(address, data={**form, "reason": "复核"})
    assert shown.status_code == 200
    assert "确认撤回成绩" in shown.text and ">-24<" in shown.text
    with database.reading() as db:
        assert db.exec(select(Result.withdrawn_at)).one() is None
    seen = re.search(r'name="seen" value="([0-9a-f]{32})"', shown.text)
    assert seen is not None
    assert office.post(address, data={**form, "reason": "复核", "seen": "0" * 32}).status_code == 409
    assert office.post(address, data={**form, "reason": "复核", "seen": seen[1]}).status_code == 303
    with database.reading() as db:
        assert db.exec(select(Result.withdrawn_at)).one() is not None


def test_a_corrected_key_shows_the_hours_of_the_course_that_the_exam_ends(
    database: Database, clock: FrozenClock, built: Any, staff: Any
) -> None:
    exam = built([single(), single()], cut="4", scheme="ccaa")
    with database.transaction() as db:
        course = Course(
            institution_id=exam.institution_id,
            code="QMS01",
            title="质量管理体系审核实务",
            scheme="ccaa",
            category="elective",
            hours=Decimal(16),
            delivery="face-to-face",
            class_number="03",
            state="open",
            created_at=NOW,
        )
        db.add(course)
        db.flush()
        row = db.get_one(Exam, exam.exam_id)
        row.course_id = course.id
        db.add(row)
    sat(database, exam, [{"choice": "aa"}, {"choice": "bb"}])
    graded(database, clock)
    office = staff(exam.institution_id, Role.REGISTRAR)
    form = {"item": exam.items[1].id, "kind": "full-marks", "reason": "答案有误", "step": "preview"}
    page = office.post(f"/exams/{exam.exam_id}/regrade", data=form).text
    assert ">+16<" in page and "还差 24 学时" in page and "还差 8 学时" in page
    assert credit_results(database, clock.now())
