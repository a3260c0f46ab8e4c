"""A store of files by the hash of their content, in a folder of the data directory."""

import hashlib
import os
import re
import tempfile
from pathlib import Path

from exam.core.errors import NotFound

_HASH = re.compile(r"[0-9a-f]{64}")


class ObjectStore:
    """Bytes in, SHA-256 (64 hex digits) out. Writing the same content twice is one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str) -> Path:
        """Where the object lies; raises `NotFound` for what is no hash, so that no other path can be named."""
        if not _HASH.fullmatch(digest):
            raise NotFound(digest[:80])
        return self.folder / digest[:2] / digest

    def put(self, content: bytes) -> str:
        """Store `content` durably (synced, then renamed into place) and return its hash."""
        digest = hashlib.sha256(content).hexdigest()
        target = self.path(digest)
        if target.exists():
            return digest
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
        return digest

    def get(self, digest: str) -> bytes:
        """The content; raises `NotFound`."""
        target = self.path(digest)
        if not target.is_file():
            raise NotFound(digest)
        return target.read_bytes()

    def remove(self, digest: str) -> None:
        """Delete an object for good, if there is one. The caller knows that nobody else needs it."""
        self.path(digest).unlink(missing_ok=True)
