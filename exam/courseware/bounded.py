"""A film's file, read in small pieces within a budget: nothing that a hostile file claims can cost more than that."""

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from exam.core.errors import BadFile

MOST_READ = 6 * 1024 * 1024
MOST_PIECE = 64 * 1024
MOST_PIECES = 300_000
MOST_SHOWN = 24


class BadVideo(BadFile):
    """A film that is not taken; `code` says why (`video-…`), `params` fill its text."""


@dataclass(frozen=True)
class Video:
    """What a film's headers say. Milliseconds and pixels as shown; a codec by its container's name for it.

    `audio_codec` is empty without sound; `duration_ms` is 0 as long as the headers have told none."""

    media_type: str
    duration_ms: int
    width: int
    height: int
    video_codec: str
    audio_codec: str


class Source:
    """Reads pieces of a file by position. Raises `BadVideo` (`video-damaged`) beyond the file's end or the budget."""

    def __init__(self, handle: int, size: int) -> None:
        self._handle, self.size = handle, size
        self._bytes, self._pieces = MOST_READ, MOST_PIECES

    @property
    def spent(self) -> bool:
        """Whether only one piece in ten is left: what is optional stops here."""
        return self._pieces < MOST_PIECES // 10 or self._bytes < MOST_READ // 10

    def read(self, at: int, count: int) -> bytes:
        """Exactly `count` bytes at `at`."""
        if at < 0 or not 0 <= count <= MOST_PIECE or at + count > self.size:
            raise BadVideo("video-damaged")
        self._bytes -= count
        self._pieces -= 1
        if self._bytes < 0 or self._pieces < 0:
            raise BadVideo("video-damaged")
        data = os.pread(self._handle, count, at)
        if len(data) != count:
            raise BadVideo("video-damaged")
        return data

    def head(self, at: int, end: int, most: int) -> bytes:
        """At most `most` bytes at `at`, fewer only where `end` comes before."""
        return self.read(at, max(0, min(most, end - at, self.size - at)))

    def numbers(self, layout: str, at: int, end: int) -> tuple[int, ...]:
        """Whole numbers laid out as `struct` says, from `at`, all before `end`."""
        count = struct.calcsize(layout)
        if at + count > end:
            raise BadVideo("video-damaged")
        return struct.unpack(layout, self.read(at, count))


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """The file as a source, closed afterwards."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        yield Source(handle, os.fstat(handle).st_size)
    finally:
        os.close(handle)


def shown(name: bytes) -> str:
    """A codec's name from a file, fit to be shown to people: short, and only what can be printed."""
    text = name.rstrip(b"\0 ")[:MOST_SHOWN].decode("ascii", "replace")
    return "".join(character if character.isprintable() else "?" for character in text) or "?"
