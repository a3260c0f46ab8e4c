"""Every route of sittings, with who may call it; the jobs that prepare and end them."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import Session
from starlette.routing import BaseRoute

from exam.accounts.access import may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.i18n import N_
from exam.core.jobs import Job
from exam.sessions import pictures, routes_answers, routes_guard, routes_sitting, routes_watch, service
from exam.sessions.panels import watch_panel

TAKE, WATCH, SUPERVISE, ADJUST = (
    may(Permission.SITTING_TAKE),
    may(Permission.SITTING_WATCH),
    may(Permission.SITTING_SUPERVISE),
    may(Permission.SITTING_ADJUST),
)
_ID = "{sitting_id:int}"


RUN_SECONDS = 1.0  # of one job, which then lets the others have their turn
PREPARE = "sessions.prepare"
SUBMIT_DUE = "sessions.submit-due"


def _prepare(state: Any) -> None:
    """Papers ready ahead of the window, a few a transaction so that nobody's save waits for them."""
    _while_due(state, PREPARE, service.prepare_due)


def _submit_due(state: Any) -> None:
    """The server submits at the deadline, whether or not a browser is there."""
    _while_due(state, SUBMIT_DUE, service.submit_due)


def _while_due(state: Any, name: str, step: Callable[[Session, datetime], int]) -> None:
    until = time.monotonic() + RUN_SECONDS
    while time.monotonic() < until:
        with state.database.transaction() as db:
            if not step(db, state.clock.now()):
                return
    state.jobs.wake(name)


jobs: tuple[Job, ...] = (
    Job(SUBMIT_DUE, 1.0, _submit_due),
    Job(PREPARE, 30.0, _prepare),
)

pictures.vouch()

navigation = ((N_("监考"), "sittings", Permission.SITTING_WATCH),)
panels = (watch_panel,)

routes: list[BaseRoute] = [
    web.page_route(
        "/bookings/{booking_id:int}/sitting",
        routes_sitting.open_sitting,
        access=TAKE,
        name="open_sitting",
        methods=["POST"],
    ),
    web.page_route("/sittings", routes_watch.sittings, access=WATCH, name="sittings"),
    web.fetch_route("/sittings/live", routes_watch.sittings_live, access=WATCH, name="sittings_live", methods=["GET"]),
    web.page_route(f"/sittings/{_ID}", routes_sitting.sitting_page, access=TAKE, name="sitting"),
    web.page_route(f"/sittings/{_ID}/start", routes_answers.start, access=TAKE, name="start_sitting", methods=["POST"]),
    web.fetch_route(f"/sittings/{_ID}/claim", routes_answers.claim_sitting, access=TAKE, name="claim_sitting"),
    web.fetch_route(f"/sittings/{_ID}/sync", routes_answers.sync_answers, access=TAKE, name="sync_answers"),
    web.page_route(
        f"/sittings/{_ID}/submit", routes_answers.submit, access=TAKE, name="submit_sitting", methods=["POST"]
    ),
    web.fetch_route(
        f"/sittings/{_ID}/paper", routes_sitting.paper_as_data, access=TAKE, name="sitting_paper", methods=["GET"]
    ),
    web.fetch_route(
        f"/sittings/{_ID}/messages/{{message_id:int}}/read",
        routes_sitting.message_read,
        access=TAKE,
        name="sitting_message_read",
    ),
    web.page_route(f"/sittings/{_ID}/receipts", routes_sitting.receipts_file, access=TAKE, name="sitting_receipts"),
    web.page_route(f"/sittings/{_ID}/watch", routes_watch.sitting_watch, access=WATCH, name="sitting_watch"),
    web.page_route(
        f"/sittings/{_ID}/extra-time",
        routes_watch.extra_time,
        access=ADJUST,
        name="sitting_extra_time",
        methods=["POST"],
    ),
    web.page_route(
        "/exams/{exam_id:int}/extra-time",
        routes_watch.extra_time_for_all,
        access=ADJUST,
        name="exam_extra_time",
        methods=["POST"],
    ),
    web.page_route("/seb/exams/{exam_id:int}", routes_guard.seb_enter, access=TAKE, name="seb_enter"),
    web.fetch_route(f"/sittings/{_ID}/seb", routes_guard.sitting_seb, access=TAKE, name="sitting_seb"),
    web.page_route(
        f"/sittings/{_ID}/seb/unlock", routes_guard.seb_unlock, access=SUPERVISE, name="seb_unlock", methods=["POST"]
    ),
    web.page_route(
        f"/sittings/{_ID}/seb/excuse", routes_guard.seb_excuse, access=ADJUST, name="seb_excuse", methods=["POST"]
    ),
    web.page_route(f"/sittings/{_ID}/void", routes_watch.void, access=ADJUST, name="void_sitting", methods=["POST"]),
]
