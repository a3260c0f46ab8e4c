"""The log of exported evidence walked from its first link to its last: what is wrong with it, what it tells of."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from exam.core.events import GENESIS, link
from exam.proctor.evidence import format as form
from exam.proctor.evidence.checkpoints import EVERY, Signed
from exam.proctor.evidence.report import Report
from exam.proctor.evidence.rules_retention import frames_digest
from exam.sessions.instants import instant

SIGNED_WITHIN = EVERY * 3
"""Of a link while the sitting goes on; three times what is usual, for a server that was busy or started anew."""
SIGNED_WITHIN_LATER = timedelta(hours=3)
"""Of what is added after the end, which is looked for every hour."""
BEGIN, ENDS = "started", ("submitted", "voided")


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
    told: dict[str, Counter[tuple[Any, ...]]] = field(default_factory=dict)
    begun: bool = False
    ended: bool = False


@dataclass
class Cover:
    """How soon links were signed: runs beside the walk, so that no link is kept. `stretches`: those signed too late."""

    points: list[Signed]
    place: int = 0
    stretches: list[tuple[int, int]] = field(default_factory=list)


def walk(lines: Iterable[tuple[str, dict[str, Any]]], points: list[Signed], report: Report) -> Walk:
    """Check every link against the one before, and gather what it tells. `points`: the checkpoints, ascending."""
    found = Walk(told={each.member: Counter() for each in form.TOLD})
    wanted = {point.seq for point in points}
    cover = Cover(points)
    for where, row in lines:
        _check_link(found, where, row, report)
        found.count, found.last = row["seq"], row["hash"]
        if row["seq"] in wanted:
            found.hashes[row["seq"]] = row["hash"]
        _gather(found, where, row, report)
        _look(cover, found, row)
    for first, last in cover.stretches:
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
    found.begun = found.begun or kind == BEGIN
    found.ended = found.ended or kind in ENDS
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
        for each in form.TOLD:
            told = each.link(kind, body)
            if told is not None:
                found.told[each.member][told] += 1
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        report.add("unreadable", where)


def _erased(found: Walk, where: str, row: Mapping[str, Any], body: Mapping[str, Any], report: Report) -> None:
    """A tombstone: what it says was erased must be what the log names up to here; from here on it need not be there."""
    count, digest = frames_digest(sorted(found.frames.items()))
    if body["frames"] != {"count": count, "digest": digest}:
        report.add("erased-differs", where)
    at = instant(row["at"]).isoformat(timespec="seconds")
    told = {name: body.get(name) for name in ("rule", "days", "reason", "by")}
    found.erased.append({"link": row["seq"], "at": at, "frames": count, "check_in": sorted(body["check_in"]), **told})
    found.needed.clear()
    found.erased_frames = count


def _look(cover: Cover, found: Walk, row: Mapping[str, Any]) -> None:
    if not found.begun:
        return
    points = cover.points
    while cover.place < len(points) and points[cover.place].seq < row["seq"]:
        cover.place += 1
    allowed = SIGNED_WITHIN_LATER if found.ended else SIGNED_WITHIN
    if cover.place < len(points) and points[cover.place].at - _instant(row["at"]) <= allowed:
        return
    if cover.stretches and cover.stretches[-1][1] == row["seq"] - 1:
        cover.stretches[-1] = (cover.stretches[-1][0], row["seq"])
    else:
        cover.stretches.append((row["seq"], row["seq"]))


def _instant(at: int) -> datetime:
    try:
        return instant(at)
    except OverflowError:
        return instant(0)
