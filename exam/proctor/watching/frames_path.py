"""Frames on the wire: a short way round the router, like the answers' own (`sessions.sync`), and after them.

`POST /sittings/{id}/frames` has the JPEG as its body, `X-Frame-Number` and `X-Frame-Taken` (milliseconds since 1970)
as headers. Whatever is not plainly that, from a living sign-in with a valid token, goes on to the ordinary route
(`routes_watching`), which does the same and words the refusals. On its way it notes which sittings were heard: every
exchange of a page's answers that was answered with 200.
"""

import hmac
from collections.abc import Mapping

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exam.accounts.doorman import SignIn
from exam.accounts.permissions import Permission
from exam.core.fastpath import TooLong, locale_of, read_body, send_response
from exam.proctor.watching import intake
from exam.proctor.watching import rules_intake as intake_rules
from exam.proctor.watching.runtime import Watching
from exam.sessions.instants import micros
from exam.vision.frames import MOST_BYTES

MOST_DIGITS = 9
MOST_TAKEN = 2**53


class FramePath:
    """ASGI middleware. Active while the app's runtime is started."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a frame, note who is heard, or pass the request on."""
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith("/sittings/"):
            await self.app(scope, receive, send)
            return
        state = scope["app"].state
        number, _, action = scope["path"][10:].partition("/")
        if not number.isascii() or not number.isdecimal() or len(number) > MOST_DIGITS:
            await self.app(scope, receive, send)
        elif action == "sync":
            await self.app(scope, receive, _noting(state.watching, int(number), send))
        elif action == "frames" and state.watching.reader is not None:
            await self._frame(scope, receive, send, int(number))
        else:
            await self.app(scope, receive, send)

    async def _frame(self, scope: Scope, receive: Receive, send: Send, sitting_id: int) -> None:
        state = scope["app"].state
        headers = dict(scope["headers"])
        known: SignIn | None = await state.doorman.who(headers, state.clock.now())
        if known is None or not _may(known, headers):
            await self.app(scope, receive, send)
            return
        about = about_frame(headers)
        locale = locale_of(headers, known.locale)
        line = state.watching.lines.get(sitting_id)
        if line is not None and len(line.taking) >= intake_rules.limit("at-once"):
            await _answer(send, intake.refused("frames-too-fast", 1), locale)  # before its body is read
            return
        try:
            body = await read_body(receive, headers.get(b"content-length", b""), MOST_BYTES)
        except TooLong:
            await _answer(send, intake.refused("frame-too-large"), locale)
            return
        number, taken_ms = about
        taken = await intake.take(state, sitting_id, number, body, taken_ms, "camera", person_id=known.person_id)
        await _answer(send, taken, locale)


def _may(known: SignIn, headers: Mapping[bytes, bytes]) -> bool:
    if known.must_change_password or Permission.SITTING_TAKE not in known.permissions:
        return False
    return hmac.compare_digest(headers.get(b"x-csrf-token", b""), known.csrf.encode())


def about_frame(headers: Mapping[bytes, bytes]) -> tuple[int, int | None]:
    """A frame's number (0, which none has, where it is none) and when the page says it was taken (milliseconds)."""
    number = headers.get(b"x-frame-number", b"")
    taken = headers.get(b"x-frame-taken", b"")
    valid = taken.isdigit() and len(taken) <= 16 and int(taken) <= MOST_TAKEN
    known = number.isdigit() and len(number) <= MOST_DIGITS
    return int(number) if known else 0, int(taken) if valid else None


async def _answer(send: Send, taken: intake.Taken, locale: str) -> None:
    extra = [(b"retry-after", str(taken.retry_after).encode())] if taken.retry_after else None
    await send_response(send, taken.status, orjson.dumps(intake.in_words(taken, locale)), extra)


def _noting(watching: Watching, sitting_id: int, send: Send) -> Send:
    """Note that a sitting's page was heard, when its exchange is answered with 200."""

    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            watching.heard[sitting_id] = micros(watching.clock.now())
        await send(message)

    return noting
