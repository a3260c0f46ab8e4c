"""The registrar's pages of enrolments: the list of an exam, enrolling one or many, one enrolment with extra time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.models import Person
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import Invalid, Problem, Refused
from exam.scheduling import queries, service_enrolment, service_extra, service_lists, signals
from exam.scheduling.forms import read_date, read_instant
from exam.scheduling.loading import Loaded, exam_of, managed
from exam.scheduling.steps import next_step
from exam.scheduling.view import show

READ, MANAGE = may(Permission.EXAM_READ), may(Permission.ENROLMENT_MANAGE)


def exam_enrolments(request: Request) -> Response:
    """`GET /exams/{exam_id}/enrolments?q=&state=&window=&page=`: who is enrolled and booked."""
    who, now = caller(request), web.now(request)
    filters = {name: request.query_params.get(name, "") for name in ("q", "state", "window", "page")}
    with web.reading(request) as db:
        exam = exam_of(db, who, request.path_params["exam_id"])
        window = read_instant(filters["window"]) if filters["window"] else None
        page = queries.enrolment_page(db, exam, {**filters, "page": filters["page"] or "1"}, window, now)
        manages = Permission.ENROLMENT_MANAGE in who.permissions
        context = {
            "exam": exam,
            "filters": filters,
            "page": page,
            "marks": signals.marks_of(db, [row.enrolment.id or 0 for row in page.rows]) if manages else {},
            "windows": queries.window_rows(db, exam, now),
        }
        return show(request, "scheduling/enrolments.html", context)


def enrol(request: Request) -> Response:
    """`GET /exams/{exam_id}/enrol?q=`: pick candidates, or paste a list. `POST` with `way`: picked, pasted, courses."""
    who, now = caller(request), web.now(request)
    exam_id = request.path_params["exam_id"]
    if request.method == "GET":
        return _enrol_page(request, {"asked": request.query_params.get("q", "")})
    fields = web.text_fields(request)
    way = fields.get("way", "")
    try:
        with web.transaction(request) as db:
            rows: Sequence[service_enrolment.Row]
            if way == "picked":
                chosen = [
                    int(one)
                    for one in map(str, web.form(request).getlist("person"))
                    if one.isdecimal() and len(one) < 10
                ]
                if not chosen:
                    raise Invalid([Problem("person", "nobody-chosen")])
                rows = service_enrolment.enrol_people(db, who, exam_id, chosen, now)
            elif way == "courses":
                rows = service_lists.course_dates_pasted(db, who, exam_id, fields.get("lines", ""), now)
            else:
                rows = service_lists.enrol_pasted(db, who, exam_id, fields.get("lines", ""), now)
    except Invalid as error:
        return _enrol_page(request, {"problems": error.problems, "lines": fields.get("lines", ""), "way": way}, 422)
    # What could not be done stays in the box, to be put right and sent again.
    given = fields.get("lines", "").splitlines()
    left = "\n".join(given[row.line - 1] for row in rows if row.refusal and row.line <= len(given))
    return _enrol_page(request, {"report": rows, "lines": left, "way": way})


def _enrol_page(request: Request, context: dict[str, Any], status: int = 200) -> Response:
    who = caller(request)
    with web.reading(request) as db:
        exam = exam_of(db, who, request.path_params["exam_id"])
        people, more = queries.enrollable(db, who, exam, context.get("asked", ""))
        defaults = {"asked": "", "lines": "", "way": "", "report": (), "problems": ()}
        shown = {"exam": exam, "people": people, "more": more, **defaults, **context}
        return show(request, "scheduling/enrol.html", shown, status)


def enrolment(request: Request) -> Response:
    """`GET /exams/enrolments/{enrolment_id}`: one enrolment, its chances, course, extra time."""
    with web.reading(request) as db:
        return enrolment_page(request, db)


def enrolment_page(
    request: Request, db: Session, problems: Any = (), values: dict[str, str] | None = None, refusal: Any = None
) -> Response:
    """The page of one enrolment, with what went wrong in one of its forms."""
    now = web.now(request)
    loaded = managed(db, caller(request), request.path_params["enrolment_id"])
    context = {
        "loaded": loaded,
        "exam": loaded.exam,
        "enrolment": loaded.enrolment,
        "person": db.get_one(Person, loaded.enrolment.person_id),
        "next": next_step(loaded.standing, now),
        "grants": queries.grants_of(db, loaded.enrolment.id or 0),
        "in_progress": any(booking.state == "started" for booking in loaded.bookings),
        "parts": _parts(request, db, loaded, now),
        "problems": problems,
        "refusal": refusal,
        "values": values or {},
    }
    return show(request, "scheduling/enrolment.html", context, 422 if problems else 409 if refusal else 200)


def _parts(request: Request, db: Session, loaded: Loaded, now: datetime) -> list[signals.Part]:
    """What other packages add to the page."""
    asked = (ask(db, caller(request), loaded.exam, loaded.enrolment, now) for ask in signals.enrolment_parts)
    return [part for part in asked if part is not None]


def enrolment_change(request: Request) -> Response:
    """`POST /exams/enrolments/{enrolment_id}` with `do`: course, cancel, extra, revoke; then back to the enrolment."""
    fields = web.text_fields(request)
    enrolment_id = request.path_params["enrolment_id"]
    try:
        with web.transaction(request) as db:
            _change(request, db, enrolment_id, fields)
    except Invalid as error:
        with web.reading(request) as db:
            return enrolment_page(request, db, error.problems, fields)
    except Refused as error:
        with web.reading(request) as db:
            return enrolment_page(request, db, (), fields, error.refusal)
    return web.redirect(request, "enrolment", enrolment_id=enrolment_id)


def _change(request: Request, db: Session, enrolment_id: int, fields: dict[str, str]) -> None:
    who, now = caller(request), web.now(request)
    match fields.get("do", ""):
        case "course":
            on = read_date(fields.get("finished_on", ""), "finished_on")
            service_enrolment.set_course_finished(db, who, enrolment_id, on, now)
        case "cancel":
            service_enrolment.cancel_enrolment(db, who, enrolment_id, now)
        case "extra":
            reason = fields.get("reason", "")[:500]
            factor, minutes = service_extra.parse_extra(fields.get("kind", ""), fields.get("amount", ""), reason)
            service_extra.grant_extra(db, who, enrolment_id, now, reason=reason, factor=factor, minutes=minutes)
        case "revoke":
            grant = fields.get("grant", "")
            service_extra.revoke_extra(
                db, who, enrolment_id, int(grant) if grant.isdecimal() and len(grant) < 10 else 0, now
            )
        case _:
            managed(db, who, enrolment_id)
            raise Invalid([Problem("do", "required")])


routes: list[BaseRoute] = [
    web.page_route("/exams/{exam_id:int}/enrolments", exam_enrolments, access=READ, name="exam_enrolments"),
    web.page_route("/exams/{exam_id:int}/enrol", enrol, access=MANAGE, name="enrol", methods=["GET", "POST"]),
    web.page_route("/exams/enrolments/{enrolment_id:int}", enrolment, access=MANAGE, name="enrolment"),
    web.page_route(
        "/exams/enrolments/{enrolment_id:int}",
        enrolment_change,
        access=MANAGE,
        name="enrolment_change",
        methods=["POST"],
    ),
]
