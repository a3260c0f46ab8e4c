"""Every route of proctoring, with who may call it; its jobs, and its parts of other pages."""

from starlette.routing import BaseRoute

from exam.accounts.permissions import Permission
from exam.core.i18n import N_
from exam.core.jobs import Job
from exam.proctor import (
    evidence_jobs,
    jobs_review,
    jobs_watching,
    panels_review,
    panels_wall,
    routes_appeals,
    routes_checkin,
    routes_checkins,
    routes_consent,
    routes_evidence,
    routes_own,
    routes_phone,
    routes_pictures,
    routes_policy,
    routes_privacy,
    routes_report,
    routes_review,
    routes_sitting,
    routes_wall,
    routes_watching,
)

navigation: tuple[tuple[str, str, Permission], ...] = ((N_("监考复核"), "review", Permission.INCIDENT_DECIDE),)
panels = (
    panels_wall.wall_panel,
    routes_checkins.check_in_panel,
    routes_privacy.erasures_panel,
    panels_review.review_panel,
)
jobs: tuple[Job, ...] = (*evidence_jobs.jobs, *jobs_watching.jobs, *jobs_review.jobs)
routes: list[BaseRoute] = [
    *routes_sitting.routes,
    *routes_wall.routes,
    *routes_checkin.routes,
    *routes_checkins.routes,
    *routes_consent.routes,
    *routes_evidence.routes,
    *routes_appeals.routes,
    *routes_own.routes,
    *routes_report.routes,
    *routes_review.routes,
    *routes_phone.routes,
    *routes_pictures.routes,
    *routes_policy.routes,
    *routes_privacy.routes,
    *routes_watching.routes,
]
