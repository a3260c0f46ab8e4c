"""The registrar's pages of exams: list, settings, overview with the calendar of windows, opening and closing."""

from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam import schemes
from exam.accounts.access import Caller, caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import Invalid
from exam.courses.models import Course
from exam.scheduling import queries, service_exams, signals
from exam.scheduling.forms import local_input, read_exam
from exam.scheduling.loading import exam_of
from exam.scheduling.models import Exam
from exam.scheduling.view import months, show
from exam.scheduling.windows import local_date

READ, MANAGE = may(Permission.EXAM_READ), may(Permission.EXAM_MANAGE)


def exams(request: Request) -> Response:
    """`GET /exams`: the institution's exams, what opens next and what waits."""
    who = caller(request)
    with web.reading(request) as db:
        rows = queries.exam_rows(db, who.institution_id, web.now(request))
        return show(request, "scheduling/exams.html", {"rows": rows})


def exam(request: Request) -> Response:
    """`GET /exams/{exam_id}`: an exam's settings, papers, windows, and how its enrolments stand."""
    who = caller(request)
    with web.reading(request) as db:
        return _exam_page(request, db, exam_of(db, who, request.path_params["exam_id"]), (), 200)


def _exam_page(request: Request, db: Session, found: Exam, problems: Any, status: int) -> Response:
    now = web.now(request)
    scheme = schemes.get(found.scheme)
    rows = queries.window_rows(db, found, now)
    context = {
        "exam": found,
        "papers": service_exams.papers_of(db, found.id or 0),
        "course": db.get(Course, found.course_id) if found.course_id else None,
        "windows": rows,
        "months": months([row.window for row in rows[:3]], now),
        "counts": queries.state_counts(db, found.id or 0),
        "scheme": scheme,
        "rules": list(scheme.in_force(local_date(scheme, now))),
        "version": scheme.version_at(local_date(scheme, now)),
        "missing": service_exams.exam_problems(db, found) if found.state != "open" else [],
        "parts": [part for ask in signals.exam_parts if (part := ask(db, caller(request), found, now)) is not None],
        "problems": problems,
    }
    return show(request, "scheduling/exam.html", context, status)


def exam_move(request: Request) -> Response:
    """`POST /exams/{exam_id}/move/{event}` (open or close): back to the exam, with what is missing if it can't open."""
    who = caller(request)
    exam_id, event = request.path_params["exam_id"], request.path_params["event"]
    try:
        with web.transaction(request) as db:
            service_exams.move_exam(db, who, exam_id, event, web.now(request))
    except Invalid as error:
        with web.reading(request) as db:
            return _exam_page(request, db, exam_of(db, who, exam_id), error.problems, error.status)
    return web.redirect(request, "exam", exam_id=exam_id)


def exam_new(request: Request) -> Response:
    """`GET` and `POST /exams/new`: the form of a new exam."""
    return _form(request, None)


def exam_edit(request: Request) -> Response:
    """`GET` and `POST /exams/{exam_id}/edit`: the same form; what is frozen once it has been open is only shown."""
    return _form(request, request.path_params["exam_id"])


def _form(request: Request, exam_id: int | None) -> Response:
    who, now = caller(request), web.now(request)
    if request.method == "GET":
        with web.reading(request) as db:
            found = exam_of(db, who, exam_id) if exam_id else None
            return _form_page(request, db, who, found, _values(db, found), (), 200)
    fields, chosen = web.text_fields(request), [str(one) for one in web.form(request).getlist("paper_ids")]
    try:
        with web.transaction(request) as db:
            found = exam_of(db, who, exam_id) if exam_id else None
            kept = found if found and found.state != "draft" else None
            papers = [paper.id or 0 for paper in service_exams.papers_of(db, exam_id)] if kept and exam_id else []
            settings = read_exam(fields, chosen, kept, papers)
            saved = service_exams.save_exam(db, who, exam_id, settings, now)
    except Invalid as error:
        with web.reading(request) as db:
            found = exam_of(db, who, exam_id) if exam_id else None
            values = {**fields, "paper_ids": chosen}
            return _form_page(request, db, who, found, values, error.problems, error.status)
    return web.redirect(request, "exam", exam_id=saved.id)


def _values(db: Session, found: Exam | None) -> dict[str, Any]:
    """What the form shows at first."""
    if found is None:
        return {"scheme": "changzhou", "release_rule": "when-marked", "paper_ids": []}
    return {
        **found.model_dump(exclude={"release_at"}),
        "calculator": "yes" if found.calculator else "",
        "show_answers": "yes" if found.show_answers else "",
        "release_at": local_input(found.release_at),
        "paper_ids": [str(paper.id) for paper in service_exams.papers_of(db, found.id or 0)],
        "course_id": str(found.course_id or ""),
    }


def _form_page(
    request: Request, db: Session, who: Caller, found: Exam | None, values: dict[str, Any], problems: Any, status: int
) -> Response:
    kept = [paper.id or 0 for paper in service_exams.papers_of(db, found.id or 0)] if found else []
    context = {
        "exam": found,
        "frozen": bool(found and found.state != "draft"),
        "values": values,
        "papers": queries.published_papers(db, who.institution_id, kept),
        "schemes": list(schemes.SCHEMES.values()),
        "courses": queries.courses(db, who.institution_id),
        "tracks": [
            (scheme, rule.value)
            for scheme in schemes.SCHEMES.values()
            for rule in scheme.tracks
            if rule.value.chosen and rule.holds(local_date(scheme, web.now(request)))
        ],
        "problems": problems,
    }
    return show(request, "scheduling/exam_form.html", context, status)


routes: list[BaseRoute] = [
    web.page_route("/exams", exams, access=READ, name="exams"),
    web.page_route("/exams/new", exam_new, access=MANAGE, name="exam_new", methods=["GET", "POST"]),
    web.page_route("/exams/{exam_id:int}", exam, access=READ, name="exam"),
    web.page_route("/exams/{exam_id:int}/edit", exam_edit, access=MANAGE, name="exam_edit", methods=["GET", "POST"]),
    web.page_route("/exams/{exam_id:int}/move/{event}", exam_move, access=MANAGE, name="exam_move", methods=["POST"]),
]
