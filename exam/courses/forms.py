"""Reads the form of a course: text in, plain values out, or what can't be read."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from exam.core.errors import Invalid, Problem
from exam.courses.models import Course
from exam.courses.rules import FROZEN, Settings


def read_course(fields: Mapping[str, str], kept: Course | None) -> Settings:
    """The settings of a course out of its form. Raises Invalid for hours that are no number.

    `kept` is the course once it has been open: what is frozen by then is taken from it, whatever the form says.
    """
    longest = {"code": 40, "title": 200, "title_en": 200, "summary": 500, "class_number": 20, "approval": 40}
    texts = {name: " ".join(fields.get(name, "").split())[:most] for name, most in longest.items()}
    texts |= {name: fields.get(name, "")[:40] for name in ("scheme", "track", "category", "delivery")}
    texts["approval"] = texts["approval"].upper()
    if kept is not None:
        texts |= {name: getattr(kept, name) for name in FROZEN if name != "hours"}
        return Settings(**texts, hours=kept.hours)
    try:
        hours = Decimal(fields.get("hours", "").strip())
    except InvalidOperation:
        hours = Decimal("NaN")
    if not hours.is_finite() or abs(hours) > 10_000:
        raise Invalid([Problem("hours", "exam-not-a-number")])
    return Settings(**texts, hours=hours)
