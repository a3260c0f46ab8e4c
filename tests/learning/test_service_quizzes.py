"""Quizzes: drawn once, shown, answered, come back to, and what a failed one takes with it."""

from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from exam.core.audit import AuditEvent
from exam.core.errors import Invalid, NotFound, Refused
from exam.itembank.models import Item
from exam.learning import loading, service_quizzes, service_runs, signals
from exam.learning.models import LearningGrant, LearningRun
from tests.learning.making import NOON, after, published, quizzes_of, responses, selected, ware_of


def refused(call: Any, *args: Any) -> str:
    with pytest.raises(Refused) as error:
        call(*args)
    return error.value.refusal.code


def asked(db: Any, who: Any, selection: Any, seconds: float = 30) -> Any:
    """A run of the selection whose first quiz is shown; both."""
    run = service_runs.begin(db, who, selection.id, NOON)
    quiz = quizzes_of(db, run)[0]
    service_quizzes.reach(db, quiz, run, after(seconds))
    service_quizzes.shown(db, quiz, run, after(seconds))
    return quiz, run


def answer(db: Any, quiz: Any, run: Any, seconds: float = 40, right: int | None = None) -> Any:
    return service_quizzes.answer(db, quiz, run, responses(db, quiz, right), after(seconds))


def drawn(quiz: Any) -> set[int]:
    return {item_id for item_id, _ in quiz.items}


def test_a_quiz_is_drawn_once_when_it_is_reached(db, place, selection, made):
    run = service_runs.begin(db, place.me, selection.id, NOON)
    [quiz] = quizzes_of(db, run)
    assert (quiz.state, quiz.items, quiz.at_ms, quiz.chapter_id) == ("set", [], 30_000, made.chapters[0].id)
    service_quizzes.reach(db, quiz, run, after(30))
    items = list(quiz.items)
    assert (quiz.state, run.state, len(drawn(quiz)), quiz.repeated, quiz.drawn_at) == (
        "waiting", "asking", 2, 0, after(30)
    )  # fmt: skip
    pool = set(db.exec(select(Item.id).where(Item.chapter_id == made.chapters[0].bank_chapter_id)))
    assert drawn(quiz) <= pool
    service_quizzes.reach(db, quiz, run, after(31))
    service_quizzes.arrive(db, quiz, run, None, after(32))
    assert (quiz.items, quiz.drawn_at, quiz.left, quiz.deadline) == (items, after(30), 0, None)


def test_its_time_runs_from_its_showing_and_showing_again_changes_nothing(db, place, selection):
    quiz, run = asked(db, place.me, selection)
    assert (quiz.state, quiz.deadline) == ("shown", after(90))
    service_quizzes.shown(db, quiz, run, after(80))
    assert (quiz.deadline, quiz.left) == (after(90), 0)


def test_a_passed_quiz_lets_on(db, place, selection):
    quiz, run = asked(db, place.me, selection)
    done = answer(db, quiz, run)
    assert (done.state, done.right, done.items, done.needed) == ("passed", 2, 2, 2)
    assert (quiz.marks, quiz.decided_at, run.state, run.ended_at) == ([True, True], after(40), "learning", None)
    assert answer(db, quiz, run, right=0) == done  # said again, whatever it says
    assert run.state == "learning"
    assert refused(service_quizzes.shown, db, quiz, run, after(50)) == "quiz-passed"


def test_a_failed_quiz_sends_back_to_zero(db, place, selection, made):
    quiz, run = asked(db, place.me, selection)
    run.counted_ms, run.verified = 30_000, {str(made.chapters[0].id): 30_000}
    done = answer(db, quiz, run, right=1)
    assert (done.state, done.right) == ("failed", 1)
    assert (run.state, run.ended_at, run.ended_by_quiz) == ("reset", after(40), quiz.id)
    following = service_runs.begin(db, place.me, selection.id, after(50))
    assert (following.number, following.counted_ms, following.verified, following.position_ms) == (2, 0, {}, 0)
    assert (following.chapter_id, following.seed == run.seed) == (made.chapters[0].id, False)
    db.refresh(run)
    assert (run.counted_ms, run.number, len(quizzes_of(db, run)), quiz.responses != []) == (30_000, 1, 1, True)
    [fresh] = quizzes_of(db, following)
    assert (fresh.state, fresh.items) == ("set", [])


def test_the_same_failure_twice_resets_once(db, place, selection):
    quiz, run = asked(db, place.me, selection)
    first = answer(db, quiz, run, right=0)
    following = service_runs.begin(db, place.me, selection.id, after(41))
    assert answer(db, quiz, run, 42, right=0) == answer(db, quiz, run, 43) == first
    service_quizzes.time_out(db, quiz, run, after(44))
    db.refresh(following)
    assert (quiz.state, run.ended_at, following.state) == ("failed", after(40), "learning")
    assert [each.number for each in db.exec(select(LearningRun))] == [1, 2]
    resets = [row.detail for row in db.exec(select(AuditEvent).where(AuditEvent.action == "learning.reset"))]
    assert resets == [{"run": run.id, "person": run.person_id, "quiz": quiz.id, "how": "fail", "right": 0, "of": 2}]


def test_the_next_runs_draw_other_items_as_far_as_there_are_any(db, place):
    made = published(db, place.office, cues=((0, 30_000, 5),))
    selection = selected(db, place.me, made)
    seen: set[int] = set()
    repeats = []
    for _ in range(3):
        quiz, run = asked(db, place.me, selection)
        repeats.append(quiz.repeated)
        if len(repeats) < 3:
            assert not drawn(quiz) & seen
        seen |= drawn(quiz)
        answer(db, quiz, run, right=0)
    assert (repeats, len(seen)) == ([0, 0, 3], 12)  # twelve items: two runs of five, then three come again


def test_items_of_another_course_or_person_are_not_used_up(db, place, selection, made):
    quiz, _ = asked(db, place.me, selection)
    other, _ = asked(db, place.other, selected(db, place.other, made))
    assert (quiz.repeated, other.repeated) == (0, 0)


def test_nobody_answers_in_time(db, place, selection):
    quiz, run = asked(db, place.me, selection)
    service_quizzes.time_out(db, quiz, run, after(100))
    service_quizzes.time_out(db, quiz, run, after(110))
    assert (quiz.state, quiz.right, quiz.decided_at, run.state) == ("timed-out", 0, after(100), "reset")
    assert answer(db, quiz, run, 111).state == "timed-out"
    assert run.ended_at == after(100)


def test_a_quiz_that_was_passed_does_not_time_out(db, place, selection):
    quiz, run = asked(db, place.me, selection)
    answer(db, quiz, run)
    service_quizzes.time_out(db, quiz, run, after(500))
    assert (quiz.state, run.state) == ("passed", "learning")


@pytest.mark.parametrize(("late", "state"), [(-1, "passed"), (0, "passed"), (5, "passed"), (5.001, "timed-out")])
def test_an_answer_round_the_deadline(db, place, selection, late, state):
    quiz, run = asked(db, place.me, selection)
    assert answer(db, quiz, run, 90 + late).state == state
    assert run.state == ("learning" if state == "passed" else "reset")
    assert quiz.marks == [True, True]  # what was answered is kept in any case


@pytest.mark.parametrize(("heard", "left"), [(50, 40), (59.5, 30.5), (60, 30), (89, 30), (89.9, 30)])
def test_who_comes_back_has_the_time_that_was_left(db, place, selection, heard, left):
    quiz, run = asked(db, place.me, selection)
    service_quizzes.arrive(db, quiz, run, after(heard), after(5000))
    assert (quiz.left, quiz.state, quiz.deadline) == (1, "shown", after(5000 + left))


def test_what_was_not_heard_since_long_before_the_showing_gives_no_time(db, place, selection):
    quiz, run = asked(db, place.me, selection)  # shown at 30
    service_quizzes.arrive(db, quiz, run, after(0), after(600))
    assert quiz.deadline == after(660)
    service_quizzes.arrive(db, quiz, run, after(0), after(3600))
    assert quiz.deadline == after(3660)


def test_leaving_three_times_counts_as_unanswered(db, place, selection):
    quiz, run = asked(db, place.me, selection)
    for n in (1, 2):
        service_quizzes.arrive(db, quiz, run, after(40), after(1000 * n))
        assert (quiz.left, quiz.state, run.state) == (n, "shown", "asking")
    service_quizzes.arrive(db, quiz, run, after(40), after(3000))
    assert (quiz.left, quiz.state, run.state) == (3, "timed-out", "reset")
    service_quizzes.arrive(db, quiz, run, after(40), after(4000))
    assert (quiz.left, run.ended_at) == (3, after(3000))


def test_a_quiz_whose_items_were_not_sent_can_be_left_as_often_as_one_likes(db, place, selection):
    run = service_runs.begin(db, place.me, selection.id, NOON)
    [quiz] = quizzes_of(db, run)
    service_quizzes.reach(db, quiz, run, after(0))
    for n in range(5):
        service_quizzes.arrive(db, quiz, run, after(n), after(1000 * n))
    assert (quiz.left, quiz.state) == (0, "waiting")


@pytest.mark.parametrize(
    ("granted", "asked_of", "left"),
    [(None, (), 60), ("1.25", (), 75), (None, ("1.5",), 90), ("1.25", ("1.5", "1"), 90), ("2", ("1.5",), 120)],
)
def test_the_greatest_extra_time_holds(db, place, selection, monkeypatch, granted, asked_of, left):
    if granted:
        grant = LearningGrant(
            selection_id=selection.id, factor=Decimal(granted), reason="视力", granted_by=None, granted_at=NOON
        )
        db.add(grant)
    heard = []

    def ask(factor: str) -> Any:
        return lambda _db, selection_id: heard.append(selection_id) or Decimal(factor)

    monkeypatch.setattr(signals, "extra_time", [ask(each) for each in asked_of])
    quiz, _ = asked(db, place.me, selection)
    assert quiz.deadline == after(30 + left)
    assert heard == [selection.id] * len(asked_of)


@pytest.mark.parametrize("given", [[], [None], [None, None, None], ["x", None], [{"choice": "no-such"}, 3], [[], {}]])
def test_what_is_no_answer_changes_nothing(db, place, selection, given):
    quiz, run = asked(db, place.me, selection)
    with pytest.raises(Invalid):
        service_quizzes.answer(db, quiz, run, given, after(40))
    db.refresh(quiz)
    assert (quiz.state, run.state, quiz.responses) == ("shown", "asking", [])


def test_items_left_open_are_wrong_and_an_empty_paper_was_not_answered(db, place, selection):
    quiz, run = asked(db, place.me, selection)
    done = service_quizzes.answer(db, quiz, run, [None, None], after(40))
    assert (done.state, done.right, quiz.marks) == ("timed-out", 0, [False, False])


def test_a_quiz_that_is_not_shown_is_not_answered(db, place, selection):
    run = service_runs.begin(db, place.me, selection.id, NOON)
    [quiz] = quizzes_of(db, run)
    assert refused(service_quizzes.answer, db, quiz, run, [], NOON) == "quiz-set"
    service_quizzes.reach(db, quiz, run, after(30))
    assert refused(answer, db, quiz, run) == "quiz-waiting"
    service_runs.heard_cancelled(db, selection, None, after(40))
    db.refresh(quiz)
    assert refused(answer, db, quiz, run) == "quiz-closed"


def test_somebody_elses_quiz_is_not_found(db, place, selection):
    quiz, run = asked(db, place.me, selection)
    assert service_quizzes.own_quiz(db, place.me.person_id, quiz.id) == (quiz, run)
    for person, number in ((place.other.person_id, quiz.id), (place.me.person_id, 0), (place.me.person_id, 10**9)):
        with pytest.raises(NotFound):
            service_quizzes.own_quiz(db, person, number)


@pytest.fixture
def exercised(db, place):
    """A run at its exercise of two items for each chapter, 60 % wanted; its selection too."""
    made = published(db, place.office, exercise=2)
    ware_of(db, made).exercise_accuracy = 60
    selection = selected(db, place.me, made)
    run = service_runs.begin(db, place.me, selection.id, NOON)
    assert refused(service_quizzes.exercise, db, run, NOON) == "run-learning"
    assert service_runs.complete(db, run.id, after(100)) == "exercise"
    assert service_runs.complete(db, run.id, after(100)) == "exercise"
    return run, selection


def test_the_exercise_is_tried_until_it_is_passed(db, exercised):
    run, selection = exercised
    first = service_quizzes.exercise(db, run, after(110))
    assert (first.cue_id, first.number, first.state, len(drawn(first))) == (None, 1, "waiting", 4)
    assert service_quizzes.exercise(db, run, after(111)) is first
    service_quizzes.shown(db, first, run, after(112))
    assert first.deadline is None
    assert service_quizzes.exercise(db, run, after(113)) is first
    assert answer(db, first, run, 10_000, right=2).state == "failed"  # three of four are wanted
    assert (run.state, run.ended_by_quiz) == ("exercise", None)
    again = service_quizzes.exercise(db, run, after(10_100))
    assert (again.number, again.repeated, drawn(again) & drawn(first)) == (2, 0, set())
    service_quizzes.shown(db, again, run, after(10_101))
    assert answer(db, again, run, 10_200, right=3).state == "passed"
    db.refresh(selection)
    assert (run.state, selection.state, selection.finished_at) == ("finished", "finished", after(10_200))


def test_nobody_leaves_an_exercise(db, exercised):
    run, _ = exercised
    quiz = service_quizzes.exercise(db, run, after(110))
    service_quizzes.shown(db, quiz, run, after(110))
    for n in range(5):
        service_quizzes.arrive(db, quiz, run, after(110), after(1000 * n))
    assert (quiz.left, quiz.state) == (0, "shown")


def test_a_run_as_the_judge_needs_it(db, place, selection, made):
    run = service_runs.begin(db, place.me, selection.id, NOON)
    first, second = (chapter.id for chapter in made.chapters)
    track = loading.track_of(db, run)
    [quiz] = quizzes_of(db, run)
    assert (track.order, track.lengths) == ((first, second), {first: 60_000, second: 40_000})
    assert track.points == ((first, 30_000), (first, 60_000), (second, 20_000), (second, 40_000))
    assert (track.verified, track.counted, track.asking, track.chapter) == ({first: 0, second: 0}, 0, 0, first)
    assert [(gate.chapter, gate.at, gate.quiz) for gate in track.gates] == [(first, 30_000, quiz.id)]
    assert (track.idle, track.rate, track.seen, track.exercise) == (600_000, 1.0, 0, False)
    service_quizzes.reach(db, quiz, run, after(30))
    assert (loading.track_of(db, run).asking, loading.track_of(db, run).deadline) == (quiz.id, 0)
    service_quizzes.shown(db, quiz, run, after(30))
    assert loading.track_of(db, run).deadline == round(after(90).timestamp() * 1000)
    answer(db, quiz, run)
    assert (loading.track_of(db, run).asking, loading.track_of(db, run).gates) == (0, [])


def test_a_bank_that_has_shrunk_makes_no_quiz_shorter(db, place, selection):
    run = service_runs.begin(db, place.me, selection.id, NOON)
    for item in db.exec(select(Item)):
        item.state = "retired"
        db.add(item)
    db.flush()
    quiz = quizzes_of(db, run)[0]
    service_quizzes.reach(db, quiz, run, after(30))
    assert len(quiz.items) == 2
