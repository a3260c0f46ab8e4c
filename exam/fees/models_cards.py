"""Learning cards and invoices."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from exam.core.db import Hundredths, one_of
from exam.fees.models import UNITS

CARD_STATES = ("unused", "used", "void")
INVOICE_STATES = ("asked", "issued", "withdrawn")
INVOICE_KINDS = ("electronic", "paper")


class CardBatch(SQLModel, table=True):
    """Learning cards made together, each worth `value` of the `unit` that the scheme's fee is reckoned in."""

    __tablename__ = "fee_card_batch"
    __table_args__ = (
        CheckConstraint(one_of("unit", UNITS), name="unit"),
        CheckConstraint("value > 0 AND count > 0", name="value"),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    scheme: str = Field(max_length=40)
    unit: str
    value: Decimal = Field(sa_type=Hundredths)
    count: int
    note: str = Field(default="", max_length=200)
    made_at: datetime
    made_by: int = Field(foreign_key="person.id")


class LearningCard(SQLModel, table=True):
    """A card that is redeemed once. Its code is not kept: it follows from `salt` and the deployment's secret, and is
    found by its hash."""

    __tablename__ = "fee_card"
    __table_args__ = (
        CheckConstraint(one_of("state", CARD_STATES), name="state"),
        CheckConstraint("(state = 'used') = (payment_id IS NOT NULL)", name="used"),
        Index("ix_fee_card_batch", "batch_id", "number", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id")
    batch_id: int = Field(foreign_key="fee_card_batch.id")
    number: int
    salt: str = Field(max_length=32)
    code_hash: str = Field(max_length=64, unique=True)
    state: str = "unused"
    payment_id: int | None = Field(default=None, foreign_key="fee_payment.id", unique=True)
    changed_at: datetime | None = None
    changed_by: int | None = Field(default=None, foreign_key="person.id")
    reason: str = Field(default="", max_length=500)


class Invoice(SQLModel, table=True):
    """An invoice that somebody asked for: to whom it is made out, how it is sent, and what became of it."""

    __tablename__ = "fee_invoice"
    __table_args__ = (
        CheckConstraint(one_of("state", INVOICE_STATES), name="state"),
        CheckConstraint(one_of("kind", INVOICE_KINDS), name="kind"),
        CheckConstraint("amount > 0", name="amount"),
        Index("ix_fee_invoice_queue", "institution_id", "state", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id")
    person_id: int = Field(foreign_key="person.id", index=True)
    title: str = Field(max_length=100)
    tax_number: str = Field(default="", max_length=20)
    kind: str
    email: str = Field(default="", max_length=100)
    address: str = Field(default="", max_length=200)
    phone: str = Field(default="", max_length=30)
    amount: Decimal = Field(sa_type=Hundredths)
    state: str = "asked"
    asked_at: datetime
    decided_at: datetime | None = None
    decided_by: int | None = Field(default=None, foreign_key="person.id")
    number: str = Field(default="", max_length=40)
    reason: str = Field(default="", max_length=500)


class InvoiceDue(SQLModel, table=True):
    """A due that an invoice covers; a due is covered by one invoice at a time."""

    __tablename__ = "fee_invoice_due"
    __table_args__ = (
        Index(
            "uq_fee_invoice_due",
            "due_id",
            unique=True,
            sqlite_where=text("live"),
            postgresql_where=text("live"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    invoice_id: int = Field(foreign_key="fee_invoice.id", index=True)
    due_id: int = Field(foreign_key="fee_due.id")
    amount: Decimal = Field(sa_type=Hundredths)
    live: bool = True
