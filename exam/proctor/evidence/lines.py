"""Members of exported evidence read line by line, within limits; nothing in them is believed before it is checked."""

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, BinaryIO

from exam.core.events import canonical
from exam.proctor.evidence import format as form
from exam.proctor.evidence import zips as evidence_zip
from exam.proctor.evidence.zips import Member

Shape = Mapping[str, tuple[type, ...]]
_NONE = type(None)
LINK: Shape = MappingProxyType(
    {
        "seq": (int,),
        "kind": (str,),
        "at": (int,),
        "slot": (int, _NONE),
        "revision": (int, _NONE),
        "body": (str,),
        "previous": (str,),
        "hash": (str,),
    }
)
CHECKPOINT: Shape = MappingProxyType(
    {
        "sitting_id": (int,),
        "seq": (int,),
        "hash": (str,),
        "previous": (int,),
        "at": (str,),
        "key_id": (str,),
        "signature": (str,),
    }
)
MANIFEST: Shape = MappingProxyType(
    {
        "format": (str,),
        "version": (int,),
        "exported_at": (str,),
        "sitting": (dict,),
        "head": (dict,),
        "keys": (dict,),
        "missing": (dict,),
        "files": (dict,),
    }
)
MARK: Shape = MappingProxyType({"key_id": (str,), "signature": (str,)})


class Unreadable(ValueError):
    """A member or line that is not what it should be; the message says which."""


def whole(file: BinaryIO, member: Member, most: int) -> bytes:
    """A small member, of at most `most` bytes. Raises Unreadable, `evidence_zip.BadFile`."""
    if member.size > most:
        raise Unreadable(member.name)
    return b"".join(evidence_zip.content(file, member))


def parse(data: bytes, where: str, shape: Shape) -> dict[str, Any]:
    """One JSON object in canonical form with at least these fields of these types. Raises Unreadable with `where`."""
    try:
        text = data.decode("utf-8", "surrogatepass")
        found = json.loads(text)
        if not isinstance(found, dict) or canonical(found) != text:
            raise Unreadable(where)
    except (ValueError, RecursionError):
        raise Unreadable(where) from None
    for name, types in shape.items():
        if name not in found or type(found[name]) not in types:  # exactly: True is no number here
            raise Unreadable(where)
    return found


def rows(file: BinaryIO, member: Member, shape: Shape) -> Iterator[tuple[str, dict[str, Any]]]:
    """The lines of a member, each with where it stands. Raises Unreadable, `evidence_zip.BadFile`."""
    rest, number = b"", 0
    for piece in evidence_zip.content(file, member):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            number += 1
            if len(line) > form.MOST_LINE or number > form.MOST_LINKS:
                raise Unreadable(f"{member.name}:{number}")
            where = f"{member.name}:{number}"
            yield where, parse(line, where, shape)
        if len(rest) > form.MOST_LINE:
            raise Unreadable(f"{member.name}:{number + 1}")
    if rest:
        raise Unreadable(f"{member.name}:{number + 1}")
