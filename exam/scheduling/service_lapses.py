"""What lapses by time alone: a booked window that nobody came to, a retake that was not taken in time.

Done by a job, and on any later touch of the enrolment; doing it again changes nothing.
"""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from exam.core import audit
from exam.core.db import Database
from exam.scheduling.loading import Loaded, load
from exam.scheduling.models import Booking, Enrolment
from exam.scheduling.service_chances import move
from exam.scheduling.standing import has_lapsed, retake_until
from exam.scheduling.states import LIVE, BookingEvent

BATCH = 200


def settle(db: Session, loaded: Loaded, now: datetime) -> Loaded:
    """Let lapse what is due in an enrolment that is locked: missed bookings give the chance back, unless the time for
    the retake is over as well."""
    for booking in loaded.bookings:
        if booking.state == "booked" and booking.window_closes and booking.window_closes <= now:
            move(booking, BookingEvent.MISS, booking.window_closes)
            db.add(booking)
            _record(db, loaded, "booking.missed", ("booking", booking.id), {"chance": booking.chance}, now)
    if has_lapsed(loaded.standing, now):
        until = retake_until(loaded.standing)
        loaded.enrolment.state = "forfeited"
        db.add(loaded.enrolment)
        detail = {"until": until.isoformat() if until else None}
        _record(db, loaded, "enrolment.forfeited", ("enrolment", loaded.enrolment.id), detail, now)
    db.flush()
    return loaded


def _record(
    db: Session, loaded: Loaded, action: str, subject: tuple[str, object], detail: dict[str, Any], now: datetime
) -> None:
    audit.record(
        db,
        at=now,
        action=action,
        subject=subject,
        institution_id=loaded.enrolment.institution_id,
        actor_id=None,
        detail=detail,
    )


def due_after(db: Session, now: datetime, after: int, limit: int) -> list[int]:
    """Ids above `after` of active enrolments in which something may have lapsed, at most `limit`, in order."""
    over = col(Booking.window_closes) <= now
    missed = select(Booking.enrolment_id).where(Booking.state == "booked", over)
    live = select(Booking.enrolment_id).where(col(Booking.state).in_(LIVE))
    failed = select(Booking.enrolment_id).where(Booking.state == "failed", over)
    retakes = col(Enrolment.id).in_(failed) & col(Enrolment.id).not_in(live) & (col(Enrolment.state) == "active")
    query = (
        select(Enrolment.id)
        .where(col(Enrolment.id) > after, col(Enrolment.id).in_(missed) | retakes)
        .order_by(col(Enrolment.id))
        .limit(limit)
    )
    return [found for found in db.exec(query) if found is not None]


def lapse_due(database: Database, now: datetime, batch: int = BATCH) -> int:
    """Let everything lapse that is due, in transactions of `batch` enrolments; returns how many were looked at."""
    seen = after = 0
    while True:
        with database.reading() as db:
            ids = due_after(db, now, after, batch)
        if not ids:
            return seen
        with database.transaction() as db:
            for enrolment_id in ids:
                settle(db, load(db, enrolment_id, lock=True), now)
        seen, after = seen + len(ids), ids[-1]
