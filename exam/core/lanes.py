"""Lanes: how many calls of a slow kind run at once, so that they can't use up the threads of every other page."""

from dataclasses import dataclass

import anyio
from anyio.lowlevel import RunVar

from exam.core.errors import Busy

_limiters: RunVar[dict[str, anyio.CapacityLimiter]] = RunVar("lanes")


@dataclass(frozen=True)
class Lane:
    """A bound on how many calls of some routes run at once; the others wait without holding a thread.

    For work that is slow by design (password hashes): it must not use up the threads that serve every other page.
    `waiting` is how many may wait before newcomers are told to come back.
    """

    name: str
    at_once: int
    waiting: int


def limiter_of(lane: Lane | None) -> anyio.CapacityLimiter | None:
    """The lane's limiter in this event loop (None: the common pool). Raises `Busy` when too many wait already."""
    if lane is None:
        return None
    limiters = _limiters.get({})
    _limiters.set(limiters)
    limiter = limiters.setdefault(lane.name, anyio.CapacityLimiter(lane.at_once))
    if limiter.statistics().tasks_waiting >= lane.waiting:
        raise Busy
    return limiter
