"""The candidate's page about camera and face images, and the public page about what is recorded and why."""

from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from exam.accounts.access import PUBLIC, caller, may
from exam.accounts.permissions import Permission
from exam.core import i18n, web
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.proctor.consent import about
from exam.proctor.consent import rules as consent_rules
from exam.proctor.consent import service as service_consent
from exam.proctor.consent import texts as consent
from exam.proctor.detectors import CAMERA_LEVELS
from exam.proctor.models import CheckIn
from exam.proctor.terms import watched
from exam.scheduling.models import Exam
from exam.scheduling.view import show
from exam.sessions.queries import own_sitting

TAKE = may(Permission.SITTING_TAKE)
DEEDS = ("given", "refused", "withdrawn", "ask")


def consent_page(request: Request) -> Response:
    """`GET /sittings/{sitting_id}/consent`: what is taken, why, how long, who sees it, what else can be done.

    `POST` with `do` (given, refused, withdrawn, ask) answers; then to the sitting, or back to the privacy page.
    """
    if request.method == "GET":
        return _page(request)
    sitting_id, person_id = int(request.path_params["sitting_id"]), caller(request).person_id
    fields, now = web.text_fields(request), web.now(request)
    said = fields.get("do", "")
    try:
        with web.transaction(request) as db:
            own_sitting(db, sitting_id, person_id)
            if said not in DEEDS:
                raise Invalid([Problem("do", "required")])
            if said == "ask":
                service_consent.ask_human(db, person_id, sitting_id, now)
            else:
                service_consent.answer(db, person_id, sitting_id, said, i18n.current_locale.get(), now)
    except (Invalid, Refused) as error:
        return _page(request, error)
    _doubt(request, sitting_id)
    if fields.get("back") == "privacy":
        return web.redirect(request, "my_privacy")
    return web.redirect(request, "sitting", sitting_id=sitting_id)


def _doubt(request: Request, sitting_id: int) -> None:
    """The next frame is judged by the new answer, not by what this process remembers for a moment."""
    line = request.app.state.watching.lines.get(sitting_id)
    if line is not None:
        line.until = 0.0


def _page(request: Request, error: Invalid | Refused | None = None) -> Response:
    with web.reading(request) as db:
        context = _context(request, db)
    context["refusal"] = error.refusal if isinstance(error, Refused) else None
    context["problems"] = error.problems if isinstance(error, Invalid) else ()
    return show(request, "proctor/consent.html", context, error.status if error else 200)


def _context(request: Request, db: Session) -> dict[str, Any]:
    sitting_id = int(request.path_params["sitting_id"])
    sitting = own_sitting(db, sitting_id, caller(request).person_id)
    terms = watched(db, sitting_id)
    if terms is None or terms.level not in CAMERA_LEVELS:
        raise NotFound
    stand = service_consent.stand_of(db, terms)
    check_in = db.get(CheckIn, sitting_id)
    return {
        "sitting": sitting,
        "exam": db.get_one(Exam, sitting.exam_id),
        "terms": terms,
        "stand": stand,
        "step": consent_rules.next_step(stand),
        "note": check_in.note if check_in and check_in.state == "again" else "",
        "text": consent.shown(terms, i18n.current_locale.get()),
        "history": service_consent.history(db, [sitting_id]).get(sitting_id, []),
        "open": sitting.state == "prepared",
    }


def consent_state(request: Request) -> Response:
    """`GET /sittings/{sitting_id}/consent/state`: `{"answer", "route", "step"}` for the paper's page and whoever
    waits for a proctor; all empty where no camera is asked for.
    """
    sitting_id = int(request.path_params["sitting_id"])
    with web.reading(request) as db:
        own_sitting(db, sitting_id, caller(request).person_id)
        terms = watched(db, sitting_id)
        if terms is None or terms.level not in CAMERA_LEVELS:
            return JSONResponse({"answer": "", "route": "", "step": ""})
        stand = service_consent.stand_of(db, terms)
        return JSONResponse({"answer": stand.answer, "route": stand.route, "step": consent_rules.next_step(stand)})


def proctoring_about(request: Request) -> Response:
    """`GET /proctoring/about`: what is recorded and why, for candidates."""
    return web.render(request, "proctor/about.html", {"about": about.TEXTS[i18n.current_locale.get()]})


_SITTING = "/sittings/{sitting_id:int}/consent"
routes: list[BaseRoute] = [
    web.page_route(_SITTING, consent_page, access=TAKE, name="proctoring_consent", methods=["GET", "POST"]),
    web.fetch_route(f"{_SITTING}/state", consent_state, access=TAKE, name="proctoring_consent_state", methods=["GET"]),
    web.page_route("/proctoring/about", proctoring_about, access=PUBLIC, name="proctoring_about"),
]
