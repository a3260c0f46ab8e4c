"""DATA: the states of a run through a course and of a quiz in it, and what moves them."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Run(StrEnum):
    """Where a run stands. `asking`: a pop-up quiz waits for its answer and nothing counts until then."""

    LEARNING = "learning"
    ASKING = "asking"
    EXERCISE = "exercise"
    FINISHED = "finished"
    RESET = "reset"
    UNDONE = "undone"
    CANCELLED = "cancelled"


class RunEvent(StrEnum):
    """What happens to a run."""

    REACH = "reach"
    PASS = "pass"  # noqa: S105 - a passed quiz, no password
    FAIL = "fail"
    TIME_OUT = "time-out"
    LEARNED = "learned"
    FINISH = "finish"
    UNDO = "undo"
    CANCEL = "cancel"


OPEN = (Run.LEARNING, Run.ASKING, Run.EXERCISE)
"""A selection has at most one run in these states."""

RUN_MOVES: Mapping[tuple[Run, RunEvent], Run] = MappingProxyType(
    {
        (Run.LEARNING, RunEvent.REACH): Run.ASKING,
        (Run.ASKING, RunEvent.PASS): Run.LEARNING,
        (Run.ASKING, RunEvent.FAIL): Run.RESET,
        (Run.ASKING, RunEvent.TIME_OUT): Run.RESET,
        (Run.LEARNING, RunEvent.LEARNED): Run.EXERCISE,
        (Run.LEARNING, RunEvent.FINISH): Run.FINISHED,
        (Run.EXERCISE, RunEvent.FINISH): Run.FINISHED,
        (Run.FINISHED, RunEvent.UNDO): Run.UNDONE,
        (Run.LEARNING, RunEvent.CANCEL): Run.CANCELLED,
        (Run.ASKING, RunEvent.CANCEL): Run.CANCELLED,
        (Run.EXERCISE, RunEvent.CANCEL): Run.CANCELLED,
        # The office may say of somebody under way that they finished (S2: learned elsewhere, a list from before).
        (Run.ASKING, RunEvent.FINISH): Run.FINISHED,
    }
)


class QuizState(StrEnum):
    """Where a quiz stands. `set`: its place is drawn; `waiting`: reached, its items are drawn; `shown`: time runs."""

    SET = "set"
    WAITING = "waiting"
    SHOWN = "shown"
    PASSED = "passed"
    FAILED = "failed"
    TIMED_OUT = "timed-out"
    CLOSED = "closed"


QUIZ_DONE = (QuizState.PASSED, QuizState.FAILED, QuizState.TIMED_OUT, QuizState.CLOSED)
QUIZ_MOVES: Mapping[tuple[QuizState, str], QuizState] = MappingProxyType(
    {
        (QuizState.SET, "reach"): QuizState.WAITING,
        (QuizState.WAITING, "show"): QuizState.SHOWN,
        (QuizState.SHOWN, "show"): QuizState.SHOWN,  # back after a dropped line, or on another computer
        (QuizState.SHOWN, "pass"): QuizState.PASSED,
        (QuizState.SHOWN, "fail"): QuizState.FAILED,
        (QuizState.SHOWN, "time-out"): QuizState.TIMED_OUT,
        (QuizState.WAITING, "time-out"): QuizState.TIMED_OUT,
        (QuizState.SET, "close"): QuizState.CLOSED,
        (QuizState.WAITING, "close"): QuizState.CLOSED,
        (QuizState.SHOWN, "close"): QuizState.CLOSED,
    }
)
