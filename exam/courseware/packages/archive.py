"""A course package's zip, measured before anything is inflated and bounded again while it is.

What the zip declares is checked first (how many, how large, which names); it may lie, so reading goes in chunks, stops
at the declared size and takes a wrong check sum for damage. See `BadPackage` for how things are refused.
"""

import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType, TracebackType

from exam.courseware.packages.model import BadPackage
from exam.courseware.packages.paths import safe_name, same, shown

MIB = 1024 * 1024
CHUNK = 256 * 1024
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, struct.error, ValueError, RuntimeError, OverflowError)
_LEFT_OUT = frozenset({"__macosx", ".ds_store", "thumbs.db", "desktop.ini"})
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_UTF8 = 0x800
_HEADER = b"PK\x01\x02"


@dataclass(frozen=True)
class Limits:
    """How much a package may be: zip entries, bytes of a file and of all files inflated, and how many times its packed
    size a file above `ratio_from` may be."""

    files: int = 3000
    file: int = 200 * MIB
    total: int = 600 * MIB
    ratio: int = 200
    ratio_from: int = 10 * MIB


DEFAULT = Limits()


class Archive:
    """An opened package: its files by name as seen from its root. Close it, or use it in a `with`."""

    def __init__(self, book: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo]) -> None:
        self._book = book
        self._entries = MappingProxyType(dict(entries))

    @property
    def names(self) -> frozenset[str]:
        """The names of all files."""
        return frozenset(self._entries)

    def size(self, name: str) -> int:
        """The declared size of a file, which reading never exceeds. Raises KeyError."""
        return self._entries[name].file_size

    def read(self, name: str, most: int) -> bytes:
        """A whole file. Raises KeyError, and `BadPackage` `package-file-too-large` (path, n MiB) over `most` bytes or
        `package-damaged` (path)."""
        if self.size(name) > most:
            raise BadPackage("package-file-too-large", path=shown(name), n=max(1, most // MIB))
        return b"".join(self.stream(name))

    def stream(self, name: str) -> Iterator[bytes]:
        """A file in chunks. Raises KeyError, and `BadPackage` `package-damaged` (path) also after some chunks: what
        came before must then be thrown away."""
        entry, got = self._entries[name], 0
        try:
            with self._book.open(entry) as file:
                while chunk := file.read(CHUNK):
                    got += len(chunk)
                    if got > entry.file_size:
                        raise zipfile.BadZipFile("more than declared")
                    yield chunk
            if got != entry.file_size:
                raise zipfile.BadZipFile("less than declared")
        except _DAMAGE as error:
            raise BadPackage("package-damaged", path=shown(name)) from error

    def close(self) -> None:
        """Let go of the file."""
        self._book.close()

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def open_archive(path: Path, limits: Limits = DEFAULT) -> Archive:
    """The zip at `path`, checked by what it declares; nothing is inflated.

    A package inside a folder is taken from there: the root is where the manifest lies. Raises `BadPackage`:
    `package-not-zip`, `package-too-many-files` (n), `package-too-large` (n MiB), `package-file-too-large` (path, n),
    `package-suspicious-ratio` (path), `package-encrypted` (path), `package-odd-compression` (path), `package-symlink`
    (path), `package-bad-path` (path), `package-same-name` (path), `package-damaged` (path).
    """
    # Counted in the raw file: the directory's own figures may lie, and each entry costs memory once it is parsed.
    # Zips within the zip add to the count, hence the slack.
    if _headers(path) > limits.files + 10_000:
        raise BadPackage("package-too-many-files", n=limits.files)
    try:
        book = zipfile.ZipFile(path)
    except UnicodeDecodeError as error:
        raise BadPackage("package-damaged", path="") from error
    except _DAMAGE as error:
        raise BadPackage("package-not-zip") from error
    try:
        infos = book.infolist()
        _check_sizes(infos, limits, path.stat().st_size)
        for info in infos:
            _check_entry(info)
        return Archive(book, _from_root(_named(infos)))
    except BaseException:
        book.close()
        raise


def _headers(path: Path) -> int:
    """How many entries the directories in a file can hold at most."""
    count, rest = 0, b""
    with path.open("rb") as file:
        while chunk := file.read(MIB):
            window = rest + chunk
            count += window.count(_HEADER)
            rest = window[-3:]
    return count


def _check_sizes(infos: Sequence[zipfile.ZipInfo], limits: Limits, size: int) -> None:
    if len(infos) > limits.files:
        raise BadPackage("package-too-many-files", n=limits.files)
    for info in infos:
        if info.file_size > limits.file:
            raise BadPackage("package-file-too-large", path=shown(info.filename), n=limits.file // MIB)
        if info.file_size > limits.ratio_from and info.file_size > limits.ratio * max(1, info.compress_size):
            raise BadPackage("package-suspicious-ratio", path=shown(info.filename))
    total = sum(info.file_size for info in infos)
    if total > limits.total:
        raise BadPackage("package-too-large", n=limits.total // MIB)
    packed = sum(info.compress_size for info in infos)
    if total > limits.ratio_from and total > limits.ratio * max(1, packed):
        raise BadPackage("package-suspicious-ratio", path="")
    # Entries that share the same packed bytes: only bombs do that.
    if packed > size:
        raise BadPackage("package-damaged", path="")


def _check_entry(info: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if info.flag_bits & _ENCRYPTED:
        raise BadPackage("package-encrypted", path=shown(info.filename))
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise BadPackage("package-symlink", path=shown(info.filename))
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadPackage("package-odd-compression", path=shown(info.filename))


def _named(infos: Sequence[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The files by their safe names; what Macs and Windows leave behind is left out."""
    files: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    for info in infos:
        raw = _raw_name(info)
        name = safe_name(raw)
        if raw.replace("\\", "/").endswith("/") or _LEFT_OUT & {part.casefold() for part in name.split("/")}:
            continue
        if same(name) in seen:
            raise BadPackage("package-same-name", path=shown(name))
        seen.add(same(name))
        files[name] = info
    for name in files:
        if any(same(str(parent)) in seen for parent in PurePosixPath(name).parents):
            raise BadPackage("package-same-name", path=shown(name))
    return files


def _raw_name(info: zipfile.ZipInfo) -> str:
    """The name as meant: zips made by Chinese Windows hold GBK and those of Macs UTF-8, both without saying so."""
    if info.flag_bits & _UTF8 or info.orig_filename.isascii():
        return info.orig_filename
    if info.filename != info.orig_filename and "\0" not in info.orig_filename:
        return info.filename  # the extra field for names in Unicode
    data = info.orig_filename.encode("cp437")
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return unicodedata.normalize("NFC", info.orig_filename)


def _from_root(files: Mapping[str, zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The files as seen from the folder of the one topmost manifest; all of them when there is no such folder."""
    for is_marker in (_is_manifest, _is_course):
        marks = sorted((name.count("/"), name.rpartition("/")[0]) for name in files if is_marker(name))
        tops = {folder for depth, folder in marks if depth == marks[0][0]}
        if len(tops) == 1 and (folder := tops.pop()):
            start = len(folder) + 1
            return {name[start:]: info for name, info in files.items() if name.startswith(f"{folder}/")}
        if marks:
            break
    return dict(files)


def _is_manifest(name: str) -> bool:
    return name.rpartition("/")[2].lower() == "imsmanifest.xml"


def _is_course(name: str) -> bool:
    return name.lower().endswith(".crs")
