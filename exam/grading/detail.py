"""What is kept of a grading in `Result.detail`, written by orjson, and read back."""

from decimal import Decimal
from typing import Any

import orjson

from exam.grading.rules import Grading, Sums
from exam.itembank.types import Scored, as_json

KEPT = 20_000
# Choice items give the same score object to everybody who answered alike; the object is kept beside its text, so that
# its id can't come to mean another.
_written: dict[int, tuple[Scored, orjson.Fragment]] = {}


def dump(grading: Grading) -> str:
    """The detail of a grading as JSON text."""
    slots = [
        {
            "slot": slot.slot,
            "item": slot.item_id,
            "version": slot.version_id,
            "revision": slot.revision,
            **({"ruling": slot.ruling} if slot.ruling else {}),
            "scored": _fragment(slot.scored),
        }
        for slot in grading.slots
    ]
    return orjson.dumps(
        {
            "slots": slots,
            "chapters": [{"chapter": chapter, **_sums(sums)} for chapter, sums in grading.chapters.items()],
            "points": [{"point": point, **_sums(sums)} for point, sums in grading.points.items()],
        },
    ).decode()


def _fragment(scored: Scored) -> orjson.Fragment:
    found = _written.get(id(scored))
    if found is not None:
        return found[1]
    fragment = orjson.Fragment(orjson.dumps(_compact(as_json(scored))))
    if len(_written) >= KEPT:
        _written.clear()
    _written[id(scored)] = (scored, fragment)
    return fragment


def _compact(scored: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty: there are as many of these as there are answers."""
    reasons = [each if each["params"] else {"code": each["code"]} for each in scored["reasons"]]
    parts = {part: _compact(inner) for part, inner in scored["parts"].items()}
    kept = {"marks": scored["marks"], "out_of": scored["out_of"], "verdict": scored["verdict"]}
    return kept | ({"reasons": reasons} if reasons else {}) | ({"parts": parts} if parts else {})


def _sums(sums: Sums) -> dict[str, Any]:
    return {
        "marks": str(sums.marks),
        "out_of": str(sums.out_of),
        "pending": str(sums.pending),
        "items": sums.items,
        "right": sums.right,
    }


def read_sums(row: dict[str, Any]) -> Sums:
    """The sums of one chapter or knowledge point as they were kept."""
    return Sums(
        Decimal(row["marks"]), Decimal(row["out_of"]), Decimal(row["pending"]), int(row["items"]), int(row["right"])
    )
