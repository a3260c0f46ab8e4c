"""Courses under a scheme, and who selected them."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from exam.core.db import Hundredths, one_of
from exam.courses.states import COURSE_STATES, SELECTION_STATES

DELIVERIES = ("online", "face-to-face", "filed")
ACTIVE = text("state = 'active'")


class Course(SQLModel, table=True):
    """A course of an institution: what it is worth under its scheme, and what certificates' numbers say of it.

    `hours` are credit hours of 45 minutes. `class_number` and `approval` go into numbers (S2 §10.1, annex 2 §4.3);
    an empty `approval` means the institution's own. What counts is frozen once the course has been open.
    """

    __tablename__ = "course"
    __table_args__ = (
        UniqueConstraint("institution_id", "code"),
        CheckConstraint(one_of("state", COURSE_STATES), name="state"),
        CheckConstraint(one_of("delivery", DELIVERIES), name="delivery"),
        CheckConstraint("hours > 0", name="hours"),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    code: str = Field(max_length=40)
    title: str = Field(max_length=200)
    title_en: str = Field(default="", max_length=200)
    summary: str = Field(default="", max_length=500)
    scheme: str = Field(max_length=40)
    track: str = Field(default="", max_length=40)
    category: str = Field(default="", max_length=40)
    hours: Decimal = Field(sa_type=Hundredths)
    delivery: str
    class_number: str = Field(default="", max_length=20)
    approval: str = Field(default="", max_length=40)
    state: str = "draft"
    opened: bool = False
    """Whether it has ever been open."""
    created_at: datetime
    created_by: int | None = Field(default=None, foreign_key="person.id")


class CourseEnrolment(SQLModel, table=True):
    """A person selected a course. `number` counts their selections of the same course; each is paid and learned by
    itself. The scheme's version is that of the day on which it was selected."""

    __tablename__ = "course_enrolment"
    __table_args__ = (
        UniqueConstraint("course_id", "person_id", "number"),
        CheckConstraint(one_of("state", SELECTION_STATES), name="state"),
        CheckConstraint("(state = 'finished') = (finished_at IS NOT NULL)", name="finished"),
        Index(
            "uq_course_enrolment_active",
            "course_id",
            "person_id",
            unique=True,
            sqlite_where=ACTIVE,
            postgresql_where=ACTIVE,
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    course_id: int = Field(foreign_key="course.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    number: int = 1
    state: str = "active"
    scheme_version: str = Field(max_length=10)
    selected_at: datetime
    selected_by: int | None = Field(default=None, foreign_key="person.id")
    finished_at: datetime | None = None
    ended_reason: str = Field(default="", max_length=500)
