"""Results for other programs: `/api/v1/results` and its description."""

import hashlib
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import PUBLIC, caller, key_with
from exam.accounts.permissions import Scope
from exam.core import web
from exam.core.secrets import derive
from exam.grading import queries_feed
from exam.grading.openapi import document

PURPOSE = "results-cursor"


def results(request: Request) -> Response:
    """`GET /api/v1/results?exam=&since=&limit=&cursor=` (name `api_results`): described in docs/api.md."""
    secret = derive(request.app.state.secret, PURPOSE)
    given = dict(request.query_params)
    query = queries_feed.read_query(caller(request).institution_id, given, secret)
    with web.reading(request) as db:
        rows, place, more = queries_feed.read(db, query)
    cursor = queries_feed.make_cursor(secret, query, place) if place else None
    following = _next_url(request, given, cursor) if more and cursor else None
    body = orjson.dumps({"results": rows, "next": following, "cursor": cursor})
    headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"', "Cache-Control": "private, no-cache"}
    if following:
        headers["Link"] = f'<{following}>; rel="next"'
    if _matches(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def _next_url(request: Request, given: dict[str, str], cursor: str) -> str:
    path = str(request.app.url_path_for("api_results"))
    return f"{request.app.state.settings.public_url.rstrip('/')}{path}?{urlencode({**given, 'cursor': cursor})}"


def _matches(header: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return etag in tags or "*" in tags


def openapi(request: Request) -> Response:
    """`GET /api/v1/openapi.json` (name `openapi`): the description of the API for programs; it holds no data."""
    body: Any = document(request.app.state.settings.public_url)
    return Response(orjson.dumps(body), media_type="application/json", headers={"Cache-Control": "public, max-age=300"})


routes: list[BaseRoute] = [
    web.api_route("/api/v1/results", results, access=key_with(Scope.RESULTS_READ), name="api_results"),
    web.api_route("/api/v1/openapi.json", openapi, access=PUBLIC, name="openapi"),
]
