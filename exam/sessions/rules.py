"""What is allowed in a sitting and what follows: pure functions. Instants are microseconds (`instants.micros`).

The server's clock is the only clock: an answer counts by the instant its request arrived. The deadline itself is
already late (a sitting runs from its start up to, but not including, its deadline).
"""

from typing import Any

from exam.core.decisions import Refusal
from exam.sessions.instants import SECOND, instant
from exam.sessions.states import RUNNING, State

MAX_REVISION = 2**31 - 1
MAX_LINKS = 100_000  # of one sitting's log; a page that saves every second for ten hours, watched, stays below
MAX_ANSWERS = 100
MAX_EVENTS = 100
MAX_RESPONSE = 64 * 1024
MAX_DETAIL = 2 * 1024
MAX_DEPTH = 8
WORKSPACE = 0


def deadline(started: int, duration: int, extra: int, window_closes: int | None, added: int = 0) -> int:
    """The instant a sitting ends: start + duration + extra time, but no later than the window's end.

    `duration`, `extra` and `added` are seconds. `added` (adjustments: time given back after an outage, extra time given
    by the exam office during the sitting) moves the result even beyond the window's end, since it makes good for what
    was not the candidate's fault.
    """
    ends = started + (duration + extra) * SECOND
    if window_closes is not None:
        ends = min(ends, window_closes)
    return ends + added * SECOND


def is_over(at: int, ends: int, grace: int) -> bool:
    """Whether nothing can be saved any more at `at`; `grace` (seconds) is what the scheme allows late arrivals."""
    return at >= ends + grace * SECOND


def refuse_writing(
    state: str, submitted_by: str | None, at: int, ends: int | None, grace: int, claim: int | None, newest: int
) -> str | None:
    """Why a request of a sitting's page writes nothing at all; None when its answers are to be judged one by one.

    `claim` None stands for a page without script, which holds no claim.
    """
    if state == State.PREPARED:
        return "not-started"
    if state == State.VOID:
        return "void"
    if state == State.SUBMITTED:
        return "deadline-passed" if submitted_by == "deadline" else "submitted"
    if state != State.PAUSED and (ends is None or is_over(at, ends, grace)):
        return "deadline-passed"
    if claim is not None and claim != newest:
        return "superseded" if claim < newest else "claim-unknown"
    return None


def untimely(at: int, ends: int, paused: int | None, made_ms: Any) -> str | None:
    """Why an answer that arrives at `at` is not taken now.

    Within the grace after the deadline, only what the page says it made before the deadline is taken. While the sitting
    is paused, only what it made before the pause is; what is made later waits in the page until the sitting goes on.
    """
    stops, code = (ends, "deadline-passed") if paused is None else (paused, "paused")
    if at < stops:
        return None
    made_before = type(made_ms) is int and 0 <= made_ms < stops // 1000
    return None if made_before else code


def pause_seconds(paused: int, resumed: int) -> int:
    """What a pause took, in whole seconds, in the candidate's favour."""
    return max(0, -(-(resumed - paused) // SECOND))


def misshapen(slot: Any, revision: Any, count: int) -> str | None:
    """Why an answer's place can't be one of this paper's."""
    if type(slot) is not int or not WORKSPACE <= slot <= count:
        return "slot-unknown"
    if type(revision) is not int or not 1 <= revision <= MAX_REVISION:
        return "revision-out-of-range"
    return None


def too_deep(value: Any, left: int = MAX_DEPTH) -> bool:
    """Whether JSON is nested deeper than an answer may be."""
    if isinstance(value, dict):
        return left == 0 or any(too_deep(each, left - 1) for each in value.values())
    if isinstance(value, list):
        return left == 0 or any(too_deep(each, left - 1) for each in value)
    return False


def may_begin(state: str, scheduling: Refusal | None) -> Refusal | None:
    """Whether a sitting can be started: prepared, and allowed by the exam's scheme at this instant."""
    if state in RUNNING:
        return None
    if state != State.PREPARED:
        return Refusal("sitting-over")
    return scheduling


def time_worth_starting(now: int, window_closes: int | None) -> Refusal | None:
    """A start at or after the window's end would leave no time at all."""
    if window_closes is not None and now >= window_closes:
        return Refusal("window-closed", params={"closed": instant(window_closes)})
    return None
