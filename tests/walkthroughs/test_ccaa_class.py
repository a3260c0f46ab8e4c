"""CCAA face-to-face: a class with its exam at the end, the hours of the class, a certificate that locks its result."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlmodel import Session, select

from exam.accounts.permissions import Role
from exam.certificates import runtime, service_issue
from exam.certificates.models import Certificate
from exam.core.errors import Refused
from exam.courses import service as courses
from exam.courses import service_finishing, service_selecting
from exam.courses import signals as course_signals
from exam.courses.rules import Settings as CourseSettings
from exam.credits import signals
from exam.credits.models import HourEntry
from exam.grading import service_release
from exam.scheduling import course_link, service_exams
from exam.scheduling import service as scheduling
from exam.scheduling.models import Enrolment
from exam.sessions import service as sessions

from .cast import Browser, Cast, cast, shanghai
from .test_changzhou import SETTINGS, open_exam, result_of
from .test_changzhou_hours import passing, post

HOOKS = (signals.posted, signals.undone, signals.touching, course_signals.selected, course_signals.finished)


@pytest.fixture
def people(db: Session) -> Iterator[Cast]:
    kept = [(hooks, list(hooks)) for hooks in (*HOOKS, course_signals.unfinished, course_signals.exam_states)]
    runtime.listen()
    course_link.listen()
    yield cast(db)
    for hooks, before in kept:
        hooks[:] = before  # type: ignore[index]


def test_a_class_from_its_start_to_the_locked_result(db: Session, people: Cast) -> None:
    other = open_exam(db, people)
    office, auditor = people.made["registrar"], people.somebody(Role.CANDIDATE)
    at = shanghai("2026-11-02T09:00:00")
    settings = CourseSettings(
        code="F03",
        title="质量管理体系审核实务",
        title_en="",
        summary="",
        scheme="ccaa",
        track="",
        category="elective",
        hours=Decimal(16),
        delivery="face-to-face",
        class_number="02",
        approval="",
    )
    course = courses.save_course(db, office, None, settings, at)
    courses.move_course(db, office, course.id or 0, "open", at)
    papers = tuple(paper.id or 0 for paper in service_exams.papers_of(db, other.id or 0))
    wanted = replace(SETTINGS, code="F03-02", title="结业考试", scheme="ccaa", course_id=course.id, paper_ids=papers)
    exam = service_exams.save_exam(db, office, None, wanted, at)
    service_exams.move_exam(db, office, exam.id or 0, "open", at)
    service_issue.save_issuer(db, office, "", "CCAA012", "", at)

    selection = service_selecting.select_course(db, auditor, course.id or 0, at)
    enrolment = db.exec(select(Enrolment).where(Enrolment.person_id == auditor.person_id)).one()
    with pytest.raises(Refused) as early:
        scheduling.book(db, auditor, enrolment.id or 0, None, at)
    assert early.value.refusal.code == "course-not-finished"
    end = shanghai("2026-11-03T16:30:00")
    service_finishing.finish(db, selection, end, office.person_id, end)
    assert not db.exec(select(HourEntry)).all()  # face-to-face hours come with the passed exam (S2 §10.1, annex 7)
    booking = scheduling.book(db, auditor, enrolment.id or 0, None, end)
    browser = Browser(db, sessions.prepare(db, booking.id or 0, end))
    passing(browser, end)
    post(db, shanghai("2026-11-03T18:00:00"))
    entry = db.exec(select(HourEntry)).one()
    assert (entry.hours, entry.category) == (Decimal(16), "elective")
    certificate = db.exec(select(Certificate)).one()
    issued = service_issue.issue(db, certificate.id or 0, shanghai("2026-11-04T09:00:00"), office.person_id)
    assert issued.number == "CCAA012-2026-F03-16-02-0001"
    with pytest.raises(Refused) as locked:
        result = result_of(db, browser.sitting)
        service_release.withdraw_one(db, office, result.id or 0, "复核", shanghai("2026-11-05T09:00:00"))
    assert locked.value.refusal.code == "certificate-issued"
