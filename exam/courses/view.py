"""What the pages of courses show in words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from exam import schemes
from exam.accounts.id_number import masked
from exam.core import i18n, web
from exam.core.i18n import N_
from exam.courses.models import Course
from exam.schemes.kinds import rows_at

DELIVERY_NAMES = {"online": N_("网络课程"), "face-to-face": N_("面授"), "filed": N_("备案课程")}


def course_title(course: Course) -> str:
    """The course's title in the reader's language."""
    return course.title_en if i18n.current_locale.get() == "en" and course.title_en else course.title


def scheme_title(key: str) -> str:
    """The scheme's name in the reader's language; its key if it is no longer declared."""
    return i18n.gettext(schemes.SCHEMES[key].title) if key in schemes.SCHEMES else key


def delivery_name(delivery: str) -> str:
    """A delivery in words."""
    return i18n.gettext(DELIVERY_NAMES[delivery])


def category_name(course: Course) -> str:
    """The category that a course's hours are credited in, in words; empty where there is none."""
    rows = schemes.SCHEMES[course.scheme].categories if course.scheme in schemes.SCHEMES else ()
    return next((i18n.gettext(rule.value.title) for rule in rows if rule.value.key == course.category), "")


def track_name(course: Course) -> str:
    """The track that a course is for, in words; empty for all."""
    rows = schemes.SCHEMES[course.scheme].tracks if course.scheme in schemes.SCHEMES else ()
    return next((i18n.gettext(rule.value.title) for rule in rows if rule.value.key == course.track), "")


def choices(now: datetime) -> list[dict[str, Any]]:
    """The schemes that a course can be under, each with its categories and tracks, for the form."""
    found = []
    for scheme in schemes.SCHEMES.values():
        if scheme.practice:
            continue
        on = now.astimezone(ZoneInfo(scheme.zone)).date()
        found.append(
            {
                "scheme": scheme,
                "categories": [rule.value for rule in rows_at(scheme.categories, on)],
                "tracks": [rule.value for rule in rows_at(scheme.tracks, on) if rule.value.chosen],
                "posts": [rule.value for rule in rows_at(scheme.posts, on)],
            }
        )
    return found


HELPERS: Mapping[str, Any] = {
    "course_title": course_title,
    "scheme_title": scheme_title,
    "delivery_name": delivery_name,
    "category_name": category_name,
    "track_name": track_name,
    "masked": masked,
}


def show(request: Request, template: str, context: Mapping[str, Any], status: int = 200) -> Response:
    """A page with the helpers of this module."""
    return web.render(request, template, {**HELPERS, **context}, status)
