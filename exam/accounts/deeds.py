"""What is done to people, into the audit log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

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
