"""What the pages of scheduling show: titles in the reader's language, windows in words, months as pictures."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from exam import schemes
from exam.accounts.id_number import masked
from exam.core import i18n, web
from exam.core.clock import SHANGHAI
from exam.core.texts import localtime
from exam.scheduling.models import Exam
from exam.scheduling.scheme_words import said
from exam.scheduling.windows import Window


@dataclass(frozen=True)
class Day:
    """A day of a calendar picture."""

    number: int
    open: bool
    past: bool
    today: bool
    planned: bool


@dataclass(frozen=True)
class Month:
    """A month of a calendar picture: weeks from Monday, None for days of other months."""

    title: str
    weeks: tuple[tuple[Day | None, ...], ...]


def months(windows: Sequence[Window], now: datetime, planned: datetime | None = None) -> list[Month]:
    """The months in which the windows lie, with their days marked."""
    today = now.astimezone(SHANGHAI).date()
    chosen = planned.astimezone(SHANGHAI).date() if planned else None
    opened = set()
    for window in windows:
        first, last = window.opens.astimezone(SHANGHAI).date(), last_day(window)
        opened |= {first + timedelta(days=n) for n in range((last - first).days + 1)}
    found = []
    for year, month in sorted({(day.year, day.month) for day in opened}):
        weeks = tuple(
            tuple(
                Day(day.day, day in opened, day < today, day == today, day == chosen) if day.month == month else None
                for day in week
            )
            for week in calendar.Calendar().monthdatescalendar(year, month)
        )
        found.append(Month(f"{year}-{month:02}", weeks))
    return found


def last_day(window: Window) -> date:
    """The last day that lies in a window."""
    return (window.closes.astimezone(SHANGHAI) - timedelta(microseconds=1)).date()


def end_text(instant: datetime | None) -> str:
    """The end of a stretch of time, given as the first instant outside: midnight is 24:00 of the day before."""
    if instant is None:
        return ""
    local = instant.astimezone(SHANGHAI)
    if (local.hour, local.minute) != (0, 0):
        return localtime(instant)
    return f"{(local - timedelta(days=1)).date().isoformat()} 24:00"


def window_text(window: Window | None) -> str:
    """A window from its first to its last minute."""
    return f"{localtime(window.opens)} – {end_text(window.closes)}" if window else ""


def window_html(window: Window | None) -> Markup:
    """A window in words whose instants stay on one line each."""
    if window is None:
        return Markup("")
    parts = localtime(window.opens), end_text(window.closes)
    return Markup('<span class="nowrap">{}</span> – <span class="nowrap">{}</span>').format(*parts)


def exam_title(exam: Exam) -> str:
    """The exam's title in the reader's language."""
    return exam.title_en if i18n.current_locale.get() == "en" and exam.title_en else exam.title


def scheme_title(key: str) -> str:
    """The scheme's name in the reader's language; its key if it is no longer declared."""
    return i18n.gettext(schemes.SCHEMES[key].title) if key in schemes.SCHEMES else key


def track_title(exam: Exam) -> str:
    """The exam's track in the reader's language; empty where it has none."""
    rows = schemes.SCHEMES[exam.scheme].tracks if exam.scheme in schemes.SCHEMES else ()
    return next((i18n.gettext(rule.value.title) for rule in rows if rule.value.key == exam.track), "")


def is_practice(exam: Exam) -> bool:
    """Whether sittings of the exam are practice."""
    return schemes.is_practice(exam.scheme)


HELPERS: Mapping[str, Any] = {
    "exam_title": exam_title,
    "scheme_title": scheme_title,
    "track_title": track_title,
    "window_text": window_text,
    "window_html": window_html,
    "end_text": end_text,
    "masked": masked,
    "said": said,
    "is_practice": is_practice,
}


def show(request: Request, template: str, context: Mapping[str, Any], status: int = 200) -> Response:
    """A page with the helpers of this module."""
    return web.render(request, template, {**HELPERS, **context}, status)
