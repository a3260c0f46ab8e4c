"""When a sign-in or an API key was last used: noted in memory, written once a minute by a job.

A page that only reads must not write, and a hall must not cost a commit a request. What a crash loses is a minute.
"""

import threading
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, update
from sqlmodel import col

from exam.accounts.models import ApiKey, BrowserSession
from exam.core.db import Database
from exam.core.jobs import Job

EVERY_SECONDS = 60.0
# A sign-in's row is written anew only when it is this much behind; a key's each time.
GRAIN = timedelta(minutes=3)


class Seen:
    """What was used since the last flush. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[int, datetime] = {}
        self._keys: dict[int, datetime] = {}

    def session(self, session_id: int, at: datetime) -> None:
        """Note that a sign-in was used."""
        with self._lock:
            self._sessions[session_id] = at

    def key(self, key_id: int, at: datetime) -> None:
        """Note that an API key was used."""
        with self._lock:
            self._keys[key_id] = at

    def last(self, session_id: int, written: datetime) -> datetime:
        """When a sign-in was last used; `written` is what its row says."""
        return max(written, self._sessions.get(session_id, written))

    def flush(self, database: Database) -> None:
        """Write what was noted, in one transaction; nothing when nothing was."""
        with self._lock:
            sessions, self._sessions = self._sessions, {}
            keys, self._keys = self._keys, {}
        if not sessions and not keys:
            return
        with database.transaction() as db:
            for session_id, at in sessions.items():
                behind = col(BrowserSession.last_seen_at) < at - GRAIN
                db.exec(
                    update(BrowserSession).where(col(BrowserSession.id) == session_id, behind).values(last_seen_at=at)
                )
            for key_id, at in keys.items():
                older = or_(col(ApiKey.last_used_at).is_(None), col(ApiKey.last_used_at) < at)
                db.exec(update(ApiKey).where(col(ApiKey.id) == key_id, older).values(last_used_at=at))


def _flush(state: Any) -> None:
    state.gate.seen.flush(state.database)


job = Job("accounts.seen", EVERY_SECONDS, _flush)
