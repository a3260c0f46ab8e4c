"""Files of Safe Exam Browser's settings (`.seb`): read within limits, and written for an exam.

A file is an XML property list, plain or as gzip, or (as SEB's own tools save it) gzip of four letters that say how the
rest is to be read: `plnd` is gzip of the list again, everything else is encrypted. Source: SEB, Developer
Documentation, "File Format".
"""

import gzip
import hashlib
import plistlib
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.parsers.expat import ExpatError

from exam.core.errors import Invalid, Problem

Value = bool | int | float | str | bytes | datetime | list[Any] | dict[str, Any]
Settings = Mapping[str, Value]

MAX_FILE = 512 * 1024  # bytes as uploaded; SEB's own files with all settings written out have 20 to 60 kB
MAX_XML = 2 * 1024 * 1024  # bytes after unpacking
MAX_DEPTH = 16  # of lists in lists; SEB nests three deep
MAX_VALUES = 20_000
MAX_DIGITS = 18  # of a whole number
GZIP = b"\x1f\x8b"
PLAIN = b"plnd"
ENCRYPTED = (b"pswd", b"pwcc", b"pkhs", b"phsk")
_INNER_DTD = re.compile(rb"<!DOCTYPE[^>]*\[|<!ENTITY", re.IGNORECASE)


@dataclass(frozen=True)
class Ours:
    """What varies in a configuration of our making: where SEB begins, which address ends it, the SHA-256 (hex) of the
    password that ends it at any time ("" for none), whether the page may use the camera.
    """

    start_url: str
    quit_url: str
    quit_hash: str = ""
    camera: bool = True


def read(content: bytes) -> dict[str, Value]:
    """The settings in a `.seb` file. Raises Invalid (field `file`): `seb-file-empty`, `seb-file-too-large`,
    `seb-file-encrypted`, `seb-file-unreadable`, `seb-file-no-start` (without an address to begin at).
    """
    if not content:
        raise _problem("seb-file-empty")
    if len(content) > MAX_FILE:
        raise _problem("seb-file-too-large", most=MAX_FILE // 1024)
    settings = _parse(_unpacked(content))
    start = settings.get("startURL")
    if not isinstance(start, str) or not start.strip():
        raise _problem("seb-file-no-start")
    return settings


def _problem(code: str, **params: Any) -> Invalid:
    return Invalid([Problem("file", code, params)])


def _unpacked(content: bytes) -> bytes:
    """The XML in a file: at most two layers of gzip, never more than `MAX_XML`."""
    if content.startswith(GZIP):
        content = _gunzip(content)
    if content[:4] in ENCRYPTED:
        raise _problem("seb-file-encrypted")
    if content.startswith(PLAIN):
        content = content[len(PLAIN) :]
        content = _gunzip(content) if content.startswith(GZIP) else content
    return content


def _gunzip(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj(31)
    try:
        content = unpacker.decompress(packed, MAX_XML)
    except zlib.error as error:
        raise _problem("seb-file-unreadable") from error
    if unpacker.unconsumed_tail:
        raise _problem("seb-file-too-large", most=MAX_XML // 1024)
    if not unpacker.eof:
        raise _problem("seb-file-unreadable")
    return content


def _parse(xml: bytes) -> dict[str, Value]:
    # The property list's own DOCTYPE names a document outside, which is never fetched; declarations inside are refused
    # here, and in any other encoding by the reader, which takes no entities.
    if _INNER_DTD.search(xml):
        raise _problem("seb-file-unreadable")
    try:
        settings = plistlib.loads(xml, fmt=plistlib.FMT_XML)
    except (ValueError, ExpatError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise _problem("seb-file-unreadable") from error
    if not isinstance(settings, dict) or not _is_sound(settings):
        raise _problem("seb-file-unreadable")
    return settings


def _is_sound(settings: dict[str, Any]) -> bool:
    """Whether the values are few, shallow and such as JSON can hold."""
    waiting: list[tuple[Any, int]] = [(settings, 0)]
    seen = 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if seen > MAX_VALUES or depth > MAX_DEPTH:
            return False
        if isinstance(value, dict | list):
            inside = value.values() if isinstance(value, dict) else value
            waiting += [(each, depth + 1) for each in inside]
        elif isinstance(value, float):
            if value != value or value in (float("inf"), float("-inf")):
                return False
        elif isinstance(value, int):
            if abs(value) >= 10**MAX_DIGITS:
                return False
        elif not isinstance(value, str | bytes | datetime):
            return False
    return True


def write(settings: Settings) -> bytes:
    """The file of these settings: a plain XML property list, which every version of SEB reads."""
    return plistlib.dumps(dict(settings), fmt=plistlib.FMT_XML, sort_keys=True)


def write_packed(settings: Settings) -> bytes:
    """The same as SEB's own tools save it: gzip of `plnd` and the gzip of the list."""
    return gzip.compress(PLAIN + gzip.compress(write(settings), mtime=0), mtime=0)


def quit_hash(password: str) -> str:
    """What a configuration holds of the password that ends SEB: SHA-256 in hex, "" for none."""
    return hashlib.sha256(password.encode()).hexdigest() if password else ""


def for_exam(ours: Ours) -> dict[str, Value]:
    """The settings of an exam's own configuration: nothing but the platform, kiosk as SEB has it by default.

    Only keys whose meaning SEB documents and that all three systems read; what is left out keeps SEB's own default.
    `browserWindowWebView` 3 prefers the engine with the JavaScript interface, `sendBrowserExamKey` has older versions
    send the headers. Source: SEB, Developer Documentation, "Config Key" and "Integration".
    """
    settings: dict[str, Value] = {
        "allowPreferencesWindow": False,
        "allowQuit": True,
        "allowSpellCheck": False,
        "allowWlan": True,
        "browserMediaCaptureCamera": ours.camera,
        "browserMediaCaptureMicrophone": False,
        "browserWindowAllowReload": True,
        "browserWindowWebView": 3,
        "downloadAndOpenSebConfig": False,
        "quitURL": ours.quit_url,
        "quitURLConfirm": False,
        "sendBrowserExamKey": True,
        "showInputLanguage": True,
        "showReloadButton": True,
        "showTaskBar": True,
        "showTime": True,
        "startURL": ours.start_url,
    }
    if ours.quit_hash:
        settings["hashedQuitPassword"] = ours.quit_hash
    return settings
