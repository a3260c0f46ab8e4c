"""The Changzhou scheme from the bank to the result sheet: one candidate who fails, comes again and passes."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session, col, select

from exam.accounts.permissions import Role
from exam.core.decisions import Refusal
from exam.core.errors import Refused
from exam.grading import queries_sheet as sheet
from exam.grading import service as grading
from exam.grading.models import Result
from exam.grading.queries import own_results
from exam.itembank import service_publish
from exam.itembank.exchange.json_form import book_from
from exam.itembank.exchange.transfer import import_book
from exam.itembank.models import Paper
from exam.scheduling import service as scheduling
from exam.scheduling import service_enrolment, service_exams
from exam.scheduling.exam_rules import Settings
from exam.scheduling.models import Enrolment, Exam
from exam.sessions import service as sessions
from exam.sessions.models import Sitting

from .cast import Browser, Cast, cast, document, shanghai

OPENS = shanghai("2026-11-05T00:00:00")
SECOND = timedelta(seconds=1)
SETTINGS = Settings(
    code="CZ-QS",
    title="公共科目",
    title_en="",
    scheme="changzhou",
    duration_minutes=60,
    cut_marks=Decimal(12),
    calculator=False,
    release_rule="at-once",
    release_at=None,
    show_answers=False,
    paper_ids=(),
)


@pytest.fixture
def people(db: Session) -> Cast:
    return cast(db)


def open_exam(db: Session, people: Cast) -> Exam:
    """The writer's file taken in, both papers published, the exam set on them and opened."""
    writer, reviewer = people.somebody(Role.ITEM_WRITER), people.somebody(Role.REVIEWER)
    registrar = people.made["registrar"] = people.somebody(Role.REGISTRAR)
    at = shanghai("2026-10-08T09:00:00")
    report = import_book(db, writer, book_from(document()), "", at)
    assert (report.problems, report.counts["new"], report.papers) == ((), 12, ("PAPER-A", "PAPER-B"))
    papers = db.exec(select(Paper).order_by(col(Paper.code))).all()
    for paper in papers:
        assert service_publish.publish(db, reviewer, paper.id or 0, at).total_marks == 20
    settings = Settings(**{**vars(SETTINGS), "paper_ids": tuple(paper.id or 0 for paper in papers)})
    exam = service_exams.save_exam(db, registrar, None, settings, at)
    return service_exams.move_exam(db, registrar, exam.id or 0, "open", at)


def enrolled(db: Session, people: Cast, exam: Exam) -> Enrolment:
    """A candidate enrolled in October, the course not finished yet."""
    people.made["candidate"] = people.somebody(Role.CANDIDATE)
    registrar, candidate = people.made["registrar"], people.made["candidate"]
    at = shanghai("2026-10-12T10:00:00")
    return service_enrolment.enrol(db, registrar, exam.id or 0, candidate.person_id, at)


def finish_course(db: Session, people: Cast, enrolment: Enrolment) -> None:
    at = shanghai("2026-10-29T17:00:00")
    service_enrolment.set_course_finished(db, people.made["registrar"], enrolment.id or 0, date(2026, 10, 28), at)


def sit(db: Session, people: Cast, enrolment: Enrolment, planned: datetime, booked: datetime) -> Browser:
    """Book and have the sitting made ready a day ahead of the window."""
    booking = scheduling.book(db, people.made["candidate"], enrolment.id or 0, planned, booked)
    assert booking.window_opens is not None
    return Browser(db, sessions.prepare(db, booking.id or 0, booking.window_opens - timedelta(days=1)))


def result_of(db: Session, sitting: Sitting) -> Result:
    return db.exec(select(Result).where(Result.sitting_id == sitting.id, col(Result.current))).one()


def test_from_the_bank_to_the_certificate(db: Session, people: Cast) -> None:
    exam = open_exam(db, people)
    enrolment = enrolled(db, people, exam)
    with pytest.raises(Refused) as refused:
        scheduling.book(db, people.made["candidate"], enrolment.id or 0, OPENS, shanghai("2026-10-20T10:00:00"))
    assert refused.value.refusal.code == "course-not-finished"
    finish_course(db, people, enrolment)
    first = sit(db, people, enrolment, OPENS, shanghai("2026-11-01T20:00:00"))

    _refused_before_the_window(first)
    _sits_and_fails(db, first)
    steps = scheduling.next_steps(db, enrolment.id or 0, OPENS + timedelta(hours=2))
    assert (steps.step, steps.retake, steps.chances_left) == ("book", True, 1)
    assert steps.until == shanghai("2026-12-11T00:00:00")

    second = sit(db, people, enrolment, shanghai("2026-12-08T09:00:00"), shanghai("2026-12-01T12:00:00"))
    assert {first.letter(), second.letter()} == {"A", "B"}
    _sits_and_passes(db, second)
    steps = scheduling.next_steps(db, enrolment.id or 0, shanghai("2026-12-08T10:00:00"))
    assert (steps.step, steps.certificate, steps.certificate_days) == ("passed", "公共科目合格证", 15)
    assert steps.window is not None and steps.window.closes == shanghai("2026-12-11T00:00:00")
    with pytest.raises(Refused) as over:
        scheduling.book(db, people.made["candidate"], enrolment.id or 0, None, shanghai("2026-12-08T11:00:00"))
    assert over.value.refusal.code == "enrolment-passed"
    _both_are_on_the_sheet(db, people)


def _refused_before_the_window(browser: Browser) -> None:
    """On the 4th at 23:59:59 the start is refused, with the instant from which it is allowed."""
    outcome = browser.start(OPENS - SECOND)
    assert outcome.status == 409
    assert outcome.refusal == Refusal("window-not-open", allowed_from=OPENS, params={"opens": OPENS})
    assert browser.sitting.state == "prepared"


def _sits_and_fails(db: Session, browser: Browser) -> None:
    """Starts in the first instant, loses the line, comes back, runs into the deadline; 11 of 20 marks by hand."""
    assert browser.start(OPENS).status == 200
    assert browser.sitting.deadline == OPENS + timedelta(hours=1)
    browser.open(OPENS + SECOND)
    early = [
        browser.answer("single", 1, "A"),
        browser.answer("multiple", 1, "AB"),
        browser.answer("truth", 1, {"value": False}),
    ]
    before = browser.save(OPENS + timedelta(minutes=5), early).body["accepted"]
    assert [saved["status"] for saved in before] == ["saved"] * 3

    old_claim, at = browser.claim, OPENS + timedelta(minutes=20)
    restored = browser.open(at).body["answers"]
    assert {(each["slot"], each["response"] is not None) for each in restored} == {(e["slot"], True) for e in early}
    kept_offline = [
        browser.answer("single", 2, "B"),
        browser.answer("blanks", 1, {"blanks": {"1": "ＧＢ", "2": "GBT"}}),
        browser.answer("sum", 1, {"value": "12450", "unit": "g"}),
        browser.answer("case", 1, {"1": "C", "2": None}),
    ]
    replayed = browser.save(at + SECOND, [*early, *kept_offline]).body["accepted"]
    assert [saved["status"] for saved in replayed] == ["duplicate"] * 3 + ["saved"] * 4
    assert [saved["receipt"] for saved in replayed[:3]] == [saved["receipt"] for saved in before]

    newest, browser.claim = browser.claim, old_claim
    superseded = browser.save(at + 2 * SECOND, [browser.answer("truth", 2, {"value": True})])
    assert (superseded.status, superseded.body["error"]) == (409, "superseded")
    browser.claim = newest

    deadline = OPENS + timedelta(hours=1)
    assert sessions.submit_due(db, deadline - SECOND) == 0
    late = browser.save(deadline, [browser.answer("truth", 2, {"value": True})])
    assert (late.status, late.body["error"]) == (409, "deadline-passed")
    db.expire_all()
    assert (browser.sitting.state, browser.sitting.submitted_by) == ("submitted", "deadline")
    assert browser.sitting.submitted_at == deadline

    assert grading.grade_sittings(db, [browser.sitting.id or 0], deadline + SECOND) == 1
    result = result_of(db, browser.sitting)
    by_hand = Decimal(3) + Decimal(2) + Decimal(0) + Decimal(2) + Decimal(3) + Decimal(1)
    assert by_hand == 11
    assert (result.marks, result.out_of, result.cut_marks, result.passed) == (by_hand, 20, 12, False)
    assert (result.state, result.released_at, result.log_hash) == (
        "final",
        deadline + SECOND,
        sessions.log_hash(db, browser.sitting.id or 0),
    )
    assert sessions.check_log(db, browser.sitting.id or 0) is None


def _sits_and_passes(db: Session, browser: Browser) -> None:
    """Everything right but the true-false item: 18 of 20."""
    at = shanghai("2026-12-08T09:00:00")
    assert browser.start(at).status == 200
    browser.open(at)
    answers = [
        browser.answer("single", 1, "B"),
        browser.answer("multiple", 1, "CAB"),
        browser.answer("truth", 1, {"value": False}),
        browser.answer("blanks", 1, {"blanks": {"1": "GB", "2": "GB/T"}}),
        browser.answer("sum", 1, {"value": "12.5", "unit": "kg"}),
    ]
    browser.save(at + timedelta(minutes=30), answers)
    case = browser.answer("case", 1, {"1": "C", "2": {"value": False}})
    done = browser.submit(at + timedelta(minutes=31), [case])
    assert (done.status, done.body["state"]) == (200, "submitted")
    again = browser.submit(at + timedelta(minutes=32), [case])
    assert again.body["accepted"][0]["receipt"] == done.body["accepted"][0]["receipt"]
    grading.grade_sittings(db, [browser.sitting.id or 0], at + timedelta(minutes=33))
    result = result_of(db, browser.sitting)
    assert (result.marks, result.passed, result.chance) == (Decimal(18), True, 2)


def _both_are_on_the_sheet(db: Session, people: Cast) -> None:
    candidate = people.made["candidate"]
    rows = sheet.page(db, sheet.Filter(people.institution_id), 1, 10)
    assert [(row.name, row.chance, row.marks, row.passed) for row in rows] == [
        (candidate.name, 2, Decimal(18), True),
        (candidate.name, 1, Decimal(11), False),
    ]
    failed = sheet.page(db, sheet.Filter(people.institution_id, month="2026-11", outcome="failed"), 1, 10)
    assert [row.submitted_at for row in failed] == [OPENS + timedelta(hours=1)]
    own = own_results(db, candidate, shanghai("2026-12-08T12:00:00"))
    assert [each.result.marks if each.result else None for each in own] == [18, 11]


def test_a_late_starter_has_until_the_windows_end(db: Session, people: Cast) -> None:
    exam = open_exam(db, people)
    enrolment = enrolled(db, people, exam)
    finish_course(db, people, enrolment)
    start, closes = shanghai("2026-11-10T23:30:00"), shanghai("2026-11-11T00:00:00")
    browser = sit(db, people, enrolment, start, shanghai("2026-11-01T20:00:00"))
    assert browser.start(start).status == 200
    assert browser.sitting.deadline == closes
    browser.open(start)
    last = browser.save(closes - SECOND, [browser.answer("single", 1, "B")])
    assert last.body["accepted"][0]["status"] == "saved"
    assert sessions.submit_due(db, closes) == 1
    db.expire_all()
    assert browser.sitting.submitted_at == closes
    grading.grade_sittings(db, [browser.sitting.id or 0], closes)
    assert result_of(db, browser.sitting).marks == 3


def test_nobody_starts_after_the_window(db: Session, people: Cast) -> None:
    exam = open_exam(db, people)
    enrolment = enrolled(db, people, exam)
    finish_course(db, people, enrolment)
    browser = sit(db, people, enrolment, shanghai("2026-11-10T23:00:00"), shanghai("2026-11-01T20:00:00"))
    outcome = browser.start(shanghai("2026-11-11T00:00:00"))
    assert outcome.refusal is not None
    assert outcome.refusal.code == "window-over"
    assert outcome.refusal.allowed_from == shanghai("2026-12-05T00:00:00")
