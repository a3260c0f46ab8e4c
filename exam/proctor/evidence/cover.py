"""How soon the links of a log were signed: those that were not fixed at their time could have been written later."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from exam.proctor.evidence.checkpoints import EVERY, Signed
from exam.proctor.evidence.format import FRAME
from exam.sessions.instants import instant

SIGNED_WITHIN = EVERY * 3
"""Of a link while the sitting goes on; three times what is usual, for a server that was busy or started anew."""
SIGNED_WITHIN_LATER = timedelta(hours=3)
"""Of what is added after the end, which is looked for every hour."""
BEGIN, CLAIMED, ENDS = "started", "claimed", ("submitted", "voided")


@dataclass
class Cover:
    """Runs beside the walk, so that no link is kept. `late`: stretches of links that were signed too late.

    The words of a log are not believed: it has begun at whatever only a sitting under way can have, and the longer time
    is only for what stands behind the last of that. `perhaps`: late unless they turn out to stand behind it.
    `starts`: instants of the links that say that it began. `first`: the kind with which it began in fact.
    """

    points: list[Signed]
    place: int = 0
    starts: list[datetime] = field(default_factory=list)
    first: str | None = None
    ended: bool = False
    late: list[tuple[int, int]] = field(default_factory=list)
    perhaps: list[tuple[int, int]] = field(default_factory=list)


def look(cover: Cover, row: Mapping[str, Any]) -> None:
    """Take in the next link."""
    kind = row["kind"]
    if kind == BEGIN:
        cover.starts.append(instant_of(row["at"]))
    live = kind in (CLAIMED, FRAME) or row["slot"] is not None
    if cover.first is None and (live or kind == BEGIN):
        cover.first = kind
    cover.ended = cover.ended or kind in ENDS
    if live:
        cover.late += cover.perhaps
        cover.perhaps = []
    if cover.first is None:
        return
    waited = _waited(cover, row)
    if waited is None or waited > SIGNED_WITHIN_LATER:
        _note(cover.late, row["seq"])
    elif waited > SIGNED_WITHIN:
        _note(cover.perhaps if cover.ended and not live else cover.late, row["seq"])


def stretches(cover: Cover) -> list[tuple[int, int]]:
    """The links signed too late, first and last of each stretch, ascending; once all were taken in."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(cover.late):
        if found and found[-1][1] == first - 1:
            first = found.pop()[0]
        found.append((first, last))
    return found


def begins_as_told(cover: Cover, started_at: Any) -> bool:
    """Whether the log says once, before anything that only a sitting under way can have, that it began, and when the
    manifest says it did (`started_at`); for one that never began: that nothing of the kind is there."""
    if started_at is None:
        return cover.first is None
    try:
        return cover.first == BEGIN and cover.starts == [datetime.fromisoformat(started_at)]
    except (TypeError, ValueError):
        return False


def instant_of(at: int) -> datetime:
    """The instant of a link; 1970 for one that no calendar holds."""
    try:
        return instant(at)
    except OverflowError:
        return instant(0)


def _waited(cover: Cover, row: Mapping[str, Any]) -> timedelta | None:
    """How long a link waited for the first signature over it; None: it has none."""
    points = cover.points
    while cover.place < len(points) and points[cover.place].seq < row["seq"]:
        cover.place += 1
    return None if cover.place == len(points) else points[cover.place].at - instant_of(row["at"])


def _note(runs: list[tuple[int, int]], seq: int) -> None:
    if runs and runs[-1][1] == seq - 1:
        runs[-1] = (runs[-1][0], seq)
    else:
        runs.append((seq, seq))
