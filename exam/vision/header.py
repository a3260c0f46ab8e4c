"""What a picture file claims to be, read from its first bytes without decoding anything: format and dimensions.

A small file can claim gigabytes of pixels, so this stands before every decoder.
"""

import struct
from dataclasses import dataclass


@dataclass(frozen=True)
class Header:
    """A picture's format ("png", "jpeg", "webp") and its size in pixels."""

    format: str
    width: int
    height: int
    animated: bool = False


def read_header(data: bytes) -> Header | None:
    """The header of a PNG, JPEG or WebP; `None` for anything else, or when it is cut off or contradicts itself."""
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return _png(data)
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
    except (struct.error, IndexError):
        return None
    return None


def _png(data: bytes) -> Header | None:
    length, name, width, height = struct.unpack(">I4sII", data[8:24])
    if name != b"IHDR" or length != 13:
        return None
    return Header("png", width, height, animated=b"acTL" in data[33:4096])


# The frames that carry the size; DHT, JPG and DAC lie in the same range but don't.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def _jpeg(data: bytes) -> Header | None:
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return Header("jpeg", width, height)
        if marker == 0x01 or 0xD0 <= marker <= 0xD9:
            at += 2
            continue
        length = struct.unpack(">H", data[at + 2 : at + 4])[0]
        if length < 2 or marker == 0xDA:
            return None
        at += 2 + length
    return None


def _webp(data: bytes) -> Header | None:
    chunk = data[12:16]
    if chunk == b"VP8X":
        flags = data[20]
        width = 1 + int.from_bytes(data[24:27], "little")
        height = 1 + int.from_bytes(data[27:30], "little")
        inner = _inner_webp(data)
        # The canvas and the picture inside must agree: a decoder trusts the latter.
        if inner is not None and (inner.width, inner.height) != (width, height):
            return None
        return Header("webp", width, height, animated=bool(flags & 0x02))
    return _webp_stream(data, 12)


def _webp_stream(data: bytes, at: int) -> Header | None:
    chunk = data[at : at + 4]
    if chunk == b"VP8 ":
        if data[at + 11 : at + 14] != b"\x9d\x01\x2a":
            return None
        width, height = struct.unpack("<HH", data[at + 14 : at + 18])
        return Header("webp", width & 0x3FFF, height & 0x3FFF)
    if chunk == b"VP8L":
        if data[at + 8] != 0x2F:
            return None
        bits = int.from_bytes(data[at + 9 : at + 13], "little")
        return Header("webp", (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1)
    return None


def _inner_webp(data: bytes) -> Header | None:
    at = 12
    while at + 8 <= len(data):
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name in (b"VP8 ", b"VP8L"):
            return _webp_stream(data, at)
        at += 8 + length + length % 2
    return None
