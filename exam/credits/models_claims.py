"""Claims of hours for activities, and of being let off hours; their evidence."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column
from sqlmodel import Field, SQLModel

from exam.core.db import Hundredths, one_of

CLAIM_KINDS = ("activity", "waiver")
CLAIM_STATES = ("draft", "sent", "approved", "refused", "withdrawn", "forged")


class Claim(SQLModel, table=True):
    """Somebody's claim that an activity (`row` and `variant`) or a reason for a waiver (`row`) be recognised.

    `stated` holds what they stated (`quantity`, `rank`, `filed_on`, `confirmed`, `numbers`), `on` when it ended or was
    awarded, `year` the year it is for, `hours` what it comes to (None: all hours of the year). `reference` is the
    bureau's own decision, where the bureau decides. `bars` says that it was forged and cancels the year.
    """

    __tablename__ = "hour_claim"
    __table_args__ = (
        CheckConstraint(one_of("kind", CLAIM_KINDS), name="kind"),
        CheckConstraint(one_of("state", CLAIM_STATES), name="state"),
        CheckConstraint("NOT bars OR state = 'forged'", name="bars"),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    scheme: str = Field(max_length=40)
    scheme_version: str = Field(max_length=10)
    kind: str
    row: str = Field(max_length=60)
    variant: str = Field(default="", max_length=60)
    title: str = Field(max_length=200)
    on: date
    year: int
    stated: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    hours: Decimal | None = Field(default=None, sa_type=Hundredths)
    state: str = Field(default="draft", index=True)
    created_at: datetime
    created_by: int = Field(foreign_key="person.id")
    sent_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: int | None = Field(default=None, foreign_key="person.id")
    reason: str = Field(default="", max_length=500)
    reference: str = Field(default="", max_length=100)
    bars: bool = False


class ClaimEvidence(SQLModel, table=True):
    """A file that shows what a claim states: a picture written anew, or a PDF kept as it was."""

    __tablename__ = "hour_claim_evidence"

    id: int | None = Field(default=None, primary_key=True)
    claim_id: int = Field(foreign_key="hour_claim.id", index=True)
    kind: str = Field(max_length=60)
    name: str = Field(max_length=200)
    sha256: str = Field(max_length=64)
    media_type: str = Field(max_length=60)
    size: int
    added_at: datetime
    added_by: int = Field(foreign_key="person.id")
