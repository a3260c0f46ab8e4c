"""Every route of proctoring, with who may call it; its jobs, and its parts of other pages."""

from starlette.routing import BaseRoute

from exam.accounts.permissions import Permission
from exam.core.jobs import Job
from exam.proctor import routes_consent, routes_pictures, routes_policy, routes_watching

navigation: tuple[tuple[str, str, Permission], ...] = ()
panels = ()
jobs: tuple[Job, ...] = ()
routes: list[BaseRoute] = [
    *routes_consent.routes,
    *routes_pictures.routes,
    *routes_policy.routes,
    *routes_watching.routes,
]
