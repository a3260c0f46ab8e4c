"""The state machines of runs and quizzes: every pair of a state and an event, allowed or refused by name."""

from itertools import product

import pytest

from exam.core.decisions import Refusal
from exam.core.errors import Refused
from exam.learning import rules
from exam.learning.models import Quiz
from exam.learning.service_quizzes import _move
from exam.learning.states import OPEN, QUIZ_DONE, QUIZ_MOVES, RUN_MOVES, QuizState, Run, RunEvent

RUNS = {
    "learning": {"reach": "asking", "learned": "exercise", "finish": "finished", "cancel": "cancelled"},
    "asking": {"pass": "learning", "fail": "reset", "time-out": "reset", "finish": "finished", "cancel": "cancelled"},
    "exercise": {"finish": "finished", "cancel": "cancelled"},
    "finished": {"undo": "undone"},
    "reset": {},
    "undone": {},
    "cancelled": {},
}
QUIZZES = {
    "set": {"reach": "waiting", "close": "closed"},
    "waiting": {"show": "shown", "time-out": "timed-out", "close": "closed"},
    "shown": {"show": "shown", "pass": "passed", "fail": "failed", "time-out": "timed-out", "close": "closed"},
    "passed": {},
    "failed": {},
    "timed-out": {},
    "closed": {},
}
QUIZ_EVENTS = ("reach", "show", "pass", "fail", "time-out", "close")


@pytest.mark.parametrize(("state", "event"), list(product(Run, RunEvent)))
def test_each_event_in_each_state_of_a_run(state: Run, event: RunEvent) -> None:
    target = RUNS[state].get(event)
    wanted = Run(target) if target else Refusal(f"run-{state.value}")
    assert rules.moved(state, event) == wanted


@pytest.mark.parametrize(("state", "event"), list(product(QuizState, QUIZ_EVENTS)))
def test_each_event_in_each_state_of_a_quiz(state: QuizState, event: str) -> None:
    quiz = Quiz(run_id=1, accuracy=60, seconds=60, state=state.value)
    if target := QUIZZES[state].get(event):
        _move(quiz, event)
        assert quiz.state == target
        return
    with pytest.raises(Refused) as error:
        _move(quiz, event)
    assert (error.value.refusal.code, quiz.state) == (f"quiz-{state.value}", state.value)


def test_the_tables_name_nothing_else() -> None:
    assert set(RUNS) == set(Run)
    assert len(RUN_MOVES) == sum(map(len, RUNS.values()))
    assert {event for _, event in QUIZ_MOVES} == set(QUIZ_EVENTS)
    assert len(QUIZ_MOVES) == sum(map(len, QUIZZES.values()))


def test_what_is_over_leads_nowhere_but_back_by_the_office() -> None:
    ends = [state for state in Run if state not in OPEN]
    assert {(state, event) for state, event in RUN_MOVES if state in ends} == {(Run.FINISHED, RunEvent.UNDO)}
    assert not [state for state, _ in QUIZ_MOVES if state in QUIZ_DONE]
    assert all(target in OPEN or target in ends for target in RUN_MOVES.values())
