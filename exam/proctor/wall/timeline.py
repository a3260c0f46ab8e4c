"""The picture of a sitting: what happened in its lanes, from its start to its end, laid out for an SVG. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from exam.core.clock import SHANGHAI
from exam.core.i18n import N_
from exam.sessions.instants import instant

SECOND = 1_000_000
WIDTH = 1000
LANE_HEIGHT = 28
LEAST_WIDTH = 3.0
"""Units of `WIDTH`: what took no time is still seen, and can be pointed at."""
LANES: Mapping[str, str] = MappingProxyType(
    {
        "incidents": N_("待看记录"),
        "focus": N_("离开答卷"),
        "line": N_("断网"),
        "frames": N_("画面"),
        "server": N_("服务器繁忙，有画面未收下"),
        "answers": N_("保存答案"),
        "messages": N_("消息"),
        "pauses": N_("暂停"),
    }
)
"""DATA: the lanes from top to bottom."""
STEPS = (10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
"""Seconds between two marks of the axis; the smallest is taken that makes no more than `MOST_TICKS`."""
MOST_TICKS = 8
GAP_INTERVALS = 3
"""Frames further apart than this are two stretches with a gap between."""

PAIRS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "page.hidden": ("focus", "page.visible"),
        "page.blur": ("focus", "page.focus"),
        "page.full-screen-left": ("focus", "page.full-screen"),
        "page.offline": ("line", "page.online"),
        "line.lost": ("line", "line.back"),
        "paused": ("pauses", "resumed"),
    }
)
"""DATA: kinds of links that begin something → its lane, and the kind that ends it."""
POINTS: Mapping[str, str] = MappingProxyType(
    {"answer": "answers", "message": "messages", "comment": "messages", "frames.held-up": "server"}
)
"""DATA: kinds of links that take no time → their lane."""


@dataclass(frozen=True)
class Item:
    """Something that happened, from `began` to `ended` (microseconds; None: still going on). `weight` is a severity."""

    lane: str
    kind: str
    began: int
    ended: int | None
    weight: int = 0
    number: int | None = None
    """The frame to look at, or the incident."""


@dataclass(frozen=True)
class Box:
    """A rectangle of the picture."""

    x: float
    width: float
    item: Item


@dataclass(frozen=True)
class Lane:
    """One lane of the picture, `y` from its top."""

    key: str
    y: int
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class Picture:
    """The lanes that have something in them, and the marks of the axis: (x, 14:05)."""

    width: int
    height: int
    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, str], ...]


def pair(links: Iterable[tuple[str, int]]) -> list[Item]:
    """Links (kind, instant), oldest first, as items: what begins is joined to what ends it.

    What begins twice without an end went on; what ends without a beginning says nothing.
    """
    found: list[Item] = []
    open_since: dict[str, int] = {}
    ends: dict[str, list[str]] = {}
    for begins, (_, ending) in PAIRS.items():
        ends.setdefault(ending, []).append(begins)
    for kind, at in links:
        if kind in PAIRS:
            open_since.setdefault(kind, at)
        elif kind in POINTS:
            found.append(Item(POINTS[kind], kind, at, at))
        for begins in ends.get(kind, ()):
            if begins in open_since:
                found.append(Item(PAIRS[begins][0], begins, open_since.pop(begins), at))
    found += [Item(PAIRS[kind][0], kind, at, None) for kind, at in open_since.items()]
    return sorted(found, key=lambda item: (item.began, item.kind))


def runs(frames: Sequence[tuple[int, int]], interval_seconds: int) -> list[Item]:
    """Frames (number, instant), oldest first, as stretches without a gap."""
    found: list[Item] = []
    longest = GAP_INTERVALS * interval_seconds * SECOND
    for number, at in frames:
        last = found[-1] if found else None
        if last is not None and last.ended is not None and at - last.ended <= longest:
            found[-1] = Item("frames", "frames", last.began, max(at, last.ended), 0, last.number)
        else:
            found.append(Item("frames", "frames", at, at, 0, number))
    return found


def draw(items: Iterable[Item], begins: int, ends: int) -> Picture:
    """Lay the items out between two instants; what lies outside is cut. Boxes that would cover each other are one."""
    span = max(ends - begins, SECOND)
    lanes: list[Lane] = []
    given = list(items)
    for key in LANES:
        boxes: list[Box] = []
        for item in sorted((each for each in given if each.lane == key), key=lambda each: each.began):
            box = _box(item, begins, ends, span)
            if box is not None and not (boxes and item.weight == 0 and _covers(boxes[-1], box)):
                boxes.append(box)
        if boxes:
            lanes.append(Lane(key, len(lanes) * LANE_HEIGHT, tuple(boxes)))
    return Picture(WIDTH, max(1, len(lanes)) * LANE_HEIGHT, tuple(lanes), tuple(_ticks(begins, ends, span)))


def _box(item: Item, begins: int, ends: int, span: int) -> Box | None:
    first, last = max(item.began, begins), min(ends if item.ended is None else item.ended, ends)
    if last < begins or first > ends:
        return None
    x = (first - begins) * WIDTH / span
    width = max(LEAST_WIDTH, (last - first) * WIDTH / span)
    return Box(round(min(x, WIDTH - width), 1), round(width, 1), item)


def _covers(before: Box, box: Box) -> bool:
    return box.x + box.width <= before.x + before.width or (box.x - before.x < 1 and box.width <= LEAST_WIDTH)


def _ticks(begins: int, ends: int, span: int) -> Iterable[tuple[float, str]]:
    step = next((each for each in STEPS if span / SECOND / each <= MOST_TICKS), STEPS[-1])
    day = datetime(1970, 1, 1, tzinfo=SHANGHAI).utcoffset()
    offset = 0 if day is None else int(day.total_seconds()) * SECOND
    at = -(-(begins + offset) // (step * SECOND)) * step * SECOND - offset
    while at <= ends:
        form = "%H:%M" if step >= 60 else "%H:%M:%S"
        yield round((at - begins) * WIDTH / span, 1), instant(at).astimezone(SHANGHAI).strftime(form)
        at += step * SECOND


@dataclass(frozen=True)
class Sum:
    """A lane in numbers: how many, how long in all (seconds), the first and the last instant (microseconds)."""

    lane: str
    count: int
    seconds: int
    first: int
    last: int


def sums(items: Iterable[Item], now: int) -> list[Sum]:
    """The numbers of the picture, a row a lane."""
    lanes: dict[str, list[Item]] = {}
    for item in items:
        lanes.setdefault(item.lane, []).append(item)
    return [
        Sum(
            key,
            len(lanes[key]),
            sum((now if each.ended is None else each.ended) - each.began for each in lanes[key]) // SECOND,
            min(each.began for each in lanes[key]),
            max(now if each.ended is None else each.ended for each in lanes[key]),
        )
        for key in LANES
        if key in lanes
    ]
