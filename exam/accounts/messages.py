"""Messages to people on their first page: what happened to something of theirs, as a code and its parameters, so that
each reads them in their own language."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, SQLModel, col, select

from exam.accounts.access import Caller
from exam.core.errors import NotFound

SHOWN = 20


class Message(SQLModel, table=True):
    """A message at an institution; `code` keys the text (`message.<code>`), `params` fill it. Gone from the page once
    it was read."""

    __tablename__ = "message"

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id")
    person_id: int = Field(foreign_key="person.id", index=True)
    code: str = Field(max_length=60)
    params: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    at: datetime
    read_at: datetime | None = None


def send(
    db: Session, institution_id: int, person_id: int, code: str, params: Mapping[str, Any], now: datetime
) -> Message:
    """Put a message on a person's first page."""
    row = Message(institution_id=institution_id, person_id=person_id, code=code, params=dict(params), at=now)
    db.add(row)
    db.flush()
    return row


def unread(db: Session, who: Caller) -> list[Message]:
    """The caller's messages at their institution that they have not put away, newest first."""
    query = select(Message).where(
        Message.person_id == who.person_id,
        Message.institution_id == who.institution_id,
        col(Message.read_at).is_(None),
    )
    return list(db.exec(query.order_by(col(Message.id).desc()).limit(SHOWN)))


def put_away(db: Session, who: Caller, message_id: int, now: datetime) -> None:
    """The caller has read a message of theirs. Raises NotFound."""
    row = db.get(Message, message_id)
    if row is None or (row.person_id, row.institution_id) != (who.person_id, who.institution_id):
        raise NotFound(f"message {message_id}")
    row.read_at = row.read_at or now
    db.add(row)
    db.flush()
