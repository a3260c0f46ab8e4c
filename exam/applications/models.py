"""Applications to sit, and their pictures."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, text
from sqlmodel import Field, SQLModel

from exam.applications.asked import PICTURES
from exam.applications.states import OPEN, STATES
from exam.core.db import one_of

LIVE = text(one_of("state", OPEN))


class Application(SQLModel, table=True):
    """A candidate's application for a track of a scheme; one at a time that is not over.

    `answers` are the fields of the form. `signed_name` and `signed_at`: the statement was signed with that name.
    `proof_accepted`: the office accepts the hour proof that came with it in place of one of its own.
    """

    __tablename__ = "application"
    __table_args__ = (
        CheckConstraint(one_of("state", STATES), name="state"),
        CheckConstraint("state IN ('draft', 'withdrawn') OR signed_at IS NOT NULL", name="signed"),
        Index(
            "uq_application_open",
            "institution_id",
            "person_id",
            "scheme",
            "track",
            unique=True,
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        ),
        Index("ix_application_queue", "institution_id", "state", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id")
    person_id: int = Field(foreign_key="person.id", index=True)
    scheme: str = Field(max_length=40)
    scheme_version: str = Field(max_length=10)
    track: str = Field(default="", max_length=40)
    state: str = "draft"
    answers: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    consented_at: datetime | None = None
    signed_name: str = Field(default="", max_length=50)
    signed_at: datetime | None = None
    sent_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: int | None = Field(default=None, foreign_key="person.id")
    reason: str = Field(default="", max_length=500)
    proof_accepted: bool = False
    created_at: datetime


class ApplicationPicture(SQLModel, table=True):
    """A picture of an application. `sha256` is None once it was deleted; that it was there stays known."""

    __tablename__ = "application_picture"
    __table_args__ = (
        CheckConstraint(one_of("kind", tuple(picture.key for picture in PICTURES)), name="kind"),
        CheckConstraint("(sha256 IS NULL) = (deleted_at IS NOT NULL)", name="deleted"),
    )

    id: int | None = Field(default=None, primary_key=True)
    application_id: int = Field(foreign_key="application.id", index=True)
    kind: str
    sha256: str | None = Field(default=None, max_length=64, index=True)
    media_type: str = Field(max_length=40)
    findings: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    added_at: datetime
    deleted_at: datetime | None = None
