"""The ledger's two verbs, post and undo, and its sums. An entry is never changed: an undo is an entry of its own."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, select

from exam.core import audit
from exam.core.db import CENT
from exam.credits.models import HourEntry
from exam.schemes.kinds import Scheme

COPIED = (
    "institution_id",
    "person_id",
    "scheme",
    "scheme_version",
    "track",
    "category",
    "year",
    "on",
    "at",
    "subject",
    "title",
    "source_kind",
    "source_ref",
    "part",
    "evidence",
)


@dataclass(frozen=True)
class Credit:
    """Hours about to be posted; the fields are those of `HourEntry`."""

    institution_id: int
    person_id: int
    scheme: str
    scheme_version: str
    category: str
    hours: Decimal
    on: date
    subject: str
    title: str
    source_kind: str
    source_ref: int
    year: int | None = None
    at: datetime | None = None
    track: str = ""
    part: int = 0
    evidence: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""

    def of(self, source_ref: int) -> "Credit":
        """The same from a source that has its id only now."""
        return dataclasses.replace(self, source_ref=source_ref)


def year_of(scheme: Scheme, on: date) -> int | None:
    """The year that hours earned on a day are registered in; None where the scheme counts no calendar years (then)."""
    cycle = next((rule.value for rule in scheme.cycle if rule.holds(on)), None)
    return on.year if cycle is not None and cycle.kind == "calendar-year" else None


def hold(db: Session, institution_id: int) -> None:
    """Keep every other posting of the institution waiting until this transaction ends.

    Taken before anything is read, so that two who post the same source see each other; it is the lock that the audit
    log takes anyhow, so no second order of locks comes in.
    """
    audit.hold(db, institution_id)


def post_entry(db: Session, credit: Credit, *, now: datetime, by: int | None = None) -> HourEntry:
    """Append hours to the ledger, once for each source and part: while an entry stands, it is returned as it is."""
    hold(db, credit.institution_id)
    query = select(HourEntry).where(
        HourEntry.institution_id == credit.institution_id,
        HourEntry.source_kind == credit.source_kind,
        HourEntry.source_ref == credit.source_ref,
        HourEntry.part == credit.part,
    )
    rows = list(db.exec(query.order_by("number")))
    if rows and rows[-1].undoes_id is None:
        return rows[-1]
    values = {name: getattr(credit, name) for name in COPIED if name != "evidence"}
    entry = HourEntry(
        **values,
        hours=credit.hours,
        evidence=dict(credit.evidence),
        number=len(rows) + 1,
        approved_by=by,
        reason=credit.reason[:500],
        posted_at=now,
    )
    db.add(entry)
    db.flush()
    _record(db, entry, "hours.post", now, by, entry.reason)
    return entry


def undo_entry(db: Session, entry: HourEntry, reason: str, *, now: datetime, by: int | None = None) -> HourEntry:
    """Append the entry that takes another back. Undoing twice is undoing once."""
    hold(db, entry.institution_id)
    found = db.exec(select(HourEntry).where(HourEntry.undoes_id == entry.id)).one_or_none()
    if found is not None:
        return found
    undo = HourEntry(
        **{name: getattr(entry, name) for name in COPIED},
        hours=-entry.hours,
        number=entry.number + 1,
        undoes_id=entry.id,
        approved_by=by,
        reason=reason[:500],
        posted_at=now,
    )
    db.add(undo)
    db.flush()
    _record(db, undo, "hours.undo", now, by, reason)
    return undo


def sums(entries: Iterable[HourEntry]) -> dict[tuple[str, int | None, str], Decimal]:
    """The hours by scheme, year and category, whatever the order of the entries; what comes to nothing is left out."""
    found: dict[tuple[str, int | None, str], Decimal] = {}
    for entry in entries:
        key = (entry.scheme, entry.year, entry.category)
        found[key] = found.get(key, Decimal(0)) + entry.hours
    return {key: hours.quantize(CENT) for key, hours in found.items() if hours}


def standing(entries: Iterable[HourEntry]) -> list[HourEntry]:
    """The entries that were posted and not taken back, oldest day first."""
    rows = list(entries)
    undone = {row.undoes_id for row in rows if row.undoes_id is not None}
    left = [row for row in rows if row.undoes_id is None and row.id not in undone]
    return sorted(left, key=lambda row: (row.on, row.id or 0))


def repeated(entries: Iterable[HourEntry]) -> dict[int, int]:
    """Entry id → the id of the earlier one that stands for the same subject in the same year: a duplicate.

    Both stay in the ledger. Waived hours and hours spread over years are no courses, so they repeat nothing.
    """
    first: dict[tuple[str, int | None, str, str], int] = {}
    found: dict[int, int] = {}
    for row in standing(entries):
        if row.source_kind not in ("passed", "finished", "manual") or not row.subject:
            continue
        key = (row.scheme, row.year, row.track, row.subject)
        if key in first:
            found[row.id or 0] = first[key]
        else:
            first[key] = row.id or 0
    return found


def _record(db: Session, entry: HourEntry, action: str, now: datetime, by: int | None, reason: str) -> None:
    detail = {"person": entry.person_id, "scheme": entry.scheme, "title": entry.title, "hours": f"{entry.hours:f}"}
    audit.record(
        db,
        at=now,
        action=action,
        subject=("hour-entry", entry.id),
        institution_id=entry.institution_id,
        actor_id=by,
        detail={**detail, "reason": reason} if reason else detail,
    )
