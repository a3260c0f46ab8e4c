"""One watched sitting as whoever watches sees it, and what they do to it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import AppError, Invalid, Refused
from exam.proctor.wall import deeds, queries_sitting
from exam.proctor.wall import rules_deeds as deed_rules
from exam.proctor.wall import service as service_wall
from exam.proctor.wall.deeds import Deed

SUPERVISE = may(Permission.SITTING_SUPERVISE)
FRAGMENT = "x-fragment"
"""Header of our scripts: they want the form alone, to show it in a dialog."""
_ID = "/proctoring/sittings/{sitting_id:int}"


def proctor_sitting(request: Request) -> Response:
    """`GET /proctoring/sittings/{sitting_id}?frame=&done=` (name `proctor_sitting`) → `proctor/sitting.html`.

    See `queries_sitting.page` for what it gets; `done` is the key of the deed just done, or "".
    """
    done = request.query_params.get("done", "")
    with web.reading(request) as db:
        context = queries_sitting.page(db, request, caller(request), int(request.path_params["sitting_id"]))
    return web.render(request, "proctor/sitting.html", {**context, "done": done if done in deeds.DEEDS else ""})


def proctor_frames(request: Request) -> Response:
    """`GET /proctoring/sittings/{sitting_id}/frames?around=` (name `proctor_frames`): `{"frames": [...], "newest": n}`,
    round the frame named or the newest ones; see `queries_sitting.strip`.
    """
    sitting_id = int(request.path_params["sitting_id"])
    with web.reading(request) as db:
        queries_sitting.managed(db, caller(request), sitting_id)
        return JSONResponse(queries_sitting.strip(db, sitting_id, queries_sitting.frame_asked(request, "around")))


def deed_form(request: Request) -> Response:
    """`GET /proctoring/sittings/{sitting_id}/do/{deed}` (name `deed`) → `proctor/deed.html`: the form of one deed.

    `deed`, `sitting`, `candidate`, `exam_name`, `offered` (whether the state allows it), `minutes_most`, `reasons`,
    `severities`, `problems`, `refusal`, `values`, `confirm` (None, or what is about to be done), `fragment`.
    """
    return _form(request, _deed(request), {})


def deed_do(request: Request) -> Response:
    """`POST` to the same (name `deed_do`; form `usual`, `words`, `minutes`, `code`, `severity`, `sure`) → 303 to the
    sitting's page, or the form with what is wrong. Ending asks once more: without `sure` nothing is done.
    """
    deed, sitting_id, fields = _deed(request), int(request.path_params["sitting_id"]), web.text_fields(request)
    who, now = caller(request), web.now(request)
    try:
        with web.transaction(request) as db:
            sitting = queries_sitting.managed(db, who, sitting_id)
            asked = deed_rules.read(deed, fields, service_wall.candidate_locale(db, sitting))
            sure = deed.key != "end" or fields.get("sure") == "yes"
            if sure:
                service_wall.do(db, who, sitting_id, deed, asked, now)
    except (Invalid, Refused) as error:
        return _form(request, deed, _wrong(error, fields), error.status)
    if not sure:
        return _form(request, deed, {"confirm": asked, "values": fields})
    if FRAGMENT in request.headers:
        return _form(request, deed, {"done": True})
    answer = web.redirect(request, "proctor_sitting", sitting_id=sitting_id)
    answer.headers["location"] += f"?done={deed.key}"
    return answer


def _wrong(error: AppError, fields: dict[str, str]) -> dict[str, Any]:
    return {
        "problems": error.problems if isinstance(error, Invalid) else (),
        "refusal": error.refusal if isinstance(error, Refused) else None,
        "values": fields,
    }


def _deed(request: Request) -> Deed:
    return service_wall.deed_of(request.path_params["deed"])


def _form(request: Request, deed: Deed, more: dict[str, Any], status: int = 200) -> Response:
    fragment = FRAGMENT in request.headers
    with web.reading(request) as db:
        context = queries_sitting.deed_page(db, request, caller(request), deed)
    shown: dict[str, Any] = {
        "problems": (),
        "refusal": None,
        "values": {},
        "confirm": None,
        "done": False,
        "fragment": fragment,
    }
    template = "proctor/_deed.html" if fragment else "proctor/deed.html"
    return web.render(request, template, {**context, **shown, "fragment": fragment, **more}, status)


routes: list[BaseRoute] = [
    web.page_route(_ID, proctor_sitting, access=SUPERVISE, name="proctor_sitting"),
    web.fetch_route(f"{_ID}/frames", proctor_frames, access=SUPERVISE, name="proctor_frames", methods=["GET"]),
    web.page_route(f"{_ID}/do/{{deed}}", deed_form, access=SUPERVISE, name="deed"),
    web.page_route(f"{_ID}/do/{{deed}}", deed_do, access=SUPERVISE, name="deed_do", methods=["POST"]),
]
