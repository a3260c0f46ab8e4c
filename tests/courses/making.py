"""A place with courses, for the tests of courses."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from exam.courses import service
from exam.courses.models import Course
from exam.courses.rules import Settings

NOON = datetime(2026, 11, 6, 4, 0, tzinfo=UTC)


def settings(**changes: Any) -> Settings:
    """A Changzhou course of 24 hours."""
    values: dict[str, Any] = {
        "code": "GX-01",
        "title": "创新能力建设",
        "title_en": "Capacity for innovation",
        "summary": "",
        "scheme": "changzhou",
        "track": "",
        "category": "",
        "hours": Decimal(24),
        "delivery": "online",
        "class_number": "",
        "approval": "",
    }
    return Settings(**(values | changes))


def opened(db: Session, office: Any, now: datetime = NOON, **changes: Any) -> Course:
    """A course that is open."""
    made = service.save_course(db, office, None, settings(**changes), now)
    return service.move_course(db, office, made.id or 0, "open", now)
