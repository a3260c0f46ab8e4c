"""What a request says of SEB: by SEB's own headers, or by ours with what the page's script was told.

Versions on macOS and iOS send no headers; they give the page's script the hashes for the page's address, and our pages
pass them on with every request (`static/seb/proof.js`).
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from exam.seb.keys import Said, address

CONFIG, BROWSER, PAGE = b"x-safeexambrowser-configkeyhash", b"x-safeexambrowser-requesthash", b"x-exam-seb"
FIELD = "seb"  # of a form: the same text as our header
MOST = 200  # characters of a header or field; two hashes and what is between them have 129


def said(
    scope: Mapping[str, Any], headers: Mapping[bytes, bytes], public_url: str, page: str, form: bytes = b""
) -> tuple[Said, ...]:
    """All that a request says; nothing, at no cost, where it says nothing.

    `page` is the path of the page that asks, `form` the body of a form that may hold the page's own word.
    """
    config, browser, own = headers.get(CONFIG), headers.get(BROWSER), headers.get(PAGE)
    if config is None and browser is None and own is None and not form:
        return ()
    found = []
    if config is not None or browser is not None:
        url = address(public_url, _path(scope), scope.get("query_string", b"").decode("latin-1"))
        found.append(Said(url, _text(config), _text(browser)))
    if own is None and form:
        own = _field(form)
    if own is not None:
        by_config, _, by_browser = _text(own).partition(";")
        found.append(Said(address(public_url, page), by_config, by_browser))
    return tuple(found)


def _path(scope: Mapping[str, Any]) -> str:
    """The path as the browser sent it, percent-encoded."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.partition(b"?")[0].decode("latin-1")


def _text(value: bytes | None) -> str:
    return "" if value is None else value[:MOST].decode("latin-1")


def _field(form: bytes) -> bytes | None:
    if f"{FIELD}=".encode() not in form or len(form) > 4096:
        return None
    return parse_qs(form.decode("latin-1")).get(FIELD, [""])[-1].encode("latin-1", "replace")
