"""Marks, results, result sheets: what plugs into the app."""

from starlette.routing import BaseRoute

from exam.accounts.permissions import Permission
from exam.core.i18n import N_
from exam.grading import jobs as grading_jobs
from exam.grading import routes_api, routes_marking, routes_release, routes_results, routes_sheets
from exam.grading.panels import candidate_panel, marker_panel, officer_panel, registrar_panel

routes: list[BaseRoute] = [
    *routes_results.routes,
    *routes_marking.routes,
    *routes_release.routes,
    *routes_sheets.routes,
    *routes_api.routes,
]
navigation = (
    (N_("我的成绩"), "my_results", Permission.RESULT_OWN),
    (N_("阅卷"), "marking", Permission.MARKING),
    (N_("成绩单"), "sheets", Permission.RESULT_READ),
    (N_("成绩公布"), "releases", Permission.RESULT_RELEASE),
)
panels = (candidate_panel, marker_panel, officer_panel, registrar_panel)
jobs = grading_jobs.jobs
