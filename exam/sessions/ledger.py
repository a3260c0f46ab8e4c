"""The log of sittings, read and written for many of them at once: what each is now, and the links appended to it.

`open_heads` takes the heads of the logs (locking them on PostgreSQL; on SQLite the writer has the only writing
connection), `append` adds links to them in memory, `flush` writes everything in a few statements. Whatever changes a
sitting appends a link in the same transaction, so what is remembered of it between two groups (`Live`) is true
exactly as long as its last link is the one remembered. The database checks that too: a link with a number already
taken is refused.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import bindparam, text, update
from sqlmodel import Session, col

from exam.core.db import after_commit
from exam.core.events import link
from exam.sessions import signals
from exam.sessions.instants import instant
from exam.sessions.lives import Live, Memory, load
from exam.sessions.models import Sitting, SittingEvent
from exam.sessions.states import TRANSITIONS, Event, State

KEPT = 20_000  # sittings remembered between groups; about 2 kB each
CHUNKS = (256, 64, 16, 4, 1)
_PLACE = itemgetter(0, 1)


class Impossible(Exception):
    """An event that can't happen in the sitting's state: rules were asked too late or not at all."""


@dataclass(slots=True)
class Batch:
    """The sittings of one transaction, and what it is going to write."""

    db: Session
    lives: dict[int, Live]
    links: list[tuple[Any, ...]] = field(default_factory=list)
    answers: dict[tuple[int, int, int], tuple[int, str]] = field(default_factory=dict)
    moved: set[int] = field(default_factory=set)
    ended: list[int] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)


def open_heads(db: Session, memory: Memory, ids: Collection[int]) -> Batch:
    """Take the heads of these sittings' logs. What was remembered is put back only after the commit."""
    lives: dict[int, Live] = {}
    missing: list[int] = []
    for sitting_id, seq in _heads(db, ids):
        known = memory.pop(sitting_id, None)
        if known is not None and known.seq == seq:
            lives[sitting_id] = known
        else:
            missing.append(sitting_id)
    for start in range(0, len(missing), 500):
        for live in load(db, missing[start : start + 500]):
            lives[live.id] = live

    def remember() -> None:
        if len(memory) > KEPT:
            memory.clear()
        memory.update(lives)

    after_commit(db, remember)
    return Batch(db, lives)


def _heads(db: Session, ids: Collection[int]) -> list[tuple[int, int]]:
    connection = db.connection()
    if connection.dialect.name == "sqlite":
        # One row of JSON instead of many rows: each row would give up the interpreter lock and queue for it again.
        found = connection.exec_driver_sql(
            "SELECT json_group_array(json_array(h.sitting_id, h.seq)) FROM json_each(?) j"
            " JOIN sitting_head h ON h.sitting_id = j.value",
            (orjson.dumps(list(ids)).decode(),),
        ).scalar()
        rows: list[tuple[int, int]] = orjson.loads(found or "[]")
        return rows
    locked = connection.execute(
        text("SELECT sitting_id, seq FROM sitting_head WHERE sitting_id = ANY(:ids) ORDER BY sitting_id FOR UPDATE"),
        {"ids": sorted(ids)},
    )
    return [(row[0], row[1]) for row in locked]


def as_body(said: Mapping[str, Any]) -> str:
    """The canonical JSON of what a link says."""
    return orjson.dumps(dict(said), option=orjson.OPT_SORT_KEYS).decode()


def append(
    batch: Batch, live: Live, kind: str, at: int, body: str, slot: int | None = None, revision: int | None = None
) -> None:
    """Add a link to a sitting's log; the parts that are hashed are those `parts` names."""
    seq, previous = live.seq + 1, live.hash
    live.seq = seq
    live.hash = link(previous, seq, kind, at, "" if slot is None else slot, "" if revision is None else revision, body)
    batch.links.append((live.id, seq, kind, at, slot, revision, body, previous, live.hash))
    batch.touched.add(live.id)


def parts(event: SittingEvent) -> tuple[str | int, ...]:
    """What of a stored link is hashed, for `core.events.verify`."""
    slot = "" if event.slot is None else event.slot
    revision = "" if event.revision is None else event.revision
    return (event.seq, event.kind, event.at, slot, revision, event.body)


def apply(batch: Batch, live: Live, event: Event, at: int, body: dict[str, Any]) -> None:
    """The one gate that changes a sitting's state. Raises `Impossible` for what the table does not have."""
    following = TRANSITIONS.get((State(live.state), event))
    if following is None:
        raise Impossible(f"{event} of a sitting that is {live.state}")
    append(batch, live, event.value, at, as_body(body))
    live.state = following
    live.paused = at if following is State.PAUSED and live.paused is None else live.paused
    if following is not State.PAUSED:
        live.paused = None
    if event is Event.SUBMIT:
        live.submitted, live.submitted_by = at, body["by"]
        batch.ended.append(live.id)
    batch.moved.add(live.id)


def flush(batch: Batch) -> None:
    """Write the links, the heads and the sittings that moved; subscribers hear of submissions after the commit."""
    columns = "sitting_id, seq, kind, at, slot, revision, body, previous, hash"
    _write(batch.db, "sitting_event", columns, "", sorted(batch.links, key=_PLACE))
    heads = [(each, batch.lives[each].seq, batch.lives[each].hash) for each in sorted(batch.touched)]
    upsert = " ON CONFLICT (sitting_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash"
    _write(batch.db, "sitting_head", "sitting_id, seq, hash", upsert, heads)
    if batch.moved:
        batch.db.connection().execute(_MOVE, [_moved(batch.lives[each]) for each in sorted(batch.moved)])
    if batch.ended:
        ended = tuple(batch.ended)
        after_commit(batch.db, lambda: _tell(ended))
    batch.links, batch.ended = [], []
    batch.touched.clear()
    batch.moved.clear()


def _tell(ended: tuple[int, ...]) -> None:
    for sitting_id in ended:
        for told in signals.submitted:
            told(sitting_id)


def _write(db: Session, table: str, columns: str, after: str, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows in as few steps as can be: each step gives up the interpreter lock and queues for it again."""
    if not rows:
        return
    connection = db.connection()
    if connection.dialect.name == "sqlite":
        values = ", ".join(f"value ->> {n}" for n in range(len(rows[0])))
        connection.exec_driver_sql(
            f"INSERT INTO {table} ({columns}) SELECT {values} FROM json_each(?) WHERE true{after}",  # noqa: S608
            (orjson.dumps(rows).decode(),),
        )
        return
    row = f"({', '.join(['%s'] * len(rows[0]))})"
    start = 0
    for size in CHUNKS:
        while len(rows) - start >= size:
            flat = [value for each in rows[start : start + size] for value in each]
            statement = f"INSERT INTO {table} ({columns}) VALUES {', '.join([row] * size)}{after}"  # noqa: S608
            connection.exec_driver_sql(statement, tuple(flat))
            start += size


_MOVE = (
    update(Sitting)
    .where(col(Sitting.id) == bindparam("b_id"))
    .values(
        state=bindparam("b_state"),
        extra_seconds=bindparam("b_extra"),
        duration_seconds=bindparam("b_duration"),
        late_grace_seconds=bindparam("b_grace"),
        scheme_version=bindparam("b_scheme_version"),
        window_closes=bindparam("b_window_closes"),
        started_at=bindparam("b_started"),
        deadline=bindparam("b_deadline"),
        submitted_at=bindparam("b_submitted"),
        submitted_by=bindparam("b_submitted_by"),
        paused_at=bindparam("b_paused"),
        claim=bindparam("b_claim"),
    )
)


def _moved(live: Live) -> dict[str, Any]:
    times = {name: getattr(live, name) for name in ("window_closes", "started", "deadline", "submitted", "paused")}
    return {
        "b_id": live.id,
        "b_state": live.state,
        "b_extra": live.extra,
        "b_duration": live.duration,
        "b_grace": live.grace,
        "b_scheme_version": live.scheme_version,
        "b_submitted_by": live.submitted_by,
        "b_claim": live.claim,
        **{f"b_{name}": None if at is None else instant(at) for name, at in times.items()},
    }
