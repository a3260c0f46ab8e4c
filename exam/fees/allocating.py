"""How payments come to settle dues: what is open, what is left, and what follows for a due's state.

Everybody who calls this holds the institution's place in the audit log (`core.audit.hold`), so that none runs beside
another.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session, col, func, select

from exam.fees.models import Due, FeeAllocation, FeePayment, FeeRefund
from exam.fees.rules import NOTHING, Open, share_out
from exam.fees.states import MOVES

CHUNK = 500


def received(db: Session, due_ids: Collection[int]) -> dict[int, Decimal]:
    """Yuan that have come in for each of these dues; those without any are left out."""
    found: dict[int, Decimal] = {}
    wanted = sorted(due_ids)
    for start in range(0, len(wanted), CHUNK):
        query = (
            select(FeeAllocation.due_id, func.sum(FeeAllocation.yuan))
            .where(
                col(FeeAllocation.due_id).in_(wanted[start : start + CHUNK]), col(FeeAllocation.released_at).is_(None)
            )
            .group_by(col(FeeAllocation.due_id))
        )
        found |= {due_id: Decimal(total) for due_id, total in db.exec(query)}
    return found


def open_yuan(db: Session, due: Due) -> Decimal:
    """What is still to be paid of a due."""
    if due.state != "unpaid":
        return NOTHING
    return due.amount - received(db, [due.id or 0]).get(due.id or 0, NOTHING)


def rests(db: Session, payments: Sequence[FeePayment]) -> dict[int, Decimal]:
    """What of each payment is neither allocated nor to be paid back, in its unit; nothing of one that is undone."""
    found = {payment.id or 0: NOTHING if payment.undone_at else payment.value for payment in payments}
    live = [payment_id for payment_id, rest in found.items() if rest]
    for start in range(0, len(live), CHUNK):
        part = live[start : start + CHUNK]
        taken = (
            select(FeeAllocation.payment_id, func.sum(FeeAllocation.value))
            .where(col(FeeAllocation.payment_id).in_(part), col(FeeAllocation.released_at).is_(None))
            .group_by(col(FeeAllocation.payment_id))
        )
        back = (
            select(FeeRefund.payment_id, func.sum(FeeRefund.amount))
            .where(col(FeeRefund.payment_id).in_(part), FeeRefund.state != "dropped")
            .group_by(col(FeeRefund.payment_id))
        )
        for query in (taken, back):
            for payment_id, total in db.exec(query):
                found[payment_id] -= Decimal(total)
    return found


def rest_of(db: Session, payment: FeePayment) -> Decimal:
    """What is left of one payment."""
    return rests(db, [payment])[payment.id or 0]


def allocate(db: Session, payment: FeePayment, dues: Sequence[Due], by: int | None, now: datetime) -> list[Due]:
    """Settle unpaid dues with what is left of a payment, in their order; returns those that got a part."""
    wanted = {due.id or 0: due for due in dues if due.state == "unpaid"}
    came = received(db, wanted)
    opened = [
        Open(due_id, due.amount - came.get(due_id, NOTHING), due.unit_yuan if due.per == "hour" else None)
        for due_id, due in wanted.items()
    ]
    touched = []
    for share in share_out(rest_of(db, payment), payment.unit, opened):
        row = FeeAllocation(
            payment_id=payment.id or 0, due_id=share.due_id, value=share.value, yuan=share.yuan, at=now, by=by
        )
        db.add(row)
        touched.append(wanted[share.due_id])
    db.flush()
    for due in touched:
        refresh(db, due, now)
    return touched


def refresh(db: Session, due: Due, now: datetime) -> None:
    """Set whether a due is paid from what has come in for it."""
    enough = received(db, [due.id or 0]).get(due.id or 0, NOTHING) >= due.amount
    if due.state == "unpaid" and enough:
        due.state, due.settled_at = MOVES["unpaid", "settle"], now
    elif due.state == "paid" and not enough:
        due.state, due.settled_at = MOVES["paid", "reopen"], None
    db.add(due)
    db.flush()


def release_due(db: Session, due: Due, reason: str, by: int | None, now: datetime) -> Decimal:
    """Take from a due what was allocated to it: a transfer's yuan are noted to be paid back, a card's value returns to
    its holder. Returns the yuan to be paid back."""
    query = (
        select(FeeAllocation, FeePayment)
        .join(FeePayment, col(FeePayment.id) == col(FeeAllocation.payment_id))
        .where(FeeAllocation.due_id == due.id, col(FeeAllocation.released_at).is_(None))
    )
    back = NOTHING
    for row, payment in db.exec(query).all():
        row.released_at = now
        db.add(row)
        if payment.gateway == "transfer":
            back += row.yuan
            note_refund(db, payment, row.yuan, reason, by, now, due.id)
    db.flush()
    return back


def release_payment(db: Session, payment: FeePayment, now: datetime) -> list[Due]:
    """Take a payment from all dues; returns them, those that were paid by it being unpaid again."""
    query = (
        select(FeeAllocation, Due)
        .join(Due, col(Due.id) == col(FeeAllocation.due_id))
        .where(FeeAllocation.payment_id == payment.id, col(FeeAllocation.released_at).is_(None))
        .order_by(col(Due.id))
    )
    dues = {}
    for row, due in db.exec(query).all():
        row.released_at = now
        db.add(row)
        dues[due.id] = due
    db.flush()
    for due in dues.values():
        refresh(db, due, now)
    return list(dues.values())


def note_refund(
    db: Session,
    payment: FeePayment,
    yuan: Decimal,
    reason: str,
    by: int | None,
    now: datetime,
    due_id: int | None = None,
) -> FeeRefund:
    """Write down that yuan of a transfer are to be paid back."""
    row = FeeRefund(
        institution_id=payment.institution_id,
        payment_id=payment.id or 0,
        due_id=due_id,
        amount=yuan,
        reason=reason,
        noted_at=now,
        noted_by=by,
    )
    db.add(row)
    db.flush()
    return row
