"""Who on the wall needs somebody first: pure. Software ranks what to look at; it decides nothing about anybody.

The order holds still: within a row of the table sittings stand by their ids, so a tile moves only when its reason does.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

SECOND = 1_000_000
FEW = 8
"""Settled: so many pictures can be taken in at a glance; the others are a count above the grid."""
RECENT_SECONDS = 600
"""Settled: what ended longer ago waits for review and is no reason to step in."""
UNREAD_SECONDS = 60
"""Settled: whoever has not read a message for a minute may not be there, or may need help."""
LINE_SECONDS = 30
"""Settled: three heartbeats of the answer path; shorter losses mend themselves."""
PAUSED_SECONDS = 600
"""Settled: somebody who is made to wait must not be forgotten."""

Band = Literal["act", "look", "quiet"]


@dataclass(frozen=True, slots=True)
class Signal:
    """An undecided incident; instants are microseconds, `ended` None while it goes on."""

    kind: str
    severity: int
    began: int
    ended: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What ranks a sitting under way; instants are microseconds, None for what is not so.

    `line`: "up", "lost", or "unknown" while nothing was heard yet; only "lost" counts, from `lost_since`.
    `unread_since`: when the oldest message that the candidate has not read was sent. `locked`: the page shows no
    question until somebody unlocks it (Safe Exam Browser), while the time runs.
    """

    sitting_id: int
    signals: tuple[Signal, ...] = ()
    line: str = "unknown"
    lost_since: int | None = None
    unread_since: int | None = None
    paused_since: int | None = None
    locked: bool = False


@dataclass(frozen=True)
class Row:
    """A reason to look: its key (`wall.why.<key>` in words), and whether somebody should act on it."""

    key: str
    band: Band


ROWS = (
    Row("urgent", "act"),
    Row("locked", "act"),
    Row("serious", "act"),
    Row("urgent-past", "act"),
    Row("unread", "act"),
    Row("paused-long", "act"),
    Row("line", "look"),
    Row("hint", "look"),
    Row("undecided", "look"),
    Row("paused", "look"),
    Row("quiet", "quiet"),
)
"""DATA: worst first. The number of a row is a sitting's rank."""
RANKS: Mapping[str, int] = {row.key: number for number, row in enumerate(ROWS)}
ACT = sum(row.band == "act" for row in ROWS)
"""Ranks below this one ask for somebody now."""


def _since(instant: int | None, now: int, seconds: int) -> bool:
    return instant is not None and now - instant >= seconds * SECOND


def _why(facts: Facts, now: int) -> str:
    under_way = max((signal.severity for signal in facts.signals if signal.ended is None), default=0)
    if under_way >= 3:
        return "urgent"
    if facts.locked:
        return "locked"
    if under_way == 2:
        return "serious"
    ended = [each.ended for each in facts.signals if each.severity >= 3 and each.ended is not None]
    if any(now - each <= RECENT_SECONDS * SECOND for each in ended):
        return "urgent-past"
    if _since(facts.unread_since, now, UNREAD_SECONDS):
        return "unread"
    if _since(facts.paused_since, now, PAUSED_SECONDS):
        return "paused-long"
    if facts.line == "lost" and _since(facts.lost_since, now, LINE_SECONDS):
        return "line"
    if under_way:
        return "hint"
    if facts.signals:
        return "undecided"
    return "quiet" if facts.paused_since is None else "paused"


def rank(facts: Facts, now: int) -> int:
    """The row of `ROWS` that a sitting stands in; the first whose reason holds."""
    return RANKS[_why(facts, now)]


@dataclass(frozen=True)
class Arrangement:
    """The wall in order: `first` are the few that matter most, then `rest`; `waiting` more of the rest ask for
    somebody, `hints` of them only have hints, `quiet` have nothing.
    """

    first: tuple[int, ...]
    rest: tuple[int, ...]
    waiting: int
    hints: int
    quiet: int


def arrange(ranks: Mapping[int, int], few: int = FEW) -> Arrangement:
    """Sittings by their ranks as a wall shows them. At most `few` stand in front, and only those somebody is to act on:
    a wall of two hundred warnings is a wall of none.
    """
    order = sorted(ranks, key=lambda each: (ranks[each], each))
    first = tuple(each for each in order if ranks[each] < ACT)[:few]
    rest = tuple(each for each in order if each not in set(first))
    bands = [ROWS[ranks[each]].band for each in rest]
    return Arrangement(first, rest, bands.count("act"), bands.count("look"), bands.count("quiet"))


@dataclass(frozen=True)
class Filter:
    """What a wall is narrowed to: a room, the state of the line, a kind of signal, whether something is undecided."""

    room: int | None = None
    line: str = ""
    kind: str = ""
    undecided: bool = False


def fits(tile: Mapping[str, Any], chosen: Filter) -> bool:
    """Whether a tile (`queries_wall.tile`) belongs to what was chosen."""
    if chosen.room is not None and tile["room"] != chosen.room:
        return False
    if chosen.line and tile["line"] != chosen.line:
        return False
    if chosen.kind and chosen.kind not in {signal["kind"] for signal in tile["signals"]}:
        return False
    return not chosen.undecided or bool(tile["signals"])


def folded(signals: Iterable[Signal]) -> list[dict[str, Any]]:
    """The signals of a tile: one a kind, those under way and the severe ones first, with how many there are."""
    kinds: dict[str, list[Signal]] = {}
    for signal in signals:
        kinds.setdefault(signal.kind, []).append(signal)
    told = [
        {
            "kind": kind,
            "severity": max(each.severity for each in group),
            "now": any(each.ended is None for each in group),
            "count": len(group),
        }
        for kind, group in kinds.items()
    ]
    return sorted(told, key=lambda each: (not each["now"], -int(each["severity"]), each["kind"]))


def difference(before: Mapping[int, Mapping[str, Any]], after: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """What changed between two snapshots: `tiles` (whole where new, else `id` and what differs) and `gone` (ids)."""
    tiles: list[dict[str, Any]] = []
    for each, tile in after.items():
        known = before.get(each)
        if known is None:
            tiles.append(dict(tile))
        elif known != tile:
            tiles.append({"id": each, **{name: value for name, value in tile.items() if known.get(name) != value}})
    return {"tiles": tiles, "gone": [each for each in before if each not in after]}


def rooms_of(tiles: Collection[Mapping[str, Any]]) -> list[int]:
    """The rooms that a wall can be narrowed to."""
    return sorted({tile["room"] for tile in tiles})
