"""Exams, enrolments and bookings: what plugs into the app."""

from typing import Any

from starlette.routing import BaseRoute

from exam.accounts.permissions import Permission
from exam.core.i18n import N_
from exam.core.jobs import Job
from exam.scheduling import routes_calendar, routes_enrolments, routes_exams, routes_mine
from exam.scheduling.panels import candidate_panels, registrar_panels
from exam.scheduling.service_lapses import lapse_due


def run_lapses(state: Any) -> None:
    """Let booked windows that nobody came to, and retakes not taken in time, lapse."""
    lapse_due(state.database, state.clock.now())


routes: list[BaseRoute] = [
    *routes_exams.routes,
    *routes_enrolments.routes,
    *routes_mine.routes,
    *routes_calendar.routes,
]
navigation = (
    (N_("我的考试"), "my_exams", Permission.SITTING_TAKE),
    (N_("考试"), "exams", Permission.EXAM_READ),
    (N_("日历和规则"), "calendar", Permission.SCHEME_READ),
)
panels = (candidate_panels, registrar_panels)
jobs = (Job("scheduling.lapses", 60, run_lapses),)
