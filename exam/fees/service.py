"""What other packages ask of fees: charge for something, and take that back."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from exam import schemes
from exam.core import audit
from exam.fees import grants, rules
from exam.fees.allocating import release_due
from exam.fees.invoicing import drop_of_due
from exam.fees.models import Due
from exam.fees.queries import due_of
from exam.fees.rules import NOTHING
from exam.fees.states import MOVES
from exam.schemes.kinds import Scheme, fee_at

MANUAL = "manual"


def charge(
    db: Session,
    *,
    institution_id: int,
    person_id: int,
    scheme_key: str,
    per: str,
    subject_kind: str,
    subject_id: int,
    title: str,
    now: datetime,
    track: str | None = None,
    category: str | None = None,
    hours: Decimal | None = None,
    by: int | None = None,
) -> Due | None:
    """Charge a person what the scheme asks for a thing on this day; None where that costs nothing.

    A thing is charged once: the due that stands for it is returned. Per hour, `hours` are credit hours, of which those
    of a grant are free; a due with free hours only is waived at once. Raises LookupError for a scheme that is not
    declared, ValueError for hours that are missing or not above 0.
    """
    scheme = schemes.get(scheme_key)
    audit.hold(db, institution_id)
    on = today(scheme, now)
    standing = None if subject_kind == MANUAL else due_of(db, subject_kind, subject_id)
    if standing is not None and standing.state != "void":
        return standing
    rule = fee_at(scheme, on, per, track, category)
    if rule is None:
        return None
    if per == "hour" and (hours is None or hours <= 0):
        raise ValueError("a fee by the hour needs hours")
    counted = hours if per == "hour" else None
    taken = (
        grants.free_hours(db, institution_id, person_id, scheme, on, category, counted) if counted is not None else []
    )
    free = sum((part for _, part in taken), NOTHING)
    due = Due(
        institution_id=institution_id,
        person_id=person_id,
        scheme=scheme.key,
        scheme_version=scheme.version_at(on),
        track=track or "",
        category=category or "",
        per=per,
        subject_kind=subject_kind,
        subject_id=subject_id,
        title=title[:200],
        unit_yuan=rule.value.yuan,
        hours=counted,
        free_hours=free,
        amount=rules.amount(rule.value.yuan, counted, free),
        created_at=now,
        created_by=by,
    )
    if due.amount == 0:
        due.state, due.settled_at, due.granted = "waived", now, True
    db.add(due)
    db.flush()
    grants.use(db, due, taken, on, now)
    record(db, due, "fee.charge", by, now, {"free_hours": f"{free:f}"} if free else {})
    return due


def void(db: Session, subject_kind: str, subject_id: int, reason: str, by: int | None, now: datetime) -> Due | None:
    """A thing is no longer to be paid for: what was paid is noted to be paid back, a card's value and free hours return
    to the person. None where nothing was charged; the void due where it is void already."""
    due = due_of(db, subject_kind, subject_id)
    if due is None or due.state == "void":
        return due
    audit.hold(db, due.institution_id)
    return void_due(db, due, reason, by, now)


def void_due(db: Session, due: Due, reason: str, by: int | None, now: datetime) -> Due:
    """Make a due void; see `void`."""
    db.refresh(due)
    if due.state == "void":
        return due
    back = release_due(db, due, reason, by, now)
    hours = grants.give_back(db, due, now)
    drop_of_due(db, due, reason, by, now)
    due.state, due.reason, due.settled_at = MOVES[due.state, "void"], reason[:500], now
    db.add(due)
    db.flush()
    detail = {"reason": reason, "refund": f"{back:f}" if back else "", "free_hours": f"{hours:f}" if hours else ""}
    record(db, due, "fee.void", by, now, detail)
    return due


def today(scheme: Scheme, now: datetime) -> date:
    """The civil day of a scheme."""
    return now.astimezone(ZoneInfo(scheme.zone)).date()


def record(db: Session, due: Due, action: str, by: int | None, now: datetime, detail: Mapping[str, Any]) -> None:
    """Into the audit log: what was done to a due."""
    audit.record(
        db,
        at=now,
        action=action,
        subject=("fee", due.id),
        institution_id=due.institution_id,
        actor_id=by,
        detail={"person": due.person_id, "title": due.title, "yuan": f"{due.amount:f}", **detail},
    )
