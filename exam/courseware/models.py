"""What a course is made of: its content, chapters, slides, captions, files of packages and pop-up cues.

Positions and lengths are whole milliseconds from the chapter's beginning.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from exam.core.db import one_of
from exam.courseware.states import CAPTION_LANGUAGES, CHAPTER_KINDS, CONTENT_STATES, CUE_KINDS


class Courseware(SQLModel, table=True):
    """The content of a course, one for each that can be learned here. Published, its chapters and cues are frozen.

    `bank_id` is the bank that the quizzes draw from, `idle_seconds` how long a learner may touch nothing before being
    asked; `exercise_items` of each chapter's bank make the post-course exercise, 0: there is none.
    """

    __tablename__ = "courseware"
    __table_args__ = (
        CheckConstraint(one_of("state", CONTENT_STATES), name="state"),
        CheckConstraint("exercise_accuracy BETWEEN 0 AND 100", name="exercise_accuracy"),
    )

    course_id: int = Field(foreign_key="course.id", primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    bank_id: int | None = Field(default=None, foreign_key="bank.id", index=True)
    state: str = "draft"
    idle_seconds: int = 600
    exercise_items: int = 0
    exercise_accuracy: int = 60
    created_at: datetime
    published_at: datetime | None = None
    published_by: int | None = Field(default=None, foreign_key="person.id")


class CourseChapter(SQLModel, table=True):
    """A chapter: a film, slides or a package. `points` are its progress points, in order."""

    __tablename__ = "course_chapter"
    __table_args__ = (
        UniqueConstraint("course_id", "number"),
        CheckConstraint(one_of("kind", CHAPTER_KINDS), name="kind"),
        CheckConstraint("length_ms >= 0", name="length"),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    course_id: int = Field(foreign_key="course.id", index=True)
    number: int
    title: str = Field(max_length=200)
    title_en: str = Field(default="", max_length=200)
    kind: str
    bank_chapter_id: int | None = Field(default=None, foreign_key="chapter.id", index=True)
    length_ms: int = 0
    points: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    sha256: str = Field(default="", max_length=64)
    media_type: str = Field(default="", max_length=40)
    size: int = 0
    width: int = 0
    height: int = 0
    package: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """Of a package: `kind`, `title` and `launches`, what can be begun in it."""


class Slide(SQLModel, table=True):
    """A page of a chapter of slides: a picture that has to be shown for at least `ms`."""

    __tablename__ = "slide"
    __table_args__ = (UniqueConstraint("chapter_id", "number"), CheckConstraint("ms > 0", name="ms"))

    id: int | None = Field(default=None, primary_key=True)
    chapter_id: int = Field(foreign_key="course_chapter.id", index=True)
    number: int
    sha256: str = Field(max_length=64)
    media_type: str = Field(max_length=40)
    ms: int
    text: str = Field(default="", max_length=500)
    """What is on it, for those who can't see it."""


class Caption(SQLModel, table=True):
    """Captions of a film in one language, as WebVTT."""

    __tablename__ = "caption"
    __table_args__ = (CheckConstraint(one_of("language", CAPTION_LANGUAGES), name="language"),)

    chapter_id: int = Field(foreign_key="course_chapter.id", primary_key=True)
    language: str = Field(primary_key=True, max_length=10)
    text: str = Field(sa_column=Column(Text, nullable=False))


class PackageFile(SQLModel, table=True):
    """A file of a package; its bytes are in the object store under `sha256`."""

    __tablename__ = "package_file"

    chapter_id: int = Field(foreign_key="course_chapter.id", primary_key=True)
    path: str = Field(primary_key=True, max_length=400)
    sha256: str = Field(max_length=64)
    media_type: str = Field(max_length=100)
    size: int


class Cue(SQLModel, table=True):
    """Where a pop-up quiz comes: at `from_ms`, or, drawn for each run, somewhere from there to `until_ms`.

    `items` of the chapter's bank are asked; `accuracy` percent of them must be right within `seconds`.
    """

    __tablename__ = "cue"
    __table_args__ = (
        CheckConstraint(one_of("kind", CUE_KINDS), name="kind"),
        CheckConstraint("0 < from_ms AND from_ms <= until_ms", name="stretch"),
        CheckConstraint("items > 0 AND accuracy BETWEEN 1 AND 100 AND seconds > 0", name="asked"),
    )

    id: int | None = Field(default=None, primary_key=True)
    chapter_id: int = Field(foreign_key="course_chapter.id", index=True)
    kind: str
    from_ms: int
    until_ms: int
    items: int
    accuracy: int
    seconds: int
