"""The marking pages: the queue, one answer at a time, corrections."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import Invalid
from exam.grading import queries_marking, service_marking
from exam.grading.view import show
from exam.itembank.content import render

MARK = may(Permission.MARKING)
FIELD = "marks."


def marking(request: Request) -> Response:
    """`GET /marking` (name `marking`): what waits, by exam and item, and what the marker marked last."""
    who = caller(request)
    with web.reading(request) as db:
        context = {
            "lines": queries_marking.queue(db, who, web.now(request)),
            "recent": queries_marking.recent(db, who),
            "finished": request.query_params.get("finished") == "1",
        }
    return show(request, "grading/marking.html", context)


def marking_next(request: Request) -> Response:
    """`POST /marking/next` (name `marking_next`; form `exam`, `item`, `part`): takes the next answer in hand → 303."""
    fields = web.text_fields(request)
    return _onwards(request, _number(fields, "exam"), _number(fields, "item"), fields.get("part", ""))


def _number(fields: Mapping[str, str], name: str) -> int:
    text = fields.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def _onwards(request: Request, exam_id: int, item_id: int, part: str) -> Response:
    with web.transaction(request) as db:
        task = service_marking.take_next(db, caller(request), exam_id, item_id, part, web.now(request))
    if task is None:
        return RedirectResponse(str(request.app.url_path_for("marking")) + "?finished=1", status_code=303)
    return web.redirect(request, "marking_task", number=task.number)


def marking_task(request: Request) -> Response:
    """`GET /marking/{number}` (name `marking_task`): the answer that the marker has in hand, or one of theirs."""
    return _page(request, (), {})


def _page(request: Request, problems: tuple[Any, ...], values: Mapping[str, str], status: int = 200) -> Response:
    number = int(request.path_params["number"])
    with web.reading(request) as db:
        shown = service_marking.shown(db, caller(request), number, web.now(request))
        lines = queries_marking.queue(db, caller(request), web.now(request))
    line = next(
        (
            each
            for each in lines
            if (each.exam.id, each.item_id, each.part) == (shown.task.exam_id, shown.task.item_id, shown.task.part)
        ),
        None,
    )
    if not values and shown.given:
        values = {f"{FIELD}{key}": marks for key, marks in shown.given.rubric.items()}
        values = {**values, "comment": shown.given.comment}
    context = {"shown": shown, "line": line, "render": render, "problems": problems, "values": values}
    return show(request, "grading/marking_task.html", context, status)


def marking_save(request: Request) -> Response:
    """`POST /marking/{number}` (name `marking_save`; form `marks.<criterion>`, `comment`) → 303 to the next answer, or
    the form again with what is wrong."""
    fields = web.text_fields(request)
    given = {name.removeprefix(FIELD): text for name, text in fields.items() if name.startswith(FIELD)}
    number = int(request.path_params["number"])
    try:
        with web.transaction(request) as db:
            who, now = caller(request), web.now(request)
            was_open = service_marking.task_of(db, who, number).open
            task = service_marking.save(db, who, number, given, fields.get("comment", ""), now)
    except Invalid as invalid:
        return _page(request, invalid.problems, fields, 422)
    if not was_open:
        return web.redirect(request, "marking")
    return _onwards(request, task.exam_id, task.item_id, task.part)


def marking_skip(request: Request) -> Response:
    """`POST /marking/{number}/skip` (name `marking_skip`) → 303 to the next answer."""
    with web.transaction(request) as db:
        task = service_marking.skip(db, caller(request), int(request.path_params["number"]), web.now(request))
    return _onwards(request, task.exam_id, task.item_id, task.part)


routes: list[BaseRoute] = [
    web.page_route("/marking", marking, access=MARK, name="marking"),
    web.page_route("/marking/next", marking_next, access=MARK, name="marking_next", methods=["POST"]),
    web.page_route("/marking/{number:int}", marking_task, access=MARK, name="marking_task"),
    web.page_route("/marking/{number:int}/save", marking_save, access=MARK, name="marking_save", methods=["POST"]),
    web.page_route("/marking/{number:int}/skip", marking_skip, access=MARK, name="marking_skip", methods=["POST"]),
]
