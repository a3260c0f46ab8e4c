"""What whoever watches does to a sitting: stops its clock and starts it again, tells its candidate something, ends it.

Everything is a link in the sitting's log and a line in the audit log. All of it can be undone but the end, which the
exam office can void.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from exam.accounts.access import Caller
from exam.core import audit
from exam.core.decisions import Refusal
from exam.core.errors import NotFound, Refused
from exam.sessions import ledger, perform, rules, service
from exam.sessions.instants import SECOND, micros
from exam.sessions.ledger import Batch
from exam.sessions.lives import Live
from exam.sessions.models import Adjustment, Sitting, SittingMessage
from exam.sessions.service_adjust import others
from exam.sessions.states import RUNNING, Event, State


def pause(db: Session, who: Caller, sitting_id: int, reason: str, now: datetime) -> None:
    """Stop a sitting's clock: its page shows no question until it goes on. Twice is once. Raises NotFound, Refused."""
    others(db, who, sitting_id)
    batch, live = _running(db, sitting_id, now)
    if live.state == State.PAUSED:
        return
    ledger.apply(batch, live, Event.PAUSE, micros(now), {"by": who.person_id, "reason": reason})
    _done(db, batch, who, sitting_id, "pause", {"reason": reason}, now)


def resume(db: Session, who: Caller, sitting_id: int, now: datetime) -> int:
    """Let a paused sitting go on; its deadline moves by what the pause took, also past the window's end.

    Returns these seconds; 0 for a sitting that is not paused. Raises NotFound, Refused.
    """
    others(db, who, sitting_id)
    batch, live = _running(db, sitting_id, now)
    if live.paused is None or live.deadline is None:
        return 0
    seconds = rules.pause_seconds(live.paused, micros(now))
    db.add(
        Adjustment(
            sitting_id=sitting_id,
            kind="pause",
            seconds=seconds,
            reason=live.pause_reason,
            made_at=now,
            made_by=who.person_id,
        )
    )
    live.deadline += seconds * SECOND
    live.added += seconds
    said = {"by": who.person_id, "seconds": seconds, "deadline": live.deadline}
    ledger.apply(batch, live, Event.RESUME, micros(now), said)
    _done(db, batch, who, sitting_id, "resume", {"seconds": seconds}, now)
    return seconds


def end(db: Session, who: Caller, sitting_id: int, code: str, words: str, now: datetime) -> None:
    """End a sitting before its time, for a reason of the list (`code`) and in words; what is saved counts as handed in.

    Raises NotFound, and Refused for one that is not under way.
    """
    others(db, who, sitting_id)
    batch, live = _running(db, sitting_id, now)
    said = {"person": who.person_id, "code": code, "reason": words}
    perform.end(batch, live, micros(now), "proctor", said)
    _done(db, batch, who, sitting_id, "end", {"code": code, "reason": words}, now)


def send(db: Session, who: Caller, sitting_id: int, kind: str, text: str, now: datetime) -> int:
    """Tell the candidate something (`kind` of `models.MESSAGE_KINDS`), which they must say they have read.

    Returns the message's id. Raises NotFound, and Refused for a sitting that is not under way.
    """
    others(db, who, sitting_id)
    batch, live = _running(db, sitting_id, now)
    message = SittingMessage(sitting_id=sitting_id, kind=kind, text=text, sent_by=who.person_id, sent_at=now)
    db.add(message)
    db.flush()
    said = {"by": who.person_id, "message": message.id, "kind": kind, "text": text}
    ledger.append(batch, live, "message", micros(now), ledger.as_body(said))
    _done(db, batch, who, sitting_id, "message", {"kind": kind, "text": text}, now)
    return message.id or 0


def acknowledge(db: Session, person_id: int, sitting_id: int, message_id: int, now: datetime) -> None:
    """The candidate has read a message of their own sitting. Twice is once. Raises NotFound."""
    sitting = db.get(Sitting, sitting_id)
    message = db.get(SittingMessage, message_id)
    if sitting is None or sitting.person_id != person_id or message is None or message.sitting_id != sitting_id:
        raise NotFound
    if message.acknowledged_at is not None:
        return
    batch = ledger.open_heads(db, {}, [sitting_id])
    message.acknowledged_at = now
    db.add(message)
    ledger.append(batch, batch.lives[sitting_id], "message.read", micros(now), ledger.as_body({"message": message_id}))
    ledger.flush(batch)


def _running(db: Session, sitting_id: int, now: datetime) -> tuple[Batch, Live]:
    service.submit_if_due(db, sitting_id, now)
    batch = ledger.open_heads(db, {}, [sitting_id])
    live = batch.lives[sitting_id]
    if live.state not in RUNNING:
        raise Refused(Refusal("not-in-progress"))
    return batch, live


def _done(
    db: Session, batch: Batch, who: Caller, sitting_id: int, deed: str, detail: Mapping[str, Any], now: datetime
) -> None:
    db.flush()
    ledger.flush(batch)
    service.expire(db, sitting_id)
    audit.record(
        db,
        at=now,
        action=f"sitting.{deed}",
        subject=("sitting", sitting_id),
        institution_id=who.institution_id,
        actor_id=who.person_id,
        detail=detail,
    )
