"""The answer path on the wire: a short way round the router for the requests that ten thousand candidates make at once.

Whatever is not plainly one of them, from a living sign-in with a valid token, goes on to the ordinary routes, which
do the same (`routes_answers`) and word the refusals.
"""

import asyncio
import hmac
import json
from collections.abc import Mapping
from typing import Any, TypeGuard
from urllib.parse import parse_qs

import orjson
import structlog
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from exam.accounts.doorman import SignIn
from exam.accounts.permissions import Permission
from exam.core import i18n
from exam.core.fastpath import TooLong, locale_of, read_body, replay, send_response
from exam.core.headers import HEADERS, YEAR
from exam.core.writer import NotSaved, QueueFull
from exam.seb import heard
from exam.seb.keys import Said
from exam.sessions import paper, requests
from exam.sessions.instants import micros
from exam.sessions.requests import Outcome
from exam.sessions.rules import MAX_ANSWERS, MAX_EVENTS
from exam.sessions.shown import Shown
from exam.sessions.states import State

log = structlog.get_logger()
MAX_BODY = 256 * 1024
RETRY_SECONDS = 2
COMPRESSED_AT_ONCE = 20  # when more want their paper, the processor is what is short, not the line
_ACTIONS = frozenset({"sync", "claim", "submit", "start"})


class Malformed(Exception):
    """The body is not what the protocol says."""


class AnswerPath:
    """ASGI middleware, outermost. Active while the app's runtime is started."""

    def __init__(self, app: ASGIApp, https: bool) -> None:
        self.app = app
        self.showing = 0
        self.rendering: dict[tuple[int, int, str], asyncio.Future[None]] = {}
        fixed = dict(HEADERS) | {"Cache-Control": "no-store"}
        if https:
            fixed["Strict-Transport-Security"] = f"max-age={YEAR}; includeSubDomains"
        self.fixed = [(name.lower().encode(), value.encode()) for name, value in fixed.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one of the requests of the answer path, or pass it on."""
        if scope["type"] != "http" or not scope["path"].startswith("/sittings/"):
            await self.app(scope, receive, send)
            return
        state = scope["app"].state.sessions
        number, _, action = scope["path"][10:].partition("/")
        usual = action in _ACTIONS if scope["method"] == "POST" else scope["method"] == "GET" and action == ""
        if state.writer is None or not usual or not number.isdecimal() or len(number) > 18:
            await self.app(scope, receive, send)
            return
        at = state.clock.now()
        headers = dict(scope["headers"])
        known = await scope["app"].state.doorman.who(headers, at)
        if known is not None and Permission.SITTING_TAKE not in known.permissions:
            known = None
        if known is None or (known.must_change_password and action in ("", "start")):
            await self.app(scope, receive, send)
        elif action == "":
            await self._show(scope, receive, send, state, int(number), known, headers)
        else:
            await self._act(scope, receive, send, (state, int(number), action, known, micros(at), headers))

    async def _act(self, scope: Scope, receive: Receive, send: Send, about: tuple[Any, ...]) -> None:
        state, sitting_id, action, known, at, headers = about
        token = headers.get(b"x-csrf-token")
        form = not headers.get(b"content-type", b"").startswith(b"application/json")
        if (token is None or form) and action != "start":
            await self.app(scope, receive, send)
            return
        if token is not None and not hmac.compare_digest(token, known.csrf.encode()):
            await self.app(scope, receive, send)
            return
        try:
            body = await read_body(receive, headers.get(b"content-length", b""), MAX_BODY)
            if token is None and not _form_token_valid(body, known.csrf):
                await self.app(scope, replay(body), send)
                return
            locale = locale_of(headers, known.locale)
            asked = understand(action, sitting_id, known.person_id, at, body, known.csrf, locale)
            asked.said = hear(scope, headers, sitting_id, action, body)
        except (TooLong, Malformed) as error:
            status, code = (413, "too-large") if isinstance(error, TooLong) else (400, "malformed")
            await send_response(send, status, orjson.dumps({"error": code}))
            return
        try:
            outcome: Outcome = await state.writer.submit(asked)
        except QueueFull:
            busy = {"error": "busy", "message": i18n.gettext("error.busy", locale)}
            await send_response(send, 503, orjson.dumps(busy), [(b"retry-after", str(RETRY_SECONDS).encode())])
        except NotSaved:
            await send_response(send, 507, orjson.dumps(not_saved(locale)))
        else:
            await self._tell(scope, receive, send, action, sitting_id, outcome, body)

    async def _tell(
        self, scope: Scope, receive: Receive, send: Send, action: str, sitting_id: int, outcome: Outcome, body: bytes
    ) -> None:
        if action != "start":
            await send_response(send, outcome.status, outcome.encoded)
        elif outcome.status == 200:
            await send_response(send, 303, b"", [(b"location", f"/sittings/{sitting_id}".encode())])
        else:
            await self.app(scope, replay(body), send)  # the page that says why

    async def _show(
        self, scope: Scope, receive: Receive, send: Send, state: Any, sitting_id: int, known: SignIn, headers: Any
    ) -> None:
        self.showing += 1
        try:
            body, extra = await self._page(scope["app"], state, sitting_id, known, headers)
        finally:
            self.showing -= 1
        if body is None:
            await self.app(scope, receive, send)
        else:
            await send_response(send, 200, body, extra, self.fixed)

    async def _page(
        self, app: Any, state: Any, sitting_id: int, known: SignIn, headers: Mapping[bytes, bytes]
    ) -> tuple[bytes | None, list[tuple[bytes, bytes]]]:
        """The paper, or None where the ordinary route is to answer."""
        try:
            shown = await state.reader.submit(sitting_id)
        except (QueueFull, NotSaved):
            return None, []
        if not _can_show(shown, known, state):
            return None, []
        frame = await self._frame(app, state, (shown.exam_id, shown.paper_id, locale_of(headers, known.locale)))
        if frame is None:
            return None, []
        body = paper.page(frame, sitting_id, shown.seed, known.name, known.csrf)
        extra = [(b"content-type", b"text/html; charset=utf-8"), (b"vary", b"Accept-Encoding")]
        if self.showing <= COMPRESSED_AT_ONCE and b"gzip" in headers.get(b"accept-encoding", b""):
            body = paper.compress(body)
            extra.append((b"content-encoding", b"gzip"))
        return body, extra

    async def _frame(self, app: Any, state: Any, key: tuple[int, int, str]) -> paper.Frame | None:
        """The frame of a paper: rendered once however many wait for it, renewed while the old one still serves."""
        found: paper.Frame | None = state.frames.get(key)
        if paper.known_frame(state.frames, *key) is None:
            task = self.rendering.get(key)
            if task is None:
                task = asyncio.ensure_future(run_in_threadpool(_render, app, state, key))
                self.rendering[key] = task
                task.add_done_callback(lambda _: self.rendering.pop(key, None))
            if found is None:
                await asyncio.wait([task])
                found = state.frames.get(key)
        return found


def _render(app: Any, state: Any, key: tuple[int, int, str]) -> None:
    try:
        with state.database.reading() as db:
            paper.frame_of(app, db, *key)
    except Exception:
        log.exception("paper.not-rendered", paper=key[1])  # the ordinary route tries too, and tells


def _can_show(shown: Shown | None, known: SignIn, state: Any) -> TypeGuard[Shown]:
    if shown is None or shown.seb or shown.person_id != known.person_id or shown.state != State.IN_PROGRESS:
        return False
    return shown.deadline is not None and state.clock.now() < shown.deadline


def _form_token_valid(body: bytes, csrf: str) -> bool:
    if len(body) > 4096:
        return False
    given = parse_qs(body.decode("latin-1")).get("csrf_token", [""])[-1]
    return hmac.compare_digest(given.encode(), csrf.encode())


def hear(scope: Scope, headers: Mapping[bytes, bytes], sitting_id: int, action: str, body: bytes) -> tuple[Said, ...]:
    """What a request of a sitting's page says of Safe Exam Browser."""
    url: str = scope["app"].state.settings.public_url
    return heard.said(scope, headers, url, f"/sittings/{sitting_id}", body if action == "start" else b"")


def understand(
    action: str, sitting_id: int, person_id: int, at: int, body: bytes, csrf: str, locale: str
) -> requests.Start | requests.Claim | requests.Sync:
    """The request that a body asks for. Raises Malformed."""
    if action == "start":
        return requests.Start(sitting_id, person_id, at)
    if action == "claim":
        return requests.Claim(sitting_id, person_id, at, csrf, locale)
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        asked = _mended(body)
    if type(asked) is not dict:
        raise Malformed
    claim, answers, events = asked.get("claim"), asked.get("answers", []), asked.get("events", [])
    if type(claim) is not int or type(answers) is not list or type(events) is not list:
        raise Malformed
    if len(answers) > MAX_ANSWERS or len(events) > MAX_EVENTS:
        raise Malformed
    kind = requests.Sync if action == "sync" else requests.Submit
    return kind(sitting_id, person_id, at, claim, answers, events, locale)


def _mended(body: bytes) -> Any:
    """JSON whose texts hold half a character, each half replaced by U+FFFD. Raises Malformed for anything else wrong.

    A field that cuts a rare character in two leaves such a half, and a page that isn't understood saves nothing more.
    """
    try:
        plain = json.dumps(json.loads(body), ensure_ascii=False)
        return orjson.loads(plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))
    except (ValueError, RecursionError) as error:
        raise Malformed from error


def not_saved(locale: str) -> dict[str, Any]:
    """What a page is told when the commit failed: it keeps everything and tries again."""
    return {"error": "not-saved", "message": i18n.gettext("error.not-saved", locale)}
