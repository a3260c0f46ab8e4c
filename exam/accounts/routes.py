"""Pages of people and access."""

from starlette.routing import BaseRoute

from exam.accounts import panels as _panels
from exam.accounts import (
    retention,
    routes_audit,
    routes_import,
    routes_keys,
    routes_me,
    routes_people,
    routes_register,
    routes_sign_in,
    seen,
)
from exam.accounts.permissions import Permission
from exam.core.i18n import N_

routes: list[BaseRoute] = [
    *routes_sign_in.routes,
    *routes_me.routes,
    *routes_register.routes,
    *routes_import.routes,
    *routes_people.routes,
    *routes_keys.routes,
    *routes_audit.routes,
]

navigation = (
    (N_("人员"), "people", Permission.PEOPLE_READ),
    (N_("接口密钥"), "api_keys", Permission.API_KEY_MANAGE),
    (N_("操作记录"), "audit", Permission.AUDIT_READ),
)

panels = (_panels.message_panels, _panels.administrator, _panels.duties)

jobs = (seen.job, retention.job)
