"""A store of files by the hash of their content, in a folder of the data directory."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exam.core.errors import NotFound

_HASH = re.compile(r"[0-9a-f]{64}")
CHUNK = 1024 * 1024


class ObjectStore:
    """Bytes in, SHA-256 (64 hex digits) out. Writing the same content twice is one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str) -> Path:
        """Where the object lies; raises `NotFound` for what is no hash, so that no other path can be named."""
        if not _HASH.fullmatch(digest):
            raise NotFound(digest[:80])
        return self.folder / digest[:2] / digest

    def put(self, content: bytes, *, durable: bool = True) -> str:
        """Store `content` durably (synced, then renamed into place) and return its hash.

        Not `durable`: the system writes it to the disk in its own time, which a power cut may come before. For what
        comes in many times a second and must not hold up the commits beside it.
        """
        digest = hashlib.sha256(content).hexdigest()
        target = self.path(digest)
        if target.exists():
            return digest
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        Path(name).replace(target)
        return digest

    def put_file(self, path: Path) -> str:
        """Take over the file at `path`, as `put` does with bytes, without having it in memory; returns its hash.

        The file is gone from `path` afterwards. It lies on the store's own file system, as `waiting` gives.
        """
        with path.open("r+b") as file:
            summed = hashlib.sha256()
            while chunk := file.read(CHUNK):
                summed.update(chunk)
            os.fsync(file.fileno())
        target = self.path(summed.hexdigest())
        if target.exists():
            path.unlink()
            return target.name
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
        return target.name

    @contextmanager
    def waiting(self) -> Iterator[Path]:
        """An empty file beside the objects, to be written, checked and given to `put_file`; else it goes again."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.folder)
        os.close(handle)
        path = Path(name)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def get(self, digest: str) -> bytes:
        """The content; raises `NotFound`."""
        target = self.path(digest)
        if not target.is_file():
            raise NotFound(digest)
        return target.read_bytes()

    def remove(self, digest: str) -> None:
        """Delete an object for good, if there is one. The caller knows that nobody else needs it."""
        self.path(digest).unlink(missing_ok=True)
