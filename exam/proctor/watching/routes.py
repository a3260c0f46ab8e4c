"""What the page of a watched sitting asks for: how it is watched, and the ordinary way of its frames."""

import asyncio

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import i18n, web
from exam.core.errors import NotFound
from exam.proctor.watching import intake, standing
from exam.proctor.watching.frames_path import about_frame
from exam.proctor.watching.standing import frame_numbers
from exam.sessions.models import Sitting
from exam.sessions.states import RUNNING

LONGEST_SECONDS = 60


def sitting_proctoring(request: Request) -> Response:
    """`GET /sittings/{sitting_id}/proctoring` (name `sitting_proctoring`): how the caller's own sitting is watched.

    JSON: `level`, `route`, `camera` (whether frames are asked for), `source` of them (camera or phone), `interval`
    (seconds), `next` (number of the next frame), `csrf` (the token of this sign-in).
    """
    who = caller(request)
    sitting_id = int(request.path_params["sitting_id"])
    with web.reading(request) as db:
        row = db.get(Sitting, sitting_id)
        if row is None or row.person_id != who.person_id:
            raise NotFound
        found = standing.standings(db, [sitting_id]).get(sitting_id)
        numbers = frame_numbers(db, sitting_id) if found is not None else []
    if found is None:
        return JSONResponse({"level": "none", "camera": False, "csrf": who.csrf_token})
    terms = found.terms
    return JSONResponse(
        {
            "level": terms.level,
            "route": terms.route,
            "camera": terms.camera and found.consented and found.state in RUNNING,
            "source": found.source,
            "interval": terms.interval_seconds,
            "next": max(numbers, default=0) + 1,
            "csrf": who.csrf_token,
        }
    )


def sitting_frame(request: Request) -> Response:
    """`POST /sittings/{sitting_id}/frames` (name `sitting_frame`): one frame by the ordinary way; see `frames_path`."""
    who = caller(request)
    number, taken_ms = about_frame(dict(request.headers.raw))
    sitting_id = int(request.path_params["sitting_id"])
    body: bytes = getattr(request.state, "body", b"")
    state = request.app.state
    taking = intake.take(state, sitting_id, number, body, taken_ms, "camera", person_id=who.person_id)
    loop = state.watching.loop
    if loop is None:  # nobody looks yet; what is wrong with the request is told all the same
        taken = asyncio.run(taking)
    else:
        taken = asyncio.run_coroutine_threadsafe(taking, loop).result(timeout=LONGEST_SECONDS)
    headers = {"Retry-After": str(taken.retry_after)} if taken.retry_after else None
    body_out = orjson.dumps(intake.in_words(taken, i18n.current_locale.get()))
    return Response(body_out, taken.status, headers, "application/json")


routes: list[BaseRoute] = [
    web.fetch_route(
        "/sittings/{sitting_id:int}/proctoring",
        sitting_proctoring,
        access=may(Permission.SITTING_TAKE),
        name="sitting_proctoring",
        methods=["GET"],
    ),
    web.fetch_route(
        "/sittings/{sitting_id:int}/frames", sitting_frame, access=may(Permission.SITTING_TAKE), name="sitting_frame"
    ),
]
