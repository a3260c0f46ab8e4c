"""Posts outcomes and the hours that they earn to the ledger, and takes them back; nothing there is ever changed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from exam import schemes
from exam.core import audit
from exam.credits import signals
from exam.credits.ledger import Credit, hold, post_entry, undo_entry, year_of
from exam.credits.models import HourEntry, Outcome
from exam.schemes.kinds import Scheme, rows_at
from exam.schemes.rows import Posting

OWN_FIELDS = ("person_id", "scheme", "kind", "track", "delivery", "subject", "title", "fields", "at", "window_closes")


def post_outcome(
    db: Session,
    *,
    institution_id: int,
    person_id: int,
    scheme_key: str,
    kind: str,
    subject: str,
    title: str,
    source_kind: str,
    source_ref: int,
    at: datetime,
    now: datetime,
    by: int | None = None,
    window_closes: datetime | None = None,
    track: str = "",
    category: str | None = None,
    hours: Decimal | None = None,
    delivery: str = "",
    fields: Mapping[str, Any] | None = None,
    day_only: bool = False,
) -> Outcome:
    """Post that somebody passed or finished something, with the hours that the scheme's `posts` rows say.

    Once for each source: the same content again changes nothing, other content takes back what stood and posts anew.
    `hours` and `category` are the course's own, used where the scheme's row names none; `day_only` says that of `at`
    only its day is known, so that the hours are neither before nor after others of that day. Raises LookupError for a
    scheme that is not declared or does not reach that day.
    """
    scheme = schemes.get(scheme_key)
    on = at.astimezone(ZoneInfo(scheme.zone)).date()
    wanted = Outcome(
        institution_id=institution_id,
        person_id=person_id,
        scheme=scheme_key,
        scheme_version=scheme.version_at(on),
        kind=kind,
        track=track or "",
        delivery=delivery or "",
        subject=subject[:80],
        title=title[:200],
        fields=dict(fields or {}),
        source_kind=source_kind,
        source_ref=source_ref,
        at=at,
        window_closes=window_closes,
        posted_at=now,
        posted_by=by,
    )
    credit = credit_of(scheme, wanted, hours, category)
    if credit is not None and day_only:
        credit = replace(credit, at=None)
    hold(db, institution_id)
    rows = _rows(db, source_kind, source_ref)
    standing = _standing(rows)
    if standing is not None:
        if _same(standing, wanted) and _same_credit(db, standing, credit):
            return standing
        _take_back(db, standing, len(rows) + 1, "changed", by, now)
        rows = _rows(db, source_kind, source_ref)
    wanted.number = len(rows) + 1
    db.add(wanted)
    db.flush()
    _record(db, wanted, "outcome.post", by, now, {"hours": str(credit.hours) if credit else None})
    if credit is not None:
        post_entry(db, credit.of(wanted.id or 0), now=now, by=by)
    signals.tell(signals.posted, db, wanted, now)
    return wanted


def undo_outcome(
    db: Session, source_kind: str, source_ref: int, reason: str, by: int | None, now: datetime
) -> Outcome | None:
    """Take back the outcome that stands for a source, and its hours; returns it, None when there was none to undo."""
    first = db.exec(
        select(Outcome.institution_id).where(Outcome.source_kind == source_kind, Outcome.source_ref == source_ref)
    ).first()
    if first is None:
        return None
    hold(db, first)
    rows = _rows(db, source_kind, source_ref)
    standing = _standing(rows)
    if standing is not None:
        _take_back(db, standing, len(rows) + 1, reason, by, now)
    return standing


def standing_outcome(db: Session, source_kind: str, source_ref: int) -> Outcome | None:
    """The outcome that stands for a source; None when nothing was posted or it was taken back."""
    return _standing(_rows(db, source_kind, source_ref))


def _rows(db: Session, source_kind: str, source_ref: int) -> list[Outcome]:
    query = select(Outcome).where(Outcome.source_kind == source_kind, Outcome.source_ref == source_ref)
    return list(db.exec(query.order_by("number")))


def _standing(rows: list[Outcome]) -> Outcome | None:
    return rows[-1] if rows and rows[-1].undoes_id is None else None


def _same(old: Outcome, new: Outcome) -> bool:
    return all(getattr(old, name) == getattr(new, name) for name in OWN_FIELDS)


def credit_of(scheme: Scheme, outcome: Outcome, hours: Decimal | None, category: str | None) -> Credit | None:
    """The hours that the outcome earns; None where the scheme posts none for it or nobody knows how many."""
    on = outcome.at.astimezone(ZoneInfo(scheme.zone)).date()
    for rule in rows_at(scheme.posts, on):
        row: Posting = rule.value
        if row.on != outcome.kind or row.delivery not in (None, outcome.delivery):
            continue
        earned, into = row.hours if row.hours is not None else hours, row.category or category
        if not earned or not into:
            return None
        return Credit(
            institution_id=outcome.institution_id,
            person_id=outcome.person_id,
            scheme=outcome.scheme,
            scheme_version=outcome.scheme_version,
            track=outcome.track,
            category=into,
            hours=Decimal(earned),
            year=year_of(scheme, on),
            on=on,
            at=outcome.at,
            subject=outcome.subject,
            title=outcome.title,
            source_kind=outcome.kind,
            source_ref=0,
        )
    return None


def _entry(db: Session, outcome: Outcome) -> HourEntry | None:
    query = select(HourEntry).where(HourEntry.source_kind == outcome.kind, HourEntry.source_ref == outcome.id)
    rows = list(db.exec(query.order_by("number")))
    return rows[-1] if rows and rows[-1].undoes_id is None else None


def _same_credit(db: Session, standing: Outcome, credit: Credit | None) -> bool:
    entry = _entry(db, standing)
    if entry is None or credit is None:
        return entry is None and credit is None
    return (entry.hours, entry.category) == (credit.hours, credit.category)


def _take_back(db: Session, outcome: Outcome, number: int, reason: str, by: int | None, now: datetime) -> None:
    copied = {name: getattr(outcome, name) for name in (*OWN_FIELDS, "institution_id", "scheme_version")}
    sources: dict[str, Any] = {"source_kind": outcome.source_kind, "source_ref": outcome.source_ref, "number": number}
    undo = Outcome(
        **copied, **sources, undoes_id=outcome.id, reason=reason[:500] or "undone", posted_at=now, posted_by=by
    )
    db.add(undo)
    db.flush()
    _record(db, outcome, "outcome.undo", by, now, {"reason": reason})
    entry = _entry(db, outcome)
    if entry is not None:
        undo_entry(db, entry, reason, now=now, by=by)
    signals.tell(signals.undone, db, outcome, now)


def _record(
    db: Session, outcome: Outcome, action: str, by: int | None, now: datetime, detail: Mapping[str, Any]
) -> None:
    audit.record(
        db,
        at=now,
        action=action,
        subject=("outcome", outcome.id),
        institution_id=outcome.institution_id,
        actor_id=by,
        detail={"person": outcome.person_id, "scheme": outcome.scheme, "title": outcome.title, **detail},
    )
