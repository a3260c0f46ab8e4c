"""Courseware: what plugs into the app."""

from starlette.routing import BaseRoute

from exam.accounts.permissions import Permission
from exam.core.i18n import N_
from exam.courseware import routes_chapter, routes_course, routes_files, routes_media

routes: list[BaseRoute] = [
    *routes_course.routes,
    *routes_chapter.routes,
    *routes_media.routes,
    *routes_files.routes,
]
navigation = ((N_("课件"), "courseware", Permission.COURSEWARE_WRITE),)
