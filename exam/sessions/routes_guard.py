"""Pages and routes of sittings whose exam requires Safe Exam Browser: what stands in the paper's place, the way in,
unlocking.
"""

from datetime import timedelta
from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from exam.accounts.access import caller
from exam.core import tokens, web
from exam.core.decisions import Refusal
from exam.core.errors import AppError, Invalid, NotFound, Refused
from exam.core.texts import refusal_text
from exam.scheduling.models import Exam
from exam.seb import rules
from exam.seb.keys import Finding, judge
from exam.sessions import guard, queries, requests, routes_watch, runtime, service, service_adjust, service_guard, sync
from exam.sessions.instants import SECOND, micros
from exam.sessions.models import Sitting
from exam.sessions.states import RUNNING

PASS = "seb-pass"  # noqa: S105 - a purpose, not a password
PASS_SECONDS = 60  # from the proof to the paper: the page reloads at once
NOTED_EVERY = 60 * SECOND


def _finding(request: Request, db: Session, sitting: Sitting) -> Finding | None:
    """What the request proves; None where the sitting needs no proof."""
    required = runtime.of(request).seb.fresh(db).get(sitting.exam_id)
    if required is None or guard.standings(db, [sitting.id or 0])[sitting.id or 0].excused:
        return None
    said = sync.hear(request.scope, dict(request.scope["headers"]), sitting.id or 0, "sync", b"")
    return judge(required, said)


def instead(request: Request, db: Session, sitting: Sitting) -> Response | None:
    """What is shown in place of the paper of a sitting in progress: that it is locked, or a page that finds out whether
    it is in SEB. None where the paper may be shown.
    """
    finding = _finding(request, db, sitting)
    if finding is None:
        return None
    address = str(request.app.url_path_for("sitting", sitting_id=sitting.id))
    urls = {name: f"{address}/{name}" for name in ("claim", "sync", "seb")} | {"view": address}
    context = {"sitting": sitting, "exam": db.get_one(Exam, sitting.exam_id), "finding": finding.value, "urls": urls}
    standing = guard.standings(db, [sitting.id or 0])[sitting.id or 0]
    if standing.locked is not None:
        return web.render(request, "seb/locked.html", {**context, "why": standing.why})
    if request.url.query:  # SEB makes its hashes for the page's whole address
        return RedirectResponse(address, status_code=303)
    if finding is Finding.PRESENT or _has_pass(request, sitting):
        return None
    return web.render(request, "seb/check.html", context)


def _has_pass(request: Request, sitting: Sitting) -> bool:
    token, now = request.cookies.get(f"seb{sitting.id}", ""), web.now(request)
    try:
        found = tokens.read(request.app.state.secret, PASS, token, timedelta(seconds=PASS_SECONDS), now)
    except tokens.BadToken:
        return False
    return bool(found == [sitting.id, sitting.person_id])


def refuse_data(request: Request, db: Session, sitting: Sitting) -> None:
    """The paper as data needs the proof by headers. Raises Refused."""
    finding = _finding(request, db, sitting)
    if finding is None:
        return
    refusal = rules.may_start(finding)
    if guard.standings(db, [sitting.id or 0])[sitting.id or 0].locked is not None:
        refusal = Refusal("seb-locked")
    if refusal is not None:
        raise Refused(refusal)


def sitting_seb(request: Request) -> Response:
    """`POST /sittings/{sitting_id}/seb` (name `sitting_seb`): the page says what SEB told it (header `X-Exam-Seb`, or
    SEB's own) → 200 `{"finding": "present"}` and a cookie with which the paper is shown; else 409 with why.

    That the paper was asked for outside SEB while the sitting is under way is written into its log.
    """
    sitting_id = int(request.path_params["sitting_id"])
    with web.reading(request) as db:
        sitting = queries.own_sitting(db, sitting_id, caller(request).person_id)
        finding = _finding(request, db, sitting)
        newest = service.newest_links(db, sitting_id, guard.OUTSIDE, 1) if sitting.state in RUNNING else []
    refusal = rules.may_start(finding) if finding is not None else None
    if refusal is None:
        _give_pass(request, sitting)
        return JSONResponse({"finding": Finding.PRESENT.value})
    at = micros(web.now(request))
    if sitting.state in RUNNING and (not newest or at - newest[0]["at"] >= NOTED_EVERY):
        noted = {"finding": str(finding), "at": at}
        runtime.perform_now(request, requests.Note(sitting_id, at, guard.OUTSIDE, noted))
    said = {"error": refusal.code, "message": refusal_text(refusal.code), "finding": str(finding)}
    return JSONResponse(said, 409)


def _give_pass(request: Request, sitting: Sitting) -> None:
    token = tokens.make(request.app.state.secret, PASS, [sitting.id, sitting.person_id], web.now(request))
    cookie: dict[str, Any] = {"key": f"seb{sitting.id}", "value": token, "max_age": PASS_SECONDS}
    cookie |= {"path": f"/sittings/{sitting.id}", "httponly": True, "samesite": "strict"}
    web.set_cookie(request, **cookie, secure=request.app.state.settings.secure_cookies)


def seb_enter(request: Request) -> Response:
    """`GET /seb/exams/{exam_id}` (name `seb_enter`): where our configuration begins; on to one's sitting."""
    who = caller(request)
    with web.reading(request) as db:
        exam_id = int(request.path_params["exam_id"])
        sitting_id, exam = queries.newest_of_exam(db, exam_id, who.person_id), db.get(Exam, exam_id)
    if sitting_id is None and (exam is None or exam.institution_id != who.institution_id):
        raise NotFound
    if sitting_id is None:
        return web.redirect(request, "my_exams")
    return web.redirect(request, "sitting", sitting_id=sitting_id)


def seb_unlock(request: Request) -> Response:
    """`POST /sittings/{sitting_id}/seb/unlock` (name `seb_unlock`; form `reason`) → 303 to the watch page, or that page
    with what is wrong.
    """
    return _do(request, "unlock", service_guard.unlock)


def seb_excuse(request: Request) -> Response:
    """`POST /sittings/{sitting_id}/seb/excuse` (name `seb_excuse`; form `reason`): the sitting goes on without SEB."""
    return _do(request, "excuse", service_guard.excuse)


def _do(request: Request, form: str, deed: Any) -> Response:
    sitting_id = int(request.path_params["sitting_id"])
    try:
        reason = service_adjust.read_reason(web.text_fields(request))
        with web.transaction(request) as db:
            deed(db, caller(request), sitting_id, reason, web.now(request))
    except (Invalid, Refused) as error:
        return _went_wrong(request, error, form)
    return web.redirect(request, "sitting_watch", sitting_id=sitting_id)


def _went_wrong(request: Request, error: AppError, form: str) -> Response:
    return routes_watch.watch_page(request, routes_watch.went_wrong(request, error, form), error.status)
