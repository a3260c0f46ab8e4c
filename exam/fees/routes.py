"""Fees: what plugs into the app."""

from starlette.routing import BaseRoute

from exam.accounts.permissions import Permission
from exam.core.i18n import N_
from exam.fees import routes_cards, routes_dues, routes_own, routes_payments
from exam.fees.panels import candidate_panels, office_panels

routes: list[BaseRoute] = [
    *routes_own.routes,
    *routes_payments.routes,
    *routes_cards.routes,
    *routes_dues.routes,
]
navigation = (
    (N_("我的缴费"), "my_fees", Permission.HOURS_OWN),
    (N_("缴费"), "fees", Permission.FEES_MANAGE),
)
panels = (candidate_panels, office_panels)
