"""The editor's pages of courses: the list, and one course with its settings, chapters, progress points and figures."""

from collections.abc import Callable
from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import Invalid, Refused
from exam.courseware import queries, rules, service, service_cues, view
from exam.courseware.models import Courseware

WRITE = may(Permission.COURSEWARE_WRITE)


def courseware(request: Request) -> Response:
    """`GET /courseware`: the institution's online courses, and what there is of each."""
    with web.reading(request) as db:
        rows = queries.content_rows(db, caller(request).institution_id)
        return view.show(request, "courseware/courses.html", {"rows": rows})


def course(request: Request) -> Response:
    """`GET /courseware/{course_id}`: what is missing, settings, chapters, progress points, figures."""
    with web.reading(request) as db:
        return _page(request, db)


def _page(request: Request, db: Session, error: Invalid | Refused | None = None) -> Response:
    now = web.now(request)
    found = service.course_of(db, caller(request), request.path_params["course_id"])
    fresh = Courseware(course_id=found.id or 0, institution_id=found.institution_id, created_at=now)
    content = db.get(Courseware, found.id) or fresh
    over = view.overview(db, content, now)
    stated = {"bank": content.bank_id, "idle": content.idle_seconds, "title": "", "title_en": ""}
    stated |= {"exercise_items": content.exercise_items, "exercise_accuracy": content.exercise_accuracy}
    problems = view.in_words(error.problems) if isinstance(error, Invalid) else []
    context = {
        "course": found,
        "content": content,
        "over": over,
        "marks": view.marks(over),
        "banks": queries.banks(db, found.institution_id),
        "figures": view.figures(db, found.id or 0),
        "values": {**stated, **(web.text_fields(request) if error else {})},
        "bounds": {"idle": (rules.LEAST_IDLE, rules.MOST_IDLE), "items": rules.MOST_QUIZ_ITEMS},
        "problems": [problem for problem in problems if problem not in over.problems],
        "refusal": error.refusal if isinstance(error, Refused) else None,
    }
    return view.show(request, "courseware/course.html", context, error.status if error else 200)


def _do(request: Request, deed: Callable[[Session, int], Any]) -> Response:
    """One deed on the course; what goes wrong is shown on its page."""
    course_id = request.path_params["course_id"]
    try:
        with web.transaction(request) as db:
            deed(db, course_id)
    except (Invalid, Refused) as error:
        with web.reading(request) as db:
            return _page(request, db, error)
    return web.redirect(request, "courseware_course", course_id=course_id)


def settings(request: Request) -> Response:
    """`POST /courseware/{course_id}/settings`: bank, idle time, exercise."""
    who, now, fields = caller(request), web.now(request), web.text_fields(request)
    return _do(request, lambda db, course_id: service.save_settings(db, who, course_id, fields, now))


def publish(request: Request) -> Response:
    """`POST /courseware/{course_id}/publish`."""
    who, now = caller(request), web.now(request)
    return _do(request, lambda db, course_id: service.publish(db, who, course_id, now))


def withdraw(request: Request) -> Response:
    """`POST /courseware/{course_id}/withdraw`."""
    who, now = caller(request), web.now(request)
    return _do(request, lambda db, course_id: service.withdraw(db, who, course_id, now))


def spread(request: Request) -> Response:
    """`POST /courseware/{course_id}/spread`: progress points evenly over the course."""
    who, now = caller(request), web.now(request)
    return _do(request, lambda db, course_id: service_cues.spread(db, who, course_id, now))


def chapter_add(request: Request) -> Response:
    """`POST /courseware/{course_id}/chapters`: a new chapter; its page is next."""
    who, now, fields = caller(request), web.now(request), web.text_fields(request)
    added = []
    answer = _do(request, lambda db, course_id: added.append(service.add_chapter(db, who, course_id, fields, now).id))
    return web.redirect(request, "courseware_chapter", chapter_id=added[0]) if added else answer


POST = ["POST"]
ONE = "/courseware/{course_id:int}"
routes: list[BaseRoute] = [
    web.page_route("/courseware", courseware, access=WRITE, name="courseware"),
    web.page_route(ONE, course, access=WRITE, name="courseware_course"),
    web.page_route(f"{ONE}/settings", settings, access=WRITE, name="courseware_settings", methods=POST),
    web.page_route(f"{ONE}/publish", publish, access=WRITE, name="courseware_publish", methods=POST),
    web.page_route(f"{ONE}/withdraw", withdraw, access=WRITE, name="courseware_withdraw", methods=POST),
    web.page_route(f"{ONE}/spread", spread, access=WRITE, name="courseware_spread", methods=POST),
    web.page_route(f"{ONE}/chapters", chapter_add, access=WRITE, name="courseware_chapter_add", methods=POST),
]
