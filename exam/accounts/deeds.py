"""Into the audit log: what a caller did, what is done to people."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from exam.accounts.access import Caller
from exam.core import audit


def record(
    db: Session,
    now: datetime,
    action: str,
    person_id: int | None,
    institution_id: int | None,
    by: int | None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write down that the person `by` (None: nobody, the program) did `action` to a person, at an institution."""
    audit.record(
        db,
        at=now,
        action=action,
        subject=("person", person_id),
        institution_id=institution_id,
        actor_id=by,
        detail=detail,
    )


def record_by(
    db: Session, who: Caller, now: datetime, action: str, subject: tuple[str, object], detail: Mapping[str, Any]
) -> None:
    """Write down what a caller did, to what (kind and id), at the institution they work for."""
    audit.record(
        db,
        at=now,
        action=action,
        subject=subject,
        institution_id=who.institution_id,
        actor_id=who.person_id,
        detail=detail,
    )
