"""The skeleton of a JPEG, walked without decoding anything: what it claims, how much work it is, where it ends.

Three traps of small files are seen here: dimensions that claim gigabytes, thousands of scans that each pass over the
whole picture, and something else that lies behind the picture's end.
"""

import struct
from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

PICTURE_STARTS, PICTURE_ENDS, SCAN_STARTS = 0xD8, 0xD9, 0xDA
PLAIN_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
"""Start-of-frame markers of what cameras and browsers write: baseline, extended, progressive; all Huffman coded."""
OTHER_FRAMES = frozenset(range(0xC3, 0xD0)) - {0xC4, 0xC8, 0xCC}
FILL = 0xFF


class NotAJpeg(ValueError):
    """The bytes don't begin as a JPEG, or its segments contradict each other."""


class CutOff(ValueError):
    """A JPEG that stops before its end."""


@dataclass(frozen=True)
class Skeleton:
    """What a JPEG claims: size in pixels, colour components, bits, scans; `end`: the byte behind its last."""

    width: int
    height: int
    components: int
    bits: int
    scans: int
    ordinary: bool
    end: int


def walk(data: bytes, most_scans: int) -> Skeleton:
    """Walk the segments of `data` to the end of the picture, or until it has more than `most_scans` scans.

    Raises `NotAJpeg` and `CutOff`. Time and memory are bounded by the length of `data`.
    """
    if not data.startswith(b"\xff\xd8\xff"):
        raise NotAJpeg
    frame: tuple[int, int, int, int, bool] | None = None
    at, scans = 2, 0
    marks = _marks(data)
    while True:
        marker, at = _marker(data, marks, at, inside=scans > 0)
        if marker == PICTURE_ENDS:
            if frame is None or not scans:
                raise NotAJpeg
            return _skeleton(frame, scans, at)
        if marker == PICTURE_STARTS:
            raise NotAJpeg
        segment = _segment(data, at)
        if marker in PLAIN_FRAMES or marker in OTHER_FRAMES:
            if frame is not None:
                raise NotAJpeg
            frame = _frame(segment, marker)
        at += 2 + len(segment)
        if marker == SCAN_STARTS:
            if frame is None:
                raise NotAJpeg
            scans += 1
            if scans > most_scans:
                return _skeleton(frame, scans, at)


def _marks(data: bytes) -> list[int]:
    """Where markers may stand: every fill byte before something that is neither data nor a restart within a scan."""
    raw = np.frombuffer(data, np.uint8)
    places = np.flatnonzero(raw[:-1] == FILL)
    codes = raw[places + 1]
    restart = (codes >= 0xD0) & (codes <= 0xD7)
    return list(places[(codes != 0) & (codes != FILL) & ~restart].tolist())


def _marker(data: bytes, marks: list[int], at: int, *, inside: bool) -> tuple[int, int]:
    """The next marker's code and the byte behind it; between segments it must stand right here, fill bytes aside."""
    place = bisect_left(marks, at)
    if place == len(marks):
        raise CutOff if inside or not data[at:].strip(b"\xff") else NotAJpeg
    found = marks[place]
    if not inside and data[at:found].strip(b"\xff"):
        raise NotAJpeg
    return data[found + 1], found + 2


def _segment(data: bytes, at: int) -> bytes:
    if at + 2 > len(data):
        raise CutOff
    length = struct.unpack_from(">H", data, at)[0]
    if length < 2:
        raise NotAJpeg
    if at + length > len(data):
        raise CutOff
    return data[at + 2 : at + length]


def _frame(segment: bytes, marker: int) -> tuple[int, int, int, int, bool]:
    if len(segment) < 6 or len(segment) != 6 + 3 * segment[5]:
        raise NotAJpeg
    bits, height, width, components = struct.unpack_from(">BHHB", segment)
    return width, height, components, bits, marker in PLAIN_FRAMES


def _skeleton(frame: tuple[int, int, int, int, bool], scans: int, end: int) -> Skeleton:
    width, height, components, bits, ordinary = frame
    return Skeleton(width, height, components, bits, scans, ordinary, end)
