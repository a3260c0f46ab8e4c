"""What a verification says of a person: how each knowledge point was done, where they stand, what to train, what has
changed.

Pure. The bounds of the levels and the smallest cohort are this platform's own: S4 §1 asks for a precise diagnosis and
targeted training and gives no figures.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from exam.diagnosis.robust import Robust, algorithm_a, z_score

Level = Literal["weak", "partial", "firm"]
Signal = Literal["ordinary", "warning", "action"]

PARTIAL_FROM = Decimal(60)
FIRM_FROM = Decimal(80)
"""Percent of a knowledge point's marks from which it is partly, and from which it is firmly mastered (settled)."""

SMALLEST_COHORT = 12
"""Below it a cohort's figures say little of anybody, and would show too much of single people (settled)."""

WARNING_Z = -2.0
ACTION_Z = -3.0
"""ISO 13528 §9.4: beyond 2 a warning signal, beyond 3 an action signal; of a person only the low side is one."""

MOST_AXES = 10
FEWEST_AXES = 3


@dataclass(frozen=True)
class Point:
    """What somebody got in a knowledge point, and which chapter it belongs to (0: none)."""

    code: str
    name: str
    chapter: int
    marks: Decimal
    out_of: Decimal

    @property
    def percent(self) -> Decimal:
        """The share of the marks, in whole percent."""
        return (self.marks * 100 / self.out_of).quantize(Decimal(1)) if self.out_of else Decimal(0)

    @property
    def level(self) -> Level:
        """How well it is mastered."""
        return level_of(self.marks, self.out_of)


def level_of(marks: Decimal, out_of: Decimal) -> Level:
    """Weak below 60 %, firm from 80 % of the marks on; by the exact share, not the rounded one."""
    if marks * 100 >= FIRM_FROM * out_of:
        return "firm"
    return "partial" if marks * 100 >= PARTIAL_FROM * out_of else "weak"


@dataclass(frozen=True)
class Placement:
    """Where a result lies in its cohort, in percent of the marks.

    `cohort` and `z` are None for a small cohort; `z` also where everybody has the same.
    """

    n: int
    percent: float
    cohort: Robust | None
    z: float | None

    @property
    def signal(self) -> Signal | None:
        """What the z score says; None without one."""
        return None if self.z is None else signal_of(self.z)


def signal_of(z: float) -> Signal:
    """A warning at 2 below the mean or further, an action signal at 3 (ISO 13528 §9.4)."""
    if z <= ACTION_Z:
        return "action"
    return "warning" if z <= WARNING_Z else "ordinary"


def place(percent: float, cohort: Sequence[float]) -> Placement:
    """Compare a result with its cohort, which it is one of."""
    if len(cohort) < SMALLEST_COHORT:
        return Placement(len(cohort), percent, None, None)
    found = algorithm_a(cohort)
    return Placement(len(cohort), percent, found, z_score(percent, found))


@dataclass(frozen=True)
class Training:
    """A chapter to study again: its points that are not firm, worst first, and the marks that were lost in them."""

    chapter: int
    points: tuple[Point, ...]

    @property
    def lost(self) -> Decimal:
        """The marks that were lost in these points."""
        return sum((point.out_of - point.marks for point in self.points), Decimal(0))


def training(points: Iterable[Point]) -> list[Training]:
    """What to learn again, by chapter: the chapter in which most marks were lost first."""
    by_chapter: dict[int, list[Point]] = {}
    for point in points:
        if point.out_of and point.level != "firm":
            by_chapter.setdefault(point.chapter, []).append(point)
    found = [
        Training(chapter, tuple(sorted(weak, key=lambda point: (point.marks / point.out_of, point.code))))
        for chapter, weak in by_chapter.items()
    ]
    return sorted(found, key=lambda each: (-each.lost, each.chapter))


@dataclass(frozen=True)
class Change:
    """A knowledge point in two verifications, in percent; `before` None where it was not asked about then."""

    code: str
    name: str
    before: Decimal | None
    now: Decimal

    @property
    def gain(self) -> Decimal | None:
        """Percentage points won (or lost) since."""
        return None if self.before is None else self.now - self.before


def changes(before: Iterable[Point], now: Iterable[Point]) -> list[Change]:
    """Each point of a verification beside what it was in the one before."""
    was: Mapping[str, Decimal] = {point.code: point.percent for point in before if point.out_of}
    return [Change(point.code, point.name, was.get(point.code), point.percent) for point in now if point.out_of]
