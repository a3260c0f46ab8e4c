"""Certificates, the serials of their numbers, what an institution puts on them, orders to issue, corrected days."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from exam.certificates.states import STATES
from exam.core.db import Hundredths, one_of


class Certificate(SQLModel, table=True):
    """A certificate from the moment it is known to come.

    `due`: it will be issued from `due_on` on (`provisional` while a day on the way is not published yet); `issued`:
    has its number for ever; `revoked`; `withdrawn`: what it rested on was taken back before it was issued.

    `basis` names what it rests on, once: an outcome, or a cycle of a person's. `token` is the address behind the QR
    code. `pdf` is the hash of the drawn file, None until it is drawn. `problem` says why it could not be issued or
    drawn. `signed_with` is the key that signed the file, None for an unsigned one; `photo_drawn` whether it shows the
    photo that its kind asks for, None where none is asked for or it is not drawn yet.
    """

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("kind", "basis", "turn"),
        CheckConstraint(one_of("state", STATES), name="state"),
        CheckConstraint("(number IS NULL) = (issued_on IS NULL)", name="number"),
        Index("ix_certificate_list", "institution_id", "state", "due_on"),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id")
    person_id: int = Field(foreign_key="person.id", index=True)
    scheme: str = Field(max_length=40)
    scheme_version: str = Field(max_length=10)
    kind: str = Field(max_length=40)
    track: str = Field(default="", max_length=40)
    basis: str = Field(max_length=80)
    turn: int = 1
    outcome_id: int | None = Field(default=None, foreign_key="outcome.id", index=True)
    title: str = Field(max_length=200)
    subject: str = Field(default="", max_length=200)
    hours: Decimal | None = Field(default=None, sa_type=Hundredths)
    fields: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    state: str = "due"
    due_on: date
    provisional: bool = False
    counted_from: date
    number: str | None = Field(default=None, unique=True, max_length=100)
    name: str = Field(default="", max_length=100)
    token: str = Field(unique=True, max_length=64)
    issued_on: date | None = None
    issued_at: datetime | None = None
    issued_by: int | None = Field(default=None, foreign_key="person.id")
    valid_until: date | None = None
    order_id: int | None = Field(default=None, foreign_key="certificate_order.id", index=True)
    pdf: str | None = Field(default=None, max_length=64)
    signed_with: int | None = Field(default=None, foreign_key="signing_key.id")
    photo_drawn: bool | None = None
    problem: str = Field(default="", max_length=200)
    ended_at: datetime | None = None
    ended_by: int | None = Field(default=None, foreign_key="person.id")
    reason: str = Field(default="", max_length=500)
    created_at: datetime


class CertificateSeries(SQLModel, table=True):
    """The last serial given out in a series. Its row is locked by whoever takes the next one."""

    __tablename__ = "certificate_series"

    key: str = Field(primary_key=True, max_length=200)
    last: int = 0


class CertificateOrder(SQLModel, table=True):
    """The office's order to issue what is due: done in the background, one certificate a transaction."""

    __tablename__ = "certificate_order"

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    ordered_at: datetime
    ordered_by: int | None = Field(default=None, foreign_key="person.id")
    total: int
    done_at: datetime | None = None


class Issuer(SQLModel, table=True):
    """What an institution's certificates carry: its name as issuer, and its numbers at the association (S2 §10)."""

    __tablename__ = "certificate_issuer"

    institution_id: int = Field(
        primary_key=True, foreign_key="institution.id", sa_column_kwargs={"autoincrement": False}
    )
    name: str = Field(default="", max_length=200)
    body: str = Field(default="", max_length=20)
    approval: str = Field(default="", max_length=40)


class WorkdayCorrection(SQLModel, table=True):
    """The office knows better about a single day: whether people work on it. The latest for a day counts."""

    __tablename__ = "workday_correction"

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    day: date
    working: bool
    reason: str = Field(max_length=500)
    recorded_at: datetime
    recorded_by: int | None = Field(default=None, foreign_key="person.id")


class SigningKey(SQLModel, table=True):
    """A key with which an institution signs its certificates; one is current, the others stay for those who check.

    `sealed` is the private key, encrypted under the deployment's secret; `chain` the certificates in PEM, the key's
    own first. `fingerprint` is the SHA-256 of its own certificate.
    """

    __tablename__ = "signing_key"
    __table_args__ = (
        UniqueConstraint("institution_id", "fingerprint"),
        Index(
            "uq_signing_key_current",
            "institution_id",
            unique=True,
            sqlite_where=text("replaced_at IS NULL"),
            postgresql_where=text("replaced_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    made_here: bool
    subject: str = Field(max_length=500)
    fingerprint: str = Field(max_length=64)
    not_before: datetime
    not_after: datetime
    chain: str
    sealed: str
    created_at: datetime
    created_by: int | None = Field(default=None, foreign_key="person.id")
    replaced_at: datetime | None = None
