"""What an exam asks of whoever sits it, who watches whom, and what was seen: policies, consents, check-ins, frames."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, ForeignKey, Index, text
from sqlmodel import Field, SQLModel

from exam.core.db import one_of

LEVELS = ("none", "focus", "camera", "live")
IDENTITY = ("none", "before", "after")
ROUTES = ("camera", "human")
ACCOMMODATIONS = ("breaks", "head-movement", "reading-aid", "camera-off")
CONSENTS = ("given", "refused", "withdrawn")
CHECK_IN_STATES = ("open", "waiting", "approved", "again")
SOURCES = ("camera", "phone")
ERASURE_STATES = ("open", "done", "refused")


class ProctoringPolicy(SQLModel, table=True):
    """How an exam is watched; an exam without a row is not.

    `level`: nothing, loss of focus only, camera, camera with somebody watching live. `interval_seconds` lies between
    two frames. `detectors`: which signals count (`exam.proctor.detectors`). `identity`: whether a check of the face
    and the ID card is asked, and whether somebody approves it before the start or afterwards. `hold_results`: results
    wait until every incident is decided. Pictures and observations are kept for `keep_days` after the sitting ended;
    a candidate may appeal within `appeal_days` of the decision. `blind_share` percent of the stretches without a flag
    go into review as well, so that what the software misses is known. `room_size` candidates make a room.
    """

    __tablename__ = "proctoring_policy"
    __table_args__ = (
        CheckConstraint(one_of("level", LEVELS), name="level"),
        CheckConstraint(one_of("identity", IDENTITY), name="identity"),
        CheckConstraint("interval_seconds BETWEEN 3 AND 30", name="interval"),
        CheckConstraint("blind_share BETWEEN 0 AND 100", name="blind_share"),
    )

    exam_id: int = Field(primary_key=True, foreign_key="exam.id", sa_column_kwargs={"autoincrement": False})
    institution_id: int = Field(foreign_key="institution.id", index=True)
    level: str = Field(default="none", max_length=10)
    interval_seconds: int = 5
    detectors: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    identity: str = Field(default="none", max_length=10)
    hold_results: bool = True
    keep_days: int = 90
    appeal_days: int = 10
    blind_share: int = 2
    room_size: int = 40
    changed_at: datetime
    changed_by: int = Field(foreign_key="person.id")


class ProctoringAccommodation(SQLModel, table=True):
    """What was granted to a candidate for an enrolment: it mutes detectors (`exam.proctor.detectors.MUTES`)."""

    __tablename__ = "proctoring_accommodation"
    __table_args__ = (
        CheckConstraint(one_of("kind", ACCOMMODATIONS), name="kind"),
        Index(
            "uq_proctoring_accommodation_current",
            "enrolment_id",
            "kind",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    kind: str = Field(max_length=20)
    reason: str = Field(max_length=500)
    granted_by: int = Field(foreign_key="person.id")
    granted_at: datetime
    revoked_at: datetime | None = None


class CameraConsent(SQLModel, table=True):
    """What a candidate answered when asked about camera and face images for a sitting; the newest answer counts.

    `text_version` names the wording that they read, `locale` its language.
    """

    __tablename__ = "camera_consent"
    __table_args__ = (CheckConstraint(one_of("answer", CONSENTS), name="answer"),)

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    sitting_id: int = Field(foreign_key="sitting.id", index=True)
    answer: str = Field(max_length=10)
    text_version: str = Field(max_length=20)
    locale: str = Field(max_length=5)
    at: datetime


class ErasureRequest(SQLModel, table=True):
    """A candidate asks for the pictures of a sitting of theirs to be deleted before their time."""

    __tablename__ = "erasure_request"
    __table_args__ = (CheckConstraint(one_of("state", ERASURE_STATES), name="state"),)

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    sitting_id: int = Field(foreign_key="sitting.id", index=True)
    reason: str = Field(default="", max_length=500)
    asked_at: datetime
    state: str = Field(default="open", index=True)
    answer: str = Field(default="", max_length=500)
    decided_by: int | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = None


class Proctored(SQLModel, table=True):
    """A sitting that is watched: by which way, in which room, and when it was last heard and seen.

    `route`: by the camera, or by a human without any analysis of faces (camera refused, failed or switched off).
    `terms` are the policy's numbers and the muted detectors as they were when the sitting was made ready. `seen_seq`
    is the last link of the log whose page events were looked at. `lost_since` is set while no heartbeat comes.
    """

    __tablename__ = "proctored"
    __table_args__ = (
        CheckConstraint(one_of("route", ROUTES), name="route"),
        Index(
            "ix_proctored_unsettled",
            "sitting_id",
            sqlite_where=text("reviewed_at IS NULL"),
            postgresql_where=text("reviewed_at IS NULL"),
        ),
    )

    sitting_id: int = Field(primary_key=True, foreign_key="sitting.id", sa_column_kwargs={"autoincrement": False})
    institution_id: int = Field(foreign_key="institution.id", index=True)
    exam_id: int = Field(foreign_key="exam.id", index=True)
    route: str = Field(default="camera", max_length=10)
    room: int = 1
    terms: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    made_at: datetime
    heard_at: datetime | None = None
    lost_since: datetime | None = None
    frame_at: datetime | None = None
    held_at: datetime | None = None
    """When the server last had to turn a frame away for want of room: the camera is there, the picture is not."""
    frame_number: int = 0
    seen_seq: int = 0
    reviewed_at: datetime | None = None
    """When everything that the end of a sitting asks for (open stretches closed, blind samples drawn) was done."""
    looked: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """What its pictures were like, for the report when they are gone: `detectors` (versions), `frames`, `dark`."""
    erased_at: datetime | None = Field(default=None, index=True)
    """When its pictures were deleted, on time or on request."""


class CheckIn(SQLModel, table=True):
    """Before the start: the camera tried, the face and the ID card shown, somebody's approval.

    `pictures` names the stored pictures (`id-card`, `face`, `turn`) by hash; `turn` is the side that the candidate was
    asked to turn to. `baseline` is how the face stood then (`exam.vision.observe.Baseline` as JSON). `ladder` tells
    what was tried when the camera failed. `number` counts the tries: "again" asks for new pictures, and those before
    stay as `face.1` and so on. `seen` is what the machine made of the pictures, for whoever decides: it never does.
    """

    __tablename__ = "check_in"
    __table_args__ = (CheckConstraint(one_of("state", CHECK_IN_STATES), name="state"),)

    sitting_id: int = Field(primary_key=True, foreign_key="sitting.id", sa_column_kwargs={"autoincrement": False})
    institution_id: int = Field(foreign_key="institution.id", index=True)
    state: str = Field(default="open", index=True)
    number: int = 1
    source: str = Field(default="camera", max_length=10)
    turn: str = Field(default="left", max_length=10)
    pictures: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    baseline: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    ladder: list[Any] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    seen: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    camera_ok_at: datetime | None = None
    sent_at: datetime | None = Field(default=None, index=True)
    decided_by: int | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = None
    note: str = Field(default="", max_length=500)


class Frame(SQLModel, table=True):
    """One picture of a watched sitting: what arrived, and what was seen on it. Numbers are the page's own.

    `at` (arrival) and `taken` (the page's word) are microseconds since 1970 UTC. `picture` is the hash under which the
    re-encoded picture lies in the private store; it stays when the picture goes (`erased`). `observation` is None
    until it is looked at, or for good where an overloaded server thinned frames (`thinned`).
    """

    __tablename__ = "frame"
    __table_args__ = (CheckConstraint(one_of("source", SOURCES), name="source"),)

    sitting_id: int = Field(
        sa_column=Column(ForeignKey("sitting.id"), primary_key=True, autoincrement=False, nullable=False)
    )
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    source: str = Field(default="camera", max_length=10)
    at: int = Field(sa_type=BigInteger)
    taken: int | None = Field(default=None, sa_type=BigInteger)
    picture: str = Field(max_length=64, index=True)
    size: int
    observation: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    detector: str = Field(default="", max_length=40)
    thinned: bool = False
    erased: bool = False
