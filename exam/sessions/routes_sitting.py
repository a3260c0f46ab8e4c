"""The candidate's pages of a sitting: start, paper, what was handed in, receipts.

The paper page must be ready for ten thousand people at once, so `sessions/paper.html` is rendered once per paper and
language and `sessions/_item.html` once per item version; what belongs to one candidate is put in afterwards. In these
two templates the values named *opaque* below are marks to be printed as they are (in text or in a quoted attribute): no
filters, tests, comparisons or arithmetic on them.

`sessions/_item.html`: `item.slot` (opaque, 1 … count), `item.html` (opaque: what `exam.itembank.view` gives),
`item.kind`, `item.kind_name`, `item.marks` (Decimal), `count`.
"""

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from exam.accounts.access import caller
from exam.core import web
from exam.sessions import paper, paper_data, queries, receipts, routes_guard, runtime, service, service_supervise
from exam.sessions.models import Sitting
from exam.sessions.states import State


def sitting_page(request: Request) -> Response:
    """`GET /sittings/{sitting_id}` (name `sitting`): the page that fits the sitting's state.

    prepared → `sessions/start.html`:
      `sitting` (`id`, `state`), `exam` (`title`, `title_en`, `code`, `duration_minutes`, `calculator`, `release_rule`),
      `candidate` (name), `chance` (1, 2 …), `count` (items), `total_marks` (Decimal), `kinds` (list of `(kind, count,
      marks)`), `minutes` (with extra time), `extra_minutes`, `window_closes` (datetime or None), `deadline` (datetime
      if started now), `minutes_if_now` (whole minutes left if started now), `cut_short` (bool: the window's end
      leaves less than `minutes`), `late_grace_seconds`, `refusal` (`Refusal` or None: why it can't be started now;
      `.allowed_from`), `steps` (list of `signals.Step`), `ready` (bool: none of them is open), `start_url` (POST form
      with `csrf_token`).

    in-progress → `sessions/paper.html`:
      opaque: `page.sitting_id`, `page.csrf`, `page.candidate`, `items_html` (all `_item.html` in the candidate's
      order), `page.urls.{view,sync,claim,submit,receipts}`; plain: `page.urls.sign_in` (JSON
      `{"password", "token"}`, `token` being the claim's `again`), `exam` (as above), `count`, `total_marks`,
      `kinds`, `csrf_token` (= `page.csrf`), `home_url`. The base template's usual values are
      there, except that `request` is None. Server time, deadline and saved answers come with the claim.

    in-progress, where the exam requires Safe Exam Browser and nothing proves it → `seb/check.html`; locked →
    `seb/locked.html` (`routes_guard.instead`).

    paused → `sessions/paused.html` (no question is shown): `sitting`, `exam`, `reason`, `minutes_left`.

    submitted or void → `sessions/submitted.html`:
      `sitting` (`id`, `state`, `started_at`, `submitted_at`, `submitted_by` candidate|deadline|registrar|proctor|None),
      `exam`,
      `count`, `answered` (slots with an answer), `receipts_url`, `result_url`,
      `void_reason` (text or None), `end_reason` (what whoever ended it said, or ""), `log_hash` (last link of the log).
    """
    who = caller(request)
    sitting_id = int(request.path_params["sitting_id"])
    with web.reading(request) as db:
        sitting = queries.own_sitting(db, sitting_id, who.person_id)
        overdue = service.is_overdue(sitting, web.now(request))
    if overdue:
        with web.transaction(request) as db:
            service.submit_if_due(db, sitting_id, web.now(request))
    with web.reading(request) as db:
        sitting = queries.own_sitting(db, sitting_id, who.person_id)
        return _page_of(request, db, sitting)


def _page_of(request: Request, db: Session, sitting: Sitting) -> Response:
    if sitting.state == State.PREPARED:
        return web.render(request, "sessions/start.html", queries.start_context(db, request, sitting))
    if sitting.state == State.IN_PROGRESS:
        return routes_guard.instead(request, db, sitting) or paper.respond(request, db, sitting)
    if sitting.state == State.PAUSED:
        return web.render(request, "sessions/paused.html", queries.paused_context(db, request, sitting))
    return web.render(request, "sessions/submitted.html", queries.submitted_context(db, request, sitting))


def open_sitting(request: Request) -> Response:
    """`POST /bookings/{booking_id}/sitting` (name `open_sitting`, form): makes the sitting ready if it isn't, goes
    there.
    """
    who = caller(request)
    with web.transaction(request) as db:
        sitting = service.open_for(db, int(request.path_params["booking_id"]), who.person_id, web.now(request))
        sitting_id = sitting.id  # read while the row can still be: what was just prepared is loaded anew
    return web.redirect(request, "sitting", sitting_id=sitting_id)


def message_read(request: Request) -> Response:
    """`POST /sittings/{sitting_id}/messages/{message_id}/read` (name `sitting_message_read`) → `{}`: the candidate has
    read what they were told.
    """
    sitting_id, message_id = (int(request.path_params[name]) for name in ("sitting_id", "message_id"))
    with web.transaction(request) as db:
        service_supervise.acknowledge(db, caller(request).person_id, sitting_id, message_id, web.now(request))
    return JSONResponse({})


def receipts_file(request: Request) -> Response:
    """`GET /sittings/{sitting_id}/receipts` (name `sitting_receipts`): every receipt as a JSON file to keep."""
    who = caller(request)
    with web.reading(request) as db:
        sitting = queries.own_sitting(db, int(request.path_params["sitting_id"]), who.person_id)
        body = receipts.download(db, sitting, runtime.of(request).keys)
    name = f"receipts-{sitting.id}.json"
    return JSONResponse(body, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def paper_as_data(request: Request) -> Response:
    """`GET /sittings/{sitting_id}/paper` (name `sitting_paper`): the paper for other clients; see docs/api.md."""
    who = caller(request)
    with web.reading(request) as db:
        sitting = queries.own_sitting(db, int(request.path_params["sitting_id"]), who.person_id)
        routes_guard.refuse_data(request, db, sitting)
        return JSONResponse(paper_data.as_data(db, sitting, web.now(request)))
