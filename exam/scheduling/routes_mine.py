"""The candidate's pages: my exams, and one of them with its booking form."""

from datetime import timedelta
from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, Refused
from exam.scheduling import service
from exam.scheduling.forms import local_input, read_instant, read_local
from exam.scheduling.loading import owned
from exam.scheduling.queries_mine import my_enrolment, my_enrolments
from exam.scheduling.view import months, show
from exam.scheduling.windows import Window

TAKE = may(Permission.SITTING_TAKE)


def my_exams(request: Request) -> Response:
    """`GET /my-exams`: the candidate's enrolments, each with its next step."""
    with web.reading(request) as db:
        mine = my_enrolments(db, caller(request), web.now(request))
        return show(request, "scheduling/my_exams.html", {"mine": mine})


def my_exam(request: Request) -> Response:
    """`GET /my-exams/{enrolment_id}`: where the candidate stands, and the booking form."""
    with web.reading(request) as db:
        return _page(request, db)


def _page(
    request: Request,
    db: Session,
    problems: Any = (),
    refusal: Refusal | None = None,
    values: dict[str, str] | None = None,
) -> Response:
    now = web.now(request)
    one = my_enrolment(db, caller(request), request.path_params["enrolment_id"], now)
    booking = next((found for found in one.loaded.bookings if found.id == one.next.booking_id), None)
    windows = one.windows(now) if one.next.windowed and one.next.step in ("book", "wait-window", "start") else []
    current = booking.planned_at if booking and booking.state == "booked" else None
    context = {
        "one": one,
        "booking": booking,
        "windows": windows,
        "limits": {window.opens.isoformat(): _limits(window) for window in windows},
        "months": months(windows[:3], now, current),
        "problems": problems,
        "refusal": refusal,
        "values": values or {"planned_at": local_input(current)},
    }
    return show(request, "scheduling/my_exam.html", context, 422 if problems else 409 if refusal else 200)


def _limits(window: Window) -> list[str]:
    """The first and the last minute of a window, as a date-and-time field takes them."""
    return [local_input(window.opens), local_input(window.closes - timedelta(minutes=1))]


def book(request: Request) -> Response:
    """`POST /my-exams/{enrolment_id}/book` with `window` and `planned_at`; with `booking` it moves that one."""
    who, now, fields = caller(request), web.now(request), web.text_fields(request)
    enrolment_id = request.path_params["enrolment_id"]
    try:
        with web.transaction(request) as db:
            opens = read_instant(fields.get("window", ""))
            planned = read_local(fields.get("planned_at", ""), "planned_at")
            if moved := fields.get("booking", ""):
                booking_id = int(moved) if moved.isdecimal() and len(moved) < 10 else 0
                owned(db, who, enrolment_id).booking(booking_id)
                service.rebook(db, who, booking_id, planned, now, window_opens=opens)
            else:
                service.book(db, who, enrolment_id, planned, now, window_opens=opens)
    except Invalid as error:
        with web.reading(request) as db:
            return _page(request, db, problems=error.problems, values=fields)
    except Refused as error:
        with web.reading(request) as db:
            return _page(request, db, refusal=error.refusal, values=fields)
    return web.redirect(request, "my_exam", enrolment_id=enrolment_id)


def cancel_booking(request: Request) -> Response:
    """`POST /my-exams/{enrolment_id}/bookings/{booking_id}/cancel`: the chance is free again."""
    who = caller(request)
    enrolment_id, booking_id = request.path_params["enrolment_id"], request.path_params["booking_id"]
    try:
        with web.transaction(request) as db:
            owned(db, who, enrolment_id).booking(booking_id)
            service.cancel_booking(db, who, booking_id, web.now(request))
    except Refused as error:
        with web.reading(request) as db:
            return _page(request, db, refusal=error.refusal)
    return web.redirect(request, "my_exam", enrolment_id=enrolment_id)


routes: list[BaseRoute] = [
    web.page_route("/my-exams", my_exams, access=TAKE, name="my_exams"),
    web.page_route("/my-exams/{enrolment_id:int}", my_exam, access=TAKE, name="my_exam"),
    web.page_route("/my-exams/{enrolment_id:int}/book", book, access=TAKE, name="book", methods=["POST"]),
    web.page_route(
        "/my-exams/{enrolment_id:int}/bookings/{booking_id:int}/cancel",
        cancel_booking,
        access=TAKE,
        name="cancel_booking",
        methods=["POST"],
    ),
]
