"""Files on their way into a chapter: bounded, checked, written anew where that can be done, given to the store.

It takes long and knows no database, so that nobody waits for it. What is refused leaves at most objects behind.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from exam.core.errors import Invalid, Problem
from exam.core.objects import CHUNK, ObjectStore
from exam.courseware.captions import MOST_BYTES as MOST_CAPTIONS
from exam.courseware.captions import BadCaptions, read_captions
from exam.courseware.containers import BadVideo, Video, read_video
from exam.courseware.packages import Archive, BadPackage, Package, read_package
from exam.courseware.packages.media_types import media_type
from exam.courseware.packages.paths import shown
from exam.courseware.slides import MOST_BYTES as MOST_PDF
from exam.courseware.slides import MOST_PAGES, SIGNATURE_WITHIN, BadSlides, pages_of_pdf
from exam.vision.pictures import MOST_BYTES as MOST_PICTURE
from exam.vision.pictures import BadPicture, clean

MIB = 1024 * 1024
MOST_NAME = 60


@dataclass(frozen=True)
class Upload:
    """A file as sent: its name and its bytes, at their beginning."""

    name: str
    file: BinaryIO


@dataclass(frozen=True)
class Stored:
    """An object and what it is. `path` is its place in a package."""

    sha256: str
    media_type: str
    size: int = 0
    path: str = ""


@dataclass(frozen=True)
class Film:
    """A film in the store, and what its headers say."""

    object: Stored
    video: Video


@dataclass(frozen=True)
class Packed:
    """A package whose files are all in the store."""

    package: Package
    files: tuple[Stored, ...]


def take_film(store: ObjectStore, upload: Upload, most_mib: int) -> Film:
    """Put a film into the store, in pieces. Raises Invalid."""
    with store.waiting() as path, _refusing("film"):
        size = _copy(upload.file, path, most_mib, "film")
        video = read_video(path)
        return Film(Stored(store.put_file(path), video.media_type, size), video)


def take_slides(store: ObjectStore, uploads: Sequence[Upload]) -> list[Stored]:
    """Pictures by their names, or the pages of one PDF, written anew. Raises Invalid."""
    pdf = next((upload for upload in uploads if _is_pdf(upload.file)), None)
    if pdf is not None and len(uploads) > 1:
        raise Invalid([Problem("slides", "slides-one-pdf")])
    if len(uploads) > MOST_PAGES:
        raise Invalid([Problem("slides", "slides-too-many", {"pages": len(uploads), "most": MOST_PAGES})])
    if pdf is not None:
        with _refusing("slides"):
            return [_picture(store, page) for page in pages_of_pdf(pdf.file.read(MOST_PDF + 1))]
    several = len(uploads) > 1
    ordered = sorted(uploads, key=lambda upload: _natural(upload.name))
    found = []
    for upload in ordered:
        with _refusing("slides", upload.name if several else ""):
            found.append(_picture(store, clean(upload.file.read(MOST_PICTURE + 1)).data))
    return found


def take_package(store: ObjectStore, upload: Upload, most_mib: int) -> Packed:
    """Put every file of a course package into the store. Raises Invalid."""
    with store.waiting() as path, _refusing("package"):
        _copy(upload.file, path, most_mib, "package")
        archive, package = read_package(path)
        with archive:
            return Packed(package, tuple(_unpacked(store, archive, name) for name in sorted(archive.names)))


def take_captions(upload: Upload) -> str:
    """Captions as safe WebVTT. Raises Invalid."""
    with _refusing("caption"):
        return read_captions(upload.file.read(MOST_CAPTIONS + 1))


def _copy(file: BinaryIO, path: Path, most_mib: int, field: str) -> int:
    size = 0
    with path.open("wb") as into:
        while chunk := file.read(CHUNK):
            size += len(chunk)
            if size > most_mib * MIB:
                raise Invalid([Problem(field, "file-too-large-for-media", {"most": most_mib})])
            into.write(chunk)
    return size


def _picture(store: ObjectStore, data: bytes) -> Stored:
    kind = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
    return Stored(store.put(data), kind, len(data))


def _unpacked(store: ObjectStore, archive: Archive, name: str) -> Stored:
    with store.waiting() as path:
        with path.open("wb") as into:
            for chunk in archive.stream(name):
                into.write(chunk)
        return Stored(store.put_file(path), media_type(name), archive.size(name), name)


def _is_pdf(file: BinaryIO) -> bool:
    start = file.read(SIGNATURE_WITHIN)
    file.seek(0)
    return b"%PDF-" in start


def _natural(name: str) -> list[Any]:
    """A key that puts 2.png before 10.png."""
    return [(int(part), "") if part.isdecimal() else (-1, part.casefold()) for part in re.split(r"(\d{1,9})", name)]


@contextmanager
def _refusing(field: str, name: str = "") -> Iterator[None]:
    """What a reader refuses becomes a problem of the field; `name` says which of several files it is."""
    try:
        yield
    except (BadVideo, BadSlides, BadPackage, BadCaptions, BadPicture) as error:
        which = {"file": shown(name, MOST_NAME)} if name else {}
        raise Invalid([Problem(field, error.code, {**error.params, **which})]) from error
