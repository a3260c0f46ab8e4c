"""What software or a human noticed, what people decided about it, what candidates say, and what stands for evidence."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, UniqueConstraint
from sqlmodel import Field, SQLModel

from exam.core.db import one_of

INCIDENT_STATES = ("open", "confirmed", "dismissed", "sent-on")
ORIGINS = ("camera", "page", "server", "proctor", "blind")
APPEAL_STATES = ("open", "upheld", "refused")
VOID_GROUNDS = ("confirmed", "fault")
SEVERITIES = (1, 2, 3)


class Incident(SQLModel, table=True):
    """A stretch of a sitting that somebody should look at. Software flags; a named human decides.

    `kind` keys its words; `origin` says what noticed it (`blind`: nothing did, it was drawn for review). `severity` 1
    is a hint, 3 is looked at first. `reason` holds the numbers that its words need (hits, of, seconds …), `scores` what
    the detectors measured, `detector` their version. `ended_at` is None while it goes on. `state` follows the newest
    of its decisions; an incident that is sent on waits for the exam office.
    """

    __tablename__ = "incident"
    __table_args__ = (
        CheckConstraint(one_of("state", INCIDENT_STATES), name="state"),
        CheckConstraint(one_of("origin", ORIGINS), name="origin"),
        CheckConstraint("severity BETWEEN 1 AND 3", name="severity"),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    sitting_id: int = Field(foreign_key="sitting.id", index=True)
    kind: str = Field(max_length=30)
    origin: str = Field(max_length=10)
    severity: int
    began_at: datetime
    ended_at: datetime | None = None
    first_frame: int | None = None
    last_frame: int | None = None
    reason: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    scores: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    detector: str = Field(default="", max_length=40)
    state: str = Field(default="open", index=True)
    noted_at: datetime
    noted_by: int | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = None


class IncidentDecision(SQLModel, table=True):
    """What a human decided about an incident, and why; a later row takes the place of an earlier one."""

    __tablename__ = "incident_decision"
    __table_args__ = (CheckConstraint(one_of("state", INCIDENT_STATES), name="state"),)

    id: int | None = Field(default=None, primary_key=True)
    incident_id: int = Field(foreign_key="incident.id", index=True)
    state: str = Field(max_length=10)
    note: str = Field(default="", max_length=500)
    by: int = Field(foreign_key="person.id")
    at: datetime


class CandidateComment(SQLModel, table=True):
    """What a candidate says about their own sitting or one of its incidents, during the exam or afterwards."""

    __tablename__ = "candidate_comment"

    id: int | None = Field(default=None, primary_key=True)
    sitting_id: int = Field(foreign_key="sitting.id", index=True)
    incident_id: int | None = Field(default=None, foreign_key="incident.id")
    text: str = Field(max_length=500)
    at: datetime


class Appeal(SQLModel, table=True):
    """A candidate's objection to what was confirmed of a sitting, and what the exam office answered."""

    __tablename__ = "appeal"
    __table_args__ = (CheckConstraint(one_of("state", APPEAL_STATES), name="state"),)

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    sitting_id: int = Field(foreign_key="sitting.id", index=True)
    person_id: int = Field(foreign_key="person.id")
    text: str = Field(max_length=2000)
    made_at: datetime
    state: str = Field(default="open", index=True)
    answer: str = Field(default="", max_length=2000)
    decided_by: int | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = None


class VoidProposal(SQLModel, table=True):
    """One person proposes that a result be voided; another carries it out or refuses.

    `ground`: "confirmed" (what was confirmed about the candidate) or "fault" (ours: ended by mistake, technology).
    """

    __tablename__ = "void_proposal"
    __table_args__ = (CheckConstraint(one_of("ground", VOID_GROUNDS), name="ground"),)

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    sitting_id: int = Field(foreign_key="sitting.id", index=True)
    reason: str = Field(max_length=500)
    ground: str = Field(default="confirmed", max_length=10)
    proposed_by: int = Field(foreign_key="person.id")
    proposed_at: datetime
    decided_by: int | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = None
    carried_out: bool | None = None


class Checkpoint(SQLModel, table=True):
    """A signature (Ed25519) over a link of a sitting's log, made with a key that lies outside the database.

    `previous` is the `seq` of the checkpoint before (0 for none): it is signed too, so that one taken away is missed.
    """

    __tablename__ = "checkpoint"
    __table_args__ = (UniqueConstraint("sitting_id", "hash"),)

    sitting_id: int = Field(
        sa_column=Column(ForeignKey("sitting.id"), primary_key=True, autoincrement=False, nullable=False)
    )
    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    hash: str = Field(max_length=64)
    previous: int = 0
    at: datetime
    key_id: str = Field(max_length=64)
    signature: str = Field(max_length=128)
