"""Candidates' privacy page, their requests to delete pictures, and the exam office's answers to them."""

from datetime import datetime

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import Caller, caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import AppError, Invalid, Problem, Refused
from exam.core.web import Panel
from exam.proctor.consent import service_privacy
from exam.proctor.consent.rules_privacy import MAX_REASON
from exam.scheduling.view import show
from exam.sessions.queries import own_sitting

TAKE, MANAGE = may(Permission.SITTING_TAKE), may(Permission.EXAM_MANAGE)


def my_privacy(request: Request) -> Response:
    """`GET /me/privacy`: one's answers, which sittings have pictures and until when, what was asked and answered."""
    return _privacy_page(request)


def _privacy_page(request: Request, error: AppError | None = None, sitting_id: int = 0) -> Response:
    with web.reading(request) as db:
        context = {
            "rows": service_privacy.mine(db, caller(request)),
            "problems": error.problems if isinstance(error, Invalid) else (),
            "refusal": error.refusal if isinstance(error, Refused) else None,
            "asked": sitting_id,
            "reason": web.text_fields(request).get("reason", "") if error else "",
            "longest": MAX_REASON,
        }
        return show(request, "proctor/privacy.html", context, error.status if error else 200)


def ask_erasure(request: Request) -> Response:
    """`POST /sittings/{sitting_id}/erasure` (form `reason`): ask for the pictures to be deleted before their time."""
    sitting_id, who = int(request.path_params["sitting_id"]), caller(request)
    reason = web.text_fields(request).get("reason", "")
    try:
        with web.transaction(request) as db:
            own_sitting(db, sitting_id, who.person_id)
            service_privacy.ask_erasure(db, who.person_id, sitting_id, reason, web.now(request))
    except (Invalid, Refused) as error:
        return _privacy_page(request, error, sitting_id)
    return web.redirect(request, "my_privacy")


def erasures(request: Request) -> Response:
    """`GET /proctoring/erasures`: requests that wait for an answer, and those answered."""
    return _erasures_page(request)


def _erasures_page(request: Request, error: AppError | None = None, request_id: int = 0) -> Response:
    with web.reading(request) as db:
        waiting, answered = service_privacy.requests_of(db, caller(request))
        context = {
            "waiting": waiting,
            "answered": answered,
            "problems": error.problems if isinstance(error, Invalid) else (),
            "refusal": error.refusal if isinstance(error, Refused) else None,
            "asked": request_id,
            "answer": web.text_fields(request).get("answer", "") if error else "",
            "longest": MAX_REASON,
        }
        return show(request, "proctor/erasures.html", context, error.status if error else 200)


def decide_erasure(request: Request) -> Response:
    """`POST /proctoring/erasures/{erasure_id}` (form `do` grant or refuse, `answer`): the office's answer."""
    erasure_id, fields = int(request.path_params["erasure_id"]), web.text_fields(request)
    said, objects = fields.get("do", ""), request.app.state.private
    try:
        if said not in ("grant", "refuse"):
            raise Invalid([Problem("answer", "required")])
        with web.transaction(request) as db:
            answer, now = fields.get("answer", ""), web.now(request)
            service_privacy.decide(db, objects, caller(request), erasure_id, said == "grant", answer, now)
    except (Invalid, Refused) as error:
        return _erasures_page(request, error, erasure_id)
    return web.redirect(request, "erasures")


def erasures_panel(db: Session, who: Caller, now: datetime) -> list[Panel]:
    """On the exam office's first page: how many candidates wait for an answer."""
    if Permission.EXAM_MANAGE not in who.permissions:
        return []
    count = service_privacy.waiting(db, who.institution_id)
    return [Panel(22, "proctor/_home_erasures.html", {"count": count})] if count else []


routes: list[BaseRoute] = [
    web.page_route("/me/privacy", my_privacy, access=TAKE, name="my_privacy"),
    web.page_route(
        "/sittings/{sitting_id:int}/erasure", ask_erasure, access=TAKE, name="ask_erasure", methods=["POST"]
    ),
    web.page_route("/proctoring/erasures", erasures, access=MANAGE, name="erasures"),
    web.page_route(
        "/proctoring/erasures/{erasure_id:int}",
        decide_erasure,
        access=MANAGE,
        name="decide_erasure",
        methods=["POST"],
    ),
]
