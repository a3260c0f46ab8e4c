"""Hash chains: each record carries the hash of the one before, so that an edit, a loss or a reordering shows."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

GENESIS = "0" * 64


def canonical(body: Mapping[str, Any]) -> str:
    """The one text form of a JSON object that is hashed: sorted keys, no spaces, UTF-8 left as it is."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def link(previous: str, *parts: str | int) -> str:
    """The hash (64 hex digits) of a record whose predecessor has the hash `previous`."""
    text = "\x1f".join([previous, *map(str, parts)])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Link:
    """A record as `verify` needs it: its place, what it says its predecessor and itself hash to, and its parts."""

    seq: int
    previous: str
    hash: str
    parts: tuple[str | int, ...]


def verify(links: Iterable[Link]) -> str | None:
    """Walk a chain in order; return what is wrong with it ("gap before 7", "forked at 7", "changed at 7") or None."""
    previous, expected = GENESIS, 1
    for each in links:
        if each.seq != expected:
            return f"gap before {each.seq}"
        if each.previous != previous:
            return f"forked at {each.seq}"
        if each.hash != link(previous, *each.parts):
            return f"changed at {each.seq}"
        previous, expected = each.hash, expected + 1
    return None
