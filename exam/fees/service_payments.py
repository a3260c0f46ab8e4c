"""Payments: collected, allocated to dues, undone; what is to be paid back."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.core import audit
from exam.core.clock import SHANGHAI
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.fees.allocating import allocate, note_refund, release_payment, rest_of
from exam.fees.gateways import Gateway
from exam.fees.invoicing import drop_of_due
from exam.fees.models import Due, FeePayment, FeeRefund

MOST_DUES = 500


def settle(
    db: Session, who: Caller, gateway: Gateway, due_ids: Sequence[int], now: datetime, *, own: bool = False
) -> FeePayment:
    """Collect a payment and settle dues with it, in the order given; what is too much stays as its rest.

    `own`: only dues of the caller's. Raises Refused, and NotFound for dues of others.
    """
    audit.hold(db, who.institution_id)
    dues = _dues(db, who, due_ids, own)
    payment = gateway.collect(db, now)
    touched = allocate(db, payment, _fitting(payment, dues), who.person_id, now)
    action = "payment.record" if payment.gateway == "transfer" else "card.redeem"
    deeds.record_by(db, who, now, action, ("payment", payment.id), _detail(payment, touched))
    return payment


def use_rest(
    db: Session, who: Caller, payment_id: int, due_ids: Sequence[int], now: datetime, *, own: bool = False
) -> list[Due]:
    """Settle further dues with what is left of a payment. Returns those that got a part. Raises Refused, NotFound."""
    audit.hold(db, who.institution_id)
    payment = of_institution(db, who, payment_id, own=own)
    dues = _dues(db, who, due_ids, own)
    if rest_of(db, payment) <= 0:
        raise Refused(Refusal("payment-used-up"))
    touched = allocate(db, payment, _fitting(payment, dues), who.person_id, now)
    if not touched:
        raise Refused(Refusal("payment-does-not-fit"))
    deeds.record_by(db, who, now, "payment.allocate", ("payment", payment.id), _detail(payment, touched))
    return touched


def undo(db: Session, who: Caller, payment_id: int, reason: str, now: datetime) -> list[Due]:
    """A transfer was recorded wrongly: what it had settled is unpaid again. Returns those dues.

    Raises NotFound, Invalid without a reason, and Refused where it is undone already or money was paid back from it.
    """
    audit.hold(db, who.institution_id)
    payment = of_institution(db, who, payment_id)
    if not reason.strip():
        raise Invalid([Problem("reason", "required")])
    if payment.gateway != "transfer":
        raise Refused(Refusal("payment-not-a-transfer"))
    if payment.undone_at is not None:
        raise Refused(Refusal("payment-undone"))
    refunds = db.exec(select(FeeRefund).where(FeeRefund.payment_id == payment.id)).all()
    if any(row.state == "made" for row in refunds):
        raise Refused(Refusal("payment-refunded"))
    for row in refunds:
        if row.state == "noted":
            row.state, row.done_at, row.done_by = "dropped", now, who.person_id
            db.add(row)
    payment.undone_at, payment.undone_by, payment.undone_reason = now, who.person_id, reason.strip()[:500]
    db.add(payment)
    dues = release_payment(db, payment, now)
    for due in dues:
        if due.state == "unpaid":
            drop_of_due(db, due, reason.strip(), who.person_id, now)
    detail = {**_detail(payment, dues), "reason": reason.strip()}
    deeds.record_by(db, who, now, "payment.undo", ("payment", payment.id), detail)
    return dues


def refund_rest(db: Session, who: Caller, payment_id: int, reason: str, now: datetime) -> FeeRefund:
    """What is left of a transfer is to be paid back. Raises NotFound, Invalid, Refused."""
    audit.hold(db, who.institution_id)
    payment = of_institution(db, who, payment_id)
    if not reason.strip():
        raise Invalid([Problem("reason", "required")])
    if payment.gateway != "transfer":
        raise Refused(Refusal("payment-not-a-transfer"))
    rest = rest_of(db, payment)
    if rest <= 0:
        raise Refused(Refusal("payment-used-up"))
    row = note_refund(db, payment, rest, reason.strip()[:500], who.person_id, now)
    deeds.record_by(db, who, now, "refund.note", ("payment", payment.id), _refund_detail(row))
    return row


def refund_done(db: Session, who: Caller, refund_id: int, done_on: date, reference: str, now: datetime) -> FeeRefund:
    """The money was paid back on a day, under a bank reference. Raises NotFound, Invalid, Refused."""
    row = _noted(db, who, refund_id)
    if not reference.strip():
        raise Invalid([Problem("reference", "required")])
    if done_on > now.astimezone(SHANGHAI).date():
        raise Refused(Refusal("payment-in-future"))
    row.state, row.done_at, row.done_by = "made", now, who.person_id
    row.done_on, row.reference = done_on, reference.strip()[:100]
    db.add(row)
    db.flush()
    detail = {**_refund_detail(row), "reference": row.reference, "on": done_on.isoformat()}
    deeds.record_by(db, who, now, "refund.make", ("payment", row.payment_id), detail)
    return row


def refund_dropped(db: Session, who: Caller, refund_id: int, now: datetime) -> FeeRefund:
    """The money stays after all, as the payment's rest. Raises NotFound, Refused."""
    row = _noted(db, who, refund_id)
    row.state, row.done_at, row.done_by = "dropped", now, who.person_id
    db.add(row)
    db.flush()
    deeds.record_by(db, who, now, "refund.drop", ("payment", row.payment_id), _refund_detail(row))
    return row


def of_institution(db: Session, who: Caller, payment_id: int, *, own: bool = False) -> FeePayment:
    """A payment at the caller's institution, as it is now; `own`: one that the caller made. Raises NotFound."""
    payment = db.get(FeePayment, payment_id, populate_existing=True)
    if payment is None or payment.institution_id != who.institution_id or (own and payment.person_id != who.person_id):
        raise NotFound(str(payment_id))
    return payment


def _noted(db: Session, who: Caller, refund_id: int) -> FeeRefund:
    audit.hold(db, who.institution_id)
    row = db.get(FeeRefund, refund_id, populate_existing=True)
    if row is None or row.institution_id != who.institution_id:
        raise NotFound(str(refund_id))
    if row.state != "noted":
        raise Refused(Refusal("refund-done"))
    return row


def _dues(db: Session, who: Caller, due_ids: Sequence[int], own: bool) -> list[Due]:
    wanted = list(dict.fromkeys(due_ids))
    if len(wanted) > MOST_DUES:
        raise Invalid([Problem("due", "fees-too-many", {"most": MOST_DUES})])
    query = select(Due).where(col(Due.id).in_(wanted), Due.institution_id == who.institution_id)
    if own:
        query = query.where(Due.person_id == who.person_id)
    found = {due.id: due for due in db.exec(query.execution_options(populate_existing=True))}
    if missing := [due_id for due_id in wanted if due_id not in found]:
        raise NotFound(str(missing[0]))
    return [found[due_id] for due_id in wanted]


def _fitting(payment: FeePayment, dues: Sequence[Due]) -> list[Due]:
    """Dues that a payment can settle: a card's are its scheme's and its holder's own."""
    if payment.gateway == "transfer":
        return list(dues)
    return [due for due in dues if due.scheme == payment.scheme and due.person_id == payment.person_id]


def _detail(payment: FeePayment, dues: Sequence[Due]) -> dict[str, Any]:
    return {
        "payer": payment.payer,
        payment.unit: f"{payment.value:f}",
        "reference": payment.reference,
        "fees": [due.id for due in dues],
        "people": sorted({due.person_id for due in dues}),
    }


def _refund_detail(row: FeeRefund) -> dict[str, Any]:
    return {"yuan": f"{row.amount:f}", "reason": row.reason}
