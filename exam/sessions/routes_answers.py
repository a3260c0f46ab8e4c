"""The answer path by the ordinary way: the same requests and outcomes as `sync.AnswerPath`, one transaction each."""

from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from exam.accounts.access import caller
from exam.core import web
from exam.core.errors import NotFound, Refused
from exam.core.failures import error_page
from exam.core.writer import NotSaved
from exam.itembank.view import prepare as prepare_view
from exam.itembank.view import response_from_form
from exam.seb import heard
from exam.sessions import queries, requests, runtime, sync
from exam.sessions.instants import micros
from exam.sessions.plan import plan
from exam.sessions.requests import Outcome


def sync_answers(request: Request) -> Response:
    """`POST /sittings/{sitting_id}/sync` (name `sync_answers`): answers, events, heartbeat; see docs/api.md."""
    return _do(request, "sync")


def claim_sitting(request: Request) -> Response:
    """`POST /sittings/{sitting_id}/claim` (name `claim_sitting`): this page writes from now on; see docs/api.md."""
    return _do(request, "claim")


def submit(request: Request) -> Response:
    """`POST /sittings/{sitting_id}/submit` (name `submit_sitting`): JSON from the page's script, or the form itself.

    A form brings the answers as its controls' values; slots left empty keep what is saved.
    """
    if request.headers.get("content-type", "").startswith("application/json"):
        return _do(request, "submit")
    outcome = _perform(request, _from_form(request))
    if isinstance(outcome, Response):
        return outcome
    if outcome.status == 404:
        raise NotFound
    return RedirectResponse(f"/sittings/{request.path_params['sitting_id']}", status_code=303)


def _do(request: Request, action: str) -> Response:
    who = caller(request)
    body: bytes = getattr(request.state, "body", b"")
    at = micros(web.now(request))
    if len(body) > sync.MAX_BODY:
        return JSONResponse({"error": "too-large"}, 413)
    sitting_id = int(request.path_params["sitting_id"])
    try:
        asked = sync.understand(action, sitting_id, who.person_id, at, body, who.csrf_token, runtime.locale())
        asked.said = sync.hear(request.scope, dict(request.scope["headers"]), sitting_id, action, body)
    except sync.Malformed:
        return JSONResponse({"error": "malformed"}, 400)
    outcome = _perform(request, asked)
    if isinstance(outcome, Response):
        return outcome
    return Response(outcome.encoded, outcome.status, media_type="application/json")


def _perform(request: Request, asked: requests.Request) -> Outcome | Response:
    try:
        return runtime.perform_now(request, asked)
    except NotSaved:
        body = orjson.dumps(sync.not_saved(runtime.locale()))
        return Response(body, 507, media_type="application/json")


def _from_form(request: Request) -> requests.Submit:
    who = caller(request)
    form = web.form(request)

    def values(field: str) -> list[str]:
        return [value for value in form.getlist(field) if isinstance(value, str)]

    sitting_id = int(request.path_params["sitting_id"])
    answers = []
    with web.reading(request) as db:
        sitting = queries.own_sitting(db, sitting_id, who.person_id)
        revisions = queries.newest_revisions(db, sitting_id)
        paper = plan(db, sitting.paper_id)
    for slot, index in enumerate(paper.order(sitting.seed), 1):
        line = paper.lines[index]
        response = response_from_form(prepare_view(line.kind, line.content), slot, values)
        if response is not None:
            answers.append({"slot": slot, "revision": revisions.get(slot, 0) + 1, "response": response})
    at = micros(web.now(request))
    said = sync.hear(request.scope, dict(request.scope["headers"]), sitting_id, "submit", b"")
    return requests.Submit(sitting_id, who.person_id, at, None, answers, [], runtime.locale(), said)


def start(request: Request) -> Response:
    """`POST /sittings/{sitting_id}/start` (name `start_sitting`, form) → 303 to the paper; refused → 409 page with
    why.
    """
    sitting_id = int(request.path_params["sitting_id"])
    form = urlencode({heard.FIELD: web.text_fields(request).get(heard.FIELD, "")}).encode()
    said = sync.hear(request.scope, dict(request.scope["headers"]), sitting_id, "start", form)
    outcome = _perform(request, requests.Start(sitting_id, caller(request).person_id, micros(web.now(request)), said))
    if isinstance(outcome, Response):
        return error_page(request, 507, as_json=False, code="not-saved")
    if outcome.status == 404:
        raise NotFound
    if outcome.refusal is not None:
        raise Refused(outcome.refusal)
    return web.redirect(request, "sitting", sitting_id=sitting_id)
