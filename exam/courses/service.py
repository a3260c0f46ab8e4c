"""The office's courses: made, changed, opened, closed."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from exam import schemes
from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.courses.models import Course
from exam.courses.rules import FROZEN, Settings, category_of, posting_of, settings_problems
from exam.courses.states import COURSE_MOVES


def course_of(db: Session, who: Caller, course_id: int, *, lock: bool = False) -> Course:
    """A course of the caller's institution. Raises NotFound."""
    query = select(Course).where(Course.id == course_id, Course.institution_id == who.institution_id)
    query = query.with_for_update().execution_options(populate_existing=True) if lock else query
    found = db.exec(query).one_or_none()
    if found is None:
        raise NotFound(f"course {course_id}")
    return found


def save_course(db: Session, who: Caller, course_id: int | None, settings: Settings, now: datetime) -> Course:
    """Make a course (`course_id` None; it begins as a draft) or change one. Raises NotFound, Invalid, Refused.

    Once it has been open, only its titles and summary change: the rest is what people were promised.
    """
    course = course_of(db, who, course_id, lock=True) if course_id else None
    if settings.scheme not in schemes.SCHEMES or schemes.is_practice(settings.scheme):
        raise Invalid([Problem("scheme", "required")])
    scheme = schemes.get(settings.scheme)
    on = now.astimezone(ZoneInfo(scheme.zone)).date()
    values: dict[str, Any] = asdict(settings)
    posting = posting_of(scheme, on, settings.delivery)
    if posting is not None and posting.category is not None:
        values["category"] = posting.category
    if course and course.opened and any(getattr(course, name) != values[name] for name in FROZEN):
        raise Refused(Refusal("course-frozen"))
    problems = settings_problems(settings, scheme, on)
    taken = select(Course.id).where(Course.institution_id == who.institution_id, Course.code == settings.code)
    if db.exec(taken).first() not in (None, course.id if course else None):
        problems.append(Problem("code", "course-code-taken"))
    if problems:
        raise Invalid(problems)
    if course is None:
        course = Course(institution_id=who.institution_id, created_at=now, created_by=who.person_id, **values)
    course.sqlmodel_update(values)
    db.add(course)
    db.flush()
    _record(db, who, "course.change" if course_id else "course.make", course, now, {"hours": f"{course.hours:f}"})
    return course


def move_course(db: Session, who: Caller, course_id: int, event: str, now: datetime) -> Course:
    """Open or close a course (`event` "open" or "close"). Raises NotFound, Refused."""
    course = course_of(db, who, course_id, lock=True)
    target = COURSE_MOVES.get((course.state, event))
    if target is None:
        raise Refused(Refusal(f"course-{course.state}" if course.state != "open" else "course-open"))
    course.state, course.opened = target, course.opened or target == "open"
    db.add(course)
    db.flush()
    _record(db, who, f"course.{event}", course, now, {})
    return course


def for_own_staff(course: Course, now: datetime) -> bool:
    """Whether only the institution's own staff may take a course, by its category."""
    scheme = schemes.get(course.scheme)
    category = category_of(scheme, now.astimezone(ZoneInfo(scheme.zone)).date(), course.category)
    return category is not None and category.own_staff


def _record(db: Session, who: Caller, action: str, course: Course, now: datetime, detail: Mapping[str, Any]) -> None:
    deeds.record_by(db, who, now, action, ("course", course.id), {"code": course.code, **detail})
