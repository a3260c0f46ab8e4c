"""What people do about Safe Exam Browser in a sitting: a supervisor unlocks it, the office lets it go on without."""

from datetime import datetime

from sqlmodel import Session, col, select

from exam.accounts.access import Caller
from exam.accounts.deeds import record_by
from exam.core.decisions import Refusal
from exam.core.errors import Refused
from exam.seb.models import SebExcuse, SebLock
from exam.sessions import guard, ledger, service
from exam.sessions.instants import micros
from exam.sessions.service_adjust import others
from exam.sessions.states import RUNNING, State


def unlock(db: Session, who: Caller, sitting_id: int, reason: str, now: datetime) -> None:
    """Let a locked sitting go on. Twice is once. Raises NotFound."""
    others(db, who, sitting_id)
    batch = ledger.open_heads(db, {}, [sitting_id])
    if not _unlock(db, who, sitting_id, reason, now):
        return
    said = {"by": who.person_id, "reason": reason}
    ledger.append(batch, batch.lives[sitting_id], guard.UNLOCKED, micros(now), ledger.as_body(said))
    ledger.flush(batch)
    record_by(db, who, now, "sitting.seb-unlock", ("sitting", sitting_id), {"reason": reason})


def excuse(db: Session, who: Caller, sitting_id: int, reason: str, now: datetime) -> None:
    """Let a sitting begin or go on without SEB, and unlock it. Twice is once. Raises NotFound, and Refused for one that
    has ended.
    """
    others(db, who, sitting_id)
    service.submit_if_due(db, sitting_id, now)
    batch = ledger.open_heads(db, {}, [sitting_id])
    live = batch.lives[sitting_id]
    if live.state not in (State.PREPARED, *RUNNING):
        raise Refused(Refusal("sitting-over"))
    if db.get(SebExcuse, sitting_id) is not None:
        return
    db.add(SebExcuse(sitting_id=sitting_id, reason=reason, at=now, by=who.person_id))
    _unlock(db, who, sitting_id, reason, now)
    ledger.append(batch, live, guard.EXCUSED, micros(now), ledger.as_body({"by": who.person_id, "reason": reason}))
    db.flush()
    ledger.flush(batch)
    record_by(db, who, now, "sitting.seb-excuse", ("sitting", sitting_id), {"reason": reason})


def _unlock(db: Session, who: Caller, sitting_id: int, reason: str, now: datetime) -> bool:
    """Close the open lock; whether there was one. The head of the log is held."""
    query = select(SebLock).where(SebLock.sitting_id == sitting_id, col(SebLock.unlocked_at).is_(None))
    lock = db.exec(query.execution_options(populate_existing=True)).one_or_none()
    if lock is None:
        return False
    lock.unlocked_at, lock.unlocked_by, lock.reason = now, who.person_id, reason
    db.add(lock)
    db.flush()
    return True
