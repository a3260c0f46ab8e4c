"""Incidents come about, go on and end, in the transaction that writes their links into the sitting's log."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlmodel import Session, col, select

from exam.proctor.incidents import rules as incident_rules
from exam.proctor.incidents.rules import Noticed
from exam.proctor.models import Proctored
from exam.proctor.models_incidents import Incident
from exam.proctor.terms import Terms
from exam.sessions import ledger, service
from exam.sessions.instants import instant, micros
from exam.sessions.requests import Note

SUMMED = ("times", "seconds", "hits", "of", "missing")
"""What adds up where one stretch goes on from another; the words say these of all of them."""
BEFORE, UNTIL = "before", "until"
"""In `Incident.reason`: the sums of earlier stretches; until when it was noticed so far (milliseconds)."""


def notes_of(terms: Terms, changes: Iterable[Noticed], at: int) -> list[Note]:
    """The links to be written of these changes (`at`: microseconds); `heard` writes the rows that belong to them."""
    found = []
    for change in changes:
        kind = incident_rules.kind_of_link(terms, change)
        if kind is not None:
            found.append(Note(terms.sitting_id, at, kind, incident_rules.body_of_link(change), change))
    return found


def closing_notes(terms: Terms, changes: Iterable[Noticed], at: int) -> list[Note]:
    """The links of stretches that end with their sitting, whatever its terms have become since."""
    return [
        Note(terms.sitting_id, at, incident_rules.CLOSED, incident_rules.body_of_link(each), each) for each in changes
    ]


def as_closed(change: Noticed) -> Noticed:
    """The same, ended."""
    return replace(change, what="closed")


def extend(db: Session, terms: Terms, changes: Iterable[Noticed], at: int) -> None:
    """Write what only goes on; it leaves no link."""
    for each in changes:
        if each.what == "extended" and incident_rules.way(terms, each.kind) == "incident":
            note_change(db, terms.sitting_id, each, at)


def heard(db: Session, group: Sequence[tuple[Note, int]]) -> None:
    """Subscriber to `incident.opened` and `incident.closed` (`sessions.signals.noted`)."""
    for note, _ in group:
        if isinstance(note.about, Noticed):
            note_change(db, note.sitting_id, note.about, note.at)


def note_change(db: Session, sitting_id: int, change: Noticed, at: int) -> Incident | None:
    """Open, extend or close an incident row. Twice is once; what humans have decided is not touched.

    A stretch that begins soon after the last of its kind ended goes on with it and counts its times. None where there
    is nothing to extend or close.
    """
    last = newest(db, sitting_id, change.kind, change.origin)
    if change.what == "opened":
        return _open(db, sitting_id, last, change, at)
    if last is None or last.state != "open" or not _same(last, change):
        return None
    _tell(last, change, last.reason.get(BEFORE, {}))
    last.ended_at = instant(max(change.ended, micros(last.began_at))) if change.what == "closed" else None
    db.add(last)
    return last


def _same(last: Incident, change: Noticed) -> bool:
    """Whether a change is of this incident's own stretch: it goes on, or what was closed before went on after all."""
    if last.ended_at is None:
        return True
    return change.ended > micros(last.ended_at) and incident_rules.goes_on(
        change.origin, change.began, last_ended=micros(last.ended_at)
    )


def newest(db: Session, sitting_id: int, kind: str, origin: str) -> Incident | None:
    """The newest incident of a kind in a sitting."""
    query = select(Incident).where(Incident.sitting_id == sitting_id, Incident.kind == kind, Incident.origin == origin)
    return db.exec(query.order_by(col(Incident.began_at).desc(), col(Incident.id).desc())).first()


def _open(db: Session, sitting_id: int, last: Incident | None, change: Noticed, at: int) -> Incident:
    if last is not None and last.state == "open":
        ended = None if last.ended_at is None else micros(last.ended_at)
        if incident_rules.goes_on(change.origin, change.began, last_ended=ended):
            same = ended is None and change.began <= micros(last.began_at)
            _tell(last, change, last.reason.get(BEFORE, {}) if same else _sums(last.reason))
            last.ended_at = None
            db.add(last)
            return last
    row = Incident(
        institution_id=db.get_one(Proctored, sitting_id).institution_id,
        sitting_id=sitting_id,
        kind=change.kind,
        origin=change.origin,
        severity=incident_rules.severity(change.kind),
        began_at=instant(change.began),
        first_frame=change.first,
        last_frame=change.last,
        detector=change.detector,
        noted_at=instant(at),
    )
    _tell(row, change, {})
    db.add(row)
    return row


def _tell(row: Incident, change: Noticed, before: Mapping[str, int]) -> None:
    """Have a row say what a change says; `before`: the sums of the stretches that it went on from."""
    if not change.reason and row.reason:  # it only ends: what is known of it stays
        return
    said = {"times": 1, **change.reason}
    summed = {name: said.get(name, 0) + before.get(name, 0) for name in SUMMED if name in said or name in before}
    faces = max(said.get("faces", 0), row.reason.get("faces", 0)) if row.reason else said.get("faces", 0)
    row.reason = {**said, **summed, **({"faces": faces} if faces else {}), UNTIL: change.ended // 1000}
    if before:
        row.reason = {**row.reason, BEFORE: dict(before)}
    row.scores = _wider(row.scores or {}, change.scores)
    row.last_frame = change.last if change.last is not None else row.last_frame


def _sums(reason: Mapping[str, Any]) -> dict[str, int]:
    return {name: reason[name] for name in SUMMED if name in reason}


def _wider(before: Any, new: Any) -> dict[str, Any]:
    """Lowest and highest of each number over both."""
    found = {name: list(span) for name, span in dict(before).items()}
    for name, (low, high) in dict(new).items():
        known = found.get(name, [low, high])
        found[name] = [min(known[0], low), max(known[1], high)]
    return found


def write_noted(db: Session, row: Incident) -> None:
    """Add an incident that a human noted, with its link in the sitting's log."""
    db.add(row)
    db.flush()
    said: dict[str, Any] = {"incident": row.id, "kind": row.kind, "origin": row.origin, "by": row.noted_by}
    said |= {"began": micros(row.began_at) // 1000, "severity": row.severity, "reason": row.reason}
    batch = ledger.open_heads(db, {}, [row.sitting_id])
    at = micros(row.noted_at)
    ledger.append(batch, batch.lives[row.sitting_id], incident_rules.NOTED_BY_HAND, at, ledger.as_body(said))
    ledger.flush(batch)
    service.expire(db, row.sitting_id)


def close_all(db: Session, sitting_id: int, at: int) -> list[Noticed]:
    """The open stretches of a sitting, closed: no later than `at`, at which it ended; to be written like any change."""
    query = select(Incident).where(Incident.sitting_id == sitting_id, col(Incident.ended_at).is_(None))
    return [
        Noticed(
            what="closed",
            kind=row.kind,
            origin=row.origin,
            began=micros(row.began_at),
            ended=max(min(at, row.reason.get(UNTIL, at // 1000) * 1000), micros(row.began_at)),
            first=row.first_frame,
            last=row.last_frame,
            detector=row.detector,
        )
        for row in db.exec(query.order_by(col(Incident.id)))
        if row.state == "open" and row.origin in incident_rules.MERGE_SECONDS
    ]
