"""Old sign-ins are forgotten: their addresses and browsers are personal data that nobody needs for long."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_
from sqlmodel import Session, col

from exam.accounts.models import BrowserSession
from exam.core.jobs import Job

KEPT = timedelta(days=90)  # long enough to look into a complaint about an exam; the audit log keeps who signed in
EVERY_SECONDS = 3600.0


def forget_old_sign_ins(db: Session, now: datetime) -> int:
    """Delete the sign-ins that ended, or ran out, more than `KEPT` ago; returns how many."""
    before = now - KEPT
    over = or_(col(BrowserSession.ended_at) < before, col(BrowserSession.expires_at) < before)
    return int(db.connection().execute(delete(BrowserSession).where(over)).rowcount)


def _run(state: Any) -> None:
    with state.database.transaction() as db:
        forget_old_sign_ins(db, state.clock.now())


job = Job("accounts.retention", EVERY_SECONDS, _run)
