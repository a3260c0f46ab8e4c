"""Server-sent events: a response that goes on, with heartbeats, and ends when the reader or the server goes.

A small one of our own and no library: what is needed is three lines of text a message, and an end when the server is
told to stop, which uvicorn does not tell to a response that is under way.
"""

import signal
from collections.abc import AsyncIterator
from typing import Any

import orjson
from starlette.responses import StreamingResponse

RETRY_MS = 3000
HEARTBEAT = b": \n\n"
"""A comment: keeps proxies from closing a silent line, and finds out when nobody reads any more."""


def message(kind: str, data: Any) -> bytes:
    """One event with JSON."""
    return b"event: " + kind.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"


def stopping() -> bool:
    """Whether the server that serves us was told to end; False where it can't be known (tests)."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return bool(getattr(server, "should_exit", False))


def response(events: AsyncIterator[bytes]) -> StreamingResponse:
    """The answer of a route; nobody between may keep, change or gather it."""

    async def parts() -> AsyncIterator[bytes]:
        yield b"retry: " + str(RETRY_MS).encode() + b"\n\n"
        async for each in events:
            yield each

    headers = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
    return StreamingResponse(parts(), media_type="text/event-stream", headers=headers)
