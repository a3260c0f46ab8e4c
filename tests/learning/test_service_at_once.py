"""Eight threads at once: everything that happens once still does."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from sqlmodel import Session, col, select

from exam.core.audit import AuditEvent
from exam.core.db import Database
from exam.core.errors import AppError
from exam.courses import service_finishing, service_selecting
from exam.courses.models import CourseEnrolment
from exam.credits.models import HourEntry
from exam.learning import service_quizzes, service_runs, signals
from exam.learning.models import LearningRun, Quiz
from tests.fees.making import Place
from tests.learning.making import NOON, after, published, quizzes_of, responses, selected

THREADS = 8


def at_once(database: Database, deed: Callable[[Session, int], Any]) -> list[Any]:
    """What became of the deed in each of eight threads; a refusal by its name."""
    barrier = Barrier(THREADS)

    def one(n: int) -> Any:
        barrier.wait()
        try:
            with database.transaction() as db:
                return deed(db, n)
        except AppError as error:
            return type(error).__name__

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


@pytest.fixture
def prepared(place: Place, database: Database) -> Callable[..., tuple[int, int, int]]:
    """A course of 7.5 hours, selected and begun: the ids of the selection, the run and its first quiz."""

    def make(**content: Any) -> tuple[int, int, int]:
        with database.transaction() as db:
            made = published(db, place.office, scheme="ccib", category="required", hours=Decimal("7.5"), **content)
            selection = selected(db, place.me, made)
            run = service_runs.begin(db, place.me, selection.id or 0, NOON)
            quizzes = quizzes_of(db, run)
            return selection.id or 0, run.id or 0, (quizzes[0].id or 0) if quizzes else 0

    return make


def counted(database: Database, *actions: str) -> list[int]:
    with database.reading() as db:
        rows = db.exec(select(AuditEvent.action).where(col(AuditEvent.action).in_(actions))).all()
        return [rows.count(action) for action in actions]


def hours(database: Database) -> list[Decimal]:
    with database.reading() as db:
        return [row.hours for row in db.exec(select(HourEntry))]


def test_opening_at_once_begins_one_run(database: Database, place: Place, prepared: Any) -> None:
    selection_id, run_id, _ = prepared()
    with database.transaction() as db:
        service_runs.move(db, db.get_one(LearningRun, run_id), service_runs.RunEvent.CANCEL, NOON)
    found = at_once(database, lambda db, _: service_runs.begin(db, place.me, selection_id, NOON).number)
    assert found == [2] * THREADS


def test_a_quiz_is_drawn_once(database: Database, place: Place, prepared: Any) -> None:
    _, _, quiz_id = prepared()

    def reach(db: Session, n: int) -> Any:
        quiz, run = service_quizzes.own_quiz(db, place.me.person_id, quiz_id)
        service_quizzes.reach(db, quiz, run, after(n))
        service_quizzes.shown(db, quiz, run, after(n))
        return quiz.items, quiz.deadline

    first, *others = at_once(database, reach)
    assert others == [first] * (THREADS - 1)


@pytest.mark.parametrize("right", [0, None])
def test_an_answer_is_decided_once(database: Database, place: Place, prepared: Any, right: int | None) -> None:
    _, run_id, quiz_id = prepared()
    over: list[int] = []
    signals.over.append(over.append)
    with database.transaction() as db:
        quiz, run = service_quizzes.own_quiz(db, place.me.person_id, quiz_id)
        service_quizzes.reach(db, quiz, run, NOON)
        service_quizzes.shown(db, quiz, run, NOON)

    def answer(db: Session, n: int) -> Any:
        quiz, run = service_quizzes.own_quiz(db, place.me.person_id, quiz_id)
        if n == THREADS - 1 and right == 0:
            service_quizzes.time_out(db, quiz, run, after(n))
            return quiz.state
        return service_quizzes.answer(db, quiz, run, responses(db, quiz, right), after(n)).state

    try:
        states = set(at_once(database, answer))
    finally:
        signals.over.remove(over.append)
    with database.reading() as db:
        assert states == {db.get_one(Quiz, quiz_id).state}
        assert db.get_one(LearningRun, run_id).state == ("reset" if right == 0 else "learning")
    assert (counted(database, "learning.reset"), over) == (([1], [run_id]) if right == 0 else ([0], []))


def test_a_course_learned_at_once_posts_its_hours_once(database: Database, prepared: Any) -> None:
    _, run_id, _ = prepared(cues=())
    assert set(at_once(database, lambda db, n: service_runs.complete(db, run_id, after(n)))) == {"finished"}
    assert hours(database) == [Decimal("7.5")]
    assert counted(database, "course.finish", "learning.finish") == [1, 1]


def test_an_exercise_passed_at_once_posts_its_hours_once(database: Database, place: Place, prepared: Any) -> None:
    _, run_id, _ = prepared(cues=(), exercise=2)
    with database.transaction() as db:
        service_runs.complete(db, run_id, NOON)

    def draw(db: Session, n: int) -> int:
        return service_quizzes.exercise(db, service_runs.locked_run(db, run_id), after(n)).id or 0

    [quiz_id] = set(at_once(database, draw))

    def answer(db: Session, n: int) -> str:
        quiz, run = service_quizzes.own_quiz(db, place.me.person_id, quiz_id)
        if quiz.state == "waiting":
            service_quizzes.shown(db, quiz, run, after(n))
        return service_quizzes.answer(db, quiz, run, responses(db, quiz), after(n)).state

    assert set(at_once(database, answer)) == {"passed"}
    assert hours(database) == [Decimal("7.5")]


def test_the_learner_and_the_office_finish_at_once(database: Database, place: Place, prepared: Any) -> None:
    """Whoever is first; the other one is told, and nobody waits for the other for ever."""
    selection_id, run_id, _ = prepared(cues=())

    def finish(db: Session, n: int) -> str:
        if n % 2:
            return service_runs.complete(db, run_id, after(n))
        found = service_selecting.managed_selection(db, place.office, selection_id)
        return service_finishing.finish(db, found, after(n), place.office.person_id, after(n)).state

    assert set(at_once(database, finish)) <= {"finished", "Refused"}
    with database.reading() as db:
        assert db.get_one(LearningRun, run_id).state == "finished"
        assert db.get_one(CourseEnrolment, selection_id).state == "finished"
    assert hours(database) == [Decimal("7.5")]
