"""What the office does with dues: charge by hand, waive, take that back, make void; and how it is paid."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session, select

from exam import schemes
from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.accounts.models import RoleGrant
from exam.accounts.permissions import Role
from exam.core import audit
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.fees import grants
from exam.fees.allocating import release_due
from exam.fees.models import Due, PaymentInstructions
from exam.fees.rules import amount
from exam.fees.service import MANUAL, charge, record, void_due
from exam.fees.states import MOVES, may_move

MOST_HOURS = Decimal(1000)


@dataclass(frozen=True)
class ByHand:
    """A fee that the office charges by hand: which of the scheme's, for what."""

    scheme: str
    per: str
    track: str | None
    category: str | None
    title: str
    hours: Decimal | None


def charge_by_hand(db: Session, who: Caller, person_id: int, wanted: ByHand, now: datetime) -> Due:
    """Charge a candidate of the institution. Raises NotFound, Invalid, Refused where the scheme has no such fee."""
    candidate = select(RoleGrant.person_id).where(
        RoleGrant.person_id == person_id,
        RoleGrant.institution_id == who.institution_id,
        RoleGrant.role == Role.CANDIDATE,
    )
    if db.exec(candidate).first() is None:
        raise NotFound(str(person_id))
    problems = []
    if wanted.scheme not in schemes.SCHEMES:
        problems.append(Problem("fee", "required"))
    if not wanted.title.strip():
        problems.append(Problem("title", "required"))
    if wanted.per == "hour" and (wanted.hours is None or not 0 < wanted.hours <= MOST_HOURS):
        problems.append(Problem("hours", "fee-hours", {"most": f"{MOST_HOURS:f}"}))
    if problems:
        raise Invalid(problems)
    due = charge(
        db,
        institution_id=who.institution_id,
        person_id=person_id,
        scheme_key=wanted.scheme,
        per=wanted.per,
        subject_kind=MANUAL,
        subject_id=0,
        title=wanted.title.strip(),
        now=now,
        track=wanted.track,
        category=wanted.category,
        hours=wanted.hours,
        by=who.person_id,
    )
    if due is None:
        raise Refused(Refusal("fee-none"))
    return due


def waive(db: Session, who: Caller, due_id: int, reason: str, now: datetime) -> Due:
    """Somebody need not pay, for a reason; what had come in is noted to be paid back. Raises NotFound, Invalid,
    Refused."""
    due = _moving(db, who, due_id, "waive", reason)
    back = release_due(db, due, reason, who.person_id, now)
    due.state, due.reason, due.settled_at = MOVES[due.state, "waive"], reason.strip()[:500], now
    db.add(due)
    db.flush()
    detail = {"reason": due.reason, "refund": f"{back:f}" if back else ""}
    record(db, due, "fee.waive", who.person_id, now, detail)
    return due


def unwaive(db: Session, who: Caller, due_id: int, reason: str, now: datetime) -> Due:
    """It is to be paid after all, free hours included where they were the reason. Raises NotFound, Invalid, Refused."""
    due = _moving(db, who, due_id, "unwaive", reason)
    if due.granted:
        grants.give_back(db, due, now)
        due.granted, due.free_hours = False, Decimal(0)
        due.amount = amount(due.unit_yuan, due.hours)
    due.state, due.reason, due.settled_at = MOVES[due.state, "unwaive"], reason.strip()[:500], None
    db.add(due)
    db.flush()
    record(db, due, "fee.unwaive", who.person_id, now, {"reason": due.reason})
    return due


def make_void(db: Session, who: Caller, due_id: int, reason: str, now: datetime) -> Due:
    """Something was charged wrongly. Raises NotFound, Invalid, Refused."""
    return void_due(db, _moving(db, who, due_id, "void", reason), reason.strip(), who.person_id, now)


def of_institution(db: Session, who: Caller, due_id: int, *, fresh: bool = False) -> Due:
    """A due at the caller's institution. Raises NotFound."""
    due = db.get(Due, due_id, populate_existing=fresh)
    if due is None or due.institution_id != who.institution_id:
        raise NotFound(str(due_id))
    return due


def _moving(db: Session, who: Caller, due_id: int, event: str, reason: str) -> Due:
    audit.hold(db, who.institution_id)
    due = of_institution(db, who, due_id, fresh=True)
    if not reason.strip():
        raise Invalid([Problem("reason", "required")])
    refusal = may_move(due.state, event)
    if refusal is not None:
        raise Refused(refusal)
    return due


def instruct(
    db: Session, who: Caller, payee: str, bank: str, account: str, note: str, note_en: str, now: datetime
) -> PaymentInstructions:
    """Say how the institution is paid; from then on its enrolments are charged. Raises Invalid."""
    given = {"payee": payee.strip(), "bank": bank.strip(), "account": account.strip()}
    longest = {"payee": 100, "bank": 100, "account": 60}
    problems = [Problem(name, "required") for name, value in given.items() if not value]
    problems += [
        Problem(name, "too-long", {"most": longest[name]})
        for name, value in given.items()
        if len(value) > longest[name]
    ]
    if problems:
        raise Invalid(problems)
    audit.hold(db, who.institution_id)
    row = db.get(PaymentInstructions, who.institution_id)
    words = {**given, "note": note.strip()[:500], "note_en": note_en.strip()[:500]}
    if row is None:
        row = PaymentInstructions(institution_id=who.institution_id, **words, changed_at=now, changed_by=who.person_id)
    else:
        row.sqlmodel_update({**words, "changed_at": now, "changed_by": who.person_id})
    db.add(row)
    db.flush()
    deeds.record_by(db, who, now, "fee.instructions", ("institution", who.institution_id), given)
    return row
