"""What proctors and the exam office see of sittings, and what the exam office may do to them."""

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from exam.accounts.access import caller
from exam.core import web
from exam.core.errors import AppError, Invalid, Problem, Refused
from exam.core.i18n import N_
from exam.credits import confirm_page
from exam.credits.effects_shown import Unseen, confirmed
from exam.sessions import queries_watch, service_adjust

PAGE = 200
_NOTHING_WRONG: dict[str, Any] = {"problems": (), "refusal": None, "values": {}}


def sittings(request: Request) -> Response:
    """`GET /sittings?exam=&state=&q=&after=` (name `sittings`) → `sessions/sittings.html`.

    `rows`: list of `queries_watch.Watched`: `id`, `candidate`, `exam_id`, `exam_title`, `state`, `started_at`,
    `deadline`, `remaining_seconds` (None unless in progress), `last_saved_at`, `answered`, `count`, `claim` (how
    often the paper was opened), `added_seconds` (all adjustments), `submitted_by`. `exams`: list of `(id, name)` to
    filter by; `chosen` (`exam` int or None, `state` text or ""; `q` text), `totals` (state → number, of the exam
    chosen), `more` (id to continue after, or None), `live_url` (polled every 5 s: `{"rows": [{"id", "state",
    "started_at" (ms), "remaining_seconds", "last_saved_at" (ms), "answered", "count", "deadline" (ms), "claim",
    "added_seconds"}], "totals": {…}, "server_time": ms}` for the same query string), `may_adjust` (bool), `all_url`
    (POST form `minutes`, `reason`: extra time to all in progress of the chosen exam, or None), `server_time` (ms),
    `added` (to how many time was just added, "" when the page is not come to from that), `problems`, `refusal`,
    `values`, `list_url` (the list's address with the same filter but for what is given by name).
    """
    return _list_page(request, {})


def _list_page(request: Request, more: dict[str, Any], status: int = 200) -> Response:
    added = request.query_params.get("added", "")
    said = {"added": int(added) if added.isascii() and added.isdigit() and len(added) < 7 else ""}
    with web.reading(request) as db:
        context = queries_watch.watch_context(db, request, caller(request), PAGE)
    return web.render(request, "sessions/sittings.html", {**context, **said, **_NOTHING_WRONG, **more}, status)


def went_wrong(request: Request, error: AppError, form: str = "") -> dict[str, Any]:
    """What a page shows of a form that came back: what is wrong (its fields named `<form>-…`) and what was typed."""
    found: dict[str, Any] = {**_NOTHING_WRONG, "values": {**web.text_fields(request), "form": form}}
    if isinstance(error, Invalid):
        prefix = f"{form}-" if form else ""
        found["problems"] = tuple(Problem(prefix + each.field, each.code, each.params) for each in error.problems)
    if isinstance(error, Refused):
        found["refusal"] = error.refusal
    return found


def sittings_live(request: Request) -> Response:
    """`GET /sittings/live?…` (name `sittings_live`): the same rows as JSON, for polling."""
    with web.reading(request) as db:
        return JSONResponse(queries_watch.live_rows(db, request, caller(request), PAGE))


def sitting_watch(request: Request) -> Response:
    """`GET /sittings/{sitting_id}/watch` (name `sitting_watch`) → `sessions/sitting_watch.html`.

    `row` (`queries_watch.Watched`), `sitting`, `adjustments` (list with `kind`, `seconds`, `reason`, `made_at`,
    `made_by_name`), `events` (newest first: `queries_log.Happening`), `older` (whether more are left out), `counts`
    (kind of event → number), `chain_problem` (text or None), `may_adjust`, `extra_url` (POST form `minutes`,
    `reason`), `void_url` (POST form `reason`), `live_url` and `server_time` as of the list, `problems` (fields
    `extra-minutes`, `extra-reason`, `void-reason`), `refusal`, `values` (with `form`: `extra` or `void`).
    """
    return watch_page(request, {})


def watch_page(request: Request, more: dict[str, Any], status: int = 200) -> Response:
    with web.reading(request) as db:
        context = queries_watch.watch_one(db, request, caller(request), int(request.path_params["sitting_id"]))
    return web.render(request, "sessions/sitting_watch.html", {**context, **_NOTHING_WRONG, **more}, status)


def extra_time(request: Request) -> Response:
    """`POST /sittings/{sitting_id}/extra-time` (name `sitting_extra_time`; form `minutes`, `reason`) → 303 to the
    watch page, or that page with what is wrong.
    """
    who, sitting_id = caller(request), int(request.path_params["sitting_id"])
    try:
        given = service_adjust.read_extra_time(web.text_fields(request))
        with web.transaction(request) as db:
            service_adjust.extra_time(db, who, [sitting_id], given, web.now(request))
    except (Invalid, Refused) as error:
        return watch_page(request, went_wrong(request, error, "extra"), error.status)
    return web.redirect(request, "sitting_watch", sitting_id=sitting_id)


def extra_time_for_all(request: Request) -> Response:
    """`POST /exams/{exam_id}/extra-time` (name `exam_extra_time`): the same for all in progress → 303 to the list of
    that exam, or that list with what is wrong.
    """
    who, exam_id = caller(request), int(request.path_params["exam_id"])
    try:
        given = service_adjust.read_extra_time(web.text_fields(request))
        with web.transaction(request) as db:
            added = service_adjust.extra_time_for_all(db, who, exam_id, given, web.now(request))
    except (Invalid, Refused) as error:
        return _list_page(request, went_wrong(request, error), error.status)
    answer = web.redirect(request, "sittings")
    answer.headers["location"] += f"?{urlencode({'exam': exam_id, 'added': added})}"
    return answer


def void(request: Request) -> Response:
    """`POST /sittings/{sitting_id}/void` (name `void_sitting`; form `reason`): the chance does not count → 303, or the
    watch page with what is wrong. Where hours, eligibility or a certificate rest on it, the page with the effect comes
    first; the form then brings its `seen` token.
    """
    who, sitting_id, now = caller(request), int(request.path_params["sitting_id"]), web.now(request)
    try:
        reason = service_adjust.read_reason(web.text_fields(request))

        def deed() -> None:
            service_adjust.void(db, who, sitting_id, reason, now)

        with web.transaction(request) as db:
            people = [service_adjust.managed(db, who, sitting_id).person_id]
            # The sitting's own lock comes before the institution's, as wherever a sitting is changed.
            confirmed(db, who.institution_id, people, confirm_page.seen(request), now, deed, hold=False)
    except Unseen as unseen:
        return _void_confirm(request, unseen, sitting_id, reason)
    except (Invalid, Refused) as error:
        return watch_page(request, went_wrong(request, error, "void"), error.status)
    return web.redirect(request, "sitting_watch", sitting_id=sitting_id)


def _void_confirm(request: Request, unseen: Unseen, sitting_id: int, reason: str) -> Response:
    with web.reading(request) as db:
        row = queries_watch.watch_one(db, request, caller(request), sitting_id)["row"]
    told = [(N_("考生"), row.candidate), (N_("考试科目"), row.exam_title), (N_("原因"), reason)]
    back = str(request.app.url_path_for("sitting_watch", sitting_id=sitting_id))
    return confirm_page.ask(request, unseen, title=N_("确认作废这次考试"), told=told, back=back)
