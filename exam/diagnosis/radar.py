"""A radar picture as coordinates: pure geometry, drawn by a template. The centre is 0 %, the rim 100 %."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

SIZE = 320
RADIUS = 120.0
RINGS = (25, 50, 75, 100)


@dataclass(frozen=True)
class Axis:
    """An axis: where it ends, and where its label stands."""

    x: float
    y: float
    label_x: float
    label_y: float


@dataclass(frozen=True)
class Radar:
    """A picture of `SIZE` by `SIZE`: axes, rings and one polygon for each series, as SVG `points`."""

    axes: tuple[Axis, ...]
    rings: tuple[str, ...]
    polygons: tuple[str, ...]
    size: int = SIZE


def radar(series: Sequence[Sequence[float]]) -> Radar:
    """The picture of series of percentages, all of the same length, at least three values.

    Raises ValueError for anything else.
    """
    counts = {len(values) for values in series}
    if len(counts) != 1 or (count := counts.pop()) < 3:
        raise ValueError("series of the same length are needed, of at least three values")
    axes = tuple(Axis(*_at(number, count, 100), *_at(number, count, 116)) for number in range(count))
    rings = tuple(_polygon([ring] * count) for ring in RINGS)
    return Radar(axes, rings, tuple(_polygon(values) for values in series))


def _polygon(values: Sequence[float]) -> str:
    corners = (_at(number, len(values), min(100.0, max(0.0, value))) for number, value in enumerate(values))
    return " ".join(f"{x},{y}" for x, y in corners)


def _at(number: int, count: int, percent: float) -> tuple[float, float]:
    """A point on an axis; the first axis points up, the others follow clockwise."""
    angle = 2 * math.pi * number / count
    reach = RADIUS * percent / 100
    return round(SIZE / 2 + reach * math.sin(angle), 1), round(SIZE / 2 - reach * math.cos(angle), 1)
