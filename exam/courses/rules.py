"""What a course must have, and who may select or finish it when. Pure; `now` and `on` are handed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from exam.certificates.rules import APPROVAL, needed_fields
from exam.core.decisions import Refusal
from exam.core.errors import Problem
from exam.courses.models import DELIVERIES
from exam.courses.signals import ExamState
from exam.credits.eligibility_terms import Span
from exam.schemes.kinds import Scheme, certificates_for, first_day, rows_at
from exam.schemes.rows import Category, Posting

HALF = Decimal("0.5")
MOST_HOURS = Decimal(500)
OLDEST_DAYS = 20 * 366


@dataclass(frozen=True)
class Settings:
    """What the office says about a course, read from the form."""

    code: str
    title: str
    title_en: str
    summary: str
    scheme: str
    track: str
    category: str
    hours: Decimal
    delivery: str
    class_number: str
    approval: str


FROZEN = ("code", "scheme", "track", "category", "hours", "delivery", "class_number", "approval")
"""What can't be changed once the course has been open: it is what people were promised, and what certificates say."""


@dataclass(frozen=True)
class Selected:
    """The latest selection of a course by somebody, as the rules see it."""

    state: str
    finished_on: date | None = None
    exam: ExamState | None = None


def posting_of(scheme: Scheme, on: date, delivery: str) -> Posting | None:
    """The scheme's row by which a course of a delivery is credited, when it is finished or its exam is passed."""
    for rule in rows_at(scheme.posts, on):
        if rule.value.delivery in (None, delivery):
            return rule.value
    return None


def category_of(scheme: Scheme, on: date, key: str) -> Category | None:
    """A category of the scheme; None for none of that key."""
    return next((rule.value for rule in rows_at(scheme.categories, on) if rule.value.key == key), None)


def settings_problems(settings: Settings, scheme: Scheme, on: date) -> list[Problem]:
    """What is wrong with a course's settings under its scheme."""
    found = [Problem(name, "required") for name in ("code", "title") if not getattr(settings, name)]
    if settings.delivery not in DELIVERIES:
        found.append(Problem("delivery", "required"))
    if not 0 < settings.hours <= MOST_HOURS or settings.hours % HALF:
        found.append(Problem("hours", "course-hours", {"most": f"{MOST_HOURS:f}"}))
    if settings.track and settings.track not in {rule.value.key for rule in rows_at(scheme.tracks, on)}:
        found.append(Problem("track", "no-such-track"))
    found += _category_problems(settings, scheme, on)
    found += _number_problems(settings, scheme, on)
    return found


def _category_problems(settings: Settings, scheme: Scheme, on: date) -> list[Problem]:
    posting = posting_of(scheme, on, settings.delivery)
    if posting is None and rows_at(scheme.posts, on):
        return [Problem("delivery", "course-delivery-not-credited")]
    if posting is None or posting.category is not None:
        return []
    category = category_of(scheme, on, settings.category)
    if category is None:
        return [Problem("category", "required")]
    least, most = category.least_hours or HALF, category.most_hours or MOST_HOURS
    if not least <= settings.hours <= most:
        return [Problem("hours", "course-hours-of-category", {"least": f"{least:f}", "most": f"{most:f}"})]
    return []


def _number_problems(settings: Settings, scheme: Scheme, on: date) -> list[Problem]:
    """What the numbers of its certificates need: whole hours, a class number, an approval number in its form."""
    needed: set[str] = set()
    for basis in ("passed", "finished"):
        for rule in certificates_for(scheme, on, basis, settings.track or None, settings.delivery):
            needed |= needed_fields(rule.value)
    found = []
    if "hours" in needed and settings.hours % 1:
        found.append(Problem("hours", "course-hours-whole"))
    if "class_number" in needed and not settings.class_number:
        found.append(Problem("class_number", "required"))
    if settings.approval and not APPROVAL.fullmatch(settings.approval):
        found.append(Problem("approval", "approval-number-form"))
    return found


def may_select(
    state: str, own_staff: bool, by_office: bool, latest: Selected | None, span: Span, opens_again: datetime | None
) -> Refusal | None:
    """Whether somebody may select a course (again).

    `own_staff`: the category is for the institution's own staff, whom only the office enrols (S2 annex 2 §1). A course
    whose exam can't be sat any more is selected anew (S3 annex 3 §5); one that was finished or passed only in another
    cycle (`span` is the present one), as its hours count once in it. `opens_again` is when the next cycle begins.
    """
    if state != "open":
        return Refusal(f"course-{state}")
    if own_staff and not by_office:
        return Refusal("course-office-enrols")
    if latest is None or latest.state == "cancelled":
        return None
    if latest.state == "active":
        return Refusal("course-selected-already")
    if latest.exam == "spent":
        return None
    if latest.exam == "waiting":
        return Refusal("course-exam-waits")
    if latest.finished_on is not None and span.holds(latest.finished_on, None):
        return Refusal("course-counted-already", allowed_from=opens_again)
    return None


def finished_instant(scheme: Scheme, on: date, now: datetime) -> datetime | Refusal:
    """The instant from which a course finished on a day counts: the day's beginning; a refusal for a day that can't
    be: one to come, one long past, one before the scheme's first."""
    instant = datetime.combine(on, time.min, ZoneInfo(scheme.zone))
    if instant > now:
        return Refusal("course-date-in-future")
    if on < max((now - timedelta(days=OLDEST_DAYS)).date(), first_day(scheme)):
        return Refusal("course-date-too-old")
    return instant


def number_fields(values: Sequence[tuple[str, str]], hours: Decimal) -> dict[str, str | int]:
    """What a certificate's number and text take from a course; what is empty is left to the institution's own."""
    found: dict[str, str | int] = {name: value for name, value in values if value}
    return {**found, "hours": int(hours) if hours % 1 == 0 else f"{hours.normalize():f}"}
