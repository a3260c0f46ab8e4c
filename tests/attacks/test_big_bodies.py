"""Who may not upload is told so before a byte of the file is read: nobody fills the memory from outside."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette

from exam.accounts.access import SESSION_COOKIE
from exam.accounts.permissions import Role
from tests.conftest import Client

SignedIn = Callable[..., Client]
UPLOADS = ["/people/import", "/banks/1/import", "/pictures"]
MULTIPART = "multipart/form-data; boundary=x"


def status(app: Starlette, path: str, kind: str, cookie: str = "", body: bytes | None = None) -> int:
    """The status of an upload; without `body` it fails when the body is asked for."""
    headers = [(b"content-type", kind.encode()), (b"transfer-encoding", b"chunked")]
    headers += [(b"cookie", f"{SESSION_COOKIE}={cookie}".encode())] if cookie else []
    told: list[int] = []

    async def receive() -> Any:
        assert body is not None, "the body was read"
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            told.append(message["status"])

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "scheme": "http",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 1),
        "http_version": "1.1",
        "root_path": "",
        "state": {},
        "app": app,
        "asgi": {"version": "3.0"},
    }
    asyncio.run(app(scope, receive, send))
    return told[0]


@pytest.mark.parametrize("path", UPLOADS)
@pytest.mark.parametrize("kind", [MULTIPART, "application/octet-stream"])
def test_a_stranger_uploads_nothing(app: Starlette, path: str, kind: str, database: object) -> None:
    assert status(app, path, kind) == 401


@pytest.mark.parametrize("path", UPLOADS)
def test_a_candidate_uploads_nothing(app: Starlette, signed_in: SignedIn, path: str) -> None:
    cookie = signed_in(Role.CANDIDATE).cookies[SESSION_COOKIE]
    assert status(app, path, MULTIPART, cookie) == 403


def test_only_files_may_be_big(app: Starlette, signed_in: SignedIn) -> None:
    cookie = signed_in(Role.ADMINISTRATOR).cookies[SESSION_COOKIE]
    for kind in ("application/octet-stream", "application/x-www-form-urlencoded"):
        assert status(app, "/people/import", kind, cookie, b"x" * (1024 * 1024 + 1)) == 413
