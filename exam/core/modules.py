"""ES modules sent as one file, so that a page asks once for its script and never mixes two versions of it.

The modules stay what they are in the source tree: small files that import each other, loaded one by one by tests.
Joined, each becomes a function that runs once, in the order of imports, and returns what it exports; nothing else is
changed.
Only the plain forms are taken (`import { a, b } from "./x.js";` or `import "./x.js";` on one line, `export` before a
function, class or const); anything else raises `ValueError` at start rather than going wrong in a browser.
"""

import hashlib
import re
from functools import cache
from pathlib import Path, PurePosixPath
from posixpath import normpath

STATIC_DIR = Path(__file__).parent.parent / "static"
ENTRIES = frozenset(
    {
        "sessions/paper.js",
        "sessions/watch.js",
        "proctor/wall.js",
        "proctor/sitting.js",
        "proctor/withdraw.js",
        "proctor/comment.js",
        "proctor/watching.js",
    }
)
"""The modules that pages load joined; each is asked for as `/static/joined/<entry>`."""

_IMPORT = re.compile(r'^import (?:\{ (\w+(?:, \w+)*) \} from )?"(\.[\w./-]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?function|class|const) (\w+)", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*|^(?:const .*= )?await\b.*|\bimport\(.*|\bimport\.meta\b.*", re.MULTILINE)


@cache
def joined(entry: str) -> bytes:
    """The script of `entry` and all that it imports.

    Raises `ValueError` for forms that can't be joined, `KeyError` for what is no entry.
    """
    if entry not in ENTRIES:
        raise KeyError(entry)
    numbers: dict[str, str] = {}
    parts: list[str] = []
    _add(entry, numbers, parts, ())
    return "\n".join(parts).encode()


def joined_url(entry: str) -> str:
    """The address of a joined script, with a hash of its content so that it may be cached for ever."""
    return f"/static/joined/{entry}?v={hashlib.sha256(joined(entry)).hexdigest()[:12]}"


def _add(path: str, numbers: dict[str, str], parts: list[str], above: tuple[str, ...]) -> str:
    """Append the module and what it needs, once each; returns the name of its exports."""
    if path in above:
        raise ValueError(f"modules import each other in a circle: {' → '.join((*above, path))}")
    if path in numbers:
        return numbers[path]
    source = (STATIC_DIR / path).read_text(encoding="utf-8")
    exports = [name for _, name in _EXPORT.findall(source)]

    def bound(match: re.Match[str]) -> str:
        name = _add(normpath(str(PurePosixPath(path).parent / match[2])), numbers, parts, (*above, path))
        return f"const {{ {match[1]} }} = {name};" if match[1] else ""

    body = _EXPORT.sub(r"\1 \2", _IMPORT.sub(bound, source))
    if odd := _OTHER.search(body):
        raise ValueError(f"{path}: can't be joined: {odd[0]}")
    name = numbers[path] = f"module{len(numbers) + 1}"
    parts.append(
        f'// {path}\nconst {name} = (() => {{\n"use strict";\n{body}\nreturn {{ {", ".join(exports)} }};\n}})();'
    )
    return name
