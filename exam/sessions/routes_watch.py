"""What proctors and the exam office see of sittings, and what the exam office may do to them."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from exam.accounts.access import caller
from exam.core import web
from exam.sessions import queries_watch, service_adjust

PAGE = 200


def sittings(request: Request) -> Response:
    """`GET /sittings?exam=&state=&q=&after=` (name `sittings`) → `sessions/sittings.html`.

    `rows`: list of `queries_watch.Watched`: `id`, `candidate`, `exam_id`, `exam_title`, `state`, `started_at`,
    `deadline`, `remaining_seconds` (None unless in progress), `last_saved_at`, `answered`, `count`, `claim` (how
    often the paper was opened), `added_seconds` (all adjustments), `submitted_by`. `exams`: list of `(id, title)` to
    filter by; `chosen` (`exam` int or None, `state` text or ""; `q` text), `totals` (state → number, of the exam
    chosen), `more` (id to continue after, or None), `live_url` (polled every 5 s: `{"rows": [{"id", "state",
    "remaining_seconds", "last_saved_at" (ms), "answered", "deadline" (ms)}], "totals": {…}, "server_time": ms}` for
    the same query string), `may_adjust` (bool), `all_url` (POST form `minutes`, `reason`: extra time to all in
    progress of the chosen exam, or None).
    """
    with web.reading(request) as db:
        context = queries_watch.watch_context(db, request, caller(request), PAGE)
    return web.render(request, "sessions/sittings.html", context)


def sittings_live(request: Request) -> Response:
    """`GET /sittings/live?…` (name `sittings_live`): the same rows as JSON, for polling."""
    with web.reading(request) as db:
        return JSONResponse(queries_watch.live_rows(db, request, caller(request), PAGE))


def sitting_watch(request: Request) -> Response:
    """`GET /sittings/{sitting_id}/watch` (name `sitting_watch`) → `sessions/sitting_watch.html`.

    `row` (`queries_watch.Watched`), `adjustments` (list with `kind`, `seconds`, `reason`, `made_at`, `made_by_name`),
    `events` (newest first, at most 200: `seq`, `at`, `kind`, `slot`, `revision`, `note`), `chain_problem` (text or
    None), `may_adjust`, `extra_url` (POST form `minutes`, `reason`), `void_url` (POST form `reason`), `problems`,
    `values`.
    """
    with web.reading(request) as db:
        context = queries_watch.watch_one(db, request, caller(request), int(request.path_params["sitting_id"]))
    return web.render(request, "sessions/sitting_watch.html", {**context, "problems": (), "values": {}})


def extra_time(request: Request) -> Response:
    """`POST /sittings/{sitting_id}/extra-time` (name `sitting_extra_time`; form `minutes`, `reason`) → 303 to the
    watch page.
    """
    who, sitting_id = caller(request), int(request.path_params["sitting_id"])
    given = service_adjust.read_extra_time(web.text_fields(request))
    with web.transaction(request) as db:
        service_adjust.extra_time(db, who, [sitting_id], given, web.now(request))
    return web.redirect(request, "sitting_watch", sitting_id=sitting_id)


def extra_time_for_all(request: Request) -> Response:
    """`POST /exams/{exam_id}/extra-time` (name `exam_extra_time`): the same for all in progress → 303 to the list."""
    who, exam_id = caller(request), int(request.path_params["exam_id"])
    given = service_adjust.read_extra_time(web.text_fields(request))
    with web.transaction(request) as db:
        service_adjust.extra_time_for_all(db, who, exam_id, given, web.now(request))
    return web.redirect(request, "sittings")


def void(request: Request) -> Response:
    """`POST /sittings/{sitting_id}/void` (name `void_sitting`; form `reason`): the chance does not count → 303."""
    who, sitting_id = caller(request), int(request.path_params["sitting_id"])
    reason = service_adjust.read_reason(web.text_fields(request))
    with web.transaction(request) as db:
        service_adjust.void(db, who, sitting_id, reason, web.now(request))
    return web.redirect(request, "sitting_watch", sitting_id=sitting_id)
