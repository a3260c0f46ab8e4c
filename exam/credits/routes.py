"""Credit hours: what plugs into the app."""

from typing import Any

from starlette.routing import BaseRoute

from exam.accounts.permissions import Permission
from exam.core.i18n import N_
from exam.credits import eligibility_pages, routes_claims, routes_office

routes: list[BaseRoute] = [*routes_claims.routes, *routes_office.routes, *eligibility_pages.routes]
navigation: tuple[tuple[str, str, Any], ...] = (
    (N_("我的学时"), "my_hours", Permission.HOURS_OWN),
    *eligibility_pages.navigation,
    (N_("学时申报"), "claims", Permission.CREDITS_MANAGE),
)
panels: tuple[Any, ...] = (*eligibility_pages.panels,)
