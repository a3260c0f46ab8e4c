"""Extra time for a candidate: granted with a reason, shown to them, revocable. Counts for sittings not started."""

from datetime import datetime
from decimal import Decimal, InvalidOperation

from sqlmodel import Session, col, select

from exam.accounts.access import Caller
from exam.core import audit
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.scheduling.loading import managed
from exam.scheduling.models import Accommodation
from exam.scheduling.rules import MAX_EXTRA_MINUTES, MAX_FACTOR


def parse_extra(kind: str, amount: str, reason: str) -> tuple[Decimal | None, int | None]:
    """A form's extra time as (factor, minutes), one of them None. Raises Invalid.

    `kind` is "factor" (1.25: a quarter more than the duration) or "minutes".
    """
    problems = []
    if not reason.strip():
        problems.append(Problem("reason", "required"))
    factor: Decimal | None = None
    minutes: int | None = None
    try:
        value = Decimal(amount.strip())
    except InvalidOperation:
        value = Decimal("NaN")
    if kind == "factor":
        factor = value
        if not value.is_finite() or not 1 < value <= MAX_FACTOR or value != round(value, 2):
            problems.append(Problem("amount", "extra-factor", {"max": MAX_FACTOR}))
    elif not value.is_finite() or value != value.to_integral_value() or not 1 <= value <= MAX_EXTRA_MINUTES:
        problems.append(Problem("amount", "extra-minutes", {"max": MAX_EXTRA_MINUTES}))
    else:
        minutes = int(value)
    if problems:
        raise Invalid(problems)
    return factor, minutes


def grant_extra(
    db: Session,
    who: Caller,
    enrolment_id: int,
    now: datetime,
    *,
    reason: str,
    factor: Decimal | None = None,
    minutes: int | None = None,
) -> Accommodation:
    """Grant extra time, in place of what was granted before. Raises NotFound, and Refused for a finished one."""
    loaded = managed(db, who, enrolment_id, lock=True)
    if loaded.enrolment.state != "active":
        raise Refused(Refusal(f"enrolment-{loaded.enrolment.state}"))
    for before in _current(db, enrolment_id):
        before.revoked_at = now
        db.add(before)
    db.flush()
    grant = Accommodation(
        institution_id=loaded.enrolment.institution_id,
        enrolment_id=enrolment_id,
        factor=factor,
        extra_minutes=minutes,
        reason=reason.strip(),
        granted_by=who.person_id,
        granted_at=now,
    )
    db.add(grant)
    db.flush()
    _record(db, who, "extra-time.grant", grant, now)
    return grant


def revoke_extra(db: Session, who: Caller, enrolment_id: int, accommodation_id: int, now: datetime) -> None:
    """Take extra time back; sittings that have started keep theirs. Twice is once. Raises NotFound."""
    managed(db, who, enrolment_id, lock=True)
    grant = db.get(Accommodation, accommodation_id)
    if grant is None or grant.enrolment_id != enrolment_id:
        raise NotFound
    if grant.revoked_at is None:
        grant.revoked_at = now
        db.add(grant)
        db.flush()
        _record(db, who, "extra-time.revoke", grant, now)


def _current(db: Session, enrolment_id: int) -> list[Accommodation]:
    query = select(Accommodation).where(
        Accommodation.enrolment_id == enrolment_id, col(Accommodation.revoked_at).is_(None)
    )
    return list(db.exec(query))


def _record(db: Session, who: Caller, action: str, grant: Accommodation, now: datetime) -> None:
    # The reason may tell of somebody's health: it stays with the grant and is not copied into the log.
    factor = str(grant.factor) if grant.factor is not None else None
    audit.record(
        db,
        at=now,
        action=action,
        subject=("enrolment", grant.enrolment_id),
        institution_id=grant.institution_id,
        actor_id=who.person_id,
        detail={"grant": grant.id, "factor": factor, "minutes": grant.extra_minutes},
    )
