"""How a request becomes a call and an error becomes a page: one wrapper round every route.

A route is declared with who may call it; the wrapper finds out who calls, asks the guard, checks the CSRF token of
unsafe methods, runs the plain function in a thread and turns what goes wrong into a page or JSON in the caller's
language. What identifying and guarding mean is given by the app (`app.state.gate`), so this module knows no roles.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import anyio
import anyio.to_thread
import structlog
from sqlalchemy.exc import DataError
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from exam.core import i18n
from exam.core.db import Database
from exam.core.errors import AppError, CsrfFailed, Invalid, NotFound, Problem, TooLarge
from exam.core.failures import error_page, error_response
from exam.core.lanes import Lane, limiter_of
from exam.core.templating import render_template

log = structlog.get_logger()
Handler = Callable[[Request], Response]
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
MIB = 1024 * 1024
SMALL_MIB = 1
AROUND_A_FILE = 64 * 1024  # the other fields of its form, so that the largest file allowed gets through
LARGE_FORM = {"max_files": 100, "max_fields": 50, "max_part_size": AROUND_A_FILE}
MAX_ID = 2**31 - 1
MAX_NUMBER = 2**63 - 1
NO_STORE = "no-store"


class Gate(Protocol):
    """Finds out who calls and whether they may; given by the app."""

    def identify(self, request: Request) -> Any:
        """Return the caller or None, without refusing anybody."""

    def check(self, request: Request, caller: Any, access: Any) -> None:
        """Raise `SignInNeeded` or `Forbidden` when `caller` lacks `access`."""

    def csrf_valid(self, request: Request, caller: Any, token: str) -> bool:
        """Whether `token` was given to this caller."""


@dataclass(frozen=True)
class Endpoint:
    """What a route was declared with; tests read it."""

    handler: Handler
    access: Any
    json: bool
    limit_mib: int | str | None
    csrf: bool
    lane: Lane | None = None


@dataclass(frozen=True)
class Panel:
    """A part of somebody's first page; `order` says how near the top (smaller is higher)."""

    order: int
    template: str
    context: Mapping[str, Any]


def page_route(
    path: str,
    handler: Handler,
    *,
    access: Any,
    name: str,
    methods: Iterable[str] = ("GET",),
    limit_mib: int | str | None = 1,
    lane: Lane | None = None,
) -> Route:
    """A route for people: forms in, pages out. `limit_mib` bounds the body of a request; None: as the
    settings bound uploads; a name: as that setting does, for large files beside a few short fields."""
    return _route(path, Endpoint(handler, access, json=False, limit_mib=limit_mib, csrf=True, lane=lane), name, methods)


def fetch_route(
    path: str, handler: Handler, *, access: Any, name: str, methods: Iterable[str] = ("POST",), limit_mib: int = 1
) -> Route:
    """A route for our own pages' scripts: JSON out; the CSRF token comes in the header `X-CSRF-Token`."""
    return _route(path, Endpoint(handler, access, json=True, limit_mib=limit_mib, csrf=True), name, methods)


def api_route(
    path: str,
    handler: Handler,
    *,
    access: Any,
    name: str,
    methods: Iterable[str] = ("GET",),
    limit_mib: int | None = 1,
    lane: Lane | None = None,
) -> Route:
    """A route for other programs, which hold an API key and no cookie."""
    return _route(path, Endpoint(handler, access, json=True, limit_mib=limit_mib, csrf=False, lane=lane), name, methods)


def _route(path: str, endpoint: Endpoint, name: str, methods: Iterable[str]) -> Route:
    async def serve(request: Request) -> Response:
        try:
            if request.method in UNSAFE:
                if endpoint.limit_mib != SMALL_MIB:
                    await run_in_threadpool(_admit, request, endpoint)
                await _read_body(request, endpoint.limit_mib)
            limiter = limiter_of(endpoint.lane)
        except AppError as error:
            return _finish(request, await run_in_threadpool(_outside, request, endpoint, error))
        try:
            return _finish(request, await anyio.to_thread.run_sync(_call, request, endpoint, limiter=limiter))
        finally:
            await form(request).close()

    serve.declared = endpoint  # type: ignore[attr-defined]
    return Route(path, serve, methods=list(methods), name=name)


def missing_page(access: Any) -> Callable[[Request], Awaitable[Response]]:
    """What answers an address that no route has; whoever is signed in stays so on that page."""

    def nothing(request: Request) -> Response:
        raise NotFound

    endpoint = Endpoint(nothing, access, json=False, limit_mib=1, csrf=False)
    return _route("/", endpoint, "missing", ["GET"]).endpoint


def _bound(request: Request, bound_mib: int | str | None) -> tuple[int, int]:
    """A route's limit: MiB as people are told it, and bytes."""
    if isinstance(bound_mib, int):
        return bound_mib, bound_mib * MIB
    limit_mib: int = getattr(request.app.state.settings, bound_mib or "upload_limit_mib")
    return limit_mib, limit_mib * MIB + AROUND_A_FILE


async def _read_body(request: Request, bound_mib: int | str | None) -> None:
    """Read the body into `request.state`, never more than the limit, whatever the header claims."""
    limit_mib, limit = _bound(request, bound_mib)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data" and limit > SMALL_MIB * MIB:  # files go to the disk, everything else to memory
        limit_mib, limit = SMALL_MIB, SMALL_MIB * MIB
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > limit:
        raise TooLarge(limit_mib)
    received, inner = 0, request._receive

    async def counted() -> Any:
        nonlocal received
        message = await inner()
        received += len(message.get("body", b""))
        if received > limit:
            raise TooLarge(limit_mib)
        return message

    request._receive = counted
    if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        # Fields that are no files are held in memory: beside files as large as a setting allows they are few and short.
        small = {"max_files": 20, "max_fields": 5000, "max_part_size": limit}
        request.state.form = await request.form(**(LARGE_FORM if isinstance(bound_mib, str) else small))
    else:
        request.state.body = await request.body()


def _admit(request: Request, endpoint: Endpoint) -> None:
    """Nobody makes us take in a file who may not send one. Raises as the gate does."""
    gate: Gate = request.app.state.gate
    gate.check(request, gate.identify(request), endpoint.access)


def _outside(request: Request, endpoint: Endpoint, error: AppError) -> Response:
    gate: Gate = request.app.state.gate
    request.state.caller = gate.identify(request)
    i18n.current_locale.set(locale_of(request, request.state.caller))
    return error_response(request, error, as_json=endpoint.json)


def _call(request: Request, endpoint: Endpoint) -> Response:
    gate: Gate = request.app.state.gate
    request.state.caller = None
    i18n.current_locale.set(locale_of(request, None))
    try:
        caller = gate.identify(request)
        request.state.caller = caller
        i18n.current_locale.set(locale_of(request, caller))
        gate.check(request, caller, endpoint.access)
        if endpoint.csrf and request.method in UNSAFE and not gate.csrf_valid(request, caller, _csrf_token(request)):
            raise CsrfFailed
        _refuse_odd_ids(request)
        return endpoint.handler(request)
    except AppError as error:
        return error_response(request, error, as_json=endpoint.json)
    except (DataError, OverflowError):  # a number that no column holds, a NUL that PostgreSQL takes for no text
        return error_page(request, 400, as_json=endpoint.json, code="bad-request")
    except Exception:
        log.exception("request.failed", path=request.scope.get("route_path", request.url.path))
        return error_page(request, 500, as_json=endpoint.json, code="internal")


def _refuse_odd_ids(request: Request) -> None:
    """Ids in an address are numbers that a database column can hold; nothing else exists."""
    for name, value in request.path_params.items():
        if not name.endswith("_id") and not isinstance(value, int):
            continue
        most = MAX_NUMBER if name == "number" else MAX_ID
        if not (str(value).isascii() and str(value).isdigit() and int(value) <= most):
            raise NotFound


def _csrf_token(request: Request) -> str:
    header = request.headers.get("x-csrf-token")
    if header is not None:
        return header
    sent = form(request).get("csrf_token", "")
    return sent if isinstance(sent, str) else ""


def _finish(request: Request, response: Response) -> Response:
    response.headers.setdefault("Cache-Control", NO_STORE)
    for cookie in getattr(request.state, "cookies", ()):
        response.set_cookie(**cookie)
    return response


def set_cookie(request: Request, **cookie: Any) -> None:
    """Have the answer, whatever it will be, set a cookie (the arguments of Starlette's `set_cookie`)."""
    if not hasattr(request.state, "cookies"):
        request.state.cookies = []
    request.state.cookies.append(cookie)


def locale_of(request: Request, caller: Any) -> str:
    """The language of the answer: the cookie's, else the person's, else Chinese."""
    chosen = request.cookies.get("lang") or getattr(caller, "locale", None)
    return chosen if chosen in i18n.LOCALES else i18n.DEFAULT


def database(request: Request) -> Database:
    """The app's database."""
    found: Database = request.app.state.database
    return found


def transaction(request: Request) -> AbstractContextManager[Session]:
    """A writing session that commits at the end of the block."""
    return database(request).transaction()


def reading(request: Request) -> AbstractContextManager[Session]:
    """A read-only session."""
    return database(request).reading()


def now(request: Request) -> datetime:
    """The server's time, the only time there is."""
    instant: datetime = request.app.state.clock.now()
    return instant


def form(request: Request) -> FormData:
    """The form that came with the request; empty when there was none."""
    return getattr(request.state, "form", None) or FormData()


def text_fields(request: Request) -> dict[str, str]:
    """The form's text fields, the last of each name, without uploads."""
    return {name: value.replace("\0", "") for name, value in form(request).multi_items() if isinstance(value, str)}


def json_body(request: Request) -> Any:
    """The JSON that came with the request; raises `Invalid`."""
    try:
        return json.loads(getattr(request.state, "body", b"") or b"null")
    except (ValueError, RecursionError) as error:
        raise Invalid([Problem("", "not-json")]) from error


def render(request: Request, template: str, context: Mapping[str, Any] | None = None, status: int = 200) -> Response:
    """A page from a template."""
    return render_template(request, template, dict(context or {}), status)


def redirect(request: Request, name: str, **params: Any) -> Response:
    """Go on to another page of ours (303)."""
    return RedirectResponse(str(request.app.url_path_for(name, **params)), status_code=303)
