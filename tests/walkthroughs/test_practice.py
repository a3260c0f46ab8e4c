"""Practice: on any day, as often as one likes, with the answers shown at once."""

from datetime import timedelta
from decimal import Decimal

from sqlmodel import Session, col, select

from exam.accounts.permissions import Role
from exam.grading import service as grading
from exam.grading.models import Result
from exam.itembank import service_publish
from exam.itembank.exchange.json_form import book_from
from exam.itembank.exchange.transfer import import_book
from exam.itembank.models import Paper
from exam.scheduling import service as scheduling
from exam.scheduling import service_enrolment, service_exams
from exam.scheduling.exam_rules import Settings
from exam.sessions import service as sessions

from .cast import Browser, cast, document, shanghai

MINUTE = timedelta(minutes=1)


def test_practice_on_a_day_without_a_window_and_again(db: Session) -> None:
    people = cast(db)
    registrar, candidate = people.somebody(Role.REGISTRAR), people.somebody(Role.CANDIDATE)
    at = shanghai("2026-11-20T09:00:00")
    import_book(db, registrar, book_from(document()), "", at)
    paper = db.exec(select(Paper).where(Paper.code == "PAPER-A")).one()
    service_publish.publish(db, registrar, paper.id or 0, at)
    settings = Settings(
        code="PRACTICE",
        title="练习",
        title_en="",
        scheme="practice",
        duration_minutes=15,
        cut_marks=Decimal(12),
        calculator=False,
        release_rule="at-once",
        release_at=None,
        show_answers=True,
        paper_ids=(paper.id or 0,),
    )
    exam = service_exams.save_exam(db, registrar, None, settings, at)
    service_exams.move_exam(db, registrar, exam.id or 0, "open", at)
    enrolment = service_enrolment.enrol(db, registrar, exam.id or 0, candidate.person_id, at)
    for time, correct, marks in ((at, False, 0), (at + 30 * MINUTE, True, 3)):
        booking = scheduling.book(db, candidate, enrolment.id or 0, None, time)
        browser = Browser(db, sessions.prepare(db, booking.id or 0, time))
        assert browser.start(time).status == 200
        assert browser.sitting.deadline == time + 15 * MINUTE
        browser.open(time)
        done = browser.submit(time + 5 * MINUTE, [browser.answer("single", 1, "B" if correct else "C")])
        assert done.body["accepted"][0]["status"] == "saved"
        grading.grade_sittings(db, [browser.sitting.id or 0], time + 6 * MINUTE)
        query = select(Result).where(Result.sitting_id == browser.sitting.id, col(Result.current))
        result = db.exec(query).one()
        assert (result.marks, result.passed, result.released_at) == (marks, False, time + 6 * MINUTE)
        steps = scheduling.next_steps(db, enrolment.id or 0, time + 7 * MINUTE)
        assert (steps.step, steps.chances_left, steps.until) == ("book", None, None)
