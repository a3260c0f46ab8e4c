"""The page that makes a phone a candidate's camera. Its address is the proof: no cookie, no sign-in.

Whoever reads the address can send pictures, so it is kept out of logs, caches and referrers.
"""

import anyio.from_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from exam.accounts.access import PUBLIC
from exam.core import i18n, web
from exam.core.errors import NotFound
from exam.proctor.checkin import phone_links
from exam.proctor.checkin import take as checkin_take
from exam.proctor.checkin.phone_links import PhoneLink
from exam.proctor.checkin.routes import page_context
from exam.proctor.checkin.take import Sender
from exam.proctor.watching import intake
from exam.proctor.watching.frames_path import about_frame
from exam.proctor.watching.standing import frame_numbers
from exam.scheduling.models import Exam

_BASE = "/camera/{token}"
HIDDEN = "/camera/…"
OK = 200


def phone_camera(request: Request) -> Response:
    """`GET /camera/{token}` (name `phone_camera`): a link to join with leads to the page under a longer one.

    An old or a foreign link is told so, with what to do (410).
    """
    _hide(request)
    token, secret, now = request.path_params["token"], request.app.state.secret, web.now(request)
    with web.reading(request) as db:
        try:
            longer = phone_links.join(db, secret, token, now)
        except NotFound:
            longer = ""
        if longer:
            response: Response = RedirectResponse(str(request.app.url_path_for("phone_camera", token=longer)), 303)
            return _quiet(response)
        try:
            link = phone_links.read(secret, token, now)
            case = phone_links.living(db, link)
        except NotFound:
            return _quiet(web.render(request, "proctor/phone_over.html", status=410))
        i18n.current_locale.set(link.locale)
        context = page_context(case, db.get_one(Exam, case.sitting.exam_id))
        context |= {"token": token, "next_number": max(frame_numbers(db, link.sitting_id), default=0) + 1}
        return _quiet(web.render(request, "proctor/phone.html", context))


def phone_try(request: Request) -> Response:
    """`POST /camera/{token}/try` (name `phone_try`): as `check_in_try`."""
    return _quiet(JSONResponse(checkin_take.try_picture(request, _sender(request))))


def phone_test(request: Request) -> Response:
    """`POST /camera/{token}/camera` (name `phone_test`): as `check_in_camera`."""
    return _quiet(JSONResponse(checkin_take.camera_test(request, _sender(request))))


def phone_identity(request: Request) -> Response:
    """`POST /camera/{token}/identity` (name `phone_identity`): as `check_in_identity`."""
    return _quiet(JSONResponse(checkin_take.send_identity(request, _sender(request))))


def phone_state(request: Request) -> Response:
    """`GET /camera/{token}/state` (name `phone_state`): as `check_in_state`."""
    return _quiet(JSONResponse(checkin_take.state_of(request, _sender(request))))


def phone_frames(request: Request) -> Response:
    """`POST /camera/{token}/frames` (name `phone_frames`; a JPEG, `X-Frame-Number`, `X-Frame-Taken`): a frame of the
    sitting under way, taken as those of its own page are (`frames_path`)."""
    sender = _sender(request)
    number, taken_ms = about_frame(dict(request.headers.raw))
    data: bytes = getattr(request.state, "body", b"")
    answer = anyio.from_thread.run(
        intake.take, request.app.state, sender.sitting_id, number, data, taken_ms, sender.source
    )
    if answer.status == OK:
        checkin_take.taken_over(request, _sender(request))  # asked anew: it may have been ended meanwhile
    headers = {"Retry-After": str(answer.retry_after)} if answer.retry_after else None
    body = intake.in_words(answer, i18n.current_locale.get())
    return _quiet(JSONResponse(body, status_code=answer.status, headers=headers))


def _sender(request: Request) -> Sender:
    """Whose phone it is. Raises NotFound for what is no living link."""
    link = _link(request)
    with web.reading(request) as db:
        phone_links.living(db, link)
    return Sender(link.sitting_id, None, "phone")


def _link(request: Request) -> PhoneLink:
    _hide(request)
    link = phone_links.read(request.app.state.secret, request.path_params["token"], web.now(request))
    i18n.current_locale.set(link.locale)
    return link


def _hide(request: Request) -> None:
    request.scope["route_path"] = HIDDEN  # what the log says in its place


def _quiet(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


routes: list[BaseRoute] = [
    web.page_route(_BASE, phone_camera, access=PUBLIC, name="phone_camera"),
    web.api_route(f"{_BASE}/try", phone_try, access=PUBLIC, name="phone_try", methods=["POST"]),
    web.api_route(f"{_BASE}/camera", phone_test, access=PUBLIC, name="phone_test", methods=["POST"], limit_mib=3),
    web.api_route(
        f"{_BASE}/identity", phone_identity, access=PUBLIC, name="phone_identity", methods=["POST"], limit_mib=6
    ),
    web.api_route(f"{_BASE}/state", phone_state, access=PUBLIC, name="phone_state"),
    web.api_route(f"{_BASE}/frames", phone_frames, access=PUBLIC, name="phone_frames", methods=["POST"]),
]
