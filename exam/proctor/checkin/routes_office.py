"""Check-ins as proctors see them: who waits, one with its pictures side by side, the decision, the panel."""

from datetime import datetime

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import Caller, caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import Invalid, Problem
from exam.core.i18n import N_
from exam.core.web import Panel
from exam.proctor.checkin import queries as queries_checkin
from exam.proctor.checkin import service_identity
from exam.proctor.checkin.service_identity import PICTURES
from exam.proctor.terms import terms_of

SUPERVISE = may(Permission.SITTING_SUPERVISE)

RUNG_WORDS = {
    "retry": N_("再试一次"),
    "device": N_("换一个摄像头"),
    "resolution": N_("降低清晰度"),
    "phone": N_("用手机当摄像头"),
    "human": N_("请监考人员决定"),
    "here": N_("改用这台电脑的摄像头"),
}
ERROR_WORDS = {
    "denied": N_("浏览器不允许使用摄像头"),
    "missing": N_("没有找到摄像头"),
    "busy": N_("摄像头被别的程序占用，或没有画面"),
    "unsuitable": N_("摄像头不支持所要的画面"),
    "insecure": N_("网址不是安全连接，浏览器不允许使用摄像头"),
    "unsupported": N_("浏览器不支持摄像头"),
    "lost": N_("摄像头中断了"),
    "picture": N_("画面不合适"),
    "unknown": N_("摄像头打不开，原因不明"),
}
ACCOMMODATION_WORDS = {
    "breaks": N_("可以离开座位休息"),
    "head-movement": N_("头部动作较多"),
    "reading-aid": N_("使用阅读辅助"),
    "camera-off": N_("不使用摄像头"),
}


def check_ins(request: Request) -> Response:
    """`GET /proctoring/check-ins` (name `check_ins`): those that wait; `?part=list` only the list, which asks again."""
    part = request.query_params.get("part") == "list"
    with web.reading(request) as db:
        institution_id = caller(request).institution_id
        context = {
            "rows": queries_checkin.waiting(db, institution_id),
            "count": queries_checkin.count_waiting(db, institution_id),
        }
    return web.render(request, "proctor/_check_ins.html" if part else "proctor/check_ins.html", context)


def check_in_one(request: Request) -> Response:
    """`GET, POST /proctoring/check-ins/{sitting_id}` (name `check_in_one`): one check-in, and the decision (form:
    `decision` approve, again or doubt; `note`)."""
    who, sitting_id = caller(request), int(request.path_params["sitting_id"])
    problems: tuple[Problem, ...] = ()
    fields = web.text_fields(request)
    with web.reading(request) as db:
        queries_checkin.one(db, who, sitting_id)
    if request.method == "POST":
        try:
            decision = service_identity.read_decision(fields)
            with web.transaction(request) as db:
                service_identity.decide(db, who, sitting_id, decision, web.now(request))
            return web.redirect(request, "check_ins")
        except Invalid as invalid:
            problems = invalid.problems
    with web.reading(request) as db:
        shown = queries_checkin.one(db, who, sitting_id)
        context = {
            "shown": shown,
            "terms": terms_of(shown.row),
            "pictures": [name for name in PICTURES if name in shown.check_in.pictures],
            "erased": shown.row.erased_at is not None,
            "started": shown.sitting.started_at is not None,
            "problems": problems,
            "fields": fields,
            "rungs": RUNG_WORDS,
            "errors": ERROR_WORDS,
            "accommodations": ACCOMMODATION_WORDS,
            "story": queries_checkin.story(shown.check_in),
        }
        return web.render(request, "proctor/check_in_one.html", context, 422 if problems else 200)


def check_in_panel(db: Session, who: Caller, now: datetime) -> list[Panel]:
    """On the first page of whoever supervises: how many wait at the door, and for how long the first of them."""
    if Permission.SITTING_SUPERVISE not in who.permissions:
        return []
    count = queries_checkin.count_waiting(db, who.institution_id)
    rows = queries_checkin.waiting(db, who.institution_id)[:3] if count else []
    return [Panel(10, "proctor/_home_check_ins.html", {"count": count, "rows": rows})] if count else []


routes: list[BaseRoute] = [
    web.page_route("/proctoring/check-ins", check_ins, access=SUPERVISE, name="check_ins"),
    web.page_route(
        "/proctoring/check-ins/{sitting_id:int}",
        check_in_one,
        access=SUPERVISE,
        name="check_in_one",
        methods=["GET", "POST"],
    ),
]
