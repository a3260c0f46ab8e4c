"""Reads of the wall: every watched sitting under way as plain values, in few statements however many there are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from exam.accounts.models import Person
from exam.proctor import terms
from exam.proctor.models import Proctored
from exam.proctor.models_incidents import Incident
from exam.proctor.wall import rules as wall_rules
from exam.proctor.wall.rules import Facts, Signal
from exam.scheduling.models import Exam
from exam.scheduling.view import exam_title
from exam.sessions import queries_guard
from exam.sessions.instants import micros, millis
from exam.sessions.models import Sitting, SittingMessage
from exam.sessions.states import RUNNING

MOST_TILES = 200
MOST_SIGNALS = 5000
"""Of undecided incidents read at once: 25 for each tile, of which a tile names a few kinds."""


@dataclass(frozen=True)
class Place:
    """What a wall stands before: an institution, and of it an exam and a room where they are chosen."""

    institution_id: int
    exam_id: int | None = None
    room: int | None = None


@dataclass(frozen=True)
class Snapshot:
    """The tiles by sitting; `total` counts those beyond `MOST_TILES` too. `at`: microseconds."""

    at: int
    tiles: Mapping[int, dict[str, Any]]
    total: int


def _under_way(place: Place) -> list[Any]:
    found: list[Any] = [Sitting.institution_id == place.institution_id, col(Sitting.state).in_(RUNNING)]
    if place.exam_id is not None:
        found.append(Sitting.exam_id == place.exam_id)
    if place.room is not None:
        found.append(Proctored.room == place.room)
    return found


def snapshot(db: Session, place: Place, now: datetime) -> Snapshot:
    """The wall as it is now."""
    query = (
        select(Sitting, Person.name, Proctored)
        .join(Proctored, col(Proctored.sitting_id) == col(Sitting.id))
        .join(Person, col(Person.id) == col(Sitting.person_id))
        .where(*_under_way(place))
        .order_by(col(Sitting.id))
        .limit(MOST_TILES + 1)
    )
    rows = list(db.exec(query))
    total = len(rows)
    if total > MOST_TILES:
        joined = select(func.count()).select_from(Sitting)
        joined = joined.join(Proctored, col(Proctored.sitting_id) == col(Sitting.id)).where(*_under_way(place))
        total = db.exec(joined).one()
        rows = rows[:MOST_TILES]
    ids = [sitting.id or 0 for sitting, _, _ in rows]
    signals, unread, locked = _signals(db, ids), _unread(db, ids), queries_guard.locked(db, ids)
    at = micros(now)
    tiles = {
        each: tile(sitting, name, row, signals.get(each, []), unread.get(each), at, locked=each in locked)
        for each, (sitting, name, row) in zip(ids, rows, strict=True)
    }
    return Snapshot(at, tiles, total)


def tile(
    sitting: Sitting,
    name: str,
    row: Proctored,
    signals: Iterable[Signal],
    unread: tuple[int, datetime] | None,
    at: int,
    *,
    locked: bool = False,
) -> dict[str, Any]:
    """What a tile shows; plain JSON. Instants are milliseconds. `frame` is None where there is no picture to show:
    no camera is asked for, or none has come yet (`camera` says which).
    """
    signals, held = tuple(signals), terms.terms_of(row)
    line = "unknown" if row.heard_at is None else "lost" if row.lost_since is not None else "up"
    since = (_micros(row.lost_since), _micros(unread[1] if unread else None), _micros(sitting.paused_at))
    facts = Facts(sitting.id or 0, signals, line, *since, locked)
    shown = held.camera and row.frame_at is not None and row.erased_at is None
    return {
        "id": sitting.id or 0,
        "name": name,
        "exam": sitting.exam_id,
        "room": row.room,
        "state": sitting.state,
        "deadline": _ms(sitting.deadline),
        "paused": _ms(sitting.paused_at),
        "line": line,
        "lost": _ms(row.lost_since),
        "camera": held.camera,
        "route": row.route if held.level != "focus" else "focus",
        "frame": row.frame_number if shown else None,
        "taken": _ms(row.frame_at) if shown else None,
        "signals": wall_rules.folded(signals),
        "undecided": len(signals),
        "muted": sorted(held.muted),
        "granted": list(held.accommodations),
        "locked": locked,
        "unread": 0 if unread is None else unread[0],
        "rank": wall_rules.rank(facts, at),
    }


def _micros(instant: datetime | None) -> int | None:
    return None if instant is None else micros(instant)


def _ms(instant: datetime | None) -> int | None:
    return None if instant is None else millis(micros(instant))


def _signals(db: Session, ids: list[int]) -> dict[int, list[Signal]]:
    query = (
        select(Incident)
        .where(col(Incident.sitting_id).in_(ids), Incident.state == "open", Incident.origin != "blind")
        .order_by(col(Incident.severity).desc(), col(Incident.id).desc())
        .limit(MOST_SIGNALS)
    )
    found: dict[int, list[Signal]] = {}
    for row in db.exec(query):
        ended = None if row.ended_at is None else micros(row.ended_at)
        found.setdefault(row.sitting_id, []).append(Signal(row.kind, row.severity, micros(row.began_at), ended))
    return found


def _unread(db: Session, ids: list[int]) -> dict[int, tuple[int, datetime]]:
    query = select(SittingMessage.sitting_id, func.count(), func.min(SittingMessage.sent_at)).where(
        col(SittingMessage.sitting_id).in_(ids), col(SittingMessage.acknowledged_at).is_(None)
    )
    return {each: (n, at) for each, n, at in db.exec(query.group_by(col(SittingMessage.sitting_id)))}


def exams_under_way(db: Session, institution_id: int) -> list[tuple[int, str]]:
    """The exams that a wall can be narrowed to: those with a watched sitting under way."""
    query = (
        select(Exam)
        .where(col(Exam.id).in_(select(Sitting.exam_id).join(Proctored).where(*_under_way(Place(institution_id)))))
        .order_by(col(Exam.code))
    )
    return [(exam.id or 0, f"{exam.code} {exam_title(exam)}") for exam in db.exec(query)]


def rooms_under_way(db: Session, place: Place) -> list[int]:
    """The rooms of a place in which somebody is writing."""
    query = select(Proctored.room).join(Sitting, col(Sitting.id) == col(Proctored.sitting_id))
    anywhere = Place(place.institution_id, place.exam_id)
    return sorted(db.exec(query.where(*_under_way(anywhere)).distinct()))


def needing(db: Session, institution_id: int, most: int) -> tuple[list[tuple[Incident, str]], int]:
    """Undecided incidents of severity 2 and 3 that go on in sittings under way, the worst and oldest first, and how
    many there are.
    """
    wanted = (
        Incident.institution_id == institution_id,
        Incident.state == "open",
        col(Incident.ended_at).is_(None),
        col(Incident.severity) >= 2,
        col(Sitting.state).in_(RUNNING),
    )
    rows = (
        select(Incident, Person.name)
        .join(Sitting, col(Sitting.id) == col(Incident.sitting_id))
        .join(Person, col(Person.id) == col(Sitting.person_id))
        .where(*wanted)
        .order_by(col(Incident.severity).desc(), col(Incident.began_at))
    )
    count = select(func.count()).select_from(Incident).join(Sitting, col(Sitting.id) == col(Incident.sitting_id))
    return list(db.exec(rows.limit(most))), db.exec(count.where(*wanted)).one()
