"""The ledger of hours and outcomes (only ever appended to), and by which rules a person is measured."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from exam.core.db import Hundredths, one_of

OUTCOME_KINDS = ("passed", "finished")
SOURCE_KINDS = ("passed", "finished", "activity", "waiver", "grant", "manual", "proof")
# The rows of one source come in turns: the first, third, … post, the one after each takes it back.
TURNS = "(number % 2 = 0) = (undoes_id IS NOT NULL)"
CURRENT = text("ended_at IS NULL")


class Membership(SQLModel, table=True):
    """Which rules a person is measured by at an institution; one current row for each scheme and chosen track.

    `track` is a chosen track, "" where the scheme has none to choose and the facts decide (`queries_membership.track`).
    `facts` are the whole numbers of `schemes.rows.MEMBER_FACTS`. `cycle_from` and `cycle_until` (both inclusive) are
    set for cycles of years: the stretch up to the day on which the person's certificate expires.
    """

    __tablename__ = "membership"
    __table_args__ = (
        Index(
            "uq_membership_current",
            "institution_id",
            "person_id",
            "scheme",
            "track",
            unique=True,
            sqlite_where=CURRENT,
            postgresql_where=CURRENT,
        ),
        CheckConstraint("cycle_from IS NULL OR cycle_until IS NULL OR cycle_from <= cycle_until", name="cycle"),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    scheme: str = Field(max_length=40)
    track: str = Field(default="", max_length=40)
    facts: dict[str, int] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    cycle_from: date | None = None
    cycle_until: date | None = None
    created_at: datetime
    created_by: int | None = Field(default=None, foreign_key="person.id")
    changed_at: datetime | None = None
    ended_at: datetime | None = None


class Outcome(SQLModel, table=True):
    """An exam passed or a course finished, as posted by its source; a row with `undoes_id` takes one back.

    `number` counts the rows of a source, `fields` are what a certificate's number is made of. Never changed or removed.
    """

    __tablename__ = "outcome"
    __table_args__ = (
        UniqueConstraint("source_kind", "source_ref", "number"),
        CheckConstraint(one_of("kind", OUTCOME_KINDS), name="kind"),
        CheckConstraint(TURNS, name="turns"),
        Index("ix_outcome_whose", "institution_id", "person_id", "scheme"),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id")
    person_id: int = Field(foreign_key="person.id", index=True)
    scheme: str = Field(max_length=40)
    scheme_version: str = Field(max_length=10)
    kind: str
    track: str = Field(default="", max_length=40)
    delivery: str = Field(default="", max_length=40)
    subject: str = Field(max_length=80)
    title: str = Field(max_length=200)
    fields: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    source_kind: str = Field(max_length=40)
    source_ref: int
    number: int = 1
    at: datetime
    window_closes: datetime | None = None
    undoes_id: int | None = Field(default=None, foreign_key="outcome.id", unique=True)
    reason: str = Field(default="", max_length=500)
    posted_at: datetime = Field(index=True)
    posted_by: int | None = Field(default=None, foreign_key="person.id")


class HourEntry(SQLModel, table=True):
    """Credit hours of a person; a row with `undoes_id` and the negative hours takes one back. Never changed or removed.

    `source_kind` and `source_ref`: an outcome's id (`passed`, `finished`), a claim's id (`activity`, `waiver`), or
    what the poster counts by. `part` tells the entries of one source apart (the years over which hours are spread),
    `number` counts the rows of a part. `year` is the calendar year that the hours are registered in, None under a
    scheme that counts none; `on` the civil day on which they were earned, `at` the instant where it is known.
    """

    __tablename__ = "hour_entry"
    __table_args__ = (
        UniqueConstraint("institution_id", "source_kind", "source_ref", "part", "number"),
        CheckConstraint(one_of("source_kind", SOURCE_KINDS), name="source_kind"),
        CheckConstraint(TURNS, name="turns"),
        CheckConstraint("(hours < 0) = (undoes_id IS NOT NULL) AND hours != 0", name="hours"),
        Index("ix_hour_entry_whose", "institution_id", "person_id", "scheme"),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id")
    person_id: int = Field(foreign_key="person.id", index=True)
    scheme: str = Field(max_length=40)
    scheme_version: str = Field(max_length=10)
    track: str = Field(default="", max_length=40)
    category: str = Field(max_length=40)
    hours: Decimal = Field(sa_type=Hundredths)
    year: int | None = None
    on: date
    at: datetime | None = None
    subject: str = Field(max_length=80)
    title: str = Field(max_length=200)
    source_kind: str
    source_ref: int
    part: int = 0
    number: int = 1
    evidence: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    approved_by: int | None = Field(default=None, foreign_key="person.id")
    undoes_id: int | None = Field(default=None, foreign_key="hour_entry.id", unique=True)
    reason: str = Field(default="", max_length=500)
    posted_at: datetime = Field(index=True)
