"""Reads the forms of exams, bookings and dates: text in, plain values out, or every problem found."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from exam.core.clock import SHANGHAI, day_of, instant_of
from exam.core.errors import Invalid, Problem
from exam.scheduling.exam_rules import Settings
from exam.scheduling.models import Exam

LOCAL = "%Y-%m-%dT%H:%M"


def local_input(instant: datetime | None) -> str:
    """An instant as a date-and-time field holds it, on Shanghai's clock."""
    return instant.astimezone(SHANGHAI).strftime(LOCAL) if instant else ""


def read_local(text: str, name: str) -> datetime | None:
    """What a date-and-time field says, as UTC; None when it is empty. Raises Invalid."""
    if not text.strip():
        return None
    try:
        return datetime.strptime(text.strip()[:16], LOCAL).replace(tzinfo=SHANGHAI).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid([Problem(name, "exam-not-a-time")]) from error


def read_date(text: str, name: str) -> date | None:
    """What a date field says; None when it is empty. Raises Invalid."""
    if not text.strip():
        return None
    try:
        return day_of(text.strip())
    except ValueError as error:
        raise Invalid([Problem(name, "course-not-a-date")]) from error


def read_instant(text: str) -> datetime | None:
    """An instant that a page of ours had put into a field; None for anything else."""
    try:
        return instant_of(text)
    except ValueError:
        return None


def _id(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < 10_000 and value == round(value, 2) else None


def read_exam(
    fields: Mapping[str, str], papers: Sequence[str], kept: Exam | None, kept_papers: Sequence[int]
) -> Settings:
    """The settings of an exam out of its form. Raises Invalid.

    `kept` is the exam once it has been open: what is frozen by then is taken from it, whatever the form says.
    """
    problems: list[Problem] = []
    duration, cut = _number(fields.get("duration_minutes", "")), _number(fields.get("cut_marks", ""))
    release_at: datetime | None = None
    try:
        release_at = read_local(fields.get("release_at", ""), "release_at")
    except Invalid as error:
        problems += error.problems
    if kept is None:
        if duration is None or duration != duration.to_integral_value():
            problems.append(Problem("duration_minutes", "exam-not-a-number"))
        if cut is None:
            problems.append(Problem("cut_marks", "exam-not-a-number"))
    if problems:
        raise Invalid(problems)
    rule = fields.get("release_rule", "")
    return Settings(
        code=kept.code if kept else fields.get("code", "").strip()[:40],
        title=fields.get("title", "").strip()[:200],
        title_en=fields.get("title_en", "").strip()[:200],
        scheme=kept.scheme if kept else fields.get("scheme", ""),
        course_id=kept.course_id if kept else _id(fields.get("course_id", "")),
        track=kept.track if kept else fields.get("track", "")[:40],
        duration_minutes=kept.duration_minutes if kept else int(duration or 0),
        cut_marks=kept.cut_marks if kept else cut or Decimal(0),
        calculator=kept.calculator if kept else fields.get("calculator") == "yes",
        release_rule=rule,
        release_at=release_at if rule == "on-date" else None,
        show_answers=fields.get("show_answers") == "yes",
        paper_ids=tuple(kept_papers)
        if kept
        else tuple(sorted({int(one) for one in papers if one.isdecimal() and len(one) < 10})),
    )
