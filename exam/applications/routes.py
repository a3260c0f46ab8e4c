"""Applications: what plugs into the app."""

from datetime import datetime
from typing import Any

from sqlmodel import Session
from starlette.routing import BaseRoute

from exam.accounts.access import Caller
from exam.accounts.permissions import Permission
from exam.applications import queries, routes_office, routes_own
from exam.applications.service_retention import delete_old_pictures
from exam.applications.states import UNDECIDED
from exam.applications.view import HELPERS
from exam.core import keeping
from exam.core.i18n import N_
from exam.core.jobs import Job
from exam.core.web import Panel

EVERY_SECONDS = 3600.0


def candidate_panels(db: Session, who: Caller, _now: datetime) -> list[Panel]:
    """The caller's applications that are not decided: to be finished, to be corrected, waiting."""
    if Permission.HOURS_OWN not in who.permissions:
        return []
    rows = [row for row in queries.own(db, who) if row.state in UNDECIDED]
    return [Panel(13, "applications/_home_mine.html", {**HELPERS, "rows": rows})] if rows else []


def office_panels(db: Session, who: Caller, _now: datetime) -> list[Panel]:
    """How many applications wait for a decision."""
    if Permission.APPLICATION_MANAGE not in who.permissions:
        return []
    count = queries.waiting(db, who)
    return [Panel(24, "applications/_home_office.html", {"count": count})] if count else []


def _run(state: Any) -> None:
    delete_old_pictures(state.database, state.private, state.clock.now())


def _sweep(state: Any) -> None:
    """The store's folders take turns: a walk through all of them every hour would be long where there are many."""
    now = state.clock.now()
    keeping.sweep(state.database, state.private, now, keeping.folders_of(now.hour))


routes: list[BaseRoute] = [*routes_own.routes, *routes_office.routes]
navigation = (
    (N_("我的申请"), "my_applications", Permission.HOURS_OWN),
    (N_("报名申请"), "applications", Permission.APPLICATION_MANAGE),
)
panels = (candidate_panels, office_panels)
jobs = (Job("applications.retention", EVERY_SECONDS, _run), Job("private.sweep", EVERY_SECONDS, _sweep))
