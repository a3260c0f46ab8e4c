"""Films built by hand: MP4 boxes and WebM elements with nothing in them but headers."""

import struct


def box(name, *parts):
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name.encode()) + body


def wide_box(name, *parts):
    """A box whose size is written in 64 bits."""
    body = b"".join(parts)
    return struct.pack(">I4sQ", 1, name.encode(), 16 + len(body)) + body


def clock(name, scale, length, version=0):
    if version:
        return box(name, struct.pack(">I16xIQ4x", 1 << 24, scale, length))
    return box(name, struct.pack(">I8xII4x", 0, scale, length))


def track(kind, codec, *, scale=1000, length=5000, width=1280, height=720, turned=False, entries=None):
    matrix = (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30) if turned else (65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
    header = box("tkhd", struct.pack(">I36x9iII", 1, *matrix, width << 16, height << 16))
    entry = struct.pack(">8x16xHH", width, height) if kind == "vide" else bytes(28)
    samples = entries if entries is not None else box(codec, entry)
    media = box(
        "mdia",
        clock("mdhd", scale, length),
        box("hdlr", struct.pack(">8x4s12x", kind.encode())),
        box("minf", box("stbl", box("stsd", struct.pack(">II", 0, 1), samples))),
    )
    return box("trak", header, media)


FTYP = box("ftyp", b"isom", bytes(4), b"isomavc1")
PICTURE, SOUND = track("vide", "avc1"), track("soun", "mp4a")


def mp4(*, header=None, tracks=(PICTURE, SOUND), more=(), ftyp=FTYP, before=(), after=()):
    moov = box("moov", clock("mvhd", 600, 3000) if header is None else header, *tracks, *more)
    return b"".join((ftyp, *before, moov, *after))


def element(name, *parts, size=None):
    body = b"".join(parts)
    name = bytes.fromhex(name)
    return name + (size if size is not None else (len(body) | 1 << 56).to_bytes(8)) + body


UNKNOWN = bytes.fromhex("01ffffffffffffff")
EBML = element("1a45dfa3", element("4282", b"webm"))


def number(name, value, count=4):
    return element(name, value.to_bytes(count))


def info(duration=5000.0, scale=1_000_000):
    parts = [number("2ad7b1", scale)] if scale is not None else []
    if duration is not None:
        parts.append(element("4489", struct.pack(">d", duration)))
    return element("1549a966", *parts)


def entry(kind, codec, width=1280, height=720):
    sizes = element("e0", number("b0", width, 2), number("ba", height, 2)) if kind == 1 else b""
    return element("ae", number("83", kind, 1), element("86", codec.encode()), sizes)


def tracks(*entries):
    return element("1654ae6b", *(entries or (entry(1, "V_VP9"), entry(2, "A_OPUS"))))


def block(after):
    return element("a3", b"\x81" + struct.pack(">h", after) + b"\x80" + b"pixels")


def group(after):
    return element("a0", element("a1", b"\x81" + struct.pack(">h", after) + b"\x00" + b"pixels"))


def cluster(time, *blocks, size=None):
    return element("1f43b675", number("e7", time), *blocks, size=size)


def webm(*parts, ebml=EBML, size=None):
    return ebml + element("18538067", *(parts or (info(), tracks(), cluster(0, block(0)))), size=size)
