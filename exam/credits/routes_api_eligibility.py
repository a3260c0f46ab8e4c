"""Where people stand, for other programs: `/api/v1/eligibility`, described in docs/api.md."""

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

import orjson
from itsdangerous import BadSignature, URLSafeSerializer
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam import schemes
from exam.accounts.access import caller, key_with
from exam.accounts.id_number import masked
from exam.accounts.permissions import Scope
from exam.core import web
from exam.core.clock import SHANGHAI, day_of
from exam.core.errors import Invalid, Problem
from exam.core.lanes import Lane
from exam.core.secrets import derive
from exam.credits import queries_eligibility
from exam.credits.eligibility_view import record
from exam.credits.service_eligibility import standings

PURPOSE = "eligibility-cursor"
MOST, USUAL = 500, 100
PARAMETERS = frozenset({"scheme", "on", "person", "limit", "cursor"})
LANE = Lane("eligibility-api", at_once=2, waiting=20)


@dataclass(frozen=True)
class Query:
    """What a program asks for: an institution's people in a scheme on a day, those after a person's id."""

    institution_id: int
    scheme: str
    on: date
    person: int | None
    limit: int
    after: int = 0

    @property
    def scope(self) -> str:
        """A digest of what the query is about, so that a cursor is not used with another."""
        text = f"{self.institution_id}\x1f{self.scheme}\x1f{self.on}\x1f{self.person}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_query(institution_id: int, given: dict[str, str], today: date, secret: bytes) -> Query:
    """The query of a request; raises `Invalid` with a problem for each parameter that can't be read."""
    problems = [Problem(name[:40], "unknown-parameter") for name in sorted(set(given) - PARAMETERS)]
    scheme = given.get("scheme", "")
    if scheme not in schemes.SCHEMES:
        problems.append(Problem("scheme", "no-such-scheme"))
    on = _on(given.get("on"), scheme, today, problems)
    limit = _whole(given.get("limit", str(USUAL)))
    if not 1 <= limit <= MOST:
        problems.append(Problem("limit", "limit-out-of-range", {"most": MOST}))
    person = _whole(given["person"]) if "person" in given else None
    if person is not None and person < 1:
        problems.append(Problem("person", "person-not-a-number"))
    query = Query(institution_id, scheme, on, person, limit)
    after = _after(secret, query, given["cursor"]) if "cursor" in given else 0
    if after is None:
        problems.append(Problem("cursor", "cursor-not-valid"))
    if problems:
        raise Invalid(problems)
    return Query(institution_id, scheme, on, person, limit, after or 0)


def _on(text: str | None, scheme: str, today: date, problems: list[Problem]) -> date:
    try:
        on = today if text is None else day_of(text)
        if scheme in schemes.SCHEMES:
            schemes.get(scheme).version_at(on)
        if on.year > today.year + 1:
            raise ValueError(text)
    except (ValueError, LookupError):
        problems.append(Problem("on", "not-a-day"))
        return today
    return on


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _serializer(secret: bytes) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="exam.eligibility-cursor")


def _after(secret: bytes, query: Query, text: str) -> int | None:
    try:
        scope, after = _serializer(secret).loads(text)
    except (BadSignature, ValueError, TypeError):
        return None
    return int(after) if scope == query.scope and isinstance(after, int) else None


def read(db: Session, query: Query) -> tuple[list[dict[str, Any]], int | None]:
    """The next people of a query, in the order of their ids, and the id to go on after (None: that was all)."""
    people = queries_eligibility.people_after(db, query.institution_id, query.scheme, query.after, query.limit + 1)
    if query.person is not None:
        people = [query.person] if query.person > query.after else []
    more = len(people) > query.limit
    people = people[: query.limit]
    found = standings(db, query.institution_id, query.scheme, query.on, people)
    rows = [
        {
            "person": {"id": line.person_id, "name": line.name, "id_number": masked(line.id_number)},
            **record(line.standing),
        }
        for line in sorted(found, key=lambda line: (line.person_id, line.track))
    ]
    return rows, people[-1] if more else None


def api_eligibility(request: Request) -> Response:
    """`GET /api/v1/eligibility?scheme=&on=&person=&limit=&cursor=` (name `api_eligibility`): in docs/api.md."""
    secret = derive(request.app.state.secret, PURPOSE)
    given = dict(request.query_params)
    query = read_query(caller(request).institution_id, given, web.now(request).astimezone(SHANGHAI).date(), secret)
    with web.reading(request) as db:
        rows, last = read(db, query)
    following = None
    if last is not None:
        cursor = str(_serializer(secret).dumps([query.scope, last]))
        path = str(request.app.url_path_for("api_eligibility"))
        own = {**given, "on": query.on.isoformat(), "cursor": cursor}
        following = f"{request.app.state.settings.public_url.rstrip('/')}{path}?{urlencode(own)}"
    body = orjson.dumps({"eligibility": rows, "next": following})
    headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"', "Cache-Control": "private, no-cache"}
    if following:
        headers["Link"] = f'<{following}>; rel="next"'
    tags = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if headers["ETag"] in tags or "*" in tags:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


routes: list[BaseRoute] = [
    web.api_route(
        "/api/v1/eligibility",
        api_eligibility,
        access=key_with(Scope.ELIGIBILITY_READ),
        name="api_eligibility",
        lane=LANE,
    ),
]
