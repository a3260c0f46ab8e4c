"""Invoices, as far as dues and payments go: what an invoice may cover, and what becomes of it when that is gone."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session, col, func, select

from exam.fees.models import Due, FeeAllocation, FeePayment
from exam.fees.models_cards import Invoice, InvoiceDue


def transferred(db: Session, due_ids: Collection[int]) -> dict[int, Decimal]:
    """Yuan that came by transfer for each of these dues. A card is invoiced to who bought it, not to who redeems it."""
    query = (
        select(FeeAllocation.due_id, func.sum(FeeAllocation.yuan))
        .join(FeePayment, col(FeePayment.id) == col(FeeAllocation.payment_id))
        .where(
            col(FeeAllocation.due_id).in_(due_ids),
            col(FeeAllocation.released_at).is_(None),
            FeePayment.gateway == "transfer",
        )
        .group_by(col(FeeAllocation.due_id))
    )
    return {due_id: Decimal(total) for due_id, total in db.exec(query)}


def invoiceable(db: Session, institution_id: int, person_id: int) -> list[tuple[Due, Decimal]]:
    """A person's paid dues that no invoice covers, with the yuan that an invoice would be over."""
    covered = select(InvoiceDue.due_id).where(col(InvoiceDue.live).is_(True))
    query = (
        select(Due)
        .where(
            Due.institution_id == institution_id,
            Due.person_id == person_id,
            Due.state == "paid",
            col(Due.id).not_in(covered),
        )
        .order_by(col(Due.id))
    )
    dues = db.exec(query).all()
    yuan = transferred(db, [due.id or 0 for due in dues])
    return [(due, yuan[due.id or 0]) for due in dues if due.id in yuan]


def drop_of_due(db: Session, due: Due, reason: str, by: int | None, now: datetime) -> None:
    """A due is no longer paid: an invoice that was only asked for falls; one that is issued stays, and is shown to the
    office as one to be reversed."""
    query = (
        select(Invoice)
        .join(InvoiceDue, col(InvoiceDue.invoice_id) == col(Invoice.id))
        .where(InvoiceDue.due_id == due.id, col(InvoiceDue.live).is_(True), Invoice.state == "asked")
    )
    for invoice in db.exec(query).all():
        withdraw_row(db, invoice, reason, by, now)


def withdraw_row(db: Session, invoice: Invoice, reason: str, by: int | None, now: datetime) -> None:
    """Take an invoice back; its dues can be invoiced anew."""
    invoice.state, invoice.decided_at, invoice.decided_by, invoice.reason = "withdrawn", now, by, reason[:500]
    db.add(invoice)
    for line in db.exec(select(InvoiceDue).where(InvoiceDue.invoice_id == invoice.id)).all():
        line.live = False
        db.add(line)
    db.flush()
