"""Runs through courses, their quizzes, the visits in which time was learned, what packages remember."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from exam.core.db import Hundredths, one_of
from exam.learning.states import OPEN, QuizState, Run

GOING = text(one_of("state", OPEN))


class LearningRun(SQLModel, table=True):
    """One way through a course from its beginning; after a failed quiz the next one begins anew with nothing counted.

    `verified` says for each chapter (its id as text) up to which millisecond it was watched; `counted_ms` is the time
    that counted, `cut_ms` what was claimed beyond it. `seed` fixes the order of options.
    """

    __tablename__ = "learning_run"
    __table_args__ = (
        UniqueConstraint("selection_id", "number"),
        CheckConstraint(one_of("state", tuple(Run)), name="state"),
        CheckConstraint("counted_ms >= 0 AND cut_ms >= 0", name="counted"),
        Index("uq_learning_run_going", "selection_id", unique=True, sqlite_where=GOING, postgresql_where=GOING),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    selection_id: int = Field(foreign_key="course_enrolment.id", index=True)
    course_id: int = Field(foreign_key="course.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    number: int = 1
    state: str = Run.LEARNING.value
    seed: str = Field(max_length=64)
    started_at: datetime
    ended_at: datetime | None = None
    ended_by_quiz: int | None = None
    """The quiz whose failure ended it."""
    verified: dict[str, int] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    counted_ms: int = 0
    cut_ms: int = 0
    chapter_id: int | None = Field(default=None, foreign_key="course_chapter.id", index=True)
    """Where it stands: the chapter, and `position_ms` in it."""
    position_ms: int = 0
    beaten_at: datetime | None = None


class Quiz(SQLModel, table=True):
    """A pop-up quiz of a run, or its post-course exercise (`cue_id` and `chapter_id` None, `number` its tries).

    `items` are item and version ids in the order shown, `responses` what was answered to each. `left` counts how often
    the learner went away from it; `deadline` is fixed when the page says that it shows it.
    """

    __tablename__ = "quiz"
    __table_args__ = (
        UniqueConstraint("run_id", "cue_id"),
        CheckConstraint(one_of("state", tuple(QuizState)), name="state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="learning_run.id", index=True)
    cue_id: int | None = Field(default=None, foreign_key="cue.id", index=True)
    chapter_id: int | None = Field(default=None, foreign_key="course_chapter.id", index=True)
    number: int = 1
    at_ms: int = 0
    state: str = QuizState.SET.value
    items: list[list[int]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    accuracy: int
    seconds: int
    repeated: int = 0
    """How many of its items had been drawn for this learner in this course before."""
    drawn_at: datetime | None = None
    fetched_at: datetime | None = None
    """When a page first got its items: its time begins some seconds later at the latest."""
    shown_at: datetime | None = None
    deadline: datetime | None = None
    left: int = 0
    responses: list[Any] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    right: int | None = None
    marks: list[bool] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    decided_at: datetime | None = None


class LearningVisit(SQLModel, table=True):
    """A player that was open: when, for how long time counted, how much was cut, and why nothing counted at its end."""

    __tablename__ = "learning_visit"

    token: str = Field(primary_key=True, max_length=64)
    run_id: int = Field(foreign_key="learning_run.id", index=True)
    opened_at: datetime
    seen_at: datetime
    closed_at: datetime | None = None
    counted_ms: int = 0
    cut_ms: int = 0
    device: str = Field(default="", max_length=200)
    page: str = Field(default="", max_length=40)
    """Which loading of a page it was, as the page says: opening it again by itself is no leaving of a quiz."""


class PackageState(SQLModel, table=True):
    """What a package remembers of a learner: the values of its run-time model, for each of its launches."""

    __tablename__ = "package_state"

    run_id: int = Field(foreign_key="learning_run.id", primary_key=True)
    chapter_id: int = Field(foreign_key="course_chapter.id", primary_key=True)
    launch: str = Field(primary_key=True, max_length=200)
    values: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    seen: dict[str, int] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """The number of the last message taken from each page, so that none is taken twice."""
    outcome: str = Field(default="", max_length=20)
    saved_at: datetime


class LearningGrant(SQLModel, table=True):
    """More time to answer quizzes, granted for a selection: a factor of the time, with the reason."""

    __tablename__ = "learning_grant"
    __table_args__ = (CheckConstraint("factor > 1", name="factor"),)

    selection_id: int = Field(foreign_key="course_enrolment.id", primary_key=True)
    factor: Decimal = Field(sa_type=Hundredths)
    reason: str = Field(max_length=500)
    granted_by: int | None = Field(default=None, foreign_key="person.id")
    granted_at: datetime
