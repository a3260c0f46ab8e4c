"""Exams, who is enrolled, when they come, what extra time they were granted."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from exam.core.db import Hundredths, one_of

EXAM_STATES = ("draft", "open", "closed")
RELEASE_RULES = ("at-once", "when-marked", "on-date")
ENROLMENT_STATES = ("active", "passed", "exhausted", "forfeited", "cancelled")
BOOKING_STATES = ("booked", "cancelled", "started", "passed", "failed", "missed", "void")


def _unique_where(name: str, columns: tuple[str, ...], condition: str) -> Index:
    """A unique index over the rows that meet a condition, on both databases."""
    where = text(condition)
    return Index(name, *columns, unique=True, sqlite_where=where, postgresql_where=where)


class Exam(SQLModel, table=True):
    """A subject's exam at an institution, under a scheme that says when it may be sat and how often.

    `duration_minutes`, `cut_marks` and the pool of papers (`ExamPaper`) are frozen once it is open.
    """

    __tablename__ = "exam"
    __table_args__ = (
        UniqueConstraint("institution_id", "code"),
        CheckConstraint(one_of("state", EXAM_STATES), name="state"),
        CheckConstraint(one_of("release_rule", RELEASE_RULES), name="release_rule"),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    code: str = Field(max_length=40)
    title: str = Field(max_length=200)
    title_en: str = Field(default="", max_length=200)
    scheme: str = Field(max_length=40)
    course_id: int | None = Field(default=None, foreign_key="course.id", index=True)
    """The course that it ends; who selects that course is enrolled here by it."""
    track: str = Field(default="", max_length=40)
    state: str = "draft"
    duration_minutes: int
    cut_marks: Decimal = Field(sa_type=Hundredths)
    calculator: bool = False
    release_rule: str = "when-marked"
    release_at: datetime | None = None
    show_answers: bool = False
    created_at: datetime
    created_by: int | None = Field(default=None, foreign_key="person.id")


class ExamPaper(SQLModel, table=True):
    """A published paper from which the candidates of an exam get theirs; a retake draws another where there is one."""

    __tablename__ = "exam_paper"

    exam_id: int = Field(foreign_key="exam.id", primary_key=True)
    paper_id: int = Field(foreign_key="paper.id", primary_key=True)


class Enrolment(SQLModel, table=True):
    """A candidate has selected (and paid) the course of an exam: two chances under the Changzhou scheme.

    `course_finished_at` follows the selection of the course where there is one. `number` counts a candidate's
    enrolments in the same exam; a new one starts with fresh chances.
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("exam_id", "person_id", "number"),
        CheckConstraint(one_of("state", ENROLMENT_STATES), name="state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    exam_id: int = Field(foreign_key="exam.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    number: int = 1
    state: str = "active"
    enrolled_at: datetime
    enrolled_by: int | None = Field(default=None, foreign_key="person.id")
    course_finished_at: datetime | None = None
    course_enrolment_id: int | None = Field(default=None, foreign_key="course_enrolment.id", index=True)
    """The selection of the exam's course that it came with; None where the office enrolled by itself."""


class Booking(SQLModel, table=True):
    """A chance that a candidate means to take: which window, and the time they picked in it.

    `window_opens` and `window_closes` (the first instant outside) are None for an exam without windows. A chance that
    is cancelled, missed or voided is booked again as a row of its own, so that a sitting belongs to one booking for
    ever. `finished_at` is when the outcome became known.
    """

    __tablename__ = "booking"
    __table_args__ = (
        CheckConstraint(one_of("state", BOOKING_STATES), name="state"),
        CheckConstraint("(window_opens IS NULL) = (window_closes IS NULL)", name="window"),
        _unique_where(
            "uq_booking_chance", ("enrolment_id", "chance"), "state IN ('booked', 'started', 'passed', 'failed')"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    chance: int
    state: str = Field(default="booked", index=True)
    window_opens: datetime | None = Field(default=None, index=True)
    window_closes: datetime | None = Field(default=None, index=True)
    planned_at: datetime | None = None
    booked_at: datetime
    finished_at: datetime | None = None


class Accommodation(SQLModel, table=True):
    """Extra time granted to a candidate for an enrolment: a factor of the duration, or minutes, with the reason.

    One grant is current at a time; a new one takes the place of the one before.
    """

    __tablename__ = "accommodation"
    __table_args__ = (
        CheckConstraint("(factor IS NULL) != (extra_minutes IS NULL)", name="factor_or_minutes"),
        _unique_where("uq_accommodation_current", ("enrolment_id",), "revoked_at IS NULL"),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    factor: Decimal | None = Field(default=None, sa_type=Hundredths)
    extra_minutes: int | None = None
    reason: str = Field(max_length=500)
    granted_by: int = Field(foreign_key="person.id")
    granted_at: datetime
    revoked_at: datetime | None = None
