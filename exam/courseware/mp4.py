"""MP4: size, length and codecs from the boxes of `moov`. The film itself (`mdat`) is stepped over, never read."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from exam.courseware.bounded import BadVideo, Source, Video, shown

BRANDS = frozenset(
    [
        "isom",
        "iso2",
        "iso3",
        "iso4",
        "iso5",
        "iso6",
        "iso7",
        "iso8",
        "iso9",
        "isoa",
        "mp41",
        "mp42",
        "avc1",
        "M4V",
        "M4VH",
        "M4VP",
        "MSNV",
        "dash",
        "msdh",
        "f4v",
        "av01",
        "vp09",
        "mmp4",
        "3gp4",
        "3gp5",
        "3gp6",
        "cmfc",
        "cmf2",
    ]
)
MOST_ENTRIES = 16


@dataclass(frozen=True)
class Box:
    """A box: its name, and where its content begins and ends in the file."""

    name: bytes
    at: int
    end: int


@dataclass(frozen=True)
class Track:
    """A track: "vide" or "soun" (or another), its codec, its length in seconds (0: unknown), pixels as shown."""

    kind: bytes
    codec: bytes
    seconds: Fraction
    width: int
    height: int


def is_mp4(source: Source) -> bool:
    """Whether the file begins as an MP4 of a brand that browsers play."""
    if source.size < 16 or source.read(4, 4) != b"ftyp":
        return False
    box = next(_boxes(source, 0, source.size))
    words = source.head(box.at, box.end, 256)
    brands = {words[i : i + 4].decode("latin-1").strip() for i in range(0, len(words), 4) if i != 4}
    return not brands.isdisjoint(BRANDS)


def read_mp4(source: Source) -> Video:
    """What the headers say. Raises `BadVideo`."""
    moov = None
    for box in _boxes(source, 0, source.size):  # to the end: a file that was cut off shows here
        if box.name == b"moov":
            moov = moov or box
    if moov is None:
        raise BadVideo("video-damaged")
    inside = list(_boxes(source, moov.at, moov.end))
    tracks = [_track(source, box) for box in inside if box.name == b"trak"]
    film = next((track for track in tracks if track.kind == b"vide"), None)
    sound = next((track for track in tracks if track.kind == b"soun"), None)
    if film is None:
        raise BadVideo("video-codec", codec="-")
    seconds = _seconds(source, inside) or max(track.seconds for track in tracks)
    return Video(
        "video/mp4",
        int(seconds * 1000),
        film.width,
        film.height,
        shown(film.codec),
        shown(sound.codec) if sound else "",
    )


def _boxes(source: Source, at: int, end: int) -> Iterator[Box]:
    """The boxes from `at` to `end`. Each must lie wholly within; fewer than 8 bytes at the end are padding."""
    while end - at >= 8:
        start = source.read(at, 8)
        size, name, head = int.from_bytes(start[:4]), start[4:], 8
        if size == 1:
            size, head = source.numbers(">Q", at + 8, end)[0], 16
        elif size == 0:
            size = end - at
        if size < head or at + size > end:
            raise BadVideo("video-damaged")
        yield Box(name, at + head, at + size)
        at += size


def _child(source: Source, parent: Box, *names: bytes) -> Box:
    """The box that one comes to from `parent` by these names. Raises `BadVideo` where there is none."""
    for name in names:
        found = next((box for box in _boxes(source, parent.at, parent.end) if box.name == name), None)
        if found is None:
            raise BadVideo("video-damaged")
        parent = found
    return parent


def _clock(source: Source, box: Box) -> tuple[int, int]:
    """Ticks a second and the length in ticks (0: unknown) of `mvhd` or `mdhd`, which begin alike."""
    if source.numbers(">B", box.at, box.end)[0] == 1:
        scale, length = source.numbers(">IQ", box.at + 20, box.end)
        unknown = 2**64 - 1
    else:
        scale, length = source.numbers(">II", box.at + 12, box.end)
        unknown = 2**32 - 1
    if not scale:
        raise BadVideo("video-damaged")
    return scale, 0 if length == unknown else length


def _seconds(source: Source, inside: list[Box]) -> Fraction:
    """The film's length by its header, or by that of its fragments; 0 where both are silent."""
    header = next((box for box in inside if box.name == b"mvhd"), None)
    if header is None:
        raise BadVideo("video-damaged")
    scale, length = _clock(source, header)
    extends = next((box for box in inside if box.name == b"mvex"), None)
    found = [box for box in _boxes(source, extends.at, extends.end) if box.name == b"mehd"] if extends else []
    if found:
        wide = source.numbers(">B", found[0].at, found[0].end)[0] == 1
        length = max(length, source.numbers(">Q" if wide else ">I", found[0].at + 4, found[0].end)[0])
    return Fraction(length, scale)


def _track(source: Source, box: Box) -> Track:
    media = _child(source, box, b"mdia")
    handler = _child(source, media, b"hdlr")
    kind = source.read(handler.at + 8, 4)
    if kind not in (b"vide", b"soun"):
        return Track(kind, b"", Fraction(0), 0, 0)
    scale, length = _clock(source, _child(source, media, b"mdhd"))
    samples = _child(source, media, b"minf", b"stbl", b"stsd")
    codec, width, height = _sample_entry(source, samples, kind)
    if kind == b"vide":
        width, height = _as_shown(source, _child(source, box, b"tkhd"), width, height)
    return Track(kind, codec, Fraction(length, scale), width, height)


def _sample_entry(source: Source, samples: Box, kind: bytes) -> tuple[bytes, int, int]:
    """Codec and size in pixels of a track. All its entries must be of one codec; the largest size counts."""
    entries: list[tuple[bytes, int, int]] = []
    for entry in _boxes(source, samples.at + 8, samples.end):
        size = source.numbers(">HH", entry.at + 24, entry.end) if kind == b"vide" else (0, 0)
        entries.append((entry.name, size[0], size[1]))
        if len(entries) > MOST_ENTRIES:
            raise BadVideo("video-damaged")
    if not entries or len({name for name, _, _ in entries}) > 1:
        raise BadVideo("video-damaged")
    return entries[0][0], max(width for _, width, _ in entries), max(height for _, _, height in entries)


def _as_shown(source: Source, header: Box, width: int, height: int) -> tuple[int, int]:
    """Pixels as shown: turned where the track's matrix turns by a quarter, as telephones write it."""
    wide = source.numbers(">B", header.at, header.end)[0] == 1
    matrix = source.numbers(">9i", header.at + (52 if wide else 40), header.end)
    turned = matrix[0] == 0 and matrix[4] == 0 and matrix[1] != 0
    return (height, width) if turned else (width, height)
