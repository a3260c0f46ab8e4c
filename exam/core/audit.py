"""The audit log: who did what, when, to what. Append-only and chained, one stream an institution."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Field, Session, SQLModel, select

from exam.core.events import GENESIS, Link, canonical, link, verify


class AuditHead(SQLModel, table=True):
    """The last link of a stream; its row lock keeps two writers from continuing the same link."""

    __tablename__ = "audit_head"

    institution_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    seq: int = 0
    hash: str = GENESIS


class AuditEvent(SQLModel, table=True):
    """One deed. `institution_id` 0 stands for the platform itself; `actor_id` None for the software."""

    __tablename__ = "audit_event"
    __table_args__ = (UniqueConstraint("institution_id", "seq"), UniqueConstraint("institution_id", "previous"))

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int
    seq: int
    at: datetime = Field(index=True)
    actor_id: int | None = Field(default=None, index=True)
    action: str = Field(index=True)
    subject_kind: str
    subject_id: str
    detail: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    previous: str
    hash: str


def _parts(event: AuditEvent) -> tuple[str | int, ...]:
    actor = "" if event.actor_id is None else event.actor_id
    at = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    return (event.seq, at, actor, event.action, event.subject_kind, event.subject_id, canonical(event.detail))


def hold(db: Session, institution_id: int) -> AuditHead:
    """The head of a stream, locked until the transaction ends; made when the stream has none yet.

    Who must not run beside another of the institution takes it before reading, and so comes before any later lock.
    """
    query = select(AuditHead).where(AuditHead.institution_id == institution_id).with_for_update()
    head = db.exec(query.execution_options(populate_existing=True)).one_or_none()
    if head is None:
        # Two may find none at once; the second of them waits here for the first.
        table = AuditHead.__table__  # type: ignore[attr-defined]
        make = sqlite_insert(table) if db.get_bind().dialect.name == "sqlite" else postgres_insert(table)
        db.connection().execute(
            make.values(institution_id=institution_id, seq=0, hash=GENESIS).on_conflict_do_nothing()
        )
        head = db.exec(query.execution_options(populate_existing=True)).one()
    return head


def record(
    db: Session,
    *,
    at: datetime,
    action: str,
    subject: tuple[str, object],
    institution_id: int | None,
    actor_id: int | None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Append a deed to the log, in the caller's transaction.

    `action` is a dotted code ("paper.publish") with a text in both languages (`audit.<action>`); `subject` is a kind
    and an id. `detail` holds plain JSON values and nothing secret: no passwords, tokens, ID numbers or keys.
    """
    stream = institution_id or 0
    head = hold(db, stream)
    event = AuditEvent(
        institution_id=stream,
        seq=head.seq + 1,
        at=at,
        actor_id=actor_id,
        action=action,
        subject_kind=subject[0],
        subject_id=str(subject[1]),
        detail=dict(detail or {}),
        previous=head.hash,
        hash="",
    )
    event.hash = link(head.hash, *_parts(event))
    head.seq, head.hash = event.seq, event.hash
    db.add(head)
    db.add(event)
    db.flush()


def check(db: Session, institution_id: int) -> str | None:
    """Verify the chain of an institution's log; None when it is whole."""
    rows = db.exec(select(AuditEvent).where(AuditEvent.institution_id == institution_id).order_by("seq"))
    return verify(Link(row.seq, row.previous, row.hash, _parts(row)) for row in rows)
