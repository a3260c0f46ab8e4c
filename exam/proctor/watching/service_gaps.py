"""Numbers of frames that never came: told while a sitting is under way, and once more when it is over, never after."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from exam.proctor.incidents import rules as incident_rules
from exam.proctor.incidents import service as service_incidents
from exam.proctor.incidents.rules import Noticed
from exam.proctor.models import Frame, Proctored
from exam.proctor.models_incidents import Incident
from exam.proctor.terms import Terms
from exam.proctor.watching import rules_server as server_rules
from exam.sessions import ledger
from exam.sessions.instants import micros
from exam.sessions.requests import Note


def notes_of(db: Session, terms: Terms, first: int, last: int, now: int) -> list[Note]:
    """The links of frames `first` to `last` that are missing; none where they need not be told."""
    change = missing_change(db, terms.sitting_id, first, last)
    return (
        [] if change is None else service_incidents.notes_of(terms, [change, service_incidents.as_closed(change)], now)
    )


def tell_at_end(db: Session, terms: Terms, frames: Mapping[int, datetime], ended: datetime, now: datetime) -> None:
    """Write down what is missing of a sitting that is over. `frames`: its numbers and when they came.

    The measure is that of a sitting under way: numbers before one that came so long before the end. What a dropped line
    held up at the end could not come any more, so that nothing can be told of it.
    """
    settled = ended - timedelta(seconds=server_rules.LIMITS["missing-after"].value)
    upto = max((number for number, at in frames.items() if at <= settled), default=0)
    notes: list[Note] = []
    for first, last in server_rules.missing(frames, 0, upto):
        notes += notes_of(db, terms, first, last, micros(now))
    if not notes:
        return
    batch = ledger.open_heads(db, {}, [terms.sitting_id])
    for note in notes:
        ledger.append(batch, batch.lives[terms.sitting_id], note.kind, note.at, ledger.as_body(note.body))
    ledger.flush(batch)
    rows = (incident_rules.OPENED, incident_rules.CLOSED)
    service_incidents.heard(db, [(note, 0) for note in notes if note.kind in rows])
    db.flush()


def missing_change(db: Session, sitting_id: int, first: int, last: int) -> Noticed | None:
    """Frames `first` to `last` that never came, between the two that did; None when they are there after all (another
    process took them) or were told before."""
    there = select(func.count()).where(Frame.sitting_id == sitting_id, Frame.number >= first, Frame.number <= last)
    told = select(func.count()).where(
        Incident.sitting_id == sitting_id,
        Incident.kind == "frames-missing",
        col(Incident.first_frame) <= first,
        col(Incident.last_frame) >= last,
    )
    if db.exec(there).one() or db.exec(told).one():
        return None
    before, behind = db.get(Frame, (sitting_id, first - 1)), db.get(Frame, (sitting_id, last + 1))
    if behind is None:
        return None
    began = behind.at if before is None else min(before.at, behind.at)
    held = db.get_one(Proctored, sitting_id).held_at
    if held is not None and began <= micros(held):
        return None  # they may be those that there was no room for
    reason = {"missing": last - first + 1}
    return Noticed("opened", "frames-missing", "server", began, behind.at, first, last, reason=reason)
