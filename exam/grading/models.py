"""Marks given by people, and results."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from exam.core.db import Hundredths, one_of

RESULT_STATES = ("awaiting-marking", "final", "void")


class HumanMark(SQLModel, table=True):
    """A marker's marks for one part of one slot; a correction is a new row, the latest (`number`) counts.

    `part` is "" for a whole item and the part's id within a case analysis.
    """

    __tablename__ = "human_mark"
    __table_args__ = (UniqueConstraint("sitting_id", "slot", "part", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    sitting_id: int = Field(foreign_key="sitting.id", index=True)
    slot: int
    part: str = Field(default="", max_length=20)
    number: int = 1
    marks: Decimal = Field(sa_type=Hundredths)
    rubric: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    comment: str = Field(default="", max_length=2000)
    marker_id: int = Field(foreign_key="person.id", index=True)
    marked_at: datetime


class Result(SQLModel, table=True):
    """What a sitting came to. A regrade appends one with the next `number`; `current` marks the one that counts.

    `detail` holds, per slot, the marks, verdict, reasons and the revision that was graded, and the sums by chapter and
    knowledge point. `log_hash` is the sitting's log at grading, so that what was graded is what was acknowledged.
    """

    __tablename__ = "result"
    __table_args__ = (
        UniqueConstraint("sitting_id", "number"),
        CheckConstraint(one_of("state", RESULT_STATES), name="state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    sitting_id: int = Field(foreign_key="sitting.id", index=True)
    number: int = 1
    current: bool = Field(default=True, index=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    exam_id: int = Field(foreign_key="exam.id", index=True)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    state: str = Field(default="awaiting-marking", index=True)
    marks: Decimal = Field(sa_type=Hundredths)
    out_of: Decimal = Field(sa_type=Hundredths)
    cut_marks: Decimal = Field(sa_type=Hundredths)
    passed: bool | None = None
    graded_at: datetime
    released_at: datetime | None = Field(default=None, index=True)
    changed_at: datetime = Field(index=True)
    log_hash: str = Field(max_length=64)
    detail: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
