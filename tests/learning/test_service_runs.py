"""Runs: begun once, finished once with their hours, undone and closed by what happens to their selection."""

import secrets
from decimal import Decimal

import pytest
from sqlmodel import select

from exam.core.errors import NotFound, Refused
from exam.courses import service_finishing, service_selecting
from exam.courseware import service as courseware
from exam.credits.models import HourEntry
from exam.fees import service_dues
from exam.learning import loading, queries, service_quizzes, service_runs
from exam.learning.models import LearningRun
from exam.scheduling.models import Enrolment
from tests.courses.test_service import exam_for
from tests.learning.making import NOON, after, published, quizzes_of, responses, selected
from tests.learning.test_service_quizzes import answer, asked, refused


def hours(db):
    return sum((row.hours for row in db.exec(select(HourEntry))), Decimal(0))


def test_a_run_is_begun_once(db, place, selection, made):
    first = service_runs.begin(db, place.me, selection.id, NOON)
    assert service_runs.begin(db, place.me, selection.id, after(10)) is first
    assert (first.number, first.state, first.chapter_id) == (1, "learning", made.chapters[0].id)
    assert len(db.exec(select(LearningRun)).all()) == 1
    assert service_runs.learners(db, made.course.id) == 1
    assert service_runs.learned_from(db, made.chapters[0].id) == 2  # the run stands there, and its quiz


@pytest.mark.parametrize("who", ["other", "office", "stranger"])
def test_only_ones_own_selection_is_learned(db, place, selection, who):
    with pytest.raises(NotFound):
        service_runs.begin(db, getattr(place, who), selection.id, NOON)
    with pytest.raises(NotFound):
        service_runs.begin(db, place.me, selection.id + 1, NOON)


def test_a_course_without_content_here_can_not_be_learned(db, place, made):
    courseware.withdraw(db, place.office, made.course.id, NOON)
    selection = selected(db, place.me, made)
    with pytest.raises(NotFound):
        service_runs.begin(db, place.me, selection.id, NOON)
    courseware.publish(db, place.office, made.course.id, NOON)
    run = service_runs.begin(db, place.me, selection.id, NOON)
    assert refused(courseware.withdraw, db, place.office, made.course.id, NOON) == "courseware-has-learners"
    quiz, _ = asked(db, place.me, selection)
    answer(db, quiz, run, right=0)
    courseware.withdraw(db, place.office, made.course.id, NOON)
    assert refused(service_runs.begin, db, place.me, selection.id, NOON) == "courseware-in-work"


def test_what_is_not_paid_is_not_learned_and_not_finished(db, place, made):
    paid = selected(db, place.other, made)
    run = service_runs.begin(db, place.other, paid.id, NOON)
    service_dues.instruct(db, place.office, "学会", "工商银行", "1105", "", "", NOON)
    unpaid = selected(db, place.me, made)
    assert refused(service_runs.begin, db, place.me, unpaid.id, NOON) == "fee-unpaid"
    assert loading.newest(db, unpaid.id) is None
    assert service_runs.complete(db, run.id, after(100)) == "finished"


def test_a_quiz_in_a_stretch_is_drawn_anew_for_each_run(db, place, selection, made, monkeypatch):
    courseware.withdraw(db, place.office, made.course.id, NOON)
    made.cues[0].kind, made.cues[0].until_ms = "random", 50_000
    db.add(made.cues[0])
    courseware.publish(db, place.office, made.course.id, NOON)
    monkeypatch.setattr(secrets, "randbelow", lambda n: n - 1)
    quiz, run = asked(db, place.me, selection)
    assert quiz.at_ms == 50_000
    answer(db, quiz, run, right=0)
    monkeypatch.setattr(secrets, "randbelow", lambda n: 0)
    assert quizzes_of(db, service_runs.begin(db, place.me, selection.id, NOON))[0].at_ms == 30_000


def test_a_finished_course_posts_its_hours_once_and_opens_the_exam(db, place):
    made = published(db, place.office, scheme="ccib", category="required", hours=Decimal("7.5"))
    exam_for(db, place, made.course)
    selection = selected(db, place.me, made)
    run = service_runs.begin(db, place.me, selection.id, NOON)
    assert service_runs.complete(db, run.id, after(100)) == "finished"
    [enrolment] = db.exec(select(Enrolment)).all()
    assert (selection.state, selection.finished_at) == ("finished", after(100))
    assert (enrolment.person_id, enrolment.course_finished_at) == (place.me.person_id, after(100))
    assert (run.state, run.ended_at, hours(db)) == ("finished", after(100), Decimal("7.5"))
    assert {quiz.state for quiz in quizzes_of(db, run)} == {"closed"}
    assert service_runs.complete(db, run.id, after(200)) == "finished"
    assert (hours(db), selection.finished_at) == (Decimal("7.5"), after(100))
    assert refused(service_runs.begin, db, place.me, selection.id, after(300)) == "course-selection-finished"


def test_nothing_is_finished_while_a_quiz_waits(db, place, selection):
    _, run = asked(db, place.me, selection)
    assert service_runs.complete(db, run.id, after(100)) == "asking"
    assert (selection.state, hours(db)) == ("active", 0)


@pytest.mark.parametrize("where", ["learning", "asking", "exercise"])
def test_the_office_says_that_it_is_finished(db, place, where):
    made = published(db, place.office, exercise=1)
    selection = selected(db, place.me, made)
    run = service_runs.begin(db, place.me, selection.id, NOON)
    if where == "asking":
        asked(db, place.me, selection)
    if where == "exercise":
        service_runs.complete(db, run.id, after(50))
        service_quizzes.exercise(db, run, after(50))
    assert run.state == where
    service_finishing.finish(db, selection, after(60), place.office.person_id, after(60))
    assert (run.state, {quiz.state for quiz in quizzes_of(db, run)}) == ("finished", {"closed"})


def test_the_office_takes_it_back(db, place):
    made = published(db, place.office, scheme="ccib", category="required", hours=Decimal("7.5"))
    selection = selected(db, place.me, made)
    run = service_runs.begin(db, place.me, selection.id, NOON)
    service_runs.complete(db, run.id, after(100))
    service_finishing.unfinish(db, place.office, selection, "登记错了", after(200))
    assert (run.state, run.ended_at, hours(db), selection.state) == ("undone", after(100), 0, "active")
    following = service_runs.begin(db, place.me, selection.id, after(300))
    assert (following.number, following.state) == (2, "learning")
    assert service_runs.complete(db, following.id, after(400)) == "finished"
    assert hours(db) == Decimal("7.5")
    assert (run.state, [row.run.state for row in queries.run_rows(db, selection.id)]) == (
        "undone",
        ["finished", "undone"],
    )


def test_giving_the_course_back_closes_the_run(db, place, selection):
    quiz, run = asked(db, place.me, selection)
    service_selecting.cancel(db, selection, place.me.person_id, "", after(50))
    db.refresh(quiz)
    assert (run.state, run.ended_at, quiz.state, quiz.decided_at) == ("cancelled", after(50), "closed", after(50))
    assert refused(service_runs.begin, db, place.me, selection.id, after(60)) == "course-selection-cancelled"


def test_progress_counts_the_newest_run_and_a_reset_one_not(db, place, selection, made):
    assert queries.learnable(db, [selection.id])[selection.id].going is False
    quiz, run = asked(db, place.me, selection)
    run.verified = {str(made.chapters[0].id): 30_000}
    db.add(run)
    db.flush()
    found = queries.learnable(db, [selection.id])[selection.id]
    assert (found.passed, found.points, found.going) == (1, 4, True)
    answer(db, quiz, run, right=0)
    assert queries.learnable(db, [selection.id])[selection.id].passed == 0
    service_runs.begin(db, place.me, selection.id, after(60))
    assert queries.learnable(db, [selection.id])[selection.id].passed == 0
    [_, ended] = queries.run_rows(db, selection.id)
    assert (ended.quiz, ended.chapter.id, ended.passed) == (quiz, made.chapters[0].id, 0)


def test_what_the_author_sees_of_the_quizzes(db, place, selection, made):
    quiz, run = asked(db, place.me, selection)
    answer(db, quiz, run, right=1)
    asked(db, place.me, selection)
    mine, _ = asked(db, place.other, selected(db, place.other, made))
    run_of_other = db.get_one(LearningRun, mine.run_id)
    service_quizzes.answer(db, mine, run_of_other, responses(db, mine), after(40))
    figures = queries.figures(db, made.course.id)
    row = figures.cues[made.cues[0].id]
    assert (row.passed, row.failed, row.timed_out, row.open, row.asked, row.repeated) == (1, 1, 0, 1, 6, 0)
    assert (sum(item.asked for item in figures.items), sum(item.right for item in figures.items)) == (4, 3)


def test_a_finished_course_that_is_not_paid_in_the_end_is_not_finished(db, place, selection, monkeypatch):
    run = service_runs.begin(db, place.me, selection.id, NOON)
    monkeypatch.setattr(service_finishing, "entry_refusal", lambda *_: service_runs.Refusal("fee-unpaid"))
    with pytest.raises(Refused):
        service_runs.complete(db, run.id, after(100))
    assert (run.state, hours(db)) == ("learning", 0)
