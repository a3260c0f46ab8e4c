"""What the end of a watched sitting asks for before its review: missing frames told, stretches closed, light noted,
blind ones drawn."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from exam.proctor.models import Frame, Proctored
from exam.proctor.models_incidents import Incident
from exam.proctor.review import rules_blind as blind_rules
from exam.proctor.terms import terms_of
from exam.proctor.watching import service_gaps
from exam.sessions.instants import instant
from exam.sessions.models import Sitting

SETTLE = timedelta(seconds=15)
"""Frames on their way and those waiting to be looked at (settled)."""
PATIENCE = timedelta(minutes=5)
"""After this nothing is waited for any more: what was not looked at by then is not going to be (settled)."""


@dataclass(frozen=True)
class Look:
    """One picture as the report needs it: `dark` is None where it was not looked at or can't be told."""

    number: int
    at: datetime
    looked: bool
    dark: bool | None
    detector: str


def unsettled(db: Session, now: datetime, limit: int) -> list[int]:
    """Watched sittings that are over and not settled yet, oldest first, once their last frames had time to arrive."""
    over = col(Sitting.state).in_(("submitted", "void"))
    ended = func.coalesce(col(Sitting.submitted_at), col(Sitting.prepared_at))
    query = (
        select(Proctored.sitting_id)
        .join(Sitting, col(Sitting.id) == col(Proctored.sitting_id))
        .where(col(Proctored.reviewed_at).is_(None), over, ended <= now - SETTLE)
        .order_by(ended)
        .limit(limit)
    )
    return list(db.exec(query))


def settle(db: Session, sitting_ids: Collection[int], now: datetime) -> int:
    """Settle sittings; how many were. One whose stretches or frames are still being worked on is left for later, but
    no longer than `PATIENCE`. Twice is once."""
    rows = db.exec(
        select(Proctored, Sitting)
        .join(Sitting, col(Sitting.id) == col(Proctored.sitting_id))
        .where(col(Proctored.sitting_id).in_(sitting_ids), col(Proctored.reviewed_at).is_(None))
        .with_for_update(of=Proctored)
    ).all()
    return sum(_settle(db, watched, sitting, now) for watched, sitting in rows)


def _settle(db: Session, watched: Proctored, sitting: Sitting, now: datetime) -> bool:
    ended = sitting.submitted_at or sitting.prepared_at
    looks = looks_of(db, watched.sitting_id)
    incidents = list(db.exec(select(Incident).where(Incident.sitting_id == watched.sitting_id)))
    if now < ended + PATIENCE and (
        any(not each.looked for each in looks) or any(not row.ended_at for row in incidents)
    ):
        return False
    service_gaps.tell_at_end(db, terms_of(watched), {each.number: each.at for each in looks}, ended, now)
    incidents = list(db.exec(select(Incident).where(Incident.sitting_id == watched.sitting_id)))
    for row in incidents:
        if row.ended_at is None:
            row.ended_at = max(row.began_at, ended)
        row.reason = {**row.reason, "light": light(looks, row.began_at, row.ended_at)}
        db.add(row)
    if sitting.started_at is not None and sitting.submitted_at is not None:
        spans = [(row.began_at, row.ended_at or ended) for row in incidents]
        _draw(db, watched, sitting, looks, spans, now)
    seen = [each for each in looks if each.detector]
    watched.looked = {
        "detectors": sorted({each.detector for each in seen}),
        "frames": len(seen),
        "dark": sum(each.dark is True for each in seen),
    }
    watched.reviewed_at = now
    db.add(watched)
    db.flush()
    return True


def _draw(
    db: Session,
    watched: Proctored,
    sitting: Sitting,
    looks: Sequence[Look],
    flagged: Sequence[tuple[datetime, datetime]],
    now: datetime,
) -> None:
    assert sitting.started_at and sitting.submitted_at
    frames = [(each.number, each.at) for each in looks]
    found = blind_rules.pieces(sitting.started_at, sitting.submitted_at, frames, flagged)
    for piece in blind_rules.drawn(sitting.seed, found, int(watched.terms.get("blind_share", 0))):
        inside = [each.detector for each in looks if piece.first <= each.number <= piece.last and each.detector]
        db.add(
            Incident(
                institution_id=sitting.institution_id,
                sitting_id=watched.sitting_id,
                kind="blind",
                origin="blind",
                severity=1,
                began_at=piece.began,
                ended_at=piece.ended,
                first_frame=piece.first,
                last_frame=piece.last,
                reason={"light": light(looks, piece.began, piece.ended)},
                detector=max(inside, default=""),
                noted_at=now,
            )
        )


def looks_of(db: Session, sitting_id: int) -> list[Look]:
    """The pictures of a sitting by number. One that was thinned counts as looked at: nobody is going to."""
    columns: Any = (
        *(col(Frame.number), col(Frame.at), col(Frame.thinned), col(Frame.detector)),
        col(Frame.observation)["quality"]["dark"][0].as_boolean(),
    )
    rows: Any = db.connection().execute(
        select(*columns).where(Frame.sitting_id == sitting_id).order_by(col(Frame.number))
    )
    return [
        Look(number, instant(at), bool(detector) or thinned, dark, detector)
        for number, at, thinned, detector, dark in rows
    ]


def light(looks: Sequence[Look], began: datetime, ended: datetime) -> str:
    """How light it was in a stretch."""
    told = [each.dark for each in looks if began <= each.at <= ended and each.dark is not None]
    return blind_rules.light_of(sum(told), len(told))
