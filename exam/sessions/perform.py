"""What the writer does with a group of requests, in one transaction; also what a single request does by itself."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import tuple_
from sqlmodel import Session, col, select

from exam.core import i18n
from exam.core.clock import Clock
from exam.seb.keyring import Keyring
from exam.sessions import answering, guard, ledger, rules, signals, starting
from exam.sessions.instants import SECOND, instant, micros, millis
from exam.sessions.ledger import Batch
from exam.sessions.lives import Live, Memory
from exam.sessions.models import SittingEvent
from exam.sessions.plan import plan
from exam.sessions.receipts import Keys, sign, storage_key
from exam.sessions.requests import Claim, Note, Outcome, Request, Start, Submit, Sync
from exam.sessions.states import RUNNING, Event, State

Noted = dict[str, list[tuple[Note, int]]]
"""Of each kind somebody listens for, the notes of a group with the numbers of their links."""


@dataclass(frozen=True)
class Context:
    """What performing needs besides the database. `again` makes the token for signing in again in place."""

    keys: Keys
    memory: Memory
    clock: Clock
    again: Callable[[int, int, datetime], str]
    seb: Keyring = field(default_factory=Keyring)


def perform(db: Session, requests: Sequence[Request], context: Context) -> list[Outcome]:
    """Perform the requests in their order. The caller commits; until then no outcome may be told to anybody."""
    batch = ledger.open_heads(db, context.memory, {request.sitting_id for request in requests})
    server_time = micros(context.clock.now())
    booked = [
        batch.lives[r.sitting_id].booking_id for r in requests if type(r) is Start and r.sitting_id in batch.lives
    ]
    chances = starting.load_chances(db, booked, context.clock.now()) if booked else {}
    starts = [request.sitting_id for request in requests if type(request) is Start]
    barred = starting.barred(db, starts, context.clock.now()) if starts else {}
    guard.prepare(batch, context.seb, starts=bool(starts))
    noted: Noted = {}
    bars = _bars(db, requests)
    outcomes = []
    for request in requests:
        live = batch.lives.get(request.sitting_id)
        if live is None:
            outcome = Outcome(404, {"error": "not-found"})
        elif isinstance(request, Note):
            outcome = note(batch, live, request, noted, bars)
        elif live.person_id != request.person_id:
            outcome = Outcome(404, {"error": "not-found"})
        elif type(request) is Sync:
            outcome = sync(batch, live, request, context, server_time)
        elif type(request) is Start:
            barrier = guard.refuse_start(live, request.said, context.seb) or barred.get(live.id)
            refusal = starting.start(batch, live, chances[live.booking_id], request.at, barrier)
            outcome = Outcome(409 if refusal else 200, {"state": live.state}, refusal)
        elif type(request) is Claim:
            outcome = claim(batch, live, request, context, server_time)
        else:
            assert isinstance(request, Submit)
            outcome = submit(batch, live, request, context, server_time)
        outcome.encoded = orjson.dumps(outcome.body)
        outcomes.append(outcome)
    ledger.flush(batch)
    for kind, group in noted.items():
        signals.noted[kind](db, group)
    return outcomes


def _bars(db: Session, requests: Sequence[Request]) -> dict[str, Mapping[int, str]]:
    """Of each bar that notes of the group name, the sittings that it keeps back and why."""
    asked: dict[str, set[int]] = {}
    for request in requests:
        if type(request) is Note and request.bar:
            asked.setdefault(request.bar, set()).add(request.sitting_id)
    return {bar: signals.note_bars[bar](db, ids) for bar, ids in asked.items()}


def note(batch: Batch, live: Live, request: Note, noted: Noted, bars: Mapping[str, Mapping[int, str]]) -> Outcome:
    """Write down what a higher package saw of a sitting; who listens for the kind writes in the same transaction."""
    if request.bar:
        error = bars[request.bar].get(live.id) if live.state in RUNNING else "not-in-progress"
        if error is not None:
            return Outcome(409, {"error": error})
    if live.seq >= rules.MAX_LINKS:
        return Outcome(409, {"error": "too-many-links"})
    ledger.append(batch, live, request.kind, request.at, ledger.as_body(request.body))
    if request.kind in signals.noted:
        noted.setdefault(request.kind, []).append((request, live.seq))
    return Outcome(200, {"seq": live.seq, "state": live.state})


def sync(batch: Batch, live: Live, request: Sync, context: Context, server_time: int) -> Outcome:
    """Answers, events or a heartbeat: judged one by one, unless nothing at all may be written."""
    end_if_over(batch, live, request.at)
    error = rules.refuse_writing(
        live.state, live.submitted_by, request.at, live.deadline, live.grace, request.claim, live.claim
    )
    if error is not None:
        return refused(live, error, server_time, request.locale)
    accepted: list[dict[str, Any]] = []
    if request.answers:
        accepted = answering.save_answers(batch, live, plan(batch.db, live.paper_id), request, context.keys.receipt)
    if request.events:
        answering.save_events(batch, live, request)
    guard.check(batch, live, request, context.seb)
    return Outcome(
        200,
        {
            **guard.told(live),
            "server_time": server_time // 1000,
            "deadline": (live.deadline or 0) // 1000,
            "state": live.state,
            "claim": live.claim,
            "accepted": accepted,
            "events_upto": live.events_upto,
            "notices": notices(live, request.locale) if live.notices else [],
            "messages": live.messages,
            "paused": millis(live.paused),
            "pause_reason": live.pause_reason,
        },
    )


def submit(batch: Batch, live: Live, request: Submit, context: Context, server_time: int) -> Outcome:
    """Save the last answers, then end the sitting. Twice is once."""
    end_if_over(batch, live, request.at)
    told: list[dict[str, Any]] = []
    if live.state == State.SUBMITTED and live.submitted_by == "candidate":
        told = answering.known_answers(batch, live, request, context.keys.receipt)
    else:
        error = rules.refuse_writing(
            live.state, live.submitted_by, request.at, live.deadline, live.grace, request.claim, live.claim
        )
        error = error or ("paused" if live.state == State.PAUSED else None)
        if error is not None:
            return refused(live, error, server_time, request.locale)
        told = answering.save_answers(batch, live, plan(batch.db, live.paper_id), request, context.keys.receipt)
        if request.events:
            answering.save_events(batch, live, request)
        guard.check(batch, live, request, context.seb)
        if guard.told(live):
            return Outcome(409, {**refused(live, "seb-locked", server_time, request.locale).body, "accepted": told})
        late = live.deadline is not None and request.at >= live.deadline
        end(batch, live, request.at, "deadline" if late else "candidate")
    return Outcome(200, {**standing(live, server_time), "accepted": told, "next": f"/sittings/{live.id}"})


def claim(batch: Batch, live: Live, request: Claim, context: Context, server_time: int) -> Outcome:
    """The newest page takes the sitting over and is told all that is saved."""
    end_if_over(batch, live, request.at)
    error = rules.refuse_writing(live.state, live.submitted_by, request.at, live.deadline, live.grace, None, live.claim)
    if error is not None:
        return refused(live, error, server_time, request.locale)
    live.claim += 1
    live.events_upto = 0
    ledger.apply(batch, live, Event.CLAIM, request.at, {"claim": live.claim})
    guard.check(batch, live, request, context.seb)
    key = storage_key(context.keys.storage, live.id)
    return Outcome(
        200,
        {
            **standing(live, server_time),
            "started_at": millis(live.started),
            "answers": _saved_answers(batch, live, context.keys.receipt),
            "csrf": request.csrf,
            "again": context.again(live.person_id, live.institution_id, instant(request.at)),
            "storage_key": base64.b64encode(key).decode(),
            "notices": notices(live, request.locale),
            "messages": live.messages,
        },
    )


def _saved_answers(batch: Batch, live: Live, key: bytes) -> list[dict[str, Any]]:
    newest: dict[int, tuple[int, int, str]] = {}
    if live.top:
        # Only what counts: an essay may have been saved hundreds of times.
        wanted = tuple_(col(SittingEvent.slot), col(SittingEvent.revision)).in_(list(live.top.items()))
        rows = batch.db.connection().execute(
            select(SittingEvent.slot, SittingEvent.revision, SittingEvent.at, SittingEvent.body).where(
                SittingEvent.sitting_id == live.id, wanted
            )
        )
        stored = [tuple(row) for row in rows]
        pending = [(s, r, at, body) for (each, s, r), (at, body) in batch.answers.items() if each == live.id]
        for slot, revision, at, body in [*stored, *pending]:
            if live.top.get(slot) == revision:
                newest[slot] = (revision, at, body)
    return [
        {
            "slot": slot,
            "revision": revision,
            "response": orjson.loads(body),
            "at": at // 1000,
            "receipt": sign(key, live.id, slot, revision, at, body),
        }
        for slot, (revision, at, body) in sorted(newest.items())
    ]


def end_if_over(batch: Batch, live: Live, at: int) -> bool:
    """On any touch after the deadline the server submits what was acknowledged. Whether it did."""
    if live.state != State.IN_PROGRESS or live.deadline is None or not rules.is_over(at, live.deadline, live.grace):
        return False
    end(batch, live, at, "deadline")
    return True


def end(batch: Batch, live: Live, at: int, by: str, said: Mapping[str, Any] | None = None) -> None:
    """Submit. By deadline, the instant kept is the end itself, whenever the server came to it.

    `said` is what else the link says: who ended it, and why."""
    ends = at if by != "deadline" or live.deadline is None else min(at, live.deadline + live.grace * SECOND)
    ledger.apply(
        batch, live, Event.SUBMIT, ends, {"by": by, "answered_slots": sorted(live.top.keys() - {0}), **(said or {})}
    )


def standing(live: Live, server_time: int) -> dict[str, Any]:
    """What every answer to a page says of its sitting."""
    return {
        "server_time": server_time // 1000,
        "deadline": millis(live.deadline),
        "state": live.state,
        "submitted_by": live.submitted_by,
        "claim": live.claim,
        "paused": millis(live.paused),
        "pause_reason": live.pause_reason,
        **guard.told(live),
    }


def refused(live: Live, error: str, server_time: int, locale: str) -> Outcome:
    """Nothing of the request was written."""
    body = {
        "error": error,
        "message": i18n.gettext(f"refusal.{error}", locale),
        **standing(live, server_time),
        "next": f"/sittings/{live.id}",
    }
    return Outcome(409, body)


def notices(live: Live, locale: str) -> list[dict[str, Any]]:
    """What the candidate is told of adjustments, in their language."""
    return [
        {
            **notice,
            "text": i18n.gettext(
                f"notice.{notice['kind']}" + (".back" if notice["seconds"] < 0 else ""),
                locale,
                minutes=f"{abs(notice['seconds']) / 60:g}",
                reason=notice["reason"],
            ),
        }
        for notice in live.notices
    ]
