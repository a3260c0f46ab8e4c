"""The candidate's page of courses: what they selected, what they can select."""

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.decisions import Refusal
from exam.core.errors import Refused
from exam.courses import queries, service_selecting
from exam.courses.view import show

OWN = may(Permission.HOURS_OWN)


def my_courses(request: Request) -> Response:
    """`GET /my/courses`: the caller's courses with what comes next, and the courses on offer."""
    with web.reading(request) as db:
        return _page(request, db, None)


def _page(request: Request, db: Session, refusal: Refusal | None) -> Response:
    who, now = caller(request), web.now(request)
    context = {
        "mine": queries.my_courses(db, who, now),
        "offers": queries.offers(db, who, now),
        "refusal": refusal,
        "price": lambda course: queries.price(db, course, now),
    }
    return show(request, "courses/my_courses.html", context, 409 if refusal else 200)


def select_course(request: Request) -> Response:
    """`POST /my/courses/{course_id}/select`."""
    try:
        with web.transaction(request) as db:
            service_selecting.select_course(db, caller(request), request.path_params["course_id"], web.now(request))
    except Refused as error:
        with web.reading(request) as db:
            return _page(request, db, error.refusal)
    return web.redirect(request, "my_courses")


def cancel_selection(request: Request) -> Response:
    """`POST /my/selections/{selection_id}/cancel`: given back before it is finished."""
    who = caller(request)
    try:
        with web.transaction(request) as db:
            found = service_selecting.own_selection(db, who, request.path_params["selection_id"])
            service_selecting.cancel(db, found, who.person_id, "", web.now(request))
    except Refused as error:
        with web.reading(request) as db:
            return _page(request, db, error.refusal)
    return web.redirect(request, "my_courses")


routes: list[BaseRoute] = [
    web.page_route("/my/courses", my_courses, access=OWN, name="my_courses"),
    web.page_route(
        "/my/courses/{course_id:int}/select", select_course, access=OWN, name="select_course", methods=["POST"]
    ),
    web.page_route(
        "/my/selections/{selection_id:int}/cancel",
        cancel_selection,
        access=OWN,
        name="cancel_selection",
        methods=["POST"],
    ),
]
