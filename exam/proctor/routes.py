"""Every route of proctoring, with who may call it; its jobs, and its parts of other pages."""

from starlette.routing import BaseRoute

from exam.accounts.permissions import Permission
from exam.core.jobs import Job
from exam.proctor import (
    evidence_jobs,
    jobs_watching,
    panels_wall,
    routes_checkin,
    routes_checkins,
    routes_consent,
    routes_phone,
    routes_pictures,
    routes_policy,
    routes_privacy,
    routes_sitting,
    routes_wall,
    routes_watching,
)

navigation: tuple[tuple[str, str, Permission], ...] = ()
panels = (panels_wall.wall_panel, routes_checkins.check_in_panel, routes_privacy.erasures_panel)
jobs: tuple[Job, ...] = (*evidence_jobs.jobs, *jobs_watching.jobs)
routes: list[BaseRoute] = [
    *routes_sitting.routes,
    *routes_wall.routes,
    *routes_checkin.routes,
    *routes_checkins.routes,
    *routes_consent.routes,
    *routes_phone.routes,
    *routes_pictures.routes,
    *routes_policy.routes,
    *routes_privacy.routes,
    *routes_watching.routes,
]
