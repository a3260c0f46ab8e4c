"""Moving deadlines: every movement is a row with its reason and a link in the sitting's log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from exam.sessions import ledger
from exam.sessions.instants import SECOND, micros
from exam.sessions.lives import Live
from exam.sessions.models import Adjustment
from exam.sessions.states import RUNNING, Event


@dataclass(frozen=True)
class Given:
    """Time to be added: `kind` of `models.ADJUSTMENT_KINDS`, whole seconds, and who gave it why."""

    kind: str
    seconds: int
    reason: str
    person_id: int | None
    outage_id: int | None = None


def adjust(db: Session, sitting_ids: Sequence[int], given: Given, now: datetime) -> list[Live]:
    """Add the time to those of the sittings that have begun and not ended; returns these."""
    batch = ledger.open_heads(db, {}, sitting_ids)
    at = micros(now)
    moved = []
    for live in sorted(batch.lives.values(), key=lambda live: live.id):
        if live.state not in RUNNING or live.deadline is None:
            continue
        row = Adjustment(
            sitting_id=live.id,
            kind=given.kind,
            seconds=given.seconds,
            reason=given.reason,
            made_at=now,
            made_by=given.person_id,
            outage_id=given.outage_id,
        )
        db.add(row)
        live.deadline += given.seconds * SECOND
        live.added += given.seconds
        said = {"kind": given.kind, "seconds": given.seconds, "reason": given.reason, "deadline": live.deadline}
        ledger.apply(batch, live, Event.ADJUST, at, {**said, "by": given.person_id})
        moved.append(live)
    db.flush()
    ledger.flush(batch)
    return moved
