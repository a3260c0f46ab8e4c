"""What the runtime writes from the table, and does with it: on a real database, tick by tick."""

import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session, select

from exam.core.db import Database
from exam.core.errors import Refused
from exam.courses.models import CourseEnrolment
from exam.credits.models import HourEntry
from exam.learning import loading, runtime, service_quizzes, service_runs, signals
from exam.learning.judging import Beat, Player
from exam.learning.models import LearningRun, LearningVisit, Quiz
from tests.learning.making import after, published, quizzes_of, selected


@pytest.fixture
def server(app: Any, database: Database) -> Any:
    """The learning of an app whose server is started, but for the thread: the tests say when it writes."""
    found = app.state.learning
    signals.over.append(found.desk.drop)
    yield found
    signals.over.remove(found.desk.drop)


def play(server: Any, place: Any, database: Database, token: str = "p", **content: Any) -> Any:
    """A run that is opened and plays; its selection, and a function that reports from where it stands."""
    clock = server.clock
    with database.transaction() as db:
        made = published(db, place.office, **content)
        selection = selected(db, place.me, made)
        run = service_runs.begin(db, place.me, selection.id or 0, clock.now())
        db.add(LearningVisit(token=token, run_id=run.id or 0, opened_at=clock.now(), seen_at=clock.now()))
        track = loading.track_of(db, run)
    at = runtime.millis(clock.now())
    player = Player(token, run.id or 0, run.course_id, at, 0, at, at)
    server.desk.open(lambda: track, run.id or 0, player)
    numbers = iter(range(1, 1000))

    def report(seconds: int, chapter: int = 0, **says: Any) -> Any:
        clock.advance(timedelta(seconds=seconds))
        now = runtime.millis(clock.now())
        where = made.chapters[chapter].id or 0
        position = track.verified[where] + seconds * 1000
        beat = Beat(next(numbers), now, seconds * 1000, where, position, True, True, True, 0)
        return server.desk.beat(token, place.me.person_id, replace(beat, **says), now)

    report(0)
    return track, run, selection, report


def row(database: Database, run: LearningRun) -> LearningRun:
    with database.reading() as db:
        return db.get_one(LearningRun, run.id)


def quiz_of(database: Database, track: Any) -> Quiz:
    with database.reading() as db:
        return db.get_one(Quiz, track.asking)


def hours_posted(database: Database) -> int:
    with database.reading() as db:
        return len(db.exec(select(HourEntry)).all())


def test_what_is_judged_is_written(server, place, database):
    track, run, _, report = play(server, place, database)
    report(10)
    report(10, closing=True)
    runtime.tick(server)
    found = row(database, run)
    assert (found.counted_ms, found.position_ms, found.cut_ms) == (20_000, 20_000, 0)
    assert (found.verified, found.beaten_at) == ({str(k): v for k, v in track.verified.items()}, after(20))
    with database.reading() as db:
        visit = db.get_one(LearningVisit, "p")
    assert (visit.counted_ms, visit.seen_at, visit.closed_at) == (20_000, after(20), after(20))


def test_a_failed_write_is_tried_again(server, place, database, monkeypatch):
    _, run, _, report = play(server, place, database)
    report(10)
    with monkeypatch.context() as broken:
        broken.setattr(runtime, "write", lambda *_: 1 / 0)
        runtime.tick(server)
    assert row(database, run).counted_ms == 0
    runtime.tick(server)
    assert row(database, run).counted_ms == 10_000


def test_much_is_written_in_slices_and_what_failed_again(server, place, database, monkeypatch):
    monkeypatch.setattr(runtime, "SLICE", 1)
    monkeypatch.setattr(runtime, "PAUSE_SECONDS", 0)
    _, first, _, report = play(server, place, database)
    report(10)
    other = replace(place, me=place.other)
    _, second, _, report = play(server, other, database, token="q")
    report(10)
    really, calls = runtime.write, []

    def fails_at_the_second(*about):
        calls.append(1)
        really(*about) if len(calls) != 2 else 1 / 0

    monkeypatch.setattr(runtime, "write", fails_at_the_second)
    runtime.tick(server)
    assert [row(database, run).counted_ms for run in (first, second)] == [10_000, 0]
    runtime.tick(server)
    assert ([row(database, run).counted_ms for run in (first, second)], len(calls)) == ([10_000, 10_000], 4)


def test_a_quiz_that_is_reached_is_drawn(server, place, database):
    track, run, _, report = play(server, place, database)
    report(30)
    assert track.asking
    runtime.tick(server)
    runtime.tick(server)
    assert (quiz_of(database, track).state, row(database, run).state) == ("waiting", "asking")


def test_a_quiz_that_others_passed_meanwhile_is_not_asked_again(server, place, database, monkeypatch):
    track, run, _, report = play(server, place, database)
    report(30)
    asked, really = track.asking, service_runs.locked_run

    def first_another(db: Session, run_id: int) -> LearningRun:
        """Between the look at the quiz and the lock it is reached and passed."""
        db.connection().exec_driver_sql(f"UPDATE quiz SET state = 'passed' WHERE id = {asked}")
        return really(db, run_id)

    monkeypatch.setattr(service_runs, "locked_run", first_another)
    monkeypatch.setattr(service_quizzes, "locked_run", first_another)
    runtime.tick(server)
    assert (row(database, run).state, quiz_of(database, track).state) == ("learning", "passed")


def shown(server: Any, database: Database, track: Any, seconds: float) -> Quiz:
    with database.transaction() as db:
        quiz, run = service_quizzes.own_quiz(db, track.person, track.asking)
        service_quizzes.reach(db, quiz, run, after(seconds))
        service_quizzes.shown(db, quiz, run, after(seconds))
    server.desk.deadline(track.run, quiz.id or 0, runtime.millis(quiz.deadline))
    return quiz


@pytest.mark.parametrize(("late", "state"), [(0, "shown"), (10, "shown"), (11, "timed-out")])
def test_a_quiz_that_nobody_answers_runs_out_once(server, place, database, late, state):
    track, run, _, report = play(server, place, database)
    report(30)
    shown(server, database, track, 30)
    for _ in range(6):
        report(10)
    if late:  # pages report every five seconds while a quiz is shown
        report(3)
        report(late - 3)
    quiz_id = track.asking
    runtime.tick(server)
    runtime.tick(server)
    with database.reading() as db:
        assert db.get_one(Quiz, quiz_id).state == state
    assert row(database, run).state == ("reset" if state == "timed-out" else "asking")
    assert (server.desk.track(run.id) is None) is (state == "timed-out")


def test_who_was_away_finds_the_quiz_when_they_come_back(server, place, database):
    track, run, _, report = play(server, place, database)
    report(30)
    shown(server, database, track, 30)
    server.clock.advance(timedelta(seconds=300))
    runtime.tick(server)
    report(0)
    runtime.tick(server)
    assert row(database, run).state == "asking"
    assert track.left_at == runtime.millis(after(30))


def test_who_comes_back_just_when_the_time_runs_out_is_not_failed(server, place, database):
    track, run, _, report = play(server, place, database)
    report(30)
    shown(server, database, track, 30)
    server.clock.advance(timedelta(seconds=300))
    with database.transaction() as db:  # the page was opened again; the table has not heard of it yet
        quiz, found = service_quizzes.own_quiz(db, track.person, track.asking)
        service_quizzes.arrive(db, quiz, found, after(40), after(330))
    track.seen = runtime.millis(after(330))
    runtime.tick(server)
    assert (row(database, run).state, quiz_of(database, track).state) == ("asking", "shown")


def learn_all(report: Any) -> None:
    report(60)
    report(0, 1)
    report(40, 1)


def test_a_course_that_is_learned_is_finished_once(server, place, database):
    track, run, selection, report = play(
        server, place, database, cues=(), scheme="ccib", category="required", hours=Decimal("7.5")
    )
    learn_all(report)
    assert track.learned()
    runtime.tick(server)
    runtime.tick(server)
    with database.reading() as db:
        assert db.get_one(CourseEnrolment, selection.id).state == "finished"
    assert (row(database, run).state, row(database, run).counted_ms) == ("finished", 100_000)
    assert (hours_posted(database), server.desk.tracks, server.desk.players) == (1, {}, {})


def test_a_course_with_an_exercise_goes_on_to_it(server, place, database):
    track, run, _, report = play(server, place, database, cues=(), exercise=2)
    learn_all(report)
    runtime.tick(server)
    report(1, 1)
    runtime.tick(server)
    assert (row(database, run).state, track.exercise, hours_posted(database)) == ("exercise", True, 0)


def test_what_follows_is_tried_again_when_it_fails(server, place, database, monkeypatch):
    _, run, _, report = play(server, place, database, cues=())
    learn_all(report)
    with monkeypatch.context() as broken:
        broken.setattr(service_runs, "complete", lambda *_: 1 / 0)
        runtime.tick(server)
    assert row(database, run).state == "learning"
    runtime.tick(server)
    assert row(database, run).state == "finished"


def test_a_course_that_is_not_paid_waits_without_being_asked_for_all_the_time(server, place, database, monkeypatch):
    _, run, _, report = play(server, place, database, cues=())
    learn_all(report)
    asked = []

    def refuse(*_: Any) -> str:
        asked.append(1)
        raise Refused(service_runs.Refusal("fee-unpaid"))

    with monkeypatch.context() as broken:
        broken.setattr(service_runs, "complete", refuse)
        runtime.tick(server)
        runtime.tick(server)
    assert (len(asked), row(database, run).state) == (1, "learning")
    report(1, 1)
    runtime.tick(server)
    assert row(database, run).state == "finished"


def test_the_thread_writes_and_the_end_writes_the_rest(app, place, database, monkeypatch):
    monkeypatch.setattr(runtime, "EVERY_SECONDS", 0.01)
    runtime.start(app.state)
    try:
        _, run, _, report = play(app.state.learning, place, database)
        report(10)
        done = threading.Event()
        for _ in range(500):
            if row(database, run).counted_ms == 10_000 or done.wait(0.01):
                break
        assert row(database, run).counted_ms == 10_000
        monkeypatch.setattr(runtime, "EVERY_SECONDS", 60)
        report(5)
    finally:
        runtime.stop(app.state)
    assert row(database, run).counted_ms == 15_000
    assert (app.state.learning.running, app.state.learning.desk.drop in signals.over) == (False, False)


def test_a_run_of_the_table_is_what_the_database_makes_of_it_anew(server, place, database):
    track, run, _, report = play(server, place, database)
    for _ in range(3):
        report(10)
    runtime.tick(server)
    with database.reading() as db:
        again = loading.track_of(db, db.get_one(LearningRun, run.id))
        assert len(quizzes_of(db, run)) == 1
    again.player = track.player
    track.dirty = False
    assert again == track
    assert again.seen == runtime.millis(after(30))
