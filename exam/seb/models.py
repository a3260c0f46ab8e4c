"""Which exams ask for Safe Exam Browser, in which configuration, and what happened to sittings because of it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from exam.core.db import one_of

MODES = ("ours", "uploaded")
KEY_KINDS = ("config", "browser")
WHYS = ("other-config", "silent", "outside")


class SebRequirement(SQLModel, table=True):
    """Whether an exam asks for Safe Exam Browser; an exam without a row never did.

    `mode`: a configuration of our making or an uploaded one (`SebFile`). `start_url` is where it begins, as written in
    it. `camera` and `quit_password` (whether it has one) say how ours was made.
    """

    __tablename__ = "seb_requirement"
    __table_args__ = (CheckConstraint(one_of("mode", MODES), name="mode"),)

    exam_id: int = Field(primary_key=True, foreign_key="exam.id", sa_column_kwargs={"autoincrement": False})
    institution_id: int = Field(foreign_key="institution.id", index=True)
    required: bool = False
    mode: str = Field(default="ours", max_length=10)
    start_url: str = Field(default="", max_length=2000)
    camera: bool = True
    quit_password: bool = False
    changed_at: datetime
    changed_by: int = Field(foreign_key="person.id")


class SebFile(SQLModel, table=True):
    """The configuration that candidates of an exam are given, as it was made or uploaded."""

    __tablename__ = "seb_file"

    exam_id: int = Field(primary_key=True, foreign_key="exam.id", sa_column_kwargs={"autoincrement": False})
    name: str = Field(max_length=200)
    content: bytes = Field(sa_type=LargeBinary)


class SebKey(SQLModel, table=True):
    """A key by which a request of an exam is known: the Config Key of its file, or a Browser Exam Key that the office
    copied from a version of SEB (`note` says which).
    """

    __tablename__ = "seb_key"
    __table_args__ = (
        CheckConstraint(one_of("kind", KEY_KINDS), name="kind"),
        UniqueConstraint("exam_id", "kind", "key"),
    )

    id: int | None = Field(default=None, primary_key=True)
    exam_id: int = Field(foreign_key="exam.id")
    kind: str = Field(max_length=10)
    key: str = Field(max_length=64)
    note: str = Field(default="", max_length=200)
    added_at: datetime
    added_by: int = Field(foreign_key="person.id")


class SebLock(SQLModel, table=True):
    """A sitting that waits for a supervisor, since a request did not come from SEB in its configuration."""

    __tablename__ = "seb_lock"
    __table_args__ = (
        CheckConstraint(one_of("why", WHYS), name="why"),
        CheckConstraint("(unlocked_at IS NULL) = (unlocked_by IS NULL)", name="unlocked"),
        Index(
            "uq_seb_lock_open",
            "sitting_id",
            unique=True,
            sqlite_where=text("unlocked_at IS NULL"),
            postgresql_where=text("unlocked_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    sitting_id: int = Field(foreign_key="sitting.id", index=True)
    why: str = Field(max_length=20)
    at: datetime
    unlocked_at: datetime | None = None
    unlocked_by: int | None = Field(default=None, foreign_key="person.id")
    reason: str = Field(default="", max_length=500)


class SebExcuse(SQLModel, table=True):
    """A sitting that may go on without SEB: on a computer where it does not run, or with an aid it does not let in."""

    __tablename__ = "seb_excuse"

    sitting_id: int = Field(primary_key=True, foreign_key="sitting.id", sa_column_kwargs={"autoincrement": False})
    reason: str = Field(max_length=500)
    at: datetime
    by: int = Field(foreign_key="person.id")
