"""The candidate's check-in: the camera tried, the ladder when it fails, the identity shown, the wait for a human.

The page works without a script too: then it leads to a human.
"""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import i18n, web
from exam.core.errors import Invalid, Problem, Refused
from exam.proctor.checkin import phone_links
from exam.proctor.checkin import rules as checkin_rules
from exam.proctor.checkin import service as service_checkin
from exam.proctor.checkin import take as checkin_take
from exam.proctor.checkin.service import Case
from exam.proctor.checkin.take import Sender
from exam.scheduling.models import Exam

TAKE = may(Permission.SITTING_TAKE)
_BASE = "/sittings/{sitting_id:int}/check-in"


def check_in_page(request: Request) -> Response:
    """`GET /sittings/{sitting_id}/check-in` (name `check_in`): the step that comes next, and the way to a human."""
    sender = _sender(request)
    with web.transaction(request) as db:
        case = service_checkin.begin(db, sender.sitting_id, sender.person_id, web.now(request))
        context = page_context(case, db.get_one(Exam, case.sitting.exam_id))
    return web.render(request, "proctor/check_in.html", context)


def page_context(case: Case, exam: Exam) -> dict[str, Any]:
    """What the page and the phone's page show: `step`, `terms`, `check_in` (plain values), the exam's title."""
    english = i18n.current_locale.get() == "en"
    check_in = case.check_in
    return {
        "sitting_id": case.terms.sitting_id,
        "exam_title": exam.title_en if english and exam.title_en else exam.title,
        "step": case.step,
        "state": check_in.state,
        "route": case.at.route,
        "identity": case.at.identity,
        "turn": check_in.turn,
        "camera_ok": case.at.camera_ok,
        "source": check_in.source,
        "sent_at": check_in.sent_at,
        "note": check_in.note if check_in.state == "again" else "",
        "started": case.started,
        "sitting_state": case.sitting.state,
        "interval": case.terms.interval_seconds,
        "may_go_back": case.at.route == "human"
        and case.at.consent == "given"
        and "camera-off" not in case.terms.accommodations
        and checkin_rules.may_try(check_in.state, case.started) is None,
    }


def check_in_try(request: Request) -> Response:
    """`POST …/try` (name `check_in_try`; a JPEG) → `{ok, advice: [{code, text}], faces, turned}`. Nothing is kept."""
    return JSONResponse(checkin_take.try_picture(request, _sender(request)))


def check_in_camera(request: Request) -> Response:
    """`POST …/camera` (name `check_in_camera`; multipart, 3 to 8 files `frame`) → as `try`, with `passed`, `step`."""
    return JSONResponse(checkin_take.camera_test(request, _sender(request)))


def check_in_identity(request: Request) -> Response:
    """`POST …/identity` (name `check_in_identity`; multipart: `id-card`, `face`, `turn`) → `{step}`."""
    return JSONResponse(checkin_take.send_identity(request, _sender(request)))


def check_in_state(request: Request) -> Response:
    """`GET …/state` (name `check_in_state`) → `{step, sitting, source, number, note, camera_ok}`."""
    return JSONResponse(checkin_take.state_of(request, _sender(request)))


def check_in_ladder(request: Request) -> Response:
    """`POST …/ladder` (name `check_in_ladder`; `{error, rung, cameras}`) → `{next}`: what to try next."""
    sender, said = _sender(request), web.json_body(request)
    error, rung, cameras = read_step(said)
    with web.transaction(request) as db:
        case = service_checkin.begin(db, sender.sitting_id, sender.person_id, web.now(request))
        following = service_checkin.step(db, case, error, rung, cameras, web.now(request))
    return JSONResponse({"next": following})


def read_step(said: Any) -> tuple[str, str, int]:
    """What a page says of a step: what was wrong, what was tried, among how many cameras. Raises Invalid."""
    fields = said if isinstance(said, dict) else {}
    error, rung, cameras = fields.get("error"), fields.get("rung", ""), fields.get("cameras", 0)
    if not isinstance(error, str) or not isinstance(rung, str) or type(cameras) is not int:
        raise Invalid([Problem("error", "missing")])
    return error, rung, cameras


def check_in_phone(request: Request) -> Response:
    """`POST …/phone` (name `check_in_phone`) → `{url, qr, minutes}`: a link for a phone, also as a QR code."""
    sender, state = _sender(request), request.app.state
    locale = i18n.current_locale.get()
    with web.transaction(request) as db:
        case = service_checkin.begin(db, sender.sitting_id, sender.person_id, web.now(request))
        token = phone_links.make(db, case, state.secret, locale, web.now(request))
    path = request.app.url_path_for("phone_camera", token=token)
    address = state.settings.public_url.rstrip("/") + str(path)
    minutes = int(phone_links.JOIN_FOR.total_seconds()) // 60
    return JSONResponse({"url": address, "qr": phone_links.qr(address), "minutes": minutes})


def check_in_here(request: Request) -> Response:
    """`POST …/here` (name `check_in_here`) → `{source}`: from the phone back to the computer's own camera."""
    sender = _sender(request)
    with web.transaction(request) as db:
        case = service_checkin.begin(db, sender.sitting_id, sender.person_id, web.now(request))
        service_checkin.use_here(db, case, web.now(request))
    line = request.app.state.watching.lines.get(sender.sitting_id)
    if line is not None:
        line.until = 0.0  # the next frame is judged by this, not by what is remembered for a moment
    return JSONResponse({"source": sender.source})


def check_in_human(request: Request) -> Response:
    """`POST …/human` (name `check_in_human`; form): ask a human; back to the page, which waits."""
    return _way(request, service_checkin.ask_human)


def check_in_back(request: Request) -> Response:
    """`POST …/camera-again` (name `check_in_back`; form): the camera works after all; back to the page."""
    return _way(request, service_checkin.back_to_camera)


def _way(request: Request, go: Callable[..., None]) -> Response:
    sender = _sender(request)
    try:
        with web.transaction(request) as db:
            case = service_checkin.begin(db, sender.sitting_id, sender.person_id, web.now(request))
            go(db, case, web.now(request))
    except Refused:
        if not reading_step(request, sender):
            raise
    return web.redirect(request, "check_in", sitting_id=sender.sitting_id)


def reading_step(request: Request, sender: Sender) -> bool:
    """Whether the page shows by itself why a way is not open any more: the check-in was approved meanwhile."""
    return checkin_take.reading(request, sender).check_in.state == "approved"


def _sender(request: Request) -> Sender:
    return Sender(int(request.path_params["sitting_id"]), caller(request).person_id, "camera")


routes: list[BaseRoute] = [
    web.page_route(_BASE, check_in_page, access=TAKE, name="check_in"),
    web.fetch_route(f"{_BASE}/try", check_in_try, access=TAKE, name="check_in_try"),
    web.fetch_route(f"{_BASE}/camera", check_in_camera, access=TAKE, name="check_in_camera", limit_mib=3),
    web.fetch_route(f"{_BASE}/identity", check_in_identity, access=TAKE, name="check_in_identity", limit_mib=6),
    web.fetch_route(f"{_BASE}/state", check_in_state, access=TAKE, name="check_in_state", methods=["GET"]),
    web.fetch_route(f"{_BASE}/ladder", check_in_ladder, access=TAKE, name="check_in_ladder"),
    web.fetch_route(f"{_BASE}/phone", check_in_phone, access=TAKE, name="check_in_phone"),
    web.fetch_route(f"{_BASE}/here", check_in_here, access=TAKE, name="check_in_here"),
    web.page_route(f"{_BASE}/human", check_in_human, access=TAKE, name="check_in_human", methods=["POST"]),
    web.page_route(f"{_BASE}/camera-again", check_in_back, access=TAKE, name="check_in_back", methods=["POST"]),
]
