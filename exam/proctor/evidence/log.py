"""The log of exported evidence walked from its first link to its last: what is wrong with it, what it tells of."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from exam.core.events import GENESIS, link
from exam.proctor.evidence import format as form
from exam.proctor.evidence.checkpoints import Signed
from exam.proctor.evidence.cover import Cover, instant_of, look, stretches
from exam.proctor.evidence.report import Report
from exam.proctor.evidence.rules_retention import frames_digest
from exam.proctor.evidence.told import TOLD, Told, opened


@dataclass
class Walk:
    """What the log tells. `frames`: number → picture. `needed`: pictures that must be there. `shown`: of check-ins."""

    count: int = 0
    last: str = GENESIS
    hashes: dict[int, str] = field(default_factory=dict)
    frames: dict[int, str] = field(default_factory=dict)
    needed: set[str] = field(default_factory=set)
    erased: list[dict[str, Any]] = field(default_factory=list)
    erased_frames: int = 0
    told: dict[Told, Counter[tuple[Any, ...]]] = field(default_factory=dict)
    opened: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    cover: Cover = field(default_factory=lambda: Cover([]))


def walk(lines: Iterable[tuple[str, dict[str, Any]]], points: list[Signed], report: Report) -> Walk:
    """Check every link against the one before, and gather what it tells. `points`: the checkpoints, ascending."""
    found = Walk(told={each: Counter() for each in TOLD}, cover=Cover(points))
    wanted = {point.seq for point in points}
    for where, row in lines:
        _check_link(found, where, row, report)
        found.count, found.last = row["seq"], row["hash"]
        if row["seq"] in wanted:
            found.hashes[row["seq"]] = row["hash"]
        _gather(found, where, row, report)
        look(found.cover, row)
    for first, last in stretches(found.cover):
        report.add("unsigned-stretch", f"links {first} to {last}")
    return found


def _check_link(found: Walk, where: str, row: Mapping[str, Any], report: Report) -> None:
    if row["seq"] != found.count + 1:
        report.add("link-gap", where)
    if row["previous"] != found.last:
        report.add("link-fork", where)
    slot = "" if row["slot"] is None else row["slot"]
    revision = "" if row["revision"] is None else row["revision"]
    parts = (row["seq"], row["kind"], row["at"], slot, revision, row["body"])
    # The parts are joined by this character: it may stand in none, or two links could share a hash.
    if "\x1f" in row["kind"] + row["body"] or link(row["previous"], *parts) != row["hash"]:
        report.add("link-changed", where)


def _gather(found: Walk, where: str, row: Mapping[str, Any], report: Report) -> None:
    kind = row["kind"]
    if row["slot"] is not None:
        return  # an answer: its body is whatever the candidate wrote
    try:
        body = json.loads(row["body"])
        if kind == form.FRAME:
            if found.frames.setdefault(body["number"], body["picture"]) == body["picture"]:
                found.needed.add(body["picture"])
        elif kind == form.CHECK_IN:
            found.needed.update((body.get("pictures") or {}).values())
        elif kind == form.ERASED:
            _erased(found, where, row, body, report)
        for each in TOLD:
            told = each.link(kind, body)
            if told is not None:
                found.told[each][told] += 1
        began = opened(kind, body)
        if began is not None:
            found.opened[began] += 1
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        report.add("unreadable", where)


def _erased(found: Walk, where: str, row: Mapping[str, Any], body: Mapping[str, Any], report: Report) -> None:
    """A tombstone: what it says was erased must be what the log names up to here; from here on it need not be there."""
    count, digest = frames_digest(sorted(found.frames.items()))
    if body["frames"] != {"count": count, "digest": digest}:
        report.add("erased-differs", where)
    at = instant_of(row["at"]).isoformat(timespec="seconds")
    told = {name: body.get(name) for name in ("rule", "days", "reason", "by")}
    found.erased.append({"link": row["seq"], "at": at, "frames": count, "check_in": sorted(body["check_in"]), **told})
    found.needed.clear()
    found.erased_frames = count
