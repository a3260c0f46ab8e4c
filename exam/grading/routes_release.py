"""The exam office's pages: what waits, releasing and taking back, deciding about a wrong key."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import Invalid, Refused
from exam.core.lanes import Lane
from exam.credits.effects import Effect as CreditsEffect
from exam.credits.effects_shown import Unseen
from exam.grading import eligibility_effect, jobs, queries_release, service_regrade, service_release
from exam.grading.queries_feed import read_instant
from exam.grading.service_regrade import Proposal
from exam.grading.view import show

RELEASE = may(Permission.RESULT_RELEASE)
SHOWN = 200
SLOW = Lane("regrade", at_once=1, waiting=5)


def releases(request: Request) -> Response:
    """`GET /releases` (name `releases`): by exam and window, what waits for marking or for its release."""
    return _releases(request, ())


def _releases(request: Request, problems: tuple[Any, ...], status: int = 200, asked: Any = None) -> Response:
    with web.reading(request) as db:
        groups = queries_release.groups(db, caller(request).institution_id, web.now(request))
    left = {name: _count(request.query_params.get(name, "")) for name in ("released", "held")}
    context = {"groups": groups, "problems": problems, "asked": asked, "left": left}
    return show(request, "grading/releases.html", context, status)


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0


def _window(request: Request) -> datetime | None:
    text = web.text_fields(request).get("window", "")
    return read_instant(text) if text else None


def release_results(request: Request) -> Response:
    """`POST /releases/{exam_id}/release` (name `release_results`; form `window`: ISO instant or "") → 303 to the list,
    which says how many were left out as they are held."""
    with web.transaction(request) as db:
        exam_id = int(request.path_params["exam_id"])
        service_regrade.exam_of(db, caller(request), exam_id)
        done = service_release.release_group(db, caller(request), exam_id, _window(request), web.now(request))
    answer = web.redirect(request, "releases")
    if done.held:
        answer.headers["location"] += f"?{urlencode({'released': done.count, 'held': done.held})}"
    return answer


def withdraw_results(request: Request) -> Response:
    """`POST /releases/{exam_id}/withdraw` (name `withdraw_results`; form `window`, `reason`) → 303, or the page with
    what is wrong. Where somebody's eligibility or certificate is concerned, the page with the effect comes first; the
    form then brings its `seen` token."""
    reason = web.text_fields(request).get("reason", "")
    exam_id = int(request.path_params["exam_id"])
    try:
        with web.transaction(request) as db:
            service_regrade.exam_of(db, caller(request), exam_id)
            _refuse_unseen(db, request, exam_id, None)
            service_release.withdraw_group(db, caller(request), exam_id, _window(request), reason, web.now(request))
    except Unseen as unseen:
        return _withdrawal_to_confirm(request, unseen)
    except Invalid as invalid:
        return _releases(request, invalid.problems, 422)
    return web.redirect(request, "releases")


def release_result(request: Request) -> Response:
    """`POST /results/{result_id}/release` (name `release_result`): one result now → 303 to it."""
    with web.transaction(request) as db:
        row = service_release.release_one(db, caller(request), int(request.path_params["result_id"]), web.now(request))
    return web.redirect(request, "sheet_result", sitting_id=row.sitting_id)


def withdraw_result(request: Request) -> Response:
    """`POST /results/{result_id}/withdraw` (name `withdraw_result`; form `reason`) → 303 to it, after its effect was
    shown as for `withdraw_results`."""
    reason = web.text_fields(request).get("reason", "")
    result_id = int(request.path_params["result_id"])
    try:
        with web.transaction(request) as db:
            _refuse_unseen(db, request, 0, result_id)
            row = service_release.withdraw_one(db, caller(request), result_id, reason, web.now(request))
    except Unseen as unseen:
        return _withdrawal_to_confirm(request, unseen)
    return web.redirect(request, "sheet_result", sitting_id=row.sitting_id)


def _refuse_unseen(db: Session, request: Request, exam_id: int, result_id: int | None) -> None:
    """Raises Unseen, within the transaction, when a withdrawal has an effect other than was shown."""
    fields = web.text_fields(request)
    effect = eligibility_effect.of_withdrawal(
        db, caller(request), exam_id, _window(request), web.now(request), result_id
    )
    if fields.get("reason", "").strip() and not effect.nothing and fields.get("seen") != effect.token:
        raise Unseen(effect)


def _withdrawal_to_confirm(request: Request, unseen: Unseen) -> Response:
    """The page that shows what a withdrawal would do to eligibility."""
    fields = web.text_fields(request)
    asked = {
        "action": request.url.path,
        "window": fields.get("window", ""),
        "reason": " ".join(fields.get("reason", "").split()),
        "effect": unseen.effect,
    }
    return _releases(request, (), 409 if fields.get("seen") else 200, asked)


def regrade(request: Request) -> Response:
    """`GET /exams/{exam_id}/regrade` (name `regrade`): decide about an item, and what was decided before.

    `POST` with `step=preview` shows the effect; with `step=decide` and the `seen` token of that effect it is recorded
    → 303.
    """
    if request.method == "GET":
        return _regrade_page(request, {"values": dict(request.query_params), "effect": None, "problems": ()})
    fields = web.text_fields(request)
    proposal = _proposal(request, fields)
    try:
        if fields.get("step") == "decide":
            return _decide(request, proposal, fields)
        with web.reading(request) as db:
            effect = service_regrade.preview(db, caller(request), proposal)
    except Invalid as invalid:
        return _regrade_page(request, {"values": fields, "effect": None, "problems": invalid.problems}, 422)
    return _regrade_page(request, {"values": fields, "effect": effect, "problems": (), "stale": False})


def _decide(request: Request, proposal: Proposal, fields: dict[str, str]) -> Response:
    try:
        with web.transaction(request) as db:
            service_regrade.decide(db, caller(request), proposal, fields.get("seen", ""), web.now(request))
    except Refused as refused:
        if refused.refusal.code != "effect-changed":
            raise
        with web.reading(request) as db:
            effect = service_regrade.preview(db, caller(request), proposal)
        context = {"values": fields, "effect": effect, "problems": (), "stale": True}
        return _regrade_page(request, context, 409)
    request.app.state.jobs.wake(jobs.NAME)
    return web.redirect(request, "regrade", exam_id=proposal.exam_id)


def _proposal(request: Request, fields: dict[str, str]) -> Proposal:
    def number(name: str) -> int:
        text = fields.get(name, "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0

    return Proposal(
        exam_id=int(request.path_params["exam_id"]),
        item_id=number("item"),
        kind=fields.get("kind", ""),
        version_id=number("version") or None,
        reason=fields.get("reason", ""),
    )


def _regrade_page(request: Request, context: dict[str, Any], status: int = 200) -> Response:
    exam_id = int(request.path_params["exam_id"])
    with web.reading(request) as db:
        exam = service_regrade.exam_of(db, caller(request), exam_id)
        context = {
            "stale": False,
            **context,
            "exam": exam,
            "items": queries_release.exam_items(db, exam_id),
            "decisions": queries_release.decisions(db, exam_id),
            "shown": SHOWN,
            "consequences": _consequences(db, request, context["effect"]),
        }
    return show(request, "grading/regrade.html", context, status)


def _consequences(db: Session, request: Request, effect: service_regrade.Effect | None) -> CreditsEffect | None:
    if effect is None:
        return None
    return eligibility_effect.of_regrade(db, caller(request), effect.changes, web.now(request))


_GROUP = "/releases/{exam_id:int}"
_ONE = "/sheets/results/{result_id:int}"
routes: list[BaseRoute] = [
    web.page_route("/releases", releases, access=RELEASE, name="releases"),
    web.page_route(f"{_GROUP}/release", release_results, access=RELEASE, name="release_results", methods=["POST"]),
    web.page_route(f"{_GROUP}/withdraw", withdraw_results, access=RELEASE, name="withdraw_results", methods=["POST"]),
    web.page_route(f"{_ONE}/release", release_result, access=RELEASE, name="release_result", methods=["POST"]),
    web.page_route(f"{_ONE}/withdraw", withdraw_result, access=RELEASE, name="withdraw_result", methods=["POST"]),
    web.page_route(
        "/exams/{exam_id:int}/regrade", regrade, access=RELEASE, name="regrade", methods=["GET", "POST"], lane=SLOW
    ),
]
