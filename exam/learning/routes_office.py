"""The office's look at how somebody learned: runs, visits, quizzes; more time to answer."""

from decimal import Decimal, InvalidOperation

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts import deeds
from exam.accounts.access import caller, may
from exam.accounts.models import Person
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import Invalid, NotFound, Problem
from exam.courses.models import Course
from exam.courses.queries import selection_of
from exam.courses.view import HELPERS as COURSE_HELPERS
from exam.courseware.models import Courseware
from exam.learning import queries
from exam.learning.models import LearningGrant
from exam.learning.view import HELPERS

MANAGE = may(Permission.COURSE_MANAGE)
MOST_FACTOR = Decimal(4)


def learning(request: Request) -> Response:
    """`GET /selections/{selection_id}/learning`: runs, visits and quizzes. `POST`: more time to answer (`factor`,
    `reason`; an empty factor takes it back)."""
    if request.method == "GET":
        return _page(request)
    try:
        _grant(request)
    except Invalid as error:
        return _page(request, error)
    return web.redirect(request, "selection_learning", selection_id=request.path_params["selection_id"])


def _page(request: Request, error: Invalid | None = None) -> Response:
    with web.reading(request) as db:
        selection = selection_of(db, caller(request), request.path_params["selection_id"])
        if db.get(Courseware, selection.course_id) is None:
            raise NotFound("content")
        rows = queries.run_rows(db, selection.id or 0)
        context = {
            "selection": selection,
            "course": db.get_one(Course, selection.course_id),
            "person": db.get_one(Person, selection.person_id),
            "runs": rows,
            "visits": queries.visits(db, [row.run.id or 0 for row in rows]),
            "grant": db.get(LearningGrant, selection.id),
            "problems": error.problems if error else (),
            "values": web.text_fields(request),
        }
        helpers = {**COURSE_HELPERS, **HELPERS}
        return web.render(request, "learning/office.html", {**helpers, **context}, error.status if error else 200)


def _grant(request: Request) -> None:
    who, now, fields = caller(request), web.now(request), web.text_fields(request)
    given, reason = fields.get("factor", "").strip(), fields.get("reason", "").strip()
    try:
        factor = Decimal(given) if given else None
    except InvalidOperation:
        factor = Decimal("NaN")
    problems = [] if reason else [Problem("reason", "required")]
    if factor is not None and not (factor.is_finite() and 1 < factor <= MOST_FACTOR and factor == round(factor, 2)):
        problems.append(Problem("factor", "extra-factor", {"max": MOST_FACTOR}))
    if problems:
        raise Invalid(problems)
    with web.transaction(request) as db:
        selection = selection_of(db, who, request.path_params["selection_id"])
        grant = db.get(LearningGrant, selection.id)
        if factor is None and grant is not None:
            db.delete(grant)
        elif factor is not None:
            grant = grant or LearningGrant(selection_id=selection.id or 0, factor=factor, reason="", granted_at=now)
            grant.factor, grant.reason, grant.granted_by, grant.granted_at = factor, reason[:500], who.person_id, now
            db.add(grant)
        detail = {"factor": str(factor) if factor else None, "reason": reason[:200], "person": selection.person_id}
        deeds.record_by(db, who, now, "learning.extra-time", ("course-enrolment", selection.id), detail)


routes: list[BaseRoute] = [
    web.page_route(
        "/selections/{selection_id:int}/learning",
        learning,
        access=MANAGE,
        name="selection_learning",
        methods=["GET", "POST"],
    )
]
