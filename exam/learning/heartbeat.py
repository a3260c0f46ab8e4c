"""Heartbeats on the wire: a short way round the router for the reports that thousands of players make all the time.

Whatever is not plainly one of them, from a living sign-in with a valid token, goes on to the ordinary route
(`routes_learning`), which does the same and words the refusals.
"""

import hmac
from datetime import datetime
from typing import Any

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from exam.accounts.permissions import Permission
from exam.core.fastpath import TooLong, read_body, replay, send_response
from exam.learning.desk import Desk
from exam.learning.judging import Beat, Learner, Track, Verdict, open_courses, stop_at

PATH = "/learn/beat"
MAX_BODY = 64 * 1024
MOST_BEATS = 200
MOST_MS = 10 * 24 * 3600 * 1000
NUMBERS = ("number", "at", "played", "chapter", "position", "idle")


class Malformed(Exception):
    """The body is not what the protocol says."""


class Heartbeat:
    """ASGI middleware. Active while the app's runtime is started."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge a report, or pass the request on."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        state = scope["app"].state
        headers = dict(scope["headers"])
        now = state.clock.now()
        known = await state.doorman.who(headers, now) if state.learning.running else None
        token = headers.get(b"x-csrf-token", b"")
        if known is None or known.must_change_password or Permission.HOURS_OWN not in known.permissions:
            await self.app(scope, receive, send)
            return
        if not hmac.compare_digest(token, known.csrf.encode()):
            await self.app(scope, receive, send)
            return
        try:
            body = await read_body(receive, headers.get(b"content-length", b""), MAX_BODY)
        except TooLong:
            await send_response(send, 413, b'{"error":"too-large"}')
            return
        try:
            status, answer = perform(state.learning.desk, known.person_id, body, now)
        except Malformed:
            await self.app(scope, replay(body), send)
            return
        await send_response(send, status, orjson.dumps(answer))


def perform(desk: Desk, person_id: int, body: bytes, now: datetime) -> tuple[int, dict[str, Any]]:
    """Judge the reports of one player; status and answer. Raises Malformed."""
    token, beats = understand(body)
    at = round(now.timestamp() * 1000)
    found, credited = None, 0
    for beat in beats:
        found = desk.beat(token, person_id, beat, at)
        if found is None:
            return 409, {"error": "reopen"}
        credited += found[3].credited
    if found is None:
        raise Malformed
    track, _, learner, verdict = found
    return 200, tell(track, learner, verdict, credited, at)


def tell(track: Track, learner: Learner, verdict: Verdict, credited: int, now: int) -> dict[str, Any]:
    """What a page is told: where it stands on the server, and what it must do."""
    here = track.chapter
    return {
        "credited": credited,
        "counted": track.counted,
        "why": verdict.why,
        "others": len(open_courses(learner, now)) > 1,
        "chapter": here,
        "verified": track.verified.get(here, 0),
        "whole": [chapter for chapter in track.order if track.whole(chapter)],
        "passed": track.passed_points(),
        "stop_at": stop_at(track),
        "seek": verdict.seek,
        "quiz": track.asking or None,
        "learned": track.learned(),
        "exercise": track.exercise,
    }


def understand(body: bytes) -> tuple[str, list[Beat]]:
    """The player and its reports, oldest first. Raises Malformed."""
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed from error
    if type(asked) is not dict:
        raise Malformed
    token, given = asked.get("player"), asked.get("beats")
    if type(token) is not str or type(given) is not list or not 1 <= len(given) <= MOST_BEATS:
        raise Malformed
    return token, [_beat(each) for each in given]


def _beat(given: Any) -> Beat:
    if type(given) is not dict:
        raise Malformed
    numbers = {name: given.get(name) for name in NUMBERS}
    if any(type(number) is not int or not 0 <= number <= MOST_MS for number in numbers.values()):
        raise Malformed
    flags = {name: given.get(name) is True for name in ("playing", "visible", "focused", "closing")}
    return Beat(**numbers, **flags)  # type: ignore[arg-type]
