"""Sittings and the append-only log of all that happens in them."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from exam.core.db import one_of

SITTING_STATES = ("prepared", "in-progress", "paused", "submitted", "void")
SUBMITTERS = ("candidate", "deadline", "registrar", "proctor")
MESSAGE_KINDS = ("message", "room", "face")
ADJUSTMENT_KINDS = ("outage", "extra-time", "pause")


class Sitting(SQLModel, table=True):
    """A candidate's exam: one chance, one paper in an order of its own (by `seed`), one clock.

    `deadline` is fixed at the start and moves only by `Adjustment` rows; while it is paused (since `paused_at`) the
    deadline stands still, and resuming moves it by what the pause took. `claim` counts the tabs and devices that took
    the sitting over; only the newest may write. `scheme_version` is the scheme's as it was at the start.
    """

    __tablename__ = "sitting"
    __table_args__ = (
        CheckConstraint(one_of("state", SITTING_STATES), name="state"),
        CheckConstraint(f"submitted_by IS NULL OR {one_of('submitted_by', SUBMITTERS)}", name="submitted_by"),
        CheckConstraint("state NOT IN ('in-progress', 'paused') OR deadline IS NOT NULL", name="deadline"),
        CheckConstraint("(state = 'paused') = (paused_at IS NOT NULL)", name="paused"),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    exam_id: int = Field(foreign_key="exam.id", index=True)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    booking_id: int = Field(foreign_key="booking.id", unique=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    paper_id: int = Field(foreign_key="paper.id", index=True)
    seed: str = Field(max_length=64)
    scheme: str = Field(max_length=40)
    scheme_version: str = Field(max_length=20)
    state: str = Field(default="prepared", index=True)
    duration_seconds: int
    extra_seconds: int = 0
    late_grace_seconds: int = 0
    window_closes: datetime | None = None
    prepared_at: datetime
    started_at: datetime | None = None
    deadline: datetime | None = Field(default=None, index=True)
    submitted_at: datetime | None = Field(default=None, index=True)
    submitted_by: str | None = None
    paused_at: datetime | None = None
    claim: int = 0


class SittingHead(SQLModel, table=True):
    """The last link of a sitting's log: small, because every save rewrites it."""

    __tablename__ = "sitting_head"

    sitting_id: int = Field(primary_key=True, foreign_key="sitting.id", sa_column_kwargs={"autoincrement": False})
    seq: int = 0
    hash: str = Field(max_length=64)


class SittingEvent(SQLModel, table=True):
    """One link of a sitting's log; never changed. An answer has a slot and a revision, and the highest revision counts.

    `at` is microseconds since 1970 UTC. `body` is the canonical JSON of what happened (for an answer, the response).
    The hash covers the predecessor's, `seq`, `kind`, `at`, `slot`, `revision` and `body` (`exam.core.events.link`).
    """

    __tablename__ = "sitting_event"
    __table_args__ = (
        UniqueConstraint("sitting_id", "slot", "revision"),
        Index("uq_sitting_event_previous", "sitting_id", "previous", unique=True),  # no two links continue the same one
    )

    sitting_id: int = Field(
        sa_column=Column(ForeignKey("sitting.id"), primary_key=True, autoincrement=False, nullable=False)
    )
    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str = Field(max_length=30)
    at: int = Field(sa_type=BigInteger)
    slot: int | None = None
    revision: int | None = None
    body: str = Field(sa_column=Column(Text, nullable=False))
    previous: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class Adjustment(SQLModel, table=True):
    """A recorded movement of a sitting's deadline, with its reason. `seconds` is added to the deadline."""

    __tablename__ = "adjustment"
    __table_args__ = (
        CheckConstraint(one_of("kind", ADJUSTMENT_KINDS), name="kind"),
        UniqueConstraint("sitting_id", "outage_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    sitting_id: int = Field(foreign_key="sitting.id", index=True)
    kind: str = Field(max_length=20)
    seconds: int
    reason: str = Field(max_length=500)
    made_at: datetime
    made_by: int | None = Field(default=None, foreign_key="person.id")
    outage_id: int | None = Field(default=None, foreign_key="outage.id")


class SittingMessage(SQLModel, table=True):
    """What whoever watches tells a candidate, who says that they have read it. `room` and `face` ask to be shown."""

    __tablename__ = "sitting_message"
    __table_args__ = (CheckConstraint(one_of("kind", MESSAGE_KINDS), name="kind"),)

    id: int | None = Field(default=None, primary_key=True)
    sitting_id: int = Field(foreign_key="sitting.id", index=True)
    kind: str = Field(max_length=20)
    text: str = Field(max_length=500)
    sent_by: int = Field(foreign_key="person.id")
    sent_at: datetime
    acknowledged_at: datetime | None = None


class Beat(SQLModel, table=True):
    """When a server was last up and able to save; one row, rewritten every few seconds."""

    __tablename__ = "beat"

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime


class Outage(SQLModel, table=True):
    """A stretch in which no server could save: from the last beat before it to the first after it."""

    __tablename__ = "outage"

    id: int | None = Field(default=None, primary_key=True)
    began_at: datetime
    ended_at: datetime
    sittings: int = 0
