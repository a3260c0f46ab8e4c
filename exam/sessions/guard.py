"""Safe Exam Browser in sittings: a start needs its proof, and a sitting whose requests stop proving it is locked.

Asked for by the writer with each group of requests. Exams that don't require SEB pay one look into an empty table.
A lock stops neither the clock nor the saving of what was answered before it; a supervisor takes it away
(`service_guard`).
"""

from collections.abc import Collection, Mapping
from typing import Any

import orjson
from sqlmodel import Session, col, select

from exam.core.decisions import Refusal
from exam.seb import rules
from exam.seb.keyring import Keyring
from exam.seb.keys import Said, judge
from exam.seb.models import SebExcuse, SebLock
from exam.seb.standing import Standing
from exam.sessions import ledger
from exam.sessions.instants import instant, micros
from exam.sessions.ledger import Batch
from exam.sessions.lives import Live
from exam.sessions.models import SittingEvent
from exam.sessions.requests import Claim, Sync
from exam.sessions.states import RUNNING

LOCKED, UNLOCKED, EXCUSED, OUTSIDE = "seb.locked", "seb.unlocked", "seb.excused", "seb.outside"
UNLOCKED_NOW: Mapping[str, Any] = {}


def prepare(batch: Batch, keyring: Keyring, *, starts: bool) -> None:
    """Look up how the sittings of a group stand, where their exams require SEB. A start asks for the keys of now."""
    required = keyring.fresh(batch.db, now=starts)
    unknown = []
    for live in batch.lives.values():
        if live.exam_id not in required:
            live.seb = None  # also what was remembered before the office stopped requiring it
        elif live.seb is None:
            unknown.append(live)
    if unknown:
        found = standings(batch.db, [live.id for live in unknown])
        for live in unknown:
            live.seb = found[live.id]


def standings(db: Session, ids: Collection[int]) -> dict[int, Standing]:
    """How each of these sittings stands."""
    found = {sitting_id: Standing() for sitting_id in ids}
    for lock in db.exec(select(SebLock).where(col(SebLock.sitting_id).in_(ids), col(SebLock.unlocked_at).is_(None))):
        found[lock.sitting_id].locked, found[lock.sitting_id].why = micros(lock.at), lock.why
    for sitting_id in db.exec(select(SebExcuse.sitting_id).where(col(SebExcuse.sitting_id).in_(ids))):
        found[sitting_id].excused = True
    _count_outside(db, found)
    return found


def _count_outside(db: Session, found: Mapping[int, Standing]) -> None:
    """How often answers came from outside beside SEB: told by the log, so that every process counts the same."""
    query = select(SittingEvent.sitting_id, SittingEvent.kind, SittingEvent.body).where(
        col(SittingEvent.sitting_id).in_(found), col(SittingEvent.kind).in_((OUTSIDE, UNLOCKED))
    )
    for sitting_id, kind, body in db.exec(query.order_by(col(SittingEvent.sitting_id), col(SittingEvent.seq))):
        if kind == UNLOCKED:
            found[sitting_id].outside = 0
        elif orjson.loads(body).get("answers"):
            found[sitting_id].outside += 1


def refuse_start(live: Live, said: tuple[Said, ...], keyring: Keyring) -> Refusal | None:
    """Why a sitting can't be started by this request."""
    required = keyring.required.get(live.exam_id)
    if required is None or (live.seb is not None and live.seb.excused):
        return None
    return rules.may_start(judge(required, said))


def check(batch: Batch, live: Live, request: Claim | Sync, keyring: Keyring) -> None:
    """Lock the sitting if a request of its page says, or for too long doesn't say, that it is not in SEB as required,
    or if answers come from outside beside it.

    Comes after what the request brought was saved.
    """
    at = request.at
    required = keyring.required.get(live.exam_id)
    standing = live.seb
    if required is None or standing is None or standing.excused or standing.locked is not None:
        return
    if live.state not in RUNNING:
        return
    finding, answers = judge(required, request.said), 0 if isinstance(request, Claim) else len(request.answers)
    heard = rules.hear(
        finding, standing.silent, at, answers=answers > 0, proven=standing.proven, outside=standing.outside
    )
    standing.silent, standing.proven = heard.silent, heard.proven
    if heard.outside:
        standing.outside += 1
        noted = {"finding": finding.value, "at": at, "answers": answers, "claim": live.claim}
        ledger.append(batch, live, OUTSIDE, at, ledger.as_body(noted))
    if heard.lock is not None:
        standing.locked, standing.why = at, heard.lock
        batch.db.add(SebLock(sitting_id=live.id, why=heard.lock, at=instant(at)))
        ledger.append(batch, live, LOCKED, at, ledger.as_body({"why": heard.lock, "claim": live.claim}))


def told(live: Live) -> Mapping[str, Any]:
    """What the page is told of a lock: since when (milliseconds) and why; nothing where there is none."""
    if live.seb is None or live.seb.locked is None:
        return UNLOCKED_NOW
    return {"locked": {"since": live.seb.locked // 1000, "why": live.seb.why}}
