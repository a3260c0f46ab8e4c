"""API keys of the institution."""

from datetime import UTC, date, datetime, time, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts import queries, service_keys
from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission, Scope
from exam.core import web
from exam.core.clock import SHANGHAI
from exam.core.errors import Invalid, Problem


def api_keys(request: Request) -> Response:
    """The keys, what each may do, and when it was last used."""
    return _keys(request, {})


def _keys(
    request: Request, fields: dict[str, str], problems: tuple[Problem, ...] = (), secret: str = "", status: int = 200
) -> Response:
    """`secret` is a key just made: it is in this one answer and nowhere else."""
    with web.reading(request) as db:
        found = queries.keys(db, caller(request).institution_id)
    sent = web.form(request).getlist("scopes") if problems else []
    chosen = [value for value in sent if isinstance(value, str)]
    context = {
        "keys": found,
        "fields": fields,
        "problems": problems,
        "secret": secret,
        "scopes": list(Scope),
        "chosen": chosen,
        "public_url": request.app.state.settings.public_url.rstrip("/"),
        "tomorrow": (web.now(request).astimezone(SHANGHAI).date() + timedelta(days=1)).isoformat(),
    }
    return web.render(request, "accounts/api_keys.html", context, status)


def add_api_key(request: Request) -> Response:
    """Make a key and show it once."""
    fields, now = web.text_fields(request), web.now(request)
    scopes = {value for value in web.form(request).getlist("scopes") if isinstance(value, str)}
    try:
        expires = _end_of_day(fields.get("expires", ""))
        with web.transaction(request) as db:
            made = service_keys.add_key(
                db, caller(request), name=fields.get("name", ""), scopes=scopes, expires_at=expires, now=now
            )
    except Invalid as error:
        return _keys(request, fields, error.problems, status=422)
    return _keys(request, {}, secret=made.secret)


def _end_of_day(text: str) -> datetime | None:
    """The end of a civil day in Shanghai; None when no day is given. Raises `Invalid`."""
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
        return datetime.combine(day + timedelta(days=1), time(), SHANGHAI).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid([Problem("expires", "date")]) from error


def revoke_api_key(request: Request) -> Response:
    """End a key at once."""
    with web.transaction(request) as db:
        service_keys.revoke_key(db, caller(request), request.path_params["key_id"], now=web.now(request))
    return web.redirect(request, "api_keys")


MANAGE = may(Permission.API_KEY_MANAGE)
routes: list[BaseRoute] = [
    web.page_route("/api-keys", api_keys, access=MANAGE, name="api_keys"),
    web.page_route("/api-keys", add_api_key, access=MANAGE, name="add_api_key", methods=["POST"]),
    web.page_route(
        "/api-keys/{key_id:int}/revoke", revoke_api_key, access=MANAGE, name="revoke_api_key", methods=["POST"]
    ),
]
