"""The run-time data of SCORM 1.2 on the server: what content is told, what is taken from it, what follows.

Nothing that content reports is proof: it runs in the learner's browser, and whoever knows how can report anything.
What is stored is a flat table of element names and values, plus `ENDED`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from exam.courseware.packages.cmi_elements import (
    CHILDREN,
    ELEMENTS,
    MAX_ITEMS,
    READONLY,
    WRITEONLY,
    hundredths_of,
    is_decimal,
    limits_of,
    pattern_of,
    places,
    span_of,
)
from exam.courseware.packages.model import Launch
from exam.courseware.packages.paths import shown

__all__ = ["READONLY", "WRITEONLY", "Outcome", "Rejected", "accept", "begin", "initial", "outcome", "score"]

Outcome = Literal["passed", "completed", "failed", "incomplete", "not attempted"]
MAX_STATE = 256 * 1024
ENDED = "exam.ended"  # not an element: whether the content ended its last session itself
_STATUS, _EXIT, _RAW = "cmi.core.lesson_status", "cmi.core.exit", "cmi.core.score.raw"
_SESSION, _TOTAL = "cmi.core.session_time", "cmi.core.total_time"
_SUSPEND, _LOCATION = "cmi.suspend_data", "cmi.core.lesson_location"
_DONE: dict[str, Outcome] = {"passed": "passed", "completed": "completed", "failed": "failed"}


@dataclass(frozen=True)
class Rejected:
    """A change that was not taken: the element, SCORM's number for the error, and why in a word."""

    element: str
    error: int
    reason: Literal["unknown", "keyword", "read-only", "wrong-type", "out-of-order", "too-many", "state-too-large"]


def initial(launch: Launch, learner_id: str, learner_name: str, stored: Mapping[str, str]) -> dict[str, str]:
    """What LMSGetValue answers when a session begins: every readable element that is not in a list, the list elements
    that are stored, and the lengths of lists. `learner_name` is passed on as it is."""
    values = {name: "" for name, element in ELEMENTS.items() if element.access != "w" and ".n." not in name}
    kept = {name: value for name, value in stored.items() if _readable(name)}
    values |= {_TOTAL: span_of(0), _STATUS: "not attempted", **kept, **CHILDREN, **limits_of(launch), **_counts(stored)}
    return values | {
        "cmi._version": "3.4",
        "cmi.core.student_id": learner_id,
        "cmi.core.student_name": learner_name,
        "cmi.core.credit": "credit",
        "cmi.core.lesson_mode": "normal",
        "cmi.core.entry": _entry(stored),
        "cmi.launch_data": launch.launch_data,
    }


def begin(stored: Mapping[str, str]) -> dict[str, str]:
    """The stored state at the start of a new session: the time of a session that never ended (a closed window) is
    added now, so that the new session's does not take its place."""
    return _with_time({name: value for name, value in stored.items() if name != ENDED})


def accept(
    stored: Mapping[str, str], changes: Sequence[tuple[str, str]], finished: bool
) -> tuple[dict[str, str], tuple[Rejected, ...]]:
    """The stored state after what content reported, in its order, and the changes that were not taken.

    `finished` ends the session: its time is added to the total and forgotten, so that it never counts twice, and a
    lesson that said nothing about itself is complete, as the standard has it. The caller sees to it that the same
    message is not given twice.
    """
    state = {name: value for name, value in stored.items() if name != ENDED or not changes}
    counts, size = _lengths(state), _size(state)
    rejected: list[Rejected] = []
    for name, value in changes:
        grown = size + _cost(name, value) - (_cost(name, state[name]) if name in state else 0)
        problem = _problem(name, value, counts) or (_too_large(name) if grown > MAX_STATE else None)
        if problem:
            rejected.append(problem)
            continue
        state[name], size = value, grown
        for group, place in places(name):
            counts[group] = max(counts.get(group, 0), place + 1)
    return (_ended(state) if finished else state), tuple(rejected)


def outcome(stored: Mapping[str, str], mastery: Decimal | None) -> Outcome:
    """How a launch stands. Where the package sets a mastery score and the content a score, the score decides, once the
    content is done: it said so, or it ended without wanting to be resumed."""
    status = stored.get(_STATUS, "not attempted")
    raw = score(stored)
    away = stored.get(_EXIT) == "suspend" and status not in _DONE
    if mastery is not None and raw is not None and not away and (status in _DONE or ENDED in stored):
        return "passed" if raw >= mastery else "failed"
    if status in _DONE:
        return _DONE[status]
    # "browsed" is for looking without credit, which is not offered.
    return "not attempted" if status == "not attempted" and not stored else "incomplete"


def score(stored: Mapping[str, str]) -> Decimal | None:
    """The score from 0 to 100 that content reported, if any."""
    raw = stored.get(_RAW, "")
    return Decimal(raw) if is_decimal(raw) else None


def _problem(name: str, value: str, counts: Mapping[str, int]) -> Rejected | None:
    element = ELEMENTS.get(pattern_of(name))
    if element is None or any(part == "n" for part in name.split(".")):
        return Rejected(shown(name), 201, "unknown")
    if name.rpartition(".")[2].startswith("_"):
        return Rejected(name, 402, "keyword")
    if element.access == "r":
        return Rejected(name, 403, "read-only")
    for group, place in places(name):
        if place >= MAX_ITEMS:
            return Rejected(name, 201, "too-many")
        if place > counts.get(group, 0):
            return Rejected(name, 201, "out-of-order")
    return None if element.takes(value) else Rejected(name, 405, "wrong-type")


def _too_large(name: str) -> Rejected:
    return Rejected(name, 101, "state-too-large")


def _readable(name: str) -> bool:
    element = ELEMENTS.get(pattern_of(name))
    return element is not None and (element.access == "rw" or name == _TOTAL)


def _entry(stored: Mapping[str, str]) -> str:
    """ "resume" also after a session that only broke off, where there is something to resume from."""
    if not stored:
        return "ab-initio"
    left = _EXIT not in stored and (stored.get(_SUSPEND) or stored.get(_LOCATION))
    return "resume" if stored.get(_EXIT) == "suspend" or left else ""


def _lengths(stored: Mapping[str, str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in stored:
        for group, place in places(name):
            counts[group] = max(counts.get(group, 0), place + 1)
    return counts


def _counts(stored: Mapping[str, str]) -> dict[str, str]:
    lengths = {"cmi.objectives": 0, "cmi.interactions": 0} | _lengths(stored)
    return {f"{group}._count": str(length) for group, length in lengths.items()}


def _cost(name: str, value: str) -> int:
    return len(name.encode()) + len(value.encode("utf-8", "replace"))


def _size(stored: Mapping[str, str]) -> int:
    return sum(_cost(name, value) for name, value in stored.items())


def _with_time(stored: Mapping[str, str]) -> dict[str, str]:
    state = dict(stored)
    if session := state.pop(_SESSION, ""):
        state[_TOTAL] = span_of(hundredths_of(state.get(_TOTAL, "")) + hundredths_of(session))
    return state


def _ended(state: Mapping[str, str]) -> dict[str, str]:
    ended = _with_time(state) | {ENDED: "1"}
    if ended.get(_STATUS, "not attempted") == "not attempted":
        ended[_STATUS] = "incomplete" if ended.get(_EXIT) == "suspend" else "completed"
    return ended
