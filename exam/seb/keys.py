"""What Safe Exam Browser proves of itself: the Config Key of its settings, and hashes of it bound to an address.

SEB puts its settings into a JSON of its own kind ("SEB-JSON"), whose SHA-256 is the Config Key. With each request it
sends SHA-256(address + key), in a header or to the page's script; so does the Browser Exam Key, which an office copies
from SEB because it also covers the program. Sources: SEB, Developer Documentation, "Config Key" and "Browser Exam Key".
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from exam.seb.config import Settings

IS_KEY = re.compile(r"[0-9a-f]{64}")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LEFT_OUT = "originatorversion"  # says which program saved the file, not how it is set


class Finding(StrEnum):
    """Whether a request comes from SEB in the right configuration. "Can't tell" is never held against anybody."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Required:
    """The keys of an exam: each set holds those that will do. Without Browser Exam Keys any version of SEB will do."""

    config: frozenset[str]
    browser: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Said:
    """What SEB said of itself for one address (absolute, without fragment): hashes in hex, "" where it said nothing."""

    url: str
    config: str = ""
    browser: str = ""


def seb_json(settings: Settings, *, escape_quotes: bool = False) -> str:
    """The settings as SEB-JSON: keys sorted without regard to case, nothing escaped, no blanks, no empty dictionaries.

    Newer versions of SEB for Windows put a backslash before a quotation mark in a text (`escape_quotes`), against the
    documentation; the others don't.
    """
    return _json(settings, escape_quotes, outermost=True)


def _json(value: Any, quotes: bool, *, outermost: bool = False) -> str:
    if isinstance(value, Mapping):
        kept = [(key, each) for key, each in value.items() if not (isinstance(each, Mapping) and not each)]
        if outermost:
            kept = [(key, each) for key, each in kept if key.lower() != _LEFT_OUT]
        inside = (f'"{key}":{_json(each, quotes)}' for key, each in sorted(kept, key=lambda pair: _place(pair[0])))
        return "{" + ",".join(inside) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_json(each, quotes) for each in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return f'"{base64.b64encode(value).decode()}"'
    if isinstance(value, datetime):  # a property list's instants are UTC
        return f'"{value.replace(tzinfo=None).isoformat(timespec="seconds")}+00:00"'
    text = str(value)
    return f'"{text.replace(chr(34), chr(92) + chr(34)) if quotes else text}"'


def _place(key: str) -> tuple[str, str]:
    return key.lower(), key


def config_keys(settings: Settings) -> tuple[str, ...]:
    """The Config Key of these settings (64 hex digits); two where a text has a quotation mark, see `seb_json`."""
    forms = dict.fromkeys(seb_json(settings, escape_quotes=quotes) for quotes in (False, True))
    return tuple(hashlib.sha256(form.encode()).hexdigest() for form in forms)


def bound(url: str, key: str) -> str:
    """What SEB makes of a key for an address: SHA-256 of both, one after the other, in hex."""
    return hashlib.sha256((url.partition("#")[0] + key).encode()).hexdigest()


def address(public_url: str, path: str, query: str = "") -> str:
    """The absolute address of a request as the browser had it: `public_url` is the configured one, never the request's
    own Host; `path` (percent-encoded, from "/") and `query` are the request's.

    Browsers leave out the usual port, write the host small and in ASCII.
    """
    parts = urlsplit(public_url)
    host = (parts.hostname or "").encode("idna").decode() if not (parts.hostname or "").isascii() else parts.hostname
    host = f"[{host}]" if host and ":" in host else host
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}{path}{'?' + query if query else ''}"


def judge(required: Required, said: Iterable[Said]) -> Finding:
    """What follows from all that was said (by headers, by the page's script): one proof is enough, since only who has
    the key can give it; a wrong hash counts where nothing proves the opposite.
    """
    found = {_judge(required, each) for each in said}
    for finding in (Finding.PRESENT, Finding.ABSENT):
        if finding in found:
            return finding
    return Finding.UNKNOWN


def _judge(required: Required, said: Said) -> Finding:
    config = _match(said.url, said.config, required.config)
    if not required.browser:
        return config
    browser = _match(said.url, said.browser, required.browser)
    if Finding.ABSENT in (config, browser):
        return Finding.ABSENT
    return browser  # a Browser Exam Key covers the settings too, and old versions send nothing else


def _match(url: str, given: str, keys: Iterable[str]) -> Finding:
    if not given:
        return Finding.UNKNOWN
    shown = given.strip().lower().encode("utf-8", "replace")
    # Every key is compared, in constant time: how long it took tells nobody which.
    matches = [hmac.compare_digest(shown, bound(url, key).encode()) for key in keys]
    return Finding.PRESENT if any(matches) else Finding.ABSENT
