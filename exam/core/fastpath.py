"""What the short ways round the router share: a body read to its limit, JSON sent with the least of headers."""

from collections.abc import Mapping

from starlette.types import Message, Receive, Send

from exam.core import i18n

# JSON is never shown as a page, so the policy of pages is left out: each header costs time ten thousand times.
JSON_HEADERS = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]
Headers = list[tuple[bytes, bytes]]


class TooLong(Exception):
    """The body is over the limit."""


async def read_body(receive: Receive, declared: bytes, most: int) -> bytes:
    """The whole body, of at most `most` bytes. Raises TooLong."""
    if declared.isdigit() and int(declared) > most:
        raise TooLong
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
        if len(body) > most:
            raise TooLong
    return body


def replay(body: bytes) -> Receive:
    """Let another reader have a body that was read already."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    return receive


async def send_response(
    send: Send, status: int, body: bytes, extra: Headers | None = None, headers: Headers | None = None
) -> None:
    """Send a whole response: JSON, unless other `headers` are given."""
    base = JSON_HEADERS if headers is None else headers
    length = (b"content-length", str(len(body)).encode())
    all_headers = [*base, length, *extra] if extra else [*base, length]
    await send({"type": "http.response.start", "status": status, "headers": all_headers})
    await send({"type": "http.response.body", "body": body})


def locale_of(headers: Mapping[bytes, bytes], own: str) -> str:
    """The language of the answer: the cookie's, else the person's `own`, else Chinese."""
    cookies = headers.get(b"cookie", b"")
    if b"lang=" in cookies:
        for cookie in cookies.split(b";"):
            name, _, value = cookie.strip().partition(b"=")
            if name == b"lang" and value.decode("latin-1") in i18n.LOCALES:
                return value.decode("latin-1")
    return own if own in i18n.LOCALES else i18n.DEFAULT
