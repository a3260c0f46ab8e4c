"""What the pages of fees show: dues, payments, refunds, cards, invoices, each bounded to an institution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlmodel import Session, and_, col, func, or_, select

from exam.accounts.access import Caller
from exam.accounts.models import Person
from exam.fees.allocating import received, rests
from exam.fees.models import Due, FeeAllocation, FeePayment, FeeRefund
from exam.fees.models_cards import CardBatch, Invoice, InvoiceDue, LearningCard
from exam.fees.rules import NOTHING

PAGE = 50


@dataclass(frozen=True)
class DueRow:
    """A due, whose it is, and what of it is still open, in yuan."""

    due: Due
    person: Person
    open: Decimal


@dataclass(frozen=True)
class Page:
    """A page of a list; `number` from 1."""

    rows: Sequence[Any]
    total: int
    number: int

    @property
    def first(self) -> int:
        """The number of its first row."""
        return (self.number - 1) * PAGE + 1 if self.total else 0

    @property
    def last(self) -> int:
        """The number of its last row."""
        return min(self.number * PAGE, self.total)


@dataclass(frozen=True)
class Settled:
    """A part of a due that a payment settled."""

    allocation: FeeAllocation
    payment: FeePayment


def _paged(db: Session, query: Any, order: Any, asked: str) -> tuple[list[Any], int, int]:
    total = db.exec(select(func.count()).select_from(query.subquery())).one()
    number = int(asked) if asked.isdecimal() and len(asked) < 7 else 1
    number = max(1, min(number, (total + PAGE - 1) // PAGE))
    return list(db.exec(query.order_by(order).limit(PAGE).offset((number - 1) * PAGE))), total, number


def _named(asked: str) -> Any:
    like = asked.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return or_(
        col(Person.name).like(f"%{like}%", escape="\\"),
        col(Person.username) == asked,
        col(Person.id_number) == asked.upper(),
        col(Person.phone) == asked,
    )


def dues(db: Session, who: Caller, filters: Mapping[str, str]) -> Page:
    """The institution's dues, newest first; `filters` are `q`, `state`, `scheme`, `page`."""
    query = (
        select(Due, Person)
        .join(Person, col(Person.id) == col(Due.person_id))
        .where(Due.institution_id == who.institution_id)
    )
    for name in ("state", "scheme"):
        if value := filters.get(name):
            query = query.where(getattr(Due, name) == value)
    if asked := filters.get("q", "").strip():
        query = query.where(_named(asked))
    rows, total, number = _paged(db, query, col(Due.id).desc(), filters.get("page", "1"))
    came = received(db, [due.id or 0 for due, _ in rows])
    return Page([DueRow(due, person, _open(due, came)) for due, person in rows], total, number)


def _open(due: Due, came: Mapping[int, Decimal]) -> Decimal:
    return due.amount - came.get(due.id or 0, NOTHING) if due.state == "unpaid" else NOTHING


def chosen(db: Session, who: Caller, ids: Sequence[int]) -> list[DueRow]:
    """Those of the institution's dues, in the order asked for."""
    query = (
        select(Due, Person)
        .join(Person, col(Person.id) == col(Due.person_id))
        .where(Due.institution_id == who.institution_id, col(Due.id).in_(ids))
    )
    found = {due.id: (due, person) for due, person in db.exec(query)}
    came = received(db, [due_id for due_id in found if due_id])
    return [DueRow(*found[one], _open(found[one][0], came)) for one in ids if one in found]


def own_dues(db: Session, who: Caller) -> list[tuple[Due, Decimal]]:
    """The caller's dues at their institution with what is open of each: unpaid ones first, then the newest."""
    query = select(Due).where(Due.institution_id == who.institution_id, Due.person_id == who.person_id)
    found = list(db.exec(query.order_by(col(Due.state) != "unpaid", col(Due.id).desc())))
    came = received(db, [due.id or 0 for due in found])
    return [(due, _open(due, came)) for due in found]


def settled_by(db: Session, due: Due) -> list[Settled]:
    """What payments came in for a due, released parts included."""
    query = (
        select(FeeAllocation, FeePayment)
        .join(FeePayment, col(FeePayment.id) == col(FeeAllocation.payment_id))
        .where(FeeAllocation.due_id == due.id)
        .order_by(col(FeeAllocation.id))
    )
    return [Settled(allocation, payment) for allocation, payment in db.exec(query)]


def payments(db: Session, who: Caller, filters: Mapping[str, str]) -> Page:
    """The institution's payments, newest first, each with its rest and, for a card, who redeemed it; `filters` are
    `q`, `page`."""
    query = (
        select(FeePayment, Person)
        .outerjoin(Person, col(Person.id) == col(FeePayment.person_id))
        .where(FeePayment.institution_id == who.institution_id)
    )
    if asked := filters.get("q", "").strip():
        like = asked.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        reference = "".join(asked.split())
        query = query.where(
            or_(
                col(FeePayment.payer).like(f"%{like}%", escape="\\"),
                col(Person.name).like(f"%{like}%", escape="\\"),
                col(FeePayment.reference) == reference,
            )
        )
    rows, total, number = _paged(db, query, col(FeePayment.id).desc(), filters.get("page", "1"))
    left = rests(db, [row for row, _ in rows])
    return Page([(row, left[row.id or 0], holder) for row, holder in rows], total, number)


def settles(db: Session, payment: FeePayment) -> list[tuple[FeeAllocation, Due, Person]]:
    """What a payment settles or settled."""
    query = (
        select(FeeAllocation, Due, Person)
        .join(Due, col(Due.id) == col(FeeAllocation.due_id))
        .join(Person, col(Person.id) == col(Due.person_id))
        .where(FeeAllocation.payment_id == payment.id)
        .order_by(col(FeeAllocation.id))
    )
    return list(db.exec(query))


def refunds(db: Session, who: Caller, payment_id: int | None = None, state: str = "") -> list[tuple[FeeRefund, str]]:
    """What is or was to be paid back, oldest first, with the payer's name; of one payment, or in one state."""
    query = (
        select(FeeRefund, FeePayment.payer)
        .join(FeePayment, col(FeePayment.id) == col(FeeRefund.payment_id))
        .where(FeeRefund.institution_id == who.institution_id)
    )
    if payment_id is not None:
        query = query.where(FeeRefund.payment_id == payment_id)
    if state:
        query = query.where(FeeRefund.state == state)
    return list(db.exec(query.order_by(col(FeeRefund.id)).limit(500)))


def own_refunds(db: Session, who: Caller) -> dict[int, list[FeeRefund]]:
    """The caller's due → what of it is or was to be paid back."""
    query = (
        select(FeeRefund)
        .join(Due, col(Due.id) == col(FeeRefund.due_id))
        .where(Due.institution_id == who.institution_id, Due.person_id == who.person_id)
        .order_by(col(FeeRefund.id))
    )
    found: dict[int, list[FeeRefund]] = {}
    for row in db.exec(query):
        found.setdefault(row.due_id or 0, []).append(row)
    return found


def own_cards(db: Session, who: Caller) -> list[tuple[FeePayment, Decimal]]:
    """The learning cards that the caller redeemed, with what is left of each."""
    query = select(FeePayment).where(
        FeePayment.institution_id == who.institution_id,
        FeePayment.person_id == who.person_id,
        FeePayment.gateway == "card",
    )
    rows = list(db.exec(query.order_by(col(FeePayment.id).desc())))
    left = rests(db, rows)
    return [(row, left[row.id or 0]) for row in rows]


def batches(db: Session, who: Caller) -> list[tuple[CardBatch, Mapping[str, int]]]:
    """The institution's batches of cards, newest first, with how many are in each state."""
    rows = db.exec(
        select(CardBatch).where(CardBatch.institution_id == who.institution_id).order_by(col(CardBatch.id).desc())
    ).all()
    counted: dict[int, dict[str, int]] = {}
    query = (
        select(LearningCard.batch_id, LearningCard.state, func.count())
        .where(LearningCard.institution_id == who.institution_id)
        .group_by(col(LearningCard.batch_id), col(LearningCard.state))
    )
    for batch_id, state, number in db.exec(query):
        counted.setdefault(batch_id, {})[state] = number
    return [(row, counted.get(row.id or 0, {})) for row in rows]


def invoices(db: Session, who: Caller, state: str, asked: str = "1") -> Page:
    """The institution's invoices in a state ("" for all, "reverse": issued over something that is no longer paid),
    oldest question first, with who asked."""
    query = (
        select(Invoice, Person)
        .join(Person, col(Person.id) == col(Invoice.person_id))
        .where(Invoice.institution_id == who.institution_id)
    )
    if state == "reverse":
        query = query.where(_to_reverse())
    elif state:
        query = query.where(Invoice.state == state)
    return Page(*_paged(db, query, col(Invoice.id), asked))


def _to_reverse() -> Any:
    unpaid = (
        select(InvoiceDue.invoice_id)
        .join(Due, col(Due.id) == col(InvoiceDue.due_id))
        .where(col(InvoiceDue.live).is_(True), Due.state != "paid")
    )
    return and_(col(Invoice.state) == "issued", col(Invoice.id).in_(unpaid))


def covered(db: Session, invoice_ids: Sequence[int]) -> dict[int, list[Due]]:
    """Invoice → the dues that it covers or covered."""
    query = (
        select(InvoiceDue.invoice_id, Due)
        .join(Due, col(Due.id) == col(InvoiceDue.due_id))
        .where(col(InvoiceDue.invoice_id).in_(invoice_ids))
        .order_by(col(Due.id))
    )
    found: dict[int, list[Due]] = {}
    for invoice_id, due in db.exec(query):
        found.setdefault(invoice_id, []).append(due)
    return found


def own_invoices(db: Session, who: Caller) -> list[Invoice]:
    """The invoices that the caller asked for, newest first."""
    query = select(Invoice).where(Invoice.institution_id == who.institution_id, Invoice.person_id == who.person_id)
    return list(db.exec(query.order_by(col(Invoice.id).desc())))


def waiting(db: Session, who: Caller) -> dict[str, int]:
    """How many dues are unpaid, refunds noted, invoices asked for and invoices to be reversed at the institution."""
    asked = (("unpaid", Due, "unpaid"), ("noted", FeeRefund, "noted"), ("asked", Invoice, "asked"))
    found = {}
    for name, table, state in asked:
        query = (
            select(func.count())
            .select_from(table)
            .where(
                col(table.institution_id) == who.institution_id,
                col(table.state) == state,
            )
        )
        found[name] = db.exec(query).one()
    reverse = select(func.count()).select_from(Invoice).where(Invoice.institution_id == who.institution_id)
    found["reverse"] = db.exec(reverse.where(_to_reverse())).one()
    return found
