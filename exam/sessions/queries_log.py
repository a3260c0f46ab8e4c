"""The log of a sitting as proctors and the exam office read it: what happened, never what was answered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import case, func
from sqlmodel import Session, col, select

from exam.accounts.models import Person
from exam.sessions.instants import instant
from exam.sessions.models import Adjustment, SittingEvent
from exam.sessions.states import Event

LINKS_READ = 2000
HAPPENINGS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened, or several saves in a row: `times` of them from `at` to `until` (both included).

    `seq` is the last link's number, `slots` the questions saved (each once, ascending; without the workspace), `said`
    what the log says of anything but an answer, `by` the name of whoever of the exam office did it.
    """

    seq: int
    kind: str
    at: datetime
    until: datetime
    times: int
    slots: tuple[int, ...]
    said: Mapping[str, Any]
    by: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A link of the log without its answer."""

    seq: int
    kind: str
    at: datetime
    slot: int | None
    said: Mapping[str, Any]


def fold(entries: Iterable[Entry], names: Mapping[int, str]) -> list[Happening]:
    """Links, newest first, as happenings, newest first: saves next to each other become one."""
    groups: list[list[Entry]] = []
    for entry in entries:
        if groups and entry.kind == Event.ANSWER and groups[-1][0].kind == Event.ANSWER:
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return [
        Happening(
            seq=group[0].seq,
            kind=group[0].kind,
            at=group[-1].at,
            until=group[0].at,
            times=len(group),
            slots=tuple(sorted({each.slot for each in group if each.slot})),
            said=group[0].said,
            by=names.get(_person(group[0]) or 0),
        )
        for group in groups
    ]


def _person(entry: Entry) -> int | None:
    by = entry.said.get("by")
    return by if isinstance(by, int) else None


def happenings(db: Session, sitting_id: int) -> tuple[list[Happening], bool]:
    """The newest happenings of a sitting, newest first, and whether older ones are left out."""
    rows = db.connection().execute(
        select(
            *(col(SittingEvent.seq), col(SittingEvent.kind), col(SittingEvent.at), col(SittingEvent.slot)),
            case((col(SittingEvent.slot).is_(None), col(SittingEvent.body)), else_="{}"),
        )  # type: ignore[call-overload]
        .where(col(SittingEvent.sitting_id) == sitting_id)
        .order_by(col(SittingEvent.seq).desc())
        .limit(LINKS_READ)
    )
    entries = [Entry(seq, kind, instant(at), slot, orjson.loads(body)) for seq, kind, at, slot, body in rows]
    people = {by for entry in entries if (by := _person(entry)) is not None}
    named = db.exec(select(Person.id, Person.name).where(col(Person.id).in_(people)))
    folded = fold(entries, {each: name for each, name in named if each is not None})
    return folded[:HAPPENINGS_SHOWN], len(folded) > HAPPENINGS_SHOWN or len(entries) == LINKS_READ


def counts(db: Session, sitting_id: int) -> dict[str, int]:
    """How often each kind of thing is in a sitting's log."""
    query = select(SittingEvent.kind, func.count()).where(SittingEvent.sitting_id == sitting_id)
    return dict(db.exec(query.group_by(col(SittingEvent.kind))).all())


def adjustments(db: Session, sitting_id: int) -> list[dict[str, Any]]:
    """Every movement of a sitting's deadline in its order, with who made it why."""
    query = (
        select(Adjustment, Person.name)
        .join(Person, col(Person.id) == col(Adjustment.made_by), isouter=True)
        .where(Adjustment.sitting_id == sitting_id)
        .order_by(col(Adjustment.id))
    )
    return [
        {
            "kind": row.kind,
            "seconds": row.seconds,
            "reason": row.reason,
            "made_at": row.made_at,
            "made_by_name": name,
        }
        for row, name in db.exec(query)
    ]
