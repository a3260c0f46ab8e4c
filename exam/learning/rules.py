"""When a quiz must be answered by, whether it is passed, which items it draws. Pure; `now` is handed in."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, TypeVar

from exam.core.decisions import Refusal
from exam.courseware.rules import needed_right
from exam.learning.judging import LATE
from exam.learning.states import RUN_MOVES, Run, RunEvent

T = TypeVar("T")
LEAST_LEFT = timedelta(seconds=30)
"""What somebody who comes back to a quiz has at least."""
MOST_OPENINGS, OPENINGS_WITHIN = 20, timedelta(minutes=1)
"""So often a person may open a run's player: more is a program."""
SHOWING = timedelta(seconds=15)
"""How long a page may take from getting a quiz to showing it."""
MOST_LEAVES = 3
"""Leaving a quiz so often counts as not answering it."""
GRACE = timedelta(milliseconds=LATE)
"""How long after the deadline an answer given before it may still arrive."""


def begins(fetched: datetime | None, now: datetime) -> datetime:
    """When a quiz's time begins that a page says it shows now: now, but at most some seconds after its items were sent,
    so that nobody reads them without their time."""
    return now if fetched is None else min(now, fetched + SHOWING)


def opening(same_page: bool, known: bool, away: bool) -> Literal["stays", "left", "interrupted"]:
    """What it means for a quiz that is begun when a page opens the course: a page loaded anew has left it; one that
    opens again by itself (the answer was lost) stays, unless it was away; where the server no longer knew of the run
    (`known`), it was the server that was gone."""
    if same_page and not known:
        return "interrupted"
    return "stays" if same_page and not away else "left"


def deadline(now: datetime, seconds: int, factor: Decimal) -> datetime:
    """When a quiz that is shown now must be answered; `factor` is the learner's extra time (1: none)."""
    return now + timedelta(seconds=float(seconds * factor))


def deadline_on_return(before: datetime, last_heard: datetime, now: datetime) -> datetime:
    """The new deadline of somebody who comes back: what was left when they were last heard, and at least 30 s."""
    return now + max(before - last_heard, LEAST_LEFT)


def in_time(limit: datetime, now: datetime) -> bool:
    """Whether an answer that arrives now counts."""
    return now <= limit + GRACE


def passed(right: int, items: int, accuracy: int) -> bool:
    """Whether a quiz is passed: S1 asks for an accuracy, the author says which."""
    return right >= needed_right(items, accuracy)


def place(kind: str, from_ms: int, until_ms: int, draw: Callable[[int], int]) -> int:
    """Where a quiz comes in a run: at its fixed time, or drawn from its stretch; `draw(n)` gives a number below n."""
    return from_ms if kind == "fixed" else from_ms + draw(until_ms - from_ms + 1)


def choose(pool: Sequence[T], wanted: int, used: Mapping[T, int], shuffle: Callable[[list[T]], None]) -> list[T]:
    """`wanted` items of a pool: such as were never drawn for this learner first, then those drawn longest ago.

    `used`: item → when it was last drawn, as a number that grows.
    """
    items = list(pool)
    shuffle(items)
    items.sort(key=lambda item: used.get(item, -1))
    chosen = items[:wanted]
    shuffle(chosen)
    return chosen


def moved(state: Run, event: RunEvent) -> Run | Refusal:
    """The state that an event leads to, or why it can't be."""
    return RUN_MOVES.get((state, event), Refusal(f"run-{state.value}"))
