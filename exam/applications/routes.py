"""Applications: what plugs into the app."""

from datetime import datetime
from typing import Any

from sqlmodel import Session
from starlette.routing import BaseRoute

from exam.accounts.access import Caller
from exam.accounts.permissions import Permission
from exam.applications import queries, routes_office, routes_own
from exam.applications.service_office import delete_old_pictures, sweep
from exam.core.i18n import N_
from exam.core.jobs import Job
from exam.core.web import Panel

EVERY_SECONDS = 3600.0


def office_panels(db: Session, who: Caller, _now: datetime) -> list[Panel]:
    """How many applications wait for a decision."""
    if Permission.APPLICATION_MANAGE not in who.permissions:
        return []
    count = queries.waiting(db, who)
    return [Panel(24, "applications/_home_office.html", {"count": count})] if count else []


def _run(state: Any) -> None:
    now = state.clock.now()
    with state.database.transaction() as db:
        delete_old_pictures(db, state.private, now)
        sweep(db, state.private, now)


routes: list[BaseRoute] = [*routes_own.routes, *routes_office.routes]
navigation = (
    (N_("我的申请"), "my_applications", Permission.HOURS_OWN),
    (N_("报名申请"), "applications", Permission.APPLICATION_MANAGE),
)
panels = (office_panels,)
jobs = (Job("applications.retention", EVERY_SECONDS, _run),)
