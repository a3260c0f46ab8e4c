"""PT-P whole: a paid course, the hour proof, the application, the fee of a try, a verification day that is moved, the
sitting, the certificate with its photo."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from exam.accounts.access import Caller
from exam.accounts.messages import unread
from exam.accounts.permissions import Role
from exam.applications import portraits
from exam.applications import service as applications
from exam.applications.asked import PICTURES
from exam.applications.service_office import decide
from exam.certificates import runtime, service_issue
from exam.certificates.models import Certificate
from exam.core.errors import Refused
from exam.core.objects import ObjectStore
from exam.courses import service as courses
from exam.courses import service_finishing, service_selecting
from exam.courses import signals as course_signals
from exam.courses.rules import Settings as CourseSettings
from exam.credits import signals
from exam.demo import pictures
from exam.fees import service_dues, service_payments
from exam.fees.gateways import Transfer
from exam.fees.queries import due_of
from exam.scheduling import course_link, service_enrolment, service_exams
from exam.scheduling import service as scheduling
from exam.scheduling.models import Exam
from exam.scheduling.service_notices import Wanted, record
from exam.sessions import service as sessions

from .cast import Browser, Cast, cast, shanghai
from .test_changzhou import SETTINGS, open_exam, result_of
from .test_changzhou_hours import passing, post

DAY = shanghai("2026-12-26T00:00:00")
MOVED = shanghai("2026-12-19T00:00:00")
ANSWERS = {
    "sex": "female",
    "place": "贵州贵阳",
    "id_number": "11010519491231002X",
    "phone": "13800000000",
    "education": "bachelor",
    "school": "示范理工学院",
}


@pytest.fixture
def people(db: Session) -> Iterator[Cast]:
    kept = [(hooks, list(hooks)) for hooks in (signals.posted, signals.undone, signals.touching)]
    kept += [(hooks, list(hooks)) for hooks in (course_signals.selected, course_signals.finished)]
    kept += [(hooks, list(hooks)) for hooks in (course_signals.unfinished, course_signals.cancelled)]
    kept += [(hooks, list(hooks)) for hooks in (course_signals.exam_states, runtime.photo_for)]
    runtime.listen()
    course_link.listen()
    portraits.listen()
    yield cast(db)
    for hooks, before in kept:
        hooks[:] = before  # type: ignore[index]


def refused(call, *args, **more) -> str:
    with pytest.raises(Refused) as error:
        call(*args, **more)
    return error.value.refusal.code


def verification(db: Session, people: Cast) -> Exam:
    """The bank and its papers as for Changzhou's walk, set for the officer's verification."""
    other = open_exam(db, people)
    office = people.made["registrar"]
    papers = tuple(paper.id or 0 for paper in service_exams.papers_of(db, other.id or 0))
    wanted = replace(
        SETTINGS, code="PTP-1", title="质量安全员能力验证", scheme="ptp", track="officer", paper_ids=papers
    )
    made = service_exams.save_exam(db, office, None, wanted, shanghai("2026-10-08T10:00:00"))
    return service_exams.move_exam(db, office, made.id or 0, "open", shanghai("2026-10-08T10:00:00"))


def trained(db: Session, office: Caller, me: Caller) -> Certificate:
    """Thirty hours are learned; the hour proof is issued when they are complete (S4 §3, §8(1))."""
    settings = CourseSettings(
        code="ZA-30",
        title="质量安全员培训",
        title_en="",
        summary="",
        scheme="ptp",
        track="officer",
        category="training",
        hours=Decimal(30),
        delivery="online",
        class_number="",
        approval="",
    )
    at = shanghai("2026-10-09T09:00:00")
    course = courses.save_course(db, office, None, settings, at)
    courses.move_course(db, office, course.id or 0, "open", at)
    selection = service_selecting.select_course(db, me, course.id or 0, at)
    finished = shanghai("2026-10-30T20:00:00")
    service_finishing.finish(db, selection, finished, None, finished)
    (proof,) = db.exec(select(Certificate)).all()
    assert (proof.kind, proof.state, proof.track) == ("hour-proof", "due", "officer")
    return proof


def applied(db: Session, store: ObjectStore, office: Caller, me: Caller) -> None:
    """Annex 1 with its pictures; returned once, then approved."""
    at = shanghai("2026-11-02T09:00:00")
    row = applications.begin(db, me, "ptp", "officer", at)
    applications.save(db, me, row.id or 0, {**row.answers, **ANSWERS})
    applications.consent(db, me, row.id or 0, at)
    for number, asked in enumerate(PICTURES):
        if asked.needed:
            data = pictures.portrait(1) if asked.key == "photo" else pictures.paper(number)
            applications.add_picture(db, store, me, row.id or 0, asked.key, data, None, at)
    applications.send(db, me, row.id or 0, row.answers["name"], True, at)
    decide(db, office, row.id or 0, "return", "学校名称请写全称", False, at + timedelta(hours=3))
    applications.save(db, me, row.id or 0, {**row.answers, "school": "贵州示范理工学院"})
    applications.send(db, me, row.id or 0, row.answers["name"], True, at + timedelta(days=1))
    decide(db, office, row.id or 0, "approve", "", False, at + timedelta(days=2))


def test_from_the_course_to_the_certificate_on_a_moved_day(db: Session, people: Cast, tmp_path: Path) -> None:
    exam = verification(db, people)
    office, me = people.made["registrar"], people.somebody(Role.CANDIDATE)
    service_dues.instruct(db, office, "学会", "工商银行", "1105", "", "", shanghai("2026-10-08T11:00:00"))
    enrolment = service_enrolment.enrol(db, office, exam.id or 0, me.person_id, shanghai("2026-10-08T12:00:00"))
    number = enrolment.id or 0
    november = shanghai("2026-11-05T09:00:00")
    assert refused(scheduling.book, db, me, number, None, november) == "application-missing"
    proof = trained(db, office, me)
    applied(db, ObjectStore(tmp_path), office, me)
    assert refused(scheduling.book, db, me, number, None, november) == "hour-proof-not-issued"
    service_issue.issue(db, proof.id or 0, november, office.person_id)
    assert refused(scheduling.book, db, me, number, None, november) == "fee-unpaid"
    due = due_of(db, "enrolment", number)
    assert due is not None and due.amount == Decimal(180)
    paid = Transfer(office.institution_id, "本人", Decimal(180), date(2026, 11, 5), "ICBC1", office.person_id)
    service_payments.settle(db, office, paid, [due.id or 0], november)
    booking = scheduling.book(db, me, number, DAY + timedelta(hours=9), november)
    assert booking.window_opens == DAY

    # The official notice moves the day a week forward: the booking goes with it, and the candidate is told.
    wanted = Wanted("ptp", DAY, date(2026, 12, 19), date(2026, 12, 20), "2026〔3〕号", "场地检修")
    record(db, office, wanted, shanghai("2026-11-20T09:00:00"))
    assert (booking.window_opens, booking.planned_at) == (MOVED, MOVED + timedelta(hours=9))
    assert unread(db, me)[0].code == "booking-moved-by-notice"

    at = MOVED + timedelta(hours=9)
    browser = Browser(db, sessions.prepare(db, booking.id or 0, MOVED - timedelta(hours=1)))
    too_early = browser.start(MOVED - timedelta(microseconds=1))
    assert too_early.refusal is not None and too_early.refusal.code == "window-not-open"
    passing(browser, at)
    assert result_of(db, browser.sitting).released_at is not None
    post(db, at + timedelta(hours=2))
    (certificate,) = db.exec(select(Certificate).where(Certificate.kind == "verification")).all()
    issued = service_issue.issue(db, certificate.id or 0, at + timedelta(hours=3), office.person_id)
    assert issued.number == "PTP-P29-2026-000001"
    assert portraits.photo_for(db, issued) is not None
    assert scheduling.next_steps(db, number, at + timedelta(days=9)).step == "passed"
    # Another try is another enrolment, and another 180 yuan (S4 §3); the application still holds.
    again = service_enrolment.enrol_people(db, office, exam.id or 0, [me.person_id], at + timedelta(days=10))
    assert [row.refusal.code for row in again if row.refusal] == ["already-passed"]
    assert len(db.exec(select(Certificate).order_by(col(Certificate.id))).all()) == 2
