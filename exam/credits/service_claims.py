"""Claims: made and sent by a person, decided by the office; approval posts hours, taking back undoes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from exam import schemes
from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.core import audit
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.credits import claim_rows
from exam.credits.calculators import Stated, waived, waiver_in_time, waiver_year, worth
from exam.credits.claim_rows import ActivityRow, WaiverRow
from exam.credits.ledger import Credit, post_entry, standing, undo_entry
from exam.credits.models import HourEntry
from exam.credits.models_claims import Claim, ClaimEvidence
from exam.credits.service_membership import current, ensure
from exam.credits.signals import Moved, tell_moved
from exam.credits.states import MOVES, may_move
from exam.schemes.kinds import value_at

REASON_NEEDED = frozenset({"refuse", "forged", "take-back", "not-forged"})


@dataclass(frozen=True)
class Wanted:
    """What somebody fills in: which row, when it ended or was awarded, for which year, and what they state."""

    scheme: str
    kind: str
    row: str
    variant: str
    year: int
    stated: Stated


def make(db: Session, who: Caller, wanted: Wanted, now: datetime) -> Claim:
    """A draft of the caller's own. Raises Refused where it can't be credited, NotFound for rows that are not there."""
    row = claim_rows.find(wanted.scheme, wanted.kind, wanted.row, wanted.variant, wanted.stated.on)
    if isinstance(row, ActivityRow) and row.activity.posted_by_exam:
        raise Refused(Refusal("claim-by-exam"))
    if isinstance(row, WaiverRow) and not row.waiver.apply:
        raise Refused(Refusal("waiver-by-office"))
    claim = _new(db, who, who.person_id, row, wanted, now)
    deeds.record_by(db, who, now, "claim.make", ("claim", claim.id), _detail(claim))
    return claim


def record_waiver(db: Session, who: Caller, person_id: int, wanted: Wanted, reason: str, now: datetime) -> Claim:
    """The office records a waiver that needs no application, with the reason; it is approved by that.

    Raises Refused, NotFound, and Invalid without a reason.
    """
    row = claim_rows.find(wanted.scheme, wanted.kind, wanted.row, wanted.variant, wanted.stated.on)
    if not isinstance(row, WaiverRow) or row.waiver.apply:
        raise Refused(Refusal("waiver-needs-application"))
    if not reason.strip():
        raise Invalid([Problem("reason", "required")])
    if person_id == who.person_id:
        raise Refused(Refusal("claim-own"))
    audit.hold(db, who.institution_id)
    claim = _new(db, who, person_id, row, wanted, now)
    _once_a_year(db, claim, row)
    claim.state, claim.sent_at = "approved", now
    claim.decided_at, claim.decided_by, claim.reason = now, who.person_id, reason.strip()[:500]
    _post(db, claim, who.person_id, now)
    deeds.record_by(db, who, now, "claim.record", ("claim", claim.id), {**_detail(claim), "reason": reason})
    _tell(db, claim, now)
    return claim


def send(db: Session, who: Caller, claim_id: int, now: datetime) -> Claim:
    """Hand one's draft in: with every kind of evidence, and within the year's deadline. Raises Refused, NotFound."""
    audit.hold(db, who.institution_id)
    claim = own(db, who, claim_id, lock=True)
    _allowed(claim, "send")
    row = claim_rows.of(claim)
    kinds = set(db.exec(select(ClaimEvidence.kind).where(ClaimEvidence.claim_id == claim.id)))
    if missing := [kind for kind in row.evidence if kind not in kinds]:
        raise Refused(Refusal("claim-evidence-missing", params={"count": len(missing)}))
    today = _today(claim.scheme, now)
    if isinstance(row, WaiverRow):
        history = schemes.get(claim.scheme).waiver_deadline
        late = waiver_in_time(value_at(history, today) if history else None, claim.year, today)
        if late is not None:
            raise Refused(late)
    _once_a_year(db, claim, row)
    claim.state, claim.sent_at = MOVES[claim.state, "send"], now
    db.add(claim)
    deeds.record_by(db, who, now, "claim.send", ("claim", claim.id), _detail(claim))
    return claim


def withdraw(db: Session, who: Caller, claim_id: int, now: datetime) -> Claim:
    """Take one's own claim back before it is decided. Raises Refused, NotFound."""
    audit.hold(db, who.institution_id)
    claim = own(db, who, claim_id, lock=True)
    _allowed(claim, "withdraw")
    claim.state = MOVES[claim.state, "withdraw"]
    db.add(claim)
    deeds.record_by(db, who, now, "claim.withdraw", ("claim", claim.id), _detail(claim))
    return claim


def decide(
    db: Session, who: Caller, claim_id: int, event: str, now: datetime, *, reason: str = "", reference: str = ""
) -> Claim:
    """The office's decision: approve, refuse, forged, take-back, not-forged.

    Approval posts the hours, each other event takes back what was posted. A forged claim cancels its year where the
    scheme says so (S3 annex 2 §15), until the office takes that back. Raises Refused, NotFound, Invalid.
    """
    audit.hold(db, who.institution_id)
    claim = managed(db, who, claim_id, lock=True)
    if event not in REASON_NEEDED and event != "approve":
        raise Invalid([Problem("event", "required")])
    _allowed(claim, event)
    if claim.person_id == who.person_id:
        raise Refused(Refusal("claim-own"))
    row = claim_rows.of(claim)
    if event in REASON_NEEDED and not reason.strip():
        raise Invalid([Problem("reason", "required")])
    if event == "approve" and row.approver == "bureau" and not reference.strip():
        raise Invalid([Problem("reference", "claim-reference-needed")])
    if event == "approve":
        _once_a_year(db, claim, row)
    was = claim.state
    claim.state = MOVES[was, event]
    claim.decided_at, claim.decided_by, claim.reason = now, who.person_id, reason.strip()[:500]
    claim.reference = reference.strip()[:100] or claim.reference
    claim.bars = claim.state == "forged" and _bars(claim)
    db.add(claim)
    if claim.state == "approved":
        _post(db, claim, who.person_id, now)
    elif was == "approved":
        _undo(db, claim, reason, who.person_id, now)
    detail = {**_detail(claim), "reason": reason, "reference": claim.reference}
    deeds.record_by(db, who, now, f"claim.{event}", ("claim", claim.id), detail)
    _tell(db, claim, now)
    return claim


def own(db: Session, who: Caller, claim_id: int, lock: bool = False) -> Claim:
    """A claim of the caller's at the institution they work for. Raises NotFound."""
    claim = managed(db, who, claim_id, lock)
    if claim.person_id != who.person_id:
        raise NotFound(str(claim_id))
    return claim


def managed(db: Session, who: Caller, claim_id: int, lock: bool = False) -> Claim:
    """A claim at the caller's institution. Raises NotFound."""
    query = select(Claim).where(Claim.id == claim_id, Claim.institution_id == who.institution_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    claim = db.exec(query).one_or_none()
    if claim is None:
        raise NotFound(str(claim_id))
    return claim


def _new(
    db: Session, who: Caller, person_id: int, row: ActivityRow | WaiverRow, wanted: Wanted, now: datetime
) -> Claim:
    stated, scheme = wanted.stated, schemes.get(wanted.scheme)
    if stated.on > _today(wanted.scheme, now):
        raise Refused(Refusal("claim-in-future"))
    member = current(db, who.institution_id, person_id, wanted.scheme)
    hours: Decimal | None
    year = stated.on.year
    if isinstance(row, WaiverRow):
        year = wanted.year
        refusal = waiver_year(row.waiver, stated.on, year)
        found = refusal or waived(row.waiver, stated, member.facts if member else {})
        if isinstance(found, Refusal):
            raise Refused(found)
        hours = found
    else:
        value = worth(row.variant, stated)
        if isinstance(value, Refusal):
            raise Refused(value)
        hours = value.hours
    claim = Claim(
        institution_id=who.institution_id,
        person_id=person_id,
        scheme=wanted.scheme,
        scheme_version=scheme.version_at(stated.on),
        kind=wanted.kind,
        row=wanted.row,
        variant=wanted.variant,
        title=row.title,
        on=stated.on,
        year=year,
        stated=claim_rows.to_json(stated),
        hours=hours,
        created_at=now,
        created_by=who.person_id,
    )
    db.add(claim)
    db.flush()
    return claim


def _allowed(claim: Claim, event: str) -> None:
    refusal = may_move(claim.state, event)
    if refusal is not None:
        raise Refused(refusal)


def _today(scheme: str, now: datetime) -> date:
    return now.astimezone(ZoneInfo(schemes.get(scheme).zone)).date()


def _bars(claim: Claim) -> bool:
    history = schemes.get(claim.scheme).forgery_bars
    return bool(history) and value_at(history, claim.on)


def _once_a_year(db: Session, claim: Claim, row: ActivityRow | WaiverRow) -> None:
    """Of the waivers of one group only one is granted in a year ("once" and "two or more" exclude each other)."""
    if not isinstance(row, WaiverRow) or not row.waiver.group:
        return
    alike = claim_rows.group(claim.scheme, row.waiver.group, claim.on)
    query = select(Claim.id).where(
        Claim.institution_id == claim.institution_id,
        Claim.person_id == claim.person_id,
        Claim.scheme == claim.scheme,
        Claim.year == claim.year,
        Claim.state == "approved",
        col(Claim.row).in_(alike),
        Claim.id != claim.id,
    )
    if db.exec(query).first() is not None:
        raise Refused(Refusal("waiver-already", params={"year": claim.year}))


def _post(db: Session, claim: Claim, by: int, now: datetime) -> None:
    ensure(db, claim.institution_id, claim.person_id, claim.scheme, now, by=by)
    row = claim_rows.of(claim)
    if isinstance(row, WaiverRow):
        parts: tuple[tuple[int, Decimal], ...] = ((claim.year, claim.hours),) if claim.hours else ()
    else:
        value = worth(row.variant, claim_rows.from_json(claim.on, claim.stated))
        if isinstance(value, Refusal):
            raise Refused(value)
        parts = value.by_year
    files: Mapping[str, Any] = {"claim": claim.id, "reference": claim.reference}
    for part, (year, hours) in enumerate(parts):
        credit = Credit(
            institution_id=claim.institution_id,
            person_id=claim.person_id,
            scheme=claim.scheme,
            scheme_version=claim.scheme_version,
            category=row.category,
            hours=hours,
            year=year,
            on=claim.on if year == claim.on.year else date(year, 1, 1),
            subject=f"{claim.row}/{claim.variant}" if claim.variant else claim.row,
            title=claim.title,
            source_kind=claim.kind,
            source_ref=claim.id or 0,
            part=part,
            evidence=files,
        )
        post_entry(db, credit, now=now, by=by)


def _undo(db: Session, claim: Claim, reason: str, by: int, now: datetime) -> None:
    query = select(HourEntry).where(HourEntry.source_kind == claim.kind, HourEntry.source_ref == claim.id)
    for entry in standing(db.exec(query)):
        undo_entry(db, entry, reason, now=now, by=by)


def _tell(db: Session, claim: Claim, now: datetime) -> None:
    moved = Moved(claim.institution_id, claim.person_id, claim.scheme, date(claim.year, 12, 31))
    tell_moved(db, moved, now)


def _detail(claim: Claim) -> dict[str, Any]:
    hours = None if claim.hours is None else f"{claim.hours:f}"
    return {"person": claim.person_id, "scheme": claim.scheme, "title": claim.title, "year": claim.year, "hours": hours}
