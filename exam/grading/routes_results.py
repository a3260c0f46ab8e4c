"""A candidate's own results."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.decisions import Refusal
from exam.core.errors import Refused
from exam.grading import queries, service
from exam.grading.queries_answers import answered_items
from exam.grading.view import chapter_shares, compared, point_shares, show
from exam.itembank.models import Paper
from exam.proctor.terms import watched
from exam.scheduling.queries_mine import my_enrolment

OWN = may(Permission.RESULT_OWN)


def my_results(request: Request) -> Response:
    """`GET /results` (name `my_results`)."""
    with web.reading(request) as db:
        mine = queries.own_results(db, caller(request), web.now(request))
    return show(request, "grading/my_results.html", {"mine": mine})


def result(request: Request) -> Response:
    """`GET /results/{sitting_id}` (name `result`): marks, shares, what is next and the check of receipts, once it is
    released; before, what it waits for."""
    who, now = caller(request), web.now(request)
    sitting_id = int(request.path_params["sitting_id"])
    with web.reading(request) as db:
        own = queries.own_result(db, who, sitting_id, now)
    if own.result is None and own.waiting is None and not own.void:
        with web.transaction(request) as db:
            service.grade_if_needed(db, sitting_id, now)
    with web.reading(request) as db:
        own = queries.own_result(db, who, sitting_id, now)
        one = my_enrolment(db, who, own.sitting.enrolment_id, now)
        context: dict[str, Any] = {"own": own, "one": one, "watched": watched(db, sitting_id) is not None}
        if own.result is not None:
            paper = db.get_one(Paper, own.sitting.paper_id)
            context |= {
                "chapters": chapter_shares(db, own.result),
                "points": point_shares(db, own.result, paper.bank_id),
                "evidence": queries.evidence(db, own.result),
                "diagnosed": compared(own.exam.scheme, own.result.window_opens or own.result.submitted_at),
            }
        return show(request, "grading/result.html", context)


def booking_result(request: Request) -> Response:
    """`GET /bookings/{booking_id}/result` (name `booking_result`): goes to the result of a booking's sitting, or to the
    sitting while it is not handed in. Raises NotFound for anybody else's and for one without a sitting."""
    with web.reading(request) as db:
        sitting = queries.own_sitting_of(db, caller(request), int(request.path_params["booking_id"]))
    name = "result" if sitting.state in ("submitted", "void") else "sitting"
    return web.redirect(request, name, sitting_id=sitting.id)


def result_answers(request: Request) -> Response:
    """`GET /results/{sitting_id}/answers` (name `result_answers`): item by item with key and explanation; refused
    unless the result is released and the exam shows its answers."""
    with web.reading(request) as db:
        own = queries.own_result(db, caller(request), int(request.path_params["sitting_id"]), web.now(request))
        if own.result is None:
            raise Refused(Refusal("result-not-released", own.waiting.at if own.waiting else None))
        if not own.exam.show_answers:
            raise Refused(Refusal("answers-not-shown"))
        items = answered_items(db, own.sitting, own.result)
    return show(request, "grading/answers.html", {"own": own, "items": items})


routes: list[BaseRoute] = [
    web.page_route("/results", my_results, access=OWN, name="my_results"),
    web.page_route("/results/{sitting_id:int}", result, access=OWN, name="result"),
    web.page_route("/bookings/{booking_id:int}/result", booking_result, access=OWN, name="booking_result"),
    web.page_route("/results/{sitting_id:int}/answers", result_answers, access=OWN, name="result_answers"),
]
