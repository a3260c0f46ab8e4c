"""The exam office's pages of how an exam is watched, and of what a candidate is granted."""

from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import Invalid, Problem, Refused
from exam.proctor.detectors import CAMERA_LEVELS, DETECTORS
from exam.proctor.models import IDENTITY, LEVELS
from exam.proctor.policy import rules as policy_rules
from exam.proctor.policy import service as service_policy
from exam.proctor.policy import service_accommodations
from exam.proctor.policy.rules import LIMITS, Settings
from exam.scheduling.loading import exam_of, managed
from exam.scheduling.routes_enrolments import enrolment_page
from exam.scheduling.view import show

MANAGE, ENROL = may(Permission.EXAM_MANAGE), may(Permission.ENROLMENT_MANAGE)


def exam_proctoring(request: Request) -> Response:
    """`GET /exams/{exam_id}/proctoring?level=`: how the exam is watched; `level` shows what is proposed for another.

    `POST` (form: the fields of `policy_rules.Settings`, `detectors` several times) changes it.
    """
    who, exam_id = caller(request), int(request.path_params["exam_id"])
    if request.method == "GET":
        return _page(request, request.query_params.get("level", ""))
    fields = web.text_fields(request)
    chosen = [str(one) for one in web.form(request).getlist("detectors")]
    try:
        with web.transaction(request) as db:
            exam_of(db, who, exam_id)
            service_policy.save(db, who, exam_id, policy_rules.read(fields, chosen), web.now(request))
    except Invalid as error:
        return _page(request, "", {**fields, "detectors": chosen}, error.problems)
    return web.redirect(request, "exam", exam_id=exam_id)


def _page(request: Request, level: str, values: dict[str, Any] | None = None, problems: Any = ()) -> Response:
    who, exam_id = caller(request), int(request.path_params["exam_id"])
    with web.reading(request) as db:
        exam = exam_of(db, who, exam_id)
        settings = service_policy.settings_of(db, exam_id)
        proposed = level in LEVELS and level != settings.level
        if proposed:
            settings = policy_rules.default(level)
        context = {
            "exam": exam,
            "values": values or _values(settings),
            "proposed": proposed,
            "levels": LEVELS,
            "identities": IDENTITY,
            "limits": LIMITS,
            "browser_rows": [row for row in DETECTORS.values() if row.levels != CAMERA_LEVELS],
            "camera_rows": [row for row in DETECTORS.values() if row.levels == CAMERA_LEVELS],
            "started": service_policy.started(db, exam_id),
            "unfit": service_policy.unfit_people(db, exam_id),
            "problems": problems,
        }
        return show(request, "proctor/policy.html", context, 422 if problems else 200)


def _values(settings: Settings) -> dict[str, Any]:
    chosen = settings.detectors if settings.level != "none" else policy_rules.default("live").detectors
    return {**settings.values(), "hold_results": "yes" if settings.hold_results else "", "detectors": list(chosen)}


def enrolment_accommodation(request: Request) -> Response:
    """`POST /exams/enrolments/{enrolment_id}/accommodations` (form `do` grant or revoke, `accommodation`,
    `accommodation_reason`): then back to the enrolment.
    """
    who, enrolment_id, now = caller(request), int(request.path_params["enrolment_id"]), web.now(request)
    fields = web.text_fields(request)
    kind = fields.get("accommodation", "")
    try:
        with web.transaction(request) as db:
            if fields.get("do") == "revoke":
                service_accommodations.revoke(db, who, enrolment_id, kind, now)
            elif fields.get("do") == "grant":
                reason = fields.get("accommodation_reason", "")
                service_accommodations.grant(db, who, enrolment_id, kind, reason, now)
            else:
                _nothing_asked(db, request, enrolment_id)
    except Invalid as error:
        with web.reading(request) as db:
            return enrolment_page(request, db, error.problems, fields)
    except Refused as error:
        with web.reading(request) as db:
            return enrolment_page(request, db, (), fields, error.refusal)
    return web.redirect(request, "enrolment", enrolment_id=enrolment_id)


def _nothing_asked(db: Session, request: Request, enrolment_id: int) -> None:
    managed(db, caller(request), enrolment_id)
    raise Invalid([Problem("accommodation", "required")])


routes: list[BaseRoute] = [
    web.page_route(
        "/exams/{exam_id:int}/proctoring",
        exam_proctoring,
        access=MANAGE,
        name="exam_proctoring",
        methods=["GET", "POST"],
    ),
    web.page_route(
        "/exams/enrolments/{enrolment_id:int}/accommodations",
        enrolment_accommodation,
        access=ENROL,
        name="enrolment_accommodation",
        methods=["POST"],
    ),
]
