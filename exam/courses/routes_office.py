"""The office's pages of courses: list, settings, one course with its people, lists of who selected and who finished."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.models import Person
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import Invalid, Refused
from exam.core.i18n import N_
from exam.courses import queries, service, service_finishing, service_selecting
from exam.courses.forms import read_course
from exam.courses.models import Course
from exam.courses.service_selecting import managed_selection, pasted_lines
from exam.courses.signals import learnable_of
from exam.courses.view import choices, course_title, show
from exam.credits import confirm_page
from exam.credits.effects_shown import Unseen, confirmed

MANAGE = may(Permission.COURSE_MANAGE)


def courses(request: Request) -> Response:
    """`GET /courses`: the institution's courses."""
    with web.reading(request) as db:
        rows = queries.course_rows(db, caller(request).institution_id)
        return show(request, "courses/courses.html", {"rows": rows})


def course(request: Request) -> Response:
    """`GET /courses/{course_id}?q=&state=&page=`: what it is worth, and who selected it."""
    filters = {name: request.query_params.get(name, "") for name in ("q", "state", "page")}
    with web.reading(request) as db:
        found = service.course_of(db, caller(request), request.path_params["course_id"])
        page = queries.selection_page(db, found, {**filters, "page": filters["page"] or "1"})
        context = {
            "course": found,
            "filters": filters,
            "page": page,
            "price": queries.price(db, found, web.now(request)),
        }
        return show(request, "courses/course.html", context)


def course_new(request: Request) -> Response:
    """`GET` and `POST /courses/new`: the form of a new course."""
    return _form(request, None)


def course_edit(request: Request) -> Response:
    """`GET` and `POST /courses/{course_id}/edit`: the same form; what is frozen once it has been open is shown."""
    return _form(request, request.path_params["course_id"])


def _form(request: Request, course_id: int | None) -> Response:
    who, now = caller(request), web.now(request)
    if request.method == "GET":
        with web.reading(request) as db:
            found = service.course_of(db, who, course_id) if course_id else None
            values = {**found.model_dump(), "hours": f"{found.hours.normalize():f}"} if found else {}
            return _form_page(request, found, values)
    fields = web.text_fields(request)
    try:
        with web.transaction(request) as db:
            found = service.course_of(db, who, course_id) if course_id else None
            kept = found if found and found.opened else None
            saved = service.save_course(db, who, course_id, read_course(fields, kept), now)
    except Invalid as error:
        with web.reading(request) as db:
            found = service.course_of(db, who, course_id) if course_id else None
        return _form_page(request, found, fields, error.problems, error.status)
    return web.redirect(request, "course", course_id=saved.id)


def _form_page(
    request: Request, found: Course | None, values: dict[str, Any], problems: Any = (), status: int = 200
) -> Response:
    context = {
        "course": found,
        "frozen": bool(found and found.opened),
        "values": values,
        "choices": choices(web.now(request)),
        "problems": problems,
    }
    return show(request, "courses/course_form.html", context, status)


def course_move(request: Request) -> Response:
    """`POST /courses/{course_id}/move/{event}` (open or close)."""
    course_id = request.path_params["course_id"]
    with web.transaction(request) as db:
        service.move_course(db, caller(request), course_id, request.path_params["event"], web.now(request))
    return web.redirect(request, "course", course_id=course_id)


def course_people(request: Request) -> Response:
    """`GET /courses/{course_id}/people`: a pasted list. `POST` with `way`: `selected` or `finished`."""
    if request.method == "GET":
        return _people_page(request, {})
    who, now, fields = caller(request), web.now(request), web.text_fields(request)
    course_id, text = request.path_params["course_id"], fields.get("lines", "")
    rows: Sequence[service_selecting.Row]
    try:
        with web.transaction(request) as db:
            service.course_of(db, who, course_id)
            wanted = pasted_lines(db, who, text)
            if fields.get("way") == "finished":
                rows = service_finishing.finish_people(db, who, course_id, wanted, now)
            else:
                own = fields.get("own_staff") == "yes"
                rows = service_selecting.enrol_people(db, who, course_id, wanted, own, now)
    except Invalid as error:
        kept = {"problems": error.problems, "lines": text, "way": fields.get("way", "")}
        return _people_page(request, kept, error.status)
    # What could not be done stays in the box, to be put right and sent again.
    given = text.splitlines()
    left = "\n".join(given[row.line - 1] for row in rows if row.refusal and row.line <= len(given))
    return _people_page(request, {"report": rows, "lines": left, "way": fields.get("way", "")})


def _people_page(request: Request, context: dict[str, Any], status: int = 200) -> Response:
    with web.reading(request) as db:
        found = service.course_of(db, caller(request), request.path_params["course_id"])
        defaults = {"lines": "", "way": request.query_params.get("way", "selected"), "report": (), "problems": ()}
        own_staff = service.for_own_staff(found, web.now(request))
        shown = {"course": found, "own_staff": own_staff, **defaults, **context}
        return show(request, "courses/people.html", shown, status)


def selection(request: Request) -> Response:
    """`GET /selections/{selection_id}`: one person's selection; `POST` with `what` (finish, unfinish, cancel).

    Taking back that a course was finished shows first whose hours, eligibility and certificates it moves.
    """
    who, now, selection_id = caller(request), web.now(request), request.path_params["selection_id"]
    if request.method == "GET":
        with web.reading(request) as db:
            return _selection_page(request, db)
    fields = web.text_fields(request)
    try:
        with web.transaction(request) as db:
            found = managed_selection(db, who, selection_id)
            reason = fields.get("reason", "")
            match fields.get("what"):
                case "finish":
                    service_finishing.finish(db, found, now, who.person_id, now)
                case "unfinish":
                    unfinish = partial(service_finishing.unfinish, db, who, found, reason, now)
                    confirmed(db, who.institution_id, [found.person_id], confirm_page.seen(request), now, unfinish)
                case "cancel":
                    service_selecting.cancel(db, found, who.person_id, reason, now)
    except Unseen as unseen:
        return _unfinish_confirm(request, unseen)
    except (Invalid, Refused) as error:
        with web.reading(request) as db:
            return _selection_page(request, db, error)
    return web.redirect(request, "course_selection", selection_id=selection_id)


def _unfinish_confirm(request: Request, unseen: Unseen) -> Response:
    with web.reading(request) as db:
        found = queries.selection_of(db, caller(request), request.path_params["selection_id"])
        person, course = db.get_one(Person, found.person_id), db.get_one(Course, found.course_id)
        told = [(N_("考生"), person.name), (N_("课程"), course_title(course))]
    told.append((N_("原因"), web.text_fields(request).get("reason", "").strip()))
    back = str(request.app.url_path_for("course_selection", selection_id=found.id))
    return confirm_page.ask(request, unseen, title=N_("确认撤销学完"), told=told, back=back)


def _selection_page(request: Request, db: Session, error: Invalid | Refused | None = None) -> Response:
    found = queries.selection_of(db, caller(request), request.path_params["selection_id"])
    context = {
        "selection": found,
        "course": db.get_one(Course, found.course_id),
        "person": db.get_one(Person, found.person_id),
        "due": queries.dues_of(db, [found.id or 0]).get(found.id or 0),
        "learnable": learnable_of(db, [found.id or 0]).get(found.id or 0),
        "problems": error.problems if isinstance(error, Invalid) else (),
        "refusal": error.refusal if isinstance(error, Refused) else None,
    }
    return show(request, "courses/selection.html", context, error.status if error else 200)


GET_POST = ["GET", "POST"]
routes: list[BaseRoute] = [
    web.page_route("/courses", courses, access=MANAGE, name="courses"),
    web.page_route("/courses/new", course_new, access=MANAGE, name="course_new", methods=GET_POST),
    web.page_route("/courses/{course_id:int}", course, access=MANAGE, name="course"),
    web.page_route("/courses/{course_id:int}/edit", course_edit, access=MANAGE, name="course_edit", methods=GET_POST),
    web.page_route(
        "/courses/{course_id:int}/move/{event}", course_move, access=MANAGE, name="course_move", methods=["POST"]
    ),
    web.page_route(
        "/courses/{course_id:int}/people", course_people, access=MANAGE, name="course_people", methods=GET_POST
    ),
    web.page_route(
        "/selections/{selection_id:int}", selection, access=MANAGE, name="course_selection", methods=GET_POST
    ),
]
