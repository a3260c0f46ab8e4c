"""Signs the logs of sittings: those under way often, everything else that has grown now and then."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, func, or_, select

from exam.core.db import Database
from exam.proctor.evidence import checkpoints
from exam.proctor.evidence.keys import Keys
from exam.proctor.models_incidents import Checkpoint
from exam.sessions.models import Sitting, SittingHead
from exam.sessions.states import RUNNING, State

_CHECKPOINT: Any = Checkpoint.__table__  # type: ignore[attr-defined]
AT_ONCE = 500
"""Signatures in one transaction: about 30 ms of signing, so that no answer waits long for its turn."""


def sign_due(database: Database, keys: Keys, now: datetime, *, everything: bool) -> int:
    """Sign the heads of logs that are due; returns how many.

    Looks at the sittings under way and those that ended since their last signature; with `everything` also at logs that
    grew long after the end (a decision, a deletion), which takes a walk through all of them."""
    with database.reading() as db:
        found = due_ids(db, now, everything=everything)
    for start in range(0, len(found), AT_ONCE):
        with database.transaction() as db:
            sign_heads(db, keys, found[start : start + AT_ONCE], now)
    return len(found)


def due_ids(db: Session, now: datetime, *, everything: bool) -> list[int]:
    """The sittings whose log is to be signed now."""
    newest = (
        select(func.max(Checkpoint.seq))
        .where(Checkpoint.sitting_id == Sitting.id)
        .correlate(Sitting)
        .scalar_subquery()  # a look into the index for each sitting, never a walk through every signature
    )
    query = (
        select(Sitting.id, Sitting.state, SittingHead.seq, Checkpoint.seq, Checkpoint.at)  # type: ignore[call-overload]
        .join(SittingHead, col(SittingHead.sitting_id) == col(Sitting.id))
        .join(
            Checkpoint,
            (col(Checkpoint.sitting_id) == col(Sitting.id)) & (col(Checkpoint.seq) == newest),
            isouter=True,
        )
        .where(
            Sitting.state != State.PREPARED,
            or_(col(Checkpoint.seq).is_(None), col(Checkpoint.seq) < col(SittingHead.seq)),
        )
    )
    if not everything:
        # Two looks into two indexes: with OR in one condition every sitting there ever was would be read.
        running = select(Sitting.id).where(col(Sitting.state).in_(RUNNING))
        ended = select(Sitting.id).where(col(Sitting.submitted_at) >= now - checkpoints.EVERY * 3)
        query = query.where(col(Sitting.id).in_(running.union(ended)))
    return [
        sitting_id
        for sitting_id, state, head, last_seq, last_at in db.exec(query.order_by(col(Sitting.id)))
        if checkpoints.due(head=head, running=state in RUNNING, last_seq=last_seq, last_at=last_at, now=now)
    ]


def sign_heads(db: Session, keys: Keys, ids: list[int], now: datetime) -> None:
    """Sign the heads of these logs as they are in this transaction; one that is signed already stays as it is."""
    heads = db.exec(select(SittingHead).where(col(SittingHead.sitting_id).in_(ids), SittingHead.seq > 0)).all()
    newest = select(Checkpoint.sitting_id, func.max(Checkpoint.seq)).where(col(Checkpoint.sitting_id).in_(ids))
    before = dict(db.exec(newest.group_by(col(Checkpoint.sitting_id))).all())
    rows = [
        asdict(checkpoints.sign(keys, each.sitting_id, each.seq, each.hash, before.get(each.sitting_id, 0), now))
        for each in heads
        if each.seq > before.get(each.sitting_id, 0)
    ]
    if rows:
        insert = postgresql.insert if db.connection().dialect.name == "postgresql" else sqlite.insert
        # Another process may have signed the same link just now: then that signature stays.
        db.connection().execute(insert(_CHECKPOINT).on_conflict_do_nothing(), rows)
