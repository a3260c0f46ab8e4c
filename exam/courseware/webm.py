"""WebM: size, length and codecs from the elements of the segment. Clusters are stepped over; only a recording whose
header has no length (browsers write such) has its blocks' times looked at, and never their content."""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from exam.courseware.bounded import BadVideo, Source, Video, shown

EBML, DOC_TYPE = 0x1A45DFA3, 0x4282
SEGMENT, INFO, TRACKS, CLUSTER = 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
SCALE, DURATION = 0x2AD7B1, 0x4489
ENTRY, KIND, CODEC, VIDEO, WIDTH, HEIGHT = 0xAE, 0x83, 0x86, 0xE0, 0xB0, 0xBA
TIMECODE, SIMPLE_BLOCK, GROUP, BLOCK = 0xE7, 0xA3, 0xA0, 0xA1
UNKNOWN_ALLOWED = frozenset({SEGMENT, CLUSTER})
PICTURE, SOUND = 1, 2
MOST_TRACKS = 16
DEFAULT_SCALE = 1_000_000
MOST_TICKS = 10**15


@dataclass(frozen=True)
class Element:
    """An element: its id, where its content begins, where it ends (its parent's end when its size is unknown)."""

    id: int
    at: int
    end: int


@dataclass(frozen=True)
class Track:
    """A track: its kind (1 picture, 2 sound), codec, and pixels."""

    kind: int
    codec: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Parts:
    """What the top of a segment holds: nanoseconds a tick, the length in ticks (0: not said), tracks, last block."""

    scale: int
    ticks: float
    tracks: tuple[Track, ...]
    last: int


def is_webm(source: Source) -> bool:
    """Whether the file begins as WebM (and not as another Matroska)."""
    if source.size < 16 or source.read(0, 4) != EBML.to_bytes(4):
        return False
    head = _element(source, 0, source.size)
    return any(e.id == DOC_TYPE and _text(source, e) == b"webm" for e in _children(source, head.at, head.end))


def read_webm(source: Source) -> Video:
    """What the headers say. Raises `BadVideo`."""
    segment = next((e for e in _children(source, 0, source.size) if e.id == SEGMENT), None)
    if segment is None:
        raise BadVideo("video-damaged")
    parts = _parts(source, segment)
    film = next((track for track in parts.tracks if track.kind == PICTURE), None)
    sound = next((track for track in parts.tracks if track.kind == SOUND), None)
    if film is None:
        raise BadVideo("video-codec", codec="-")
    return Video(
        "video/webm",
        int((parts.ticks or parts.last) * parts.scale / 1_000_000),
        film.width,
        film.height,
        shown(film.codec),
        shown(sound.codec) if sound else "",
    )


def _parts(source: Source, segment: Element) -> Parts:
    """Reads until tracks and length are known and the first cluster comes; without a length, to the end."""
    scale, ticks, tracks = DEFAULT_SCALE, 0.0, None
    base, last = 0, 0
    for element in _flat(source, segment):
        if element.id == INFO:
            scale, ticks = _info(source, element)
        elif element.id == TRACKS:
            tracks = _tracks(source, element)
        elif element.id == CLUSTER and ticks and tracks is not None:
            break
        elif element.id == TIMECODE:
            base = _number(source, element)
        elif element.id in (SIMPLE_BLOCK, GROUP):
            last = max(last, base + _after(source, element))
        if source.spent:
            raise BadVideo("video-no-duration")
    if tracks is None:
        raise BadVideo("video-damaged")
    return Parts(scale, ticks, tracks, last)


def _flat(source: Source, segment: Element) -> Iterator[Element]:
    """The segment's elements and those of its clusters in one row: a cluster of unknown size ends where it ends."""
    at = segment.at
    while at < segment.end:
        element = _element(source, at, segment.end)
        if element.id == SEGMENT:
            raise BadVideo("video-damaged")
        yield element
        at = element.at if element.id == CLUSTER else element.end


def _element(source: Source, at: int, end: int) -> Element:
    """The element whose header is at `at`. Raises `BadVideo` when it does not lie within `end`."""
    head = source.head(at, end, 12)
    long = 9 - head[0].bit_length() if head else 9
    if long > 4 or len(head) <= long:
        raise BadVideo("video-damaged")
    first = head[long]
    wide = 9 - first.bit_length()
    if wide > 8 or len(head) < long + wide:
        raise BadVideo("video-damaged")
    size = int.from_bytes(head[long : long + wide]) & ((1 << 7 * wide) - 1)
    name, start = int.from_bytes(head[:long]), at + long + wide
    if size == (1 << 7 * wide) - 1:
        if name not in UNKNOWN_ALLOWED:
            raise BadVideo("video-damaged")
        return Element(name, start, end)
    if start + size > end:
        raise BadVideo("video-damaged")
    return Element(name, start, start + size)


def _children(source: Source, at: int, end: int) -> Iterator[Element]:
    while at < end:
        element = _element(source, at, end)
        yield element
        at = element.end


def _info(source: Source, info: Element) -> tuple[int, float]:
    """Nanoseconds a tick, and the length in ticks (0 where it is not said)."""
    scale, ticks = DEFAULT_SCALE, 0.0
    for element in _children(source, info.at, info.end):
        if element.id == SCALE:
            scale = _number(source, element)
        elif element.id == DURATION:
            ticks = _fraction(source, element)
    if not 0 < scale <= 10**9:
        raise BadVideo("video-damaged")
    return scale, ticks if math.isfinite(ticks) and 0 < ticks < MOST_TICKS else 0.0


def _tracks(source: Source, tracks: Element) -> tuple[Track, ...]:
    found = []
    for element in _children(source, tracks.at, tracks.end):
        if element.id == ENTRY:
            found.append(_track(source, element))
        if len(found) > MOST_TRACKS:
            raise BadVideo("video-damaged")
    return tuple(found)


def _track(source: Source, entry: Element) -> Track:
    kind, codec, width, height = 0, b"", 0, 0
    for element in _children(source, entry.at, entry.end):
        if element.id == KIND:
            kind = _number(source, element)
        elif element.id == CODEC:
            codec = _text(source, element)
        elif element.id == VIDEO:
            sizes = {e.id: e for e in _children(source, element.at, element.end) if e.id in (WIDTH, HEIGHT)}
            width, height = (_number(source, sizes[name]) if name in sizes else 0 for name in (WIDTH, HEIGHT))
    return Track(kind, codec, width, height)


def _after(source: Source, element: Element) -> int:
    """The time of a block, or of the block in a group, in ticks after its cluster's: behind its track's number."""
    if element.id == GROUP:
        found = next((e for e in _children(source, element.at, element.end) if e.id == BLOCK), None)
        if found is None:
            raise BadVideo("video-damaged")
        element = found
    head = source.head(element.at, element.end, 10)
    long = 9 - head[0].bit_length() if head else 9
    if len(head) < long + 2:
        raise BadVideo("video-damaged")
    return int.from_bytes(head[long : long + 2], signed=True)


def _number(source: Source, element: Element) -> int:
    if element.end - element.at > 8:
        raise BadVideo("video-damaged")
    return int.from_bytes(source.read(element.at, element.end - element.at))


def _fraction(source: Source, element: Element) -> float:
    size = element.end - element.at
    if size not in (0, 4, 8):
        raise BadVideo("video-damaged")
    data = source.read(element.at, size)
    return float(struct.unpack({4: ">f", 8: ">d"}[size], data)[0]) if data else 0.0


def _text(source: Source, element: Element) -> bytes:
    return source.head(element.at, element.end, 64).rstrip(b"\0")
