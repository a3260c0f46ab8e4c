"""Marks given by people, what waits for them, decisions about keys, and results."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, Dialect, Index, Text, UniqueConstraint
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from exam.core.db import Hundredths, one_of

RESULT_STATES = ("awaiting-marking", "final", "void")
CAUSES = ("graded", "marked", "corrected", "decision", "voided", "restored")
DECISIONS = ("as-set", "version", "full-marks", "exclude")


class JsonText(TypeDecorator[Any]):
    """JSON kept as text, written and read by orjson; text that is JSON already (str) is written as it is."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else orjson.loads(value)


class HumanMark(SQLModel, table=True):
    """A marker's marks for one part of one slot; a correction is a new row, the latest (`number`) counts.

    `part` is "" for a whole item and the part's id within a case analysis. `rubric` holds the marks of each line of the
    marking guide, as text.
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


class MarkingTask(SQLModel, table=True):
    """A written answer that waits for a marker, or was marked.

    `number` is random: the only name a marker sees, and the order in which answers are handed out. `claimed_by` and
    `claimed_until` keep a second marker away for a while. `skipped_by` are markers who passed it on.
    """

    __tablename__ = "marking_task"
    __table_args__ = (
        UniqueConstraint("sitting_id", "slot", "part"),
        Index("ix_marking_task_queue", "institution_id", "open", "exam_id", "item_id", "part"),
    )

    id: int | None = Field(default=None, primary_key=True)
    number: int = Field(sa_column=Column(BigInteger, nullable=False, unique=True))
    institution_id: int = Field(foreign_key="institution.id")
    exam_id: int = Field(foreign_key="exam.id", index=True)
    sitting_id: int = Field(foreign_key="sitting.id", index=True)
    item_id: int = Field(foreign_key="item.id")
    version_id: int = Field(foreign_key="item_version.id")
    slot: int
    part: str = Field(default="", max_length=20)
    out_of: Decimal = Field(sa_type=Hundredths)
    open: bool = True
    claimed_by: int | None = Field(default=None, foreign_key="person.id", index=True)
    claimed_until: datetime | None = None
    skipped_by: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    created_at: datetime


class KeyDecision(SQLModel, table=True):
    """The exam office's decision about one item of an exam, made after it was sat; the latest for an item counts.

    `as-set` scores by the paper's own version again, `version` by another one, `full-marks` gives everybody the item's
    marks, `exclude` takes it out of the total. `reached` is the last sitting that has been calculated anew; `done_at`
    when all have been.
    """

    __tablename__ = "key_decision"
    __table_args__ = (CheckConstraint(one_of("kind", DECISIONS), name="kind"),)

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    exam_id: int = Field(foreign_key="exam.id", index=True)
    item_id: int = Field(foreign_key="item.id")
    kind: str
    version_id: int | None = Field(default=None, foreign_key="item_version.id")
    reason: str = Field(max_length=500)
    decided_by: int = Field(foreign_key="person.id")
    decided_at: datetime
    reached: int = 0
    done_at: datetime | None = Field(default=None, index=True)


class ResultFeed(SQLModel, table=True):
    """The last `changed_at` given out at an institution.

    Its row is locked by whoever changes results until they commit, so that results appear in the order of their
    `changed_at`, and a reader who has seen one has seen all before it.
    """

    __tablename__ = "result_feed"

    institution_id: int = Field(
        primary_key=True, foreign_key="institution.id", sa_column_kwargs={"autoincrement": False}
    )
    changed_at: datetime


class Result(SQLModel, table=True):
    """What a sitting came to. A regrade appends one with the next `number`; `current` marks the one that counts.

    `detail` holds, per slot, the marks, verdict, reasons and the revision that was graded, and the sums by chapter and
    knowledge point. `log_hash` is the sitting's log at grading, so that what was graded is what was acknowledged.
    `booking_id`, `chance`, `window_opens` and `submitted_at` repeat what can't change any more, for sheets. Marks never
    change in place; only when they were released (`released_at`, the latest time) or withdrawn does.
    """

    __tablename__ = "result"
    __table_args__ = (
        UniqueConstraint("sitting_id", "number"),
        CheckConstraint(one_of("state", RESULT_STATES), name="state"),
        CheckConstraint(one_of("cause", CAUSES), name="cause"),
        Index("ix_result_sheet", "institution_id", "current", "submitted_at", "sitting_id"),
        Index("ix_result_feed", "institution_id", "current", "changed_at", "id"),
        Index("ix_result_waiting", "current", "state", "released_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    sitting_id: int = Field(foreign_key="sitting.id", index=True)
    number: int = 1
    current: bool = True
    institution_id: int = Field(foreign_key="institution.id")
    exam_id: int = Field(foreign_key="exam.id", index=True)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    booking_id: int = Field(foreign_key="booking.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    chance: int = 1
    window_opens: datetime | None = Field(default=None, index=True)
    submitted_at: datetime
    state: str = "awaiting-marking"
    cause: str = "graded"
    decision_id: int | None = Field(default=None, foreign_key="key_decision.id")
    marks: Decimal = Field(sa_type=Hundredths)
    out_of: Decimal = Field(sa_type=Hundredths)
    cut_marks: Decimal = Field(sa_type=Hundredths)
    passed: bool | None = None
    graded_at: datetime
    released_at: datetime | None = None
    withdrawn_at: datetime | None = None
    withdrawn_reason: str = Field(default="", max_length=500)
    changed_at: datetime
    log_hash: str = Field(max_length=64)
    detail: dict[str, Any] = Field(sa_column=Column(JsonText, nullable=False))
