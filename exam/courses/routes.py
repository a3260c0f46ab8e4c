"""Courses: what plugs into the app."""

from starlette.routing import BaseRoute

from exam.accounts.permissions import Permission
from exam.core.i18n import N_
from exam.courses import routes_office, routes_own

routes: list[BaseRoute] = [*routes_own.routes, *routes_office.routes]
navigation = (
    (N_("我的课程"), "my_courses", Permission.HOURS_OWN),
    (N_("课程"), "courses", Permission.COURSE_MANAGE),
)
