"""Who looked at pictures of a candidate: an entry in the audit log for each person, sitting and ten minutes.

A wall shows two hundred pictures every few seconds; an entry for each would bury the log that it fills.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from exam.accounts.access import Caller
from exam.core import audit
from exam.core.db import after_commit

ONE_ENTRY_FOR = timedelta(minutes=10)
"""Settled: long enough for a wall, short enough to tell one visit from the next."""
REMEMBERED = 50_000

Views = dict[tuple[int, int], datetime]
"""(person, sitting) → when their last entry was made. Lost when the program ends: then there is an entry more."""


def worth_an_entry(last: datetime | None, now: datetime) -> bool:
    """Whether a look at a sitting's pictures is written down, `last` being the last one that was. A clock that was set
    back writes once more."""
    return last is None or not timedelta(0) <= now - last < ONE_ENTRY_FOR


def remembered(state: Any) -> Views:
    """The views that this process has written down."""
    views: Views | None = getattr(state, "picture_views", None)
    if views is None:
        views = state.picture_views = {}
    return views


def record(db: Session, views: Views, who: Caller, sitting_id: int, what: str, now: datetime) -> None:
    """Write down that somebody looks at a sitting's pictures; `what` tells which they began with (a frame's number)."""
    audit.record(
        db,
        at=now,
        action="proctor.pictures-seen",
        subject=("sitting", sitting_id),
        institution_id=who.institution_id,
        actor_id=who.person_id,
        detail={"picture": what},
    )

    def remember() -> None:
        if len(views) >= REMEMBERED:
            views.clear()
        views[who.person_id, sitting_id] = now

    after_commit(db, remember)
