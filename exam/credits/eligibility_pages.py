"""What eligibility plugs into the app."""

from typing import Any

from starlette.routing import BaseRoute

from exam.accounts.permissions import Permission
from exam.core.i18n import N_
from exam.credits import panels_eligibility, routes_api_eligibility, routes_eligibility

routes: list[BaseRoute] = [*routes_eligibility.routes, *routes_api_eligibility.routes]
navigation: tuple[tuple[str, str, Any], ...] = (
    (N_("还差什么"), "my_eligibility", Permission.HOURS_OWN),
    (N_("学时与资格"), "eligibility", Permission.CREDITS_READ),
)
panels: tuple[Any, ...] = (panels_eligibility.candidate,)
