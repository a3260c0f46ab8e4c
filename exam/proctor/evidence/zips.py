"""Files in one file, in one form only: an ordinary ZIP without compression, whose every byte follows from its content.

Any program opens it. We read it more strictly than they do: nothing may stand in it that we would not have written
there ourselves, so no byte can be changed, added or hidden, no name occurs twice or leads out of a folder, and nothing
is ever unpacked to more than it is. Everything is bounded before it is read.
"""

import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

CHUNK = 256 * 1024
MOST_MEMBERS = 60_000
MOST_BYTES = 2**32 - 2**20  # beyond 4 GiB a ZIP takes another form; about 100 000 frames of 30 kB lie below
MOST_NAME = 120
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*){0,2}")
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION, _TIME, _DATE = 20, 0, (1 << 5) | 1  # 1 January 1980, midnight: when it was made stands inside


class BadFile(ValueError):
    """Not a file as `write` makes them; `code` says why, `where` which member or at which byte."""

    def __init__(self, code: str, where: str = "") -> None:
        super().__init__(f"{code} {where}".strip())
        self.code, self.where = code, where


@dataclass(frozen=True)
class Member:
    """A file within: its name, where its content begins, how long it is (bytes), and its CRC-32."""

    name: str
    start: int
    size: int
    crc: int


def write(file: BinaryIO, members: Iterable[tuple[str, Iterable[bytes]]]) -> None:
    """Write members (name, content in pieces) one after another; never a whole one in memory. `file` can be sought.

    Raises `BadFile` (`too-large`, `too-many`, `name`) before more than that was written."""
    written: list[Member] = []
    for name, pieces in members:
        if not safe(name):
            raise BadFile("name", name[:MOST_NAME])
        if len(written) >= MOST_MEMBERS:
            raise BadFile("too-many", name)
        offset = file.tell()
        file.write(_local(Member(name, 0, 0, 0)))
        start, crc, size = file.tell(), 0, 0
        for piece in pieces:
            crc, size = zlib.crc32(piece, crc), size + len(piece)
            if start + size > MOST_BYTES:
                raise BadFile("too-large", name)
            file.write(piece)
        end = file.tell()
        member = Member(name, start, size, crc)
        file.seek(offset)
        file.write(_local(member))
        file.seek(end)
        written.append(member)
    file.write(_directory(written, file.tell()))


def read(file: BinaryIO) -> list[Member]:
    """The members of a file in their order. Raises `BadFile`:

    `too-large`, `too-short`, `not-ours` (no ZIP, or bytes before, behind or between its members), `too-many`, `name`
    (one that leads elsewhere), `twice` (a name that occurs again), `packed` (compressed, encrypted or with extras).
    What the members contain is not read: `content` checks that.
    """
    file.seek(0, 2)
    length = file.tell()
    if length > MOST_BYTES + MOST_MEMBERS * (_CENTRAL.size + MOST_NAME):
        raise BadFile("too-large")
    if length < _END.size:
        raise BadFile("too-short")
    file.seek(length - _END.size)
    end = file.read(_END.size)
    magic, _disk, _first, _here, count, size, offset, _comment = _END.unpack(end)
    if magic != b"PK\x05\x06" or offset + size + _END.size != length:
        raise BadFile("not-ours", "end")
    if count > MOST_MEMBERS or size > MOST_MEMBERS * (_CENTRAL.size + MOST_NAME):
        raise BadFile("too-many")
    file.seek(offset)
    directory = file.read(size)
    members = _listed(directory, count)
    _check_places(file, members, offset)
    if _directory(members, offset) != directory + end:
        raise BadFile("not-ours", "directory")
    return members


def content(file: BinaryIO, member: Member) -> Iterator[bytes]:
    """A member's content in pieces. Raises `BadFile` (`damaged`) at its end where the CRC-32 says so."""
    file.seek(member.start)
    left, crc = member.size, 0
    while left:
        place = file.tell()
        piece = file.read(min(CHUNK, left))
        if not piece:
            raise BadFile("damaged", member.name)
        left, crc = left - len(piece), zlib.crc32(piece, crc)
        yield piece
        file.seek(place + len(piece))  # whoever takes the pieces may have read elsewhere
    if crc != member.crc:
        raise BadFile("damaged", member.name)


def safe(name: str) -> bool:
    """Whether a member may have this name: small letters, digits, `._-`, at most two folders deep, never upwards."""
    return len(name) <= MOST_NAME and _NAME.fullmatch(name) is not None and ".." not in name


def _local(member: Member) -> bytes:
    name = member.name.encode("ascii")
    sizes = (member.crc, member.size, member.size)
    return _LOCAL.pack(b"PK\x03\x04", _VERSION, 0, 0, _TIME, _DATE, *sizes, len(name), 0) + name


def _directory(members: list[Member], offset: int) -> bytes:
    parts = []
    for member in members:
        name = member.name.encode("ascii")
        place = member.start - len(name) - _LOCAL.size
        head = (b"PK\x01\x02", _VERSION, _VERSION, 0, 0, _TIME, _DATE, member.crc, member.size, member.size)
        parts.append(_CENTRAL.pack(*head, len(name), 0, 0, 0, 0, 0, place) + name)
    listed = b"".join(parts)
    count = len(members)
    return listed + _END.pack(b"PK\x05\x06", 0, 0, count, count, len(listed), offset, 0)


def _listed(directory: bytes, count: int) -> list[Member]:
    members: list[Member] = []
    names: set[str] = set()
    place = 0
    for _ in range(count):
        if place + _CENTRAL.size > len(directory):
            raise BadFile("not-ours", "directory")
        found = _CENTRAL.unpack_from(directory, place)
        flags, method, crc, packed, size, long = found[3], found[4], *found[7:11]
        raw = directory[place + _CENTRAL.size : place + _CENTRAL.size + long]
        name = raw.decode("ascii", "replace")
        if not safe(name):
            raise BadFile("name", ascii(name[:MOST_NAME]))
        if name in names:
            raise BadFile("twice", name)
        if flags or method or packed != size or found[11] or found[12]:
            raise BadFile("packed", name)
        names.add(name)
        members.append(Member(name, found[16] + _LOCAL.size + long, size, crc))
        place += _CENTRAL.size + long
    return members


def _check_places(file: BinaryIO, members: list[Member], offset: int) -> None:
    """The members follow one another without a gap, and say before their content what the directory says."""
    expected = 0
    for member in members:
        head = _local(member)
        if member.start != expected + len(head):
            raise BadFile("not-ours", member.name)
        file.seek(expected)
        if file.read(len(head)) != head:
            raise BadFile("not-ours", member.name)
        expected = member.start + member.size
        if expected > offset:
            raise BadFile("not-ours", member.name)
    if expected != offset:
        raise BadFile("not-ours", "directory")
