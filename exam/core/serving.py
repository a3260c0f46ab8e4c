"""The HTTP protocol of the server: uvicorn's, but a response's head and body leave in one piece.

uvicorn writes them apart, each a system call that wakes the other side; on the answer path these two were a third of
all the work of a request.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

AT_ONCE = 64 * 1024


class GatheringTransport:
    """A transport whose writes of one turn of the loop go out together; all else is the transport's own.

    More than `AT_ONCE` bytes are not held back, so that a stream still feels when the other side can't keep up.
    """

    __slots__ = ("_loop", "_parts", "_size", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        """Send `data` at the end of this turn of the loop, after what was written before it."""
        if not self._parts:
            self._loop.call_soon(self.flush)
        self._parts.append(data)
        self._size += len(data)
        if self._size > AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Send what was gathered; nothing when the connection is gone."""
        parts, self._parts, self._size = self._parts, [], 0
        if parts and not self._transport.is_closing():
            self._transport.write(b"".join(parts))

    def close(self) -> None:
        """Send what was gathered, then close."""
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class GatheringProtocol(HttpToolsProtocol):
    """uvicorn's httptools protocol on a `GatheringTransport`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Called by the loop for each new connection."""
        gathering: Any = GatheringTransport(transport, self.loop)
        super().connection_made(gathering)
