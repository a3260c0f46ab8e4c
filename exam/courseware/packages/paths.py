"""Names inside a package: what a safe one is, how a reference finds its file, and how old files are decoded."""

import codecs
import re
import unicodedata
from collections.abc import Callable, Collection
from urllib.parse import quote, unquote_to_bytes, urlsplit

from exam.courseware.packages.model import BadPackage

MAX_PATH = 400
Finder = Callable[[str], str | None]
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_DRIVE = re.compile(r"[A-Za-z]:")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_QUERY_SAFE = "/?:@!$&'()*+,;=-._~%"


def safe_name(raw: str) -> str:
    """A zip entry's name as a path from the package's root, folders parted by "/"; folders keep no "/" at the end.

    Raises `BadPackage` `package-bad-path` (path): absolute, with a drive letter or "..", with characters that nobody
    sees, over `MAX_PATH`, or nothing at all.
    """
    name = unicodedata.normalize("NFC", raw).replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if (
        not parts
        or len(name) > MAX_PATH
        or name.startswith("/")
        or any(part.strip() in ("", ".", "..") or _DRIVE.match(part) for part in parts)
        or any(unicodedata.category(character) in _UNSEEN for character in name)
    ):
        raise BadPackage("package-bad-path", path=shown(raw))
    return "/".join(parts)


def shown(text: str, most: int = 120) -> str:
    """A text out of a package, short enough for a message and without characters that nobody sees."""
    seen = "".join(character if unicodedata.category(character) not in _UNSEEN else "�" for character in text)
    return seen if len(seen) <= most else f"{seen[: most - 1]}…"


def same(name: str) -> str:
    """What two names share that a file system (or a browser's user) takes for the same."""
    return unicodedata.normalize("NFC", name).casefold()


def is_external(reference: str) -> bool:
    """Whether a reference leads out of any package: it has a scheme or a host."""
    text = reference.strip().replace("\\", "/")
    return text.startswith("//") or bool(_SCHEME.match(text))


def finder(names: Collection[str]) -> Finder:
    """A function that gives the archive's name for a path as written: in any case, percent-encoded or not.

    Packages are made on Windows, where the case of letters means nothing.
    """
    known = {same(name): name for name in names}

    def find(path: str) -> str | None:
        raw = unquote_to_bytes(path)
        tries = [path, raw.decode("utf-8", "replace"), raw.decode("gb18030", "replace")]
        return next((known[key] for key in map(same, tries) if key in known), None)

    return find


def joined(bases: Collection[str], path: str) -> str | None:
    """A path as seen from folders within each other; None when it leads out of the package."""
    parts: list[str] = []
    for part in "/".join([*bases, path]).replace("\\", "/").split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def split_reference(reference: str) -> tuple[str, str, str]:
    """A relative reference as path, query and fragment."""
    path, _, fragment = reference.strip().replace("\\", "/").partition("#")
    path, _, query = path.partition("?")
    return path, query, fragment


def with_parameters(query: str, fragment: str, parameters: str) -> tuple[str, str]:
    """Query and fragment once an item's `parameters` are added the way SCORM says, ready for an address."""
    extra, _, mark = parameters.strip().lstrip("?&").partition("#")
    whole = "&".join(part for part in (query, extra) if part)
    return _quoted(whole), _quoted(fragment or mark)


def _quoted(text: str) -> str:
    return quote("".join(character for character in text if character.isprintable()), safe=_QUERY_SAFE)[:2000]


def host_of(reference: str) -> str:
    """The host of an external reference for a message; the reference itself when it has none."""
    try:
        return urlsplit(reference.strip()).hostname or shown(reference)
    except ValueError:
        return shown(reference)


def decoded(data: bytes, declared: str = "") -> str:
    """Text of unknown encoding: by its mark, by what it declares, as UTF-8, as GB 18030, at last as Latin-1."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    for encoding in (_known(declared), "utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _known(declared: str) -> str:
    """An encoding that may be declared; GB 2312 and GBK mean their superset, and what is unknown means UTF-8."""
    name = declared.strip().lower().replace("_", "-")
    if name in ("gb2312", "gbk", "gb18030", "x-gbk", "cp936", "gb-2312-80", "hz-gb-2312"):
        return "gb18030"
    return (
        name if name in ("utf-8", "big5", "iso-8859-1", "windows-1252", "us-ascii", "shift-jis", "euc-kr") else "utf-8"
    )
