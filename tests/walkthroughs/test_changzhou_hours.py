"""Changzhou after the exam: a failed chance, a retake in time or forfeited, hours, the certificate and its day."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session, col, select

from exam.accounts.access import Caller
from exam.certificates import runtime, service_issue
from exam.certificates.models import Certificate
from exam.core.decisions import Refusal
from exam.core.errors import Refused
from exam.credits import service_eligibility, signals
from exam.credits.service_posting import undo_outcome
from exam.grading import service as grading
from exam.grading import service_credit, service_release
from exam.scheduling import service as scheduling
from exam.scheduling import service_enrolment, service_lapses
from exam.scheduling.loading import load

from .cast import Browser, Cast, cast, shanghai
from .test_changzhou import OPENS, SECOND, enrolled, finish_course, open_exam, result_of, sit


@pytest.fixture
def people(db: Session) -> Cast:
    return cast(db)


def post(db: Session, now: datetime) -> None:
    """What the job does with released results, in the test's own transaction."""
    for sitting_id in service_credit.unposted(db, 10):
        service_credit.post_result(db, sitting_id, now)
    for sitting_id in service_credit.unearned(db, 10):
        undo_outcome(db, service_credit.SOURCE, sitting_id, "result-changed", None, now)
    assert service_credit.unposted(db, 10) == service_credit.unearned(db, 10) == []


def certificates(db: Session) -> list[Certificate]:
    return list(db.exec(select(Certificate).order_by(col(Certificate.id))))


def public_hours(db: Session, who: Caller, on: str) -> tuple[Decimal, Decimal]:
    """Public hours that count in the year of a day, and how many are still missing for the year in all."""
    standing = service_eligibility.standing(
        db, who.institution_id, who.person_id, "changzhou", date.fromisoformat(on), None
    )
    return next(asked.counted for asked in standing.requirements if asked.category == "public"), standing.hours_missing


def fail(browser: Browser, at: datetime) -> None:
    """Starts and hands in an empty paper."""
    assert browser.start(at).status == 200
    browser.open(at)
    assert browser.submit(at + timedelta(minutes=5)).status == 200
    grading.grade_sittings(browser.db, [browser.sitting.id or 0], at + timedelta(minutes=6))


def passing(browser: Browser, at: datetime) -> None:
    """Starts and hands in nineteen marks of twenty."""
    assert browser.start(at).status == 200
    browser.open(at)
    answers = [
        browser.answer("single", 1, "B"),
        browser.answer("multiple", 1, "ABC"),
        browser.answer("truth", 1, {"value": True}),
        browser.answer("blanks", 1, {"blanks": {"1": "GB", "2": "GB/T"}}),
        browser.answer("sum", 1, {"value": "12.5", "unit": "kg"}),
    ]
    assert browser.submit(at + timedelta(minutes=30), answers).status == 200
    grading.grade_sittings(browser.db, [browser.sitting.id or 0], at + timedelta(minutes=31))
    assert result_of(browser.db, browser.sitting).passed


@pytest.fixture
def heard() -> Iterator[None]:
    """Certificates hear of what is posted."""
    before = {name: list(getattr(signals, name)) for name in ("posted", "undone", "touching")}
    runtime.listen()
    yield
    for name, hooks in before.items():
        getattr(signals, name)[:] = hooks


@pytest.mark.usefixtures("heard")
def test_a_failed_chance_a_retake_and_what_follows_from_passing(db: Session, people: Cast) -> None:
    enrolment = enrolled(db, people, open_exam(db, people))
    finish_course(db, people, enrolment)
    candidate, office = people.made["candidate"], people.made["registrar"]
    fail(sit(db, people, enrolment, OPENS, shanghai("2026-11-01T20:00:00")), OPENS)
    post(db, OPENS + timedelta(hours=1))
    assert certificates(db) == []

    retake = shanghai("2026-12-08T09:00:00")
    browser = sit(db, people, enrolment, retake, shanghai("2026-12-01T12:00:00"))
    passing(browser, retake)
    post(db, shanghai("2026-12-08T10:00:00"))
    assert public_hours(db, candidate, "2026-12-08") == (24, 48)
    (due,) = certificates(db)
    # The window's last day is Thursday, 10 December: 11; 14 to 18; 21 to 25; 28 to 31 are fifteen working days.
    assert (due.kind, due.state, due.due_on, due.provisional) == ("public-subject", "due", date(2026, 12, 31), False)

    # The result is taken back after its hours were posted, and released again.
    result = result_of(db, browser.sitting)
    service_release.withdraw_one(db, office, result.id or 0, "复核", shanghai("2026-12-14T09:00:00"))
    post(db, shanghai("2026-12-14T09:01:00"))
    assert public_hours(db, candidate, "2026-12-14") == (0, 72)
    assert [one.state for one in certificates(db)] == ["withdrawn"]
    service_release.release_one(db, office, result.id or 0, shanghai("2026-12-15T09:00:00"))
    post(db, shanghai("2026-12-15T09:01:00"))
    assert public_hours(db, candidate, "2026-12-15") == (24, 48)
    again = certificates(db)[-1]
    assert (len(certificates(db)), again.state, again.due_on) == (2, "due", date(2026, 12, 31))

    with pytest.raises(Refused) as early:
        service_issue.issue(db, again.id or 0, shanghai("2026-12-30T23:59:59"), office.person_id)
    assert early.value.refusal == Refusal("certificate-too-early", allowed_from=shanghai("2026-12-31T00:00:00"))
    issued = service_issue.issue(db, again.id or 0, shanghai("2026-12-31T00:00:00"), office.person_id)
    assert (issued.number, issued.name, issued.issued_on) == ("CZ-2026-000001", candidate.name, date(2026, 12, 31))
    # Changzhou locks nothing: what is taken back later is marked for the office to decide about.
    service_release.withdraw_one(db, office, result.id or 0, "替考", shanghai("2027-01-04T09:00:00"))
    post(db, shanghai("2027-01-04T09:01:00"))
    assert (issued.state, issued.problem) == ("issued", "basis-undone")


@pytest.mark.usefixtures("heard")
def test_a_forfeited_retake_and_the_course_selected_anew(db: Session, people: Cast) -> None:
    exam = open_exam(db, people)
    enrolment = enrolled(db, people, exam)
    finish_course(db, people, enrolment)
    candidate, office = people.made["candidate"], people.made["registrar"]
    fail(sit(db, people, enrolment, OPENS, shanghai("2026-11-01T20:00:00")), OPENS)

    over = shanghai("2026-12-11T00:00:00")
    with pytest.raises(Refused) as enough:
        service_enrolment.enrol(db, office, exam.id or 0, candidate.person_id, over - SECOND)
    assert enough.value.refusal.code == "already-enrolled"
    assert scheduling.next_steps(db, enrolment.id or 0, over - SECOND).step == "book"
    steps = scheduling.next_steps(db, enrolment.id or 0, over)
    assert (steps.step, steps.fee_yuan) == ("select-anew", Decimal(50))
    with pytest.raises(Refused) as late:
        scheduling.book(db, candidate, enrolment.id or 0, shanghai("2027-01-06T09:00:00"), over)
    assert late.value.refusal.code in ("retake-forfeited", "enrolment-forfeited")

    service_lapses.settle(db, load(db, enrolment.id or 0, lock=True), over)
    assert enrolment.state == "forfeited"
    anew = service_enrolment.enrol(
        db, office, exam.id or 0, candidate.person_id, shanghai("2026-12-14T09:00:00"), date(2026, 12, 14)
    )
    assert (anew.number, anew.state) == (2, "active")
    steps = scheduling.next_steps(db, anew.id or 0, shanghai("2026-12-15T09:00:00"))
    assert (steps.step, steps.chance, steps.retake, steps.chances_left) == ("book", 1, False, 2)

    new_year = shanghai("2027-01-06T09:00:00")
    passing(sit(db, people, anew, new_year, shanghai("2026-12-15T09:00:00")), new_year)
    post(db, shanghai("2027-01-06T10:00:00"))
    assert public_hours(db, candidate, "2026-12-31") == (0, 72)
    assert public_hours(db, candidate, "2027-01-06") == (24, 48)
    (due,) = certificates(db)
    # Nobody has published the holidays of 2027 yet: the day is a provisional one.
    assert (due.counted_from, due.due_on, due.provisional) == (date(2027, 1, 10), date(2027, 1, 29), True)
