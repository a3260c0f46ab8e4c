"""Outages of the server itself: noticed by its missing heartbeat, written down, and given back to every sitting.

While it can save, a server notes the time every `BEAT_SECONDS`. When the next note comes more than `GAP_SECONDS` after
the one before, nothing could be saved in between: the whole gap is recorded as an outage and every sitting whose clock
ran in it gets the time back, once, by an adjustment of its own. The time is given even past the end of the window, as
the fault is the server's. A sitting whose deadline fell into the outage goes on too: nothing submits it before the
beat.
"""

import math
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from exam.core.clock import SHANGHAI
from exam.sessions import adjusting
from exam.sessions.models import Beat, Outage, Sitting
from exam.sessions.states import State

BEAT_SECONDS = 2.0
STALE_SECONDS = 6.0
GAP_SECONDS = 10.0


def beat(db: Session, now: datetime) -> Outage | None:
    """Note that the server is up at `now`; return the outage that has just ended, if one has."""
    last = db.exec(select(Beat).where(Beat.id == 1).with_for_update()).one_or_none()
    if last is None:
        db.add(Beat(id=1, at=now))
        db.flush()
        return None
    before, last.at = last.at, now
    db.add(last)
    db.flush()
    if now - before <= timedelta(seconds=GAP_SECONDS):
        return None
    return _record(db, before, now)


def _record(db: Session, began: datetime, ended: datetime) -> Outage:
    # The server may have lived for a while after its last beat; who started in that while lost the time as well.
    alive_until = began + timedelta(seconds=GAP_SECONDS)
    lost = db.exec(
        select(Sitting.id).where(
            Sitting.state == State.IN_PROGRESS, col(Sitting.deadline) > began, col(Sitting.started_at) < alive_until
        )
    ).all()
    outage = Outage(began_at=began, ended_at=ended, sittings=len(lost))
    db.add(outage)
    db.flush()
    seconds = math.ceil((ended - began).total_seconds())
    said = " – ".join(at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") for at in (began, ended))
    given = adjusting.Given("outage", seconds, said, None, outage.id)
    adjusting.adjust(db, [each for each in lost if each is not None], given, ended)
    return outage
