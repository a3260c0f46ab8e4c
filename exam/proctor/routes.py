"""Every route of proctoring, with who may call it; its jobs, and its parts of other pages."""

from starlette.routing import BaseRoute

from exam.accounts.permissions import Permission
from exam.core.i18n import N_
from exam.core.jobs import Job
from exam.proctor.checkin import routes as routes_checkin
from exam.proctor.checkin import routes_office as routes_checkins
from exam.proctor.checkin import routes_phone
from exam.proctor.consent import routes as routes_consent
from exam.proctor.consent import routes_privacy
from exam.proctor.evidence import jobs as evidence_jobs
from exam.proctor.evidence import routes as routes_evidence
from exam.proctor.evidence import routes_pictures
from exam.proctor.policy import routes as routes_policy
from exam.proctor.review import jobs as jobs_review
from exam.proctor.review import panels as panels_review
from exam.proctor.review import routes as routes_review
from exam.proctor.review import routes_appeals, routes_own, routes_report
from exam.proctor.wall import panels as panels_wall
from exam.proctor.wall import routes as routes_wall
from exam.proctor.wall import routes_sitting
from exam.proctor.watching import jobs as jobs_watching
from exam.proctor.watching import routes as routes_watching

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
