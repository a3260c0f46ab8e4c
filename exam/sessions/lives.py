"""What a sitting is as of the last link of its log, read for many of them at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import func
from sqlmodel import Session, col, select

from exam.seb.standing import Standing
from exam.sessions.instants import micros
from exam.sessions.models import Adjustment, Sitting, SittingEvent, SittingHead, SittingMessage
from exam.sessions.states import PAGE_EVENT, Event, State


@dataclass(slots=True)
class Live:
    """A sitting as of link `seq` of its log. Instants are microseconds; `top` is the newest revision of each slot."""

    id: int
    institution_id: int
    person_id: int
    booking_id: int
    exam_id: int
    paper_id: int
    seed: str
    state: str
    duration: int
    extra: int
    grace: int
    scheme_version: str
    window_closes: int | None
    started: int | None
    deadline: int | None
    submitted: int | None
    paused: int | None
    submitted_by: str | None
    claim: int
    seq: int
    hash: str
    added: int = 0
    events_upto: int = 0
    top: dict[int, int] = field(default_factory=dict)
    notices: tuple[dict[str, Any], ...] = ()
    messages: tuple[dict[str, Any], ...] = ()
    pause_reason: str = ""
    order: tuple[int, ...] | None = None
    seb: Standing | None = None
    """How it stands with Safe Exam Browser, once looked up (`guard`); None for exams without."""

    @property
    def stopped(self) -> int | None:
        """Since when nothing new is taken: paused by a supervisor, or locked."""
        if self.seb is None or self.seb.locked is None:
            return self.paused
        return self.seb.locked if self.paused is None else min(self.paused, self.seb.locked)


Memory = dict[int, Live]
"""What a process remembers of sittings between groups."""


_COLUMNS = (
    *(col(Sitting.id), col(Sitting.institution_id), col(Sitting.person_id), col(Sitting.booking_id)),
    *(col(Sitting.exam_id), col(Sitting.paper_id), col(Sitting.seed), col(Sitting.state)),
    *(col(Sitting.duration_seconds), col(Sitting.extra_seconds), col(Sitting.late_grace_seconds)),
    *(col(Sitting.scheme_version), col(Sitting.window_closes), col(Sitting.started_at), col(Sitting.deadline)),
    *(col(Sitting.submitted_at), col(Sitting.paused_at), col(Sitting.submitted_by), col(Sitting.claim)),
)


def load(db: Session, ids: list[int]) -> Iterable[Live]:
    """These sittings as of the last links of their logs."""
    rows = db.connection().execute(
        # SQLModel's select is typed for few columns; the table's own is the same statement
        select(*_COLUMNS, col(SittingHead.seq), col(SittingHead.hash))  # type: ignore[call-overload]
        .join(SittingHead, col(SittingHead.sitting_id) == col(Sitting.id))
        .where(col(Sitting.id).in_(ids))
    )
    lives = {}
    for row in rows:
        head = row[:12]
        times = [None if at is None else micros(at) for at in row[12:17]]
        lives[row[0]] = Live(*head, *times, *row[17:])
    begun = [live.id for live in lives.values() if live.state != State.PREPARED]
    if begun:
        _load_progress(db, lives, begun)
    return lives.values()


def _load_progress(db: Session, lives: dict[int, Live], ids: list[int]) -> None:
    newest = (
        select(SittingEvent.sitting_id, SittingEvent.slot, func.max(SittingEvent.revision))
        .where(col(SittingEvent.sitting_id).in_(ids), col(SittingEvent.slot).is_not(None))
        .group_by(col(SittingEvent.sitting_id), col(SittingEvent.slot))
    )
    for sitting_id, slot, revision in db.connection().execute(newest):
        lives[sitting_id].top[slot] = revision
    last = (
        select(func.max(SittingEvent.seq))
        .where(col(SittingEvent.sitting_id).in_(ids), col(SittingEvent.kind).startswith(PAGE_EVENT))
        .group_by(col(SittingEvent.sitting_id))
        .add_columns(col(SittingEvent.sitting_id))
    )
    for seq, sitting_id in db.connection().execute(last).all():
        body = db.connection().execute(
            select(SittingEvent.body).where(SittingEvent.sitting_id == sitting_id, SittingEvent.seq == seq)
        )
        said = orjson.loads(body.scalar_one())
        if said["claim"] == lives[sitting_id].claim:
            lives[sitting_id].events_upto = said["n"]
    for live in lives.values():
        if live.paused is not None:
            live.pause_reason = _pause_reason(db, live.id)
    given = select(Adjustment).where(col(Adjustment.sitting_id).in_(ids)).order_by(col(Adjustment.id))
    for adjustment in db.exec(given):
        live = lives[adjustment.sitting_id]
        live.added += adjustment.seconds
        live.notices = (*live.notices, notice(adjustment))
    unread = select(SittingMessage).where(
        col(SittingMessage.sitting_id).in_(ids), col(SittingMessage.acknowledged_at).is_(None)
    )
    for message in db.exec(unread.order_by(col(SittingMessage.id))):
        live = lives[message.sitting_id]
        said = {"id": message.id, "kind": message.kind, "text": message.text, "at": micros(message.sent_at) // 1000}
        live.messages = (*live.messages, said)


def _pause_reason(db: Session, sitting_id: int) -> str:
    newest = select(SittingEvent.body).where(SittingEvent.sitting_id == sitting_id, SittingEvent.kind == Event.PAUSE)
    body = db.connection().execute(newest.order_by(col(SittingEvent.seq).desc()).limit(1)).scalar_one_or_none()
    return "" if body is None else str(orjson.loads(body).get("reason", ""))


def notice(adjustment: Adjustment) -> dict[str, Any]:
    """What the candidate's page is told of an adjustment; its text is filled in by language where it is sent."""
    return {
        "id": adjustment.id,
        "kind": adjustment.kind,
        "seconds": adjustment.seconds,
        "reason": adjustment.reason,
        "at": micros(adjustment.made_at) // 1000,
    }
