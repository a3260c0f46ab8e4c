"""Notices by which an institution replaces or cancels a date of a scheme."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel


class CalendarNotice(SQLModel, table=True):
    """A window of a scheme's rule (`opens`, `closes`) takes place from `new_opens` to `new_closes` instead; both None:
    not at all.

    Never changed: a later notice about the same window takes its place, and one that is withdrawn says since when, so
    that what held before it holds again.
    """

    __tablename__ = "calendar_notice"
    __table_args__ = (
        CheckConstraint("(new_opens IS NULL) = (new_closes IS NULL)", name="new"),
        CheckConstraint("opens < closes AND (new_opens IS NULL OR new_opens < new_closes)", name="order"),
        Index("ix_calendar_notice_scheme", "institution_id", "scheme"),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id")
    scheme: str = Field(max_length=40)
    opens: datetime
    closes: datetime
    new_opens: datetime | None = None
    new_closes: datetime | None = None
    number: str = Field(max_length=100)
    reason: str = Field(max_length=500)
    recorded_at: datetime
    recorded_by: int = Field(foreign_key="person.id")
    withdrawn_at: datetime | None = None
    withdrawn_by: int | None = Field(default=None, foreign_key="person.id")
