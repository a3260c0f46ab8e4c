"""The live wall: one snapshot a second of what several people look at, read once for all of them, differences sent.

A board lives as long as somebody looks at it. Everything here runs on the event loop but the reading itself.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from starlette.concurrency import run_in_threadpool

from exam.core import streams
from exam.proctor.wall import queries as queries_wall
from exam.proctor.wall import rules as wall_rules
from exam.proctor.wall.queries import Place, Snapshot

EVERY_SECONDS = 1.0
HEARTBEAT_SECONDS = 10.0
CHECK_SECONDS = 10.0
"""How long somebody whose sign-in ended may go on looking; the same as the doorman's memory, twice."""
LONGEST_SECONDS = 900.0
"""A stream ends after this and the page begins another, through the whole gate."""

log = structlog.get_logger()


@dataclass
class Board:
    """A place that somebody looks at. `changed` is set anew for each snapshot."""

    place: Place
    viewers: int = 0
    snapshot: Snapshot | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None


Boards = dict[Place, Board]


def boards(state: Any) -> Boards:
    """The boards of an app."""
    found: Boards | None = getattr(state, "walls", None)
    if found is None:
        found = state.walls = {}
    return found


def _read(state: Any, place: Place) -> Snapshot:
    with state.database.reading() as db:
        return queries_wall.snapshot(db, place, state.clock.now())


async def _keep(state: Any, board: Board) -> None:
    """Read once a second while anybody looks; a failure is tried again."""
    while board.viewers and not streams.stopping():
        began = time.monotonic()
        try:
            board.snapshot = await run_in_threadpool(_read, state, board.place)
        except Exception:
            log.exception("wall.not-read", institution=board.place.institution_id)
        told, board.changed = board.changed, asyncio.Event()
        told.set()
        await asyncio.sleep(max(0.05, EVERY_SECONDS - (time.monotonic() - began)))
    told, board.changed = board.changed, asyncio.Event()
    told.set()


def _join(state: Any, place: Place) -> Board:
    board = boards(state).setdefault(place, Board(place))
    board.viewers += 1
    if board.task is None or board.task.done():
        board.task = asyncio.ensure_future(_keep(state, board))
    return board


def _leave(state: Any, board: Board) -> None:
    board.viewers -= 1
    if board.viewers == 0 and boards(state).get(board.place) is board:
        del boards(state)[board.place]


async def watch(state: Any, place: Place, still_may: Callable[[], Awaitable[bool]]) -> AsyncIterator[bytes]:
    """What one viewer is sent: the whole wall ("wall"), then what differs ("change"), and "signed-out" at the end of a
    sign-in. `still_may` is asked now and then.
    """
    board = _join(state, place)
    try:
        known: Snapshot | None = None
        ends = time.monotonic() + LONGEST_SECONDS
        check, beat = time.monotonic() + CHECK_SECONDS, time.monotonic() + HEARTBEAT_SECONDS
        while (now := time.monotonic()) < ends and not streams.stopping():
            if now >= check:
                check = now + CHECK_SECONDS
                if not await still_may():
                    yield streams.message("signed-out", {})
                    return
            part = _part(known, board.snapshot)
            known = board.snapshot
            if part is not None:
                yield part
                beat = now + HEARTBEAT_SECONDS
            elif now >= beat:
                yield streams.HEARTBEAT
                beat = now + HEARTBEAT_SECONDS
            await _next(board, known)
    finally:
        _leave(state, board)


async def _next(board: Board, known: Snapshot | None) -> None:
    """Wait for the next snapshot, no longer than a viewer's own duties allow."""
    if board.snapshot is not known:
        return
    try:
        await asyncio.wait_for(board.changed.wait(), timeout=2 * EVERY_SECONDS)
    except TimeoutError:
        return


def _part(known: Snapshot | None, latest: Snapshot | None) -> bytes | None:
    if latest is None or latest is known:
        return None
    about = {"now": latest.at // 1000, "total": latest.total}
    if known is None:
        return streams.message("wall", {**about, "tiles": list(latest.tiles.values())})
    told = wall_rules.difference(known.tiles, latest.tiles)
    if not told["tiles"] and not told["gone"] and known.total == latest.total:
        return None
    return streams.message("change", {**about, **told})
