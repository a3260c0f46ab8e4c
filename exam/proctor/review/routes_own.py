"""The candidate's side: what was noticed in their sitting, what they say about it, and their appeal."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import i18n, web
from exam.core.errors import Invalid, Problem, Refused
from exam.proctor.review import queries_own, service_appeals, service_comments
from exam.proctor.review.view import show
from exam.sessions import runtime

TAKE = may(Permission.SITTING_TAKE)


def my_incidents(request: Request) -> Response:
    """`GET /sittings/{sitting_id}/incidents` (name `my_incidents`): own stretches, comments, appeals.

    `POST` (form `do` = "comment" or "appeal", the words in a field of that name, for a comment also `incident`) says or
    appeals something → 303, or the page with what is wrong.
    """
    sitting_id, fields = int(request.path_params["sitting_id"]), web.text_fields(request)
    if request.method == "GET":
        return _page(request, sitting_id, {"problems": (), "refusal": None, "values": {}})
    try:
        if fields.get("do") == "appeal":
            _appeal(request, sitting_id, fields.get("appeal", ""))
        else:
            _comment(request, sitting_id, fields.get("comment"), fields.get("incident"))
    except Invalid as error:
        form = "appeal" if fields.get("do") == "appeal" else "comment"
        problems = tuple(
            Problem(form if each.field == "text" else each.field, each.code, each.params) for each in error.problems
        )
        return _page(request, sitting_id, {"problems": problems, "refusal": None, "values": fields}, error.status)
    except Refused as error:
        return _page(request, sitting_id, {"problems": (), "refusal": error.refusal, "values": fields}, error.status)
    return web.redirect(request, "my_incidents", sitting_id=sitting_id)


def _page(request: Request, sitting_id: int, more: dict[str, Any], status: int = 200) -> Response:
    with web.reading(request) as db:
        own = queries_own.own_review(db, caller(request).person_id, sitting_id, web.now(request))
    return show(request, "proctor/my_incidents.html", {"own": own, **more}, status)


def _comment(request: Request, sitting_id: int, text: Any, incident: Any) -> None:
    who = caller(request).person_id
    number = str(incident or "")
    incident_id = int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else None
    with web.reading(request) as db:
        queries_own.own_review(db, who, sitting_id, web.now(request))
    words = service_comments.read_text(text)
    with web.reading(request) as db:
        note = service_comments.note_of(db, who, sitting_id, words, incident_id, web.now(request))
    runtime.perform_now(request, note)


def _appeal(request: Request, sitting_id: int, text: str) -> None:
    who = caller(request).person_id
    with web.reading(request) as db:
        queries_own.own_review(db, who, sitting_id, web.now(request))
    words = service_comments.read_text(text, service_appeals.MOST_TEXT)
    with web.transaction(request) as db:
        service_appeals.appeal(db, who, sitting_id, words, web.now(request))


def sitting_comment(request: Request) -> Response:
    """`POST /sittings/{sitting_id}/comments` (name `sitting_comment`; JSON `text`, `incident` or null) → as
    `my_incidents_data`: what a candidate says while writing."""
    asked = web.json_body(request)
    fields = asked if isinstance(asked, dict) else {}
    _comment(request, int(request.path_params["sitting_id"]), fields.get("text"), fields.get("incident"))
    return my_incidents_data(request)


def my_incidents_data(request: Request) -> Response:
    """`GET /sittings/{sitting_id}/incidents/data` (name `my_incidents_data`) → `{"incidents": [{"text", "state",
    "pictures": [address]}], "comments": [{"text", "at"}]}`, in the request's language, for the paper's page."""
    sitting_id = int(request.path_params["sitting_id"])
    with web.reading(request) as db:
        own = queries_own.own_review(db, caller(request).person_id, sitting_id, web.now(request))

    def address(number: int) -> str:
        found = request.app.url_path_for("own_picture", sitting_id=sitting_id, name=str(number))
        return f"{found}?size=small"

    rows = [
        {
            "id": row.id,
            "text": row.text,
            "state": i18n.gettext(f"own.state.{row.state}"),
            "pictures": [address(number) for number in row.pictures],
        }
        for row in own.rows
    ]
    said = [{"text": each.text, "at": int(each.at.timestamp() * 1000)} for each in own.comments]
    return JSONResponse({"incidents": rows, "comments": said})


_OWN = "/sittings/{sitting_id:int}"
routes: list[BaseRoute] = [
    web.page_route(f"{_OWN}/incidents", my_incidents, access=TAKE, name="my_incidents", methods=["GET", "POST"]),
    web.fetch_route(
        f"{_OWN}/incidents/data", my_incidents_data, access=TAKE, name="my_incidents_data", methods=["GET"]
    ),
    web.fetch_route(f"{_OWN}/comments", sitting_comment, access=TAKE, name="sitting_comment"),
]
