"""Dues, what was paid for them, and hours that are free of charge.

A payment's `value` is in its `unit`: yuan, or credit hours where it came from a learning card that holds hours. Parts
of it are allocated to dues; what is neither allocated nor refunded is its rest.
"""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from exam.core.db import Hundredths, one_of

PERS = ("enrolment", "hour", "try")
DUE_STATES = ("unpaid", "paid", "waived", "void")
UNITS = ("yuan", "hours")
GATEWAYS = ("transfer", "card")
REFUND_STATES = ("noted", "made", "dropped")


class Due(SQLModel, table=True):
    """What a person has to pay for one thing (`subject_kind`, `subject_id`) under a scheme's fee.

    `unit_yuan` is the fee for each enrolment, hour or try, `hours` how many hours, `free_hours` those of them that a
    grant covers, `amount` the yuan that remain. `subject_kind` "manual": charged by the office by hand, of no subject.
    `reason` says why it was waived or is void; `granted` that it is waived because all of its hours are free.
    """

    __tablename__ = "fee_due"
    __table_args__ = (
        CheckConstraint(one_of("per", PERS), name="per"),
        CheckConstraint(one_of("state", DUE_STATES), name="state"),
        CheckConstraint("amount >= 0 AND free_hours >= 0", name="amount"),
        Index(
            "uq_fee_due_subject",
            "subject_kind",
            "subject_id",
            unique=True,
            sqlite_where=text("state <> 'void' AND subject_kind <> 'manual'"),
            postgresql_where=text("state <> 'void' AND subject_kind <> 'manual'"),
        ),
        Index("ix_fee_due_queue", "institution_id", "state", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id")
    person_id: int = Field(foreign_key="person.id", index=True)
    scheme: str = Field(max_length=40)
    scheme_version: str = Field(max_length=10)
    track: str = Field(default="", max_length=40)
    category: str = Field(default="", max_length=40)
    per: str
    subject_kind: str = Field(max_length=40)
    subject_id: int
    title: str = Field(max_length=200)
    unit_yuan: Decimal = Field(sa_type=Hundredths)
    hours: Decimal | None = Field(default=None, sa_type=Hundredths)
    free_hours: Decimal = Field(default=Decimal(0), sa_type=Hundredths)
    amount: Decimal = Field(sa_type=Hundredths)
    state: str = "unpaid"
    created_at: datetime
    created_by: int | None = Field(default=None, foreign_key="person.id")
    settled_at: datetime | None = None
    reason: str = Field(default="", max_length=500)
    granted: bool = False


class FeePayment(SQLModel, table=True):
    """Money that arrived, or a learning card that was redeemed. `person_id` and `scheme` bind a card's rest.

    A transfer carries the bank's `reference` and perhaps a picture of the voucher. A payment is never changed; a
    transfer that was recorded wrongly is undone, with a reason.
    """

    __tablename__ = "fee_payment"
    __table_args__ = (
        CheckConstraint(one_of("gateway", GATEWAYS), name="gateway"),
        CheckConstraint(one_of("unit", UNITS), name="unit"),
        CheckConstraint("value > 0", name="value"),
        CheckConstraint("gateway <> 'transfer' OR (unit = 'yuan' AND reference <> '')", name="transfer"),
        Index(
            "uq_fee_payment_reference",
            "institution_id",
            "reference",
            unique=True,
            sqlite_where=text("gateway = 'transfer' AND undone_at IS NULL"),
            postgresql_where=text("gateway = 'transfer' AND undone_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    gateway: str
    unit: str
    value: Decimal = Field(sa_type=Hundredths)
    payer: str = Field(default="", max_length=100)
    paid_on: date
    reference: str = Field(default="", max_length=100)
    voucher: str | None = Field(default=None, max_length=64)
    voucher_type: str = Field(default="", max_length=60)
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    scheme: str = Field(default="", max_length=40)
    recorded_at: datetime
    recorded_by: int = Field(foreign_key="person.id")
    undone_at: datetime | None = None
    undone_by: int | None = Field(default=None, foreign_key="person.id")
    undone_reason: str = Field(default="", max_length=500)


class FeeAllocation(SQLModel, table=True):
    """The part of a payment that settles a due: `value` in the payment's unit, `yuan` of the due. Released when the
    payment is undone or the due becomes void or waived."""

    __tablename__ = "fee_allocation"
    __table_args__ = (CheckConstraint("value > 0 AND yuan > 0", name="value"),)

    id: int | None = Field(default=None, primary_key=True)
    payment_id: int = Field(foreign_key="fee_payment.id", index=True)
    due_id: int = Field(foreign_key="fee_due.id", index=True)
    value: Decimal = Field(sa_type=Hundredths)
    yuan: Decimal = Field(sa_type=Hundredths)
    at: datetime
    by: int | None = Field(default=None, foreign_key="person.id")
    released_at: datetime | None = None


class FeeRefund(SQLModel, table=True):
    """Yuan of a transfer that are to be paid back (`noted`), were (`made`), or stay after all (`dropped`)."""

    __tablename__ = "fee_refund"
    __table_args__ = (
        CheckConstraint(one_of("state", REFUND_STATES), name="state"),
        CheckConstraint("amount > 0", name="amount"),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    payment_id: int = Field(foreign_key="fee_payment.id", index=True)
    due_id: int | None = Field(default=None, foreign_key="fee_due.id", index=True)
    amount: Decimal = Field(sa_type=Hundredths)
    state: str = "noted"
    reason: str = Field(max_length=500)
    noted_at: datetime
    noted_by: int | None = Field(default=None, foreign_key="person.id")
    done_at: datetime | None = None
    done_by: int | None = Field(default=None, foreign_key="person.id")
    done_on: date | None = None
    reference: str = Field(default="", max_length=100)


class GrantUse(SQLModel, table=True):
    """Hours of a grant that a due used up, on a civil day; only ever appended to: giving back is a negative row."""

    __tablename__ = "fee_grant_use"
    __table_args__ = (CheckConstraint("(undoes_id IS NULL) = (hours > 0)", name="hours"),)

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    scheme: str = Field(max_length=40)
    grant: str = Field(max_length=40)
    due_id: int = Field(foreign_key="fee_due.id", index=True)
    hours: Decimal = Field(sa_type=Hundredths)
    on: date
    at: datetime
    undoes_id: int | None = Field(default=None, foreign_key="fee_grant_use.id", unique=True)


class PaymentInstructions(SQLModel, table=True):
    """How an institution is paid, as its office wrote it; while there is none, nothing is charged by itself."""

    __tablename__ = "fee_instructions"

    institution_id: int = Field(
        foreign_key="institution.id", primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    payee: str = Field(max_length=100)
    bank: str = Field(max_length=100)
    account: str = Field(max_length=60)
    note: str = Field(default="", max_length=500)
    note_en: str = Field(default="", max_length=500)
    changed_at: datetime
    changed_by: int = Field(foreign_key="person.id")
