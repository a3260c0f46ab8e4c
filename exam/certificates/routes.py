"""Certificates: what plugs into the app."""

from starlette.routing import BaseRoute

from exam.accounts.permissions import Permission
from exam.certificates import jobs as certificate_jobs
from exam.certificates import routes_badges, routes_expiry, routes_keys, routes_office, routes_own
from exam.core.i18n import N_

routes: list[BaseRoute] = [
    *routes_own.routes,
    *routes_office.routes,
    *routes_keys.routes,
    *routes_badges.routes,
    *routes_expiry.routes,
]
navigation = (
    (N_("我的证书"), "my_certificates", Permission.HOURS_OWN),
    (N_("证书"), "certificates", Permission.CERTIFICATE_MANAGE),
)
panels = (routes_expiry.holder_panels,)
jobs = certificate_jobs.jobs
