"""A candidate's diagnosis of a verification, and the cohorts for the exam office: what plugs into the app."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.i18n import N_
from exam.diagnosis import queries_cohorts, view
from exam.diagnosis.rules import SMALLEST_COHORT
from exam.grading.view import show

OWN = may(Permission.RESULT_OWN)
READ = may(Permission.RESULT_READ)


def diagnosis(request: Request) -> Response:
    """`GET /results/{sitting_id}/diagnosis` (name `diagnosis`)."""
    with web.reading(request) as db:
        found = view.diagnosis(db, caller(request), int(request.path_params["sitting_id"]))
        return show(request, "diagnosis/diagnosis.html", {"found": found, "smallest": SMALLEST_COHORT})


def cohorts(request: Request) -> Response:
    """`GET /cohorts` (name `cohorts`): every exam and verification day with its robust figures."""
    with web.reading(request) as db:
        found = queries_cohorts.cohorts(db, caller(request).institution_id)
        return show(request, "diagnosis/cohorts.html", {"cohorts": found, "smallest": SMALLEST_COHORT})


def cohort(request: Request) -> Response:
    """`GET /cohorts/{exam_id}/{month}` (name `cohort`): one of them by knowledge point and z score."""
    with web.reading(request) as db:
        who, params = caller(request), request.path_params
        found = view.cohort_view(db, who.institution_id, int(params["exam_id"]), str(params["month"]))
        return show(request, "diagnosis/cohort.html", {"found": found, "smallest": SMALLEST_COHORT})


routes: list[BaseRoute] = [
    web.page_route("/results/{sitting_id:int}/diagnosis", diagnosis, access=OWN, name="diagnosis"),
    web.page_route("/cohorts", cohorts, access=READ, name="cohorts"),
    web.page_route("/cohorts/{exam_id:int}/{month}", cohort, access=READ, name="cohort"),
]
navigation = ((N_("能力验证比对"), "cohorts", Permission.RESULT_READ),)
