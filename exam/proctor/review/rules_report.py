"""Measured honesty: how often software flags, how often people overturn it, how much it misses. Pure functions.

A share is shown with its counts and the 95 % interval of Wilson (E. B. Wilson, "Probable inference, the law of
succession, and statistical inference", Journal of the American Statistical Association 22, 1927), which keeps its
promise for few cases and for shares near 0 and 1.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

Z = 1.959964
"""The normal quantile of a 95 % interval, two-sided."""
SOFTWARE = ("camera", "page", "server")
NONE = "–"
T = TypeVar("T")


@dataclass(frozen=True)
class Share:
    """`part` of `whole`, and the interval in which the true share lies with 95 %; None of nothing."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """The share itself."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Lowest and highest."""
        return wilson(self.part, self.whole)


def wilson(part: int, whole: int) -> tuple[float, float] | None:
    """The 95 % score interval of a share, within [0, 1]; None of nothing."""
    if whole <= 0:
        return None
    share, square = part / whole, Z * Z
    middle = (share + square / (2 * whole)) / (1 + square / whole)
    half = Z / (1 + square / whole) * math.sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    low = 0.0 if part == 0 else max(0.0, middle - half)
    high = 1.0 if part == whole else min(1.0, middle + half)
    return low, high


@dataclass(frozen=True)
class Watched:
    """A sitting that was watched and is over: its detectors' versions, how its pictures were, what was granted."""

    sitting_id: int
    detectors: tuple[str, ...]
    light: str
    accommodations: tuple[str, ...]


@dataclass(frozen=True)
class Stretch:
    """One stretch of a watched sitting: what noticed it (`blind`: nothing), and what people decided."""

    sitting_id: int
    kind: str
    origin: str
    state: str
    detector: str
    light: str


@dataclass(frozen=True)
class Line:
    """One line of the report: flagged among watched sittings, dismissed among decided flags, confirmed among decided
    blind stretches, and how many of both still wait."""

    group: str
    flagged: Share
    overturned: Share
    missed: Share
    waiting: int


GROUPS: tuple[str, ...] = ("all", "detector", "light", "accommodation", "kind")


def report(watched: Sequence[Watched], stretches: Sequence[Stretch]) -> dict[str, list[Line]]:
    """The report: for all, and by detector version, light, accommodation and kind of signal.

    A sitting with two accommodations stands in both lines; one without stands under "–". For a kind the flag rate is
    that of sittings with this kind, and nothing is missed of a kind, as a blind stretch has none.
    """
    by_sitting = {each.sitting_id: each for each in watched}
    known = [each for each in stretches if each.sitting_id in by_sitting and each.origin in (*SOFTWARE, "blind")]
    return {
        "all": [_line("all", watched, known)],
        "detector": _lines(
            _groups((group, each) for each in watched for group in each.detectors or (NONE,)),
            _groups((each.detector or NONE, each) for each in known),
        ),
        "light": _lines(_groups((each.light, each) for each in watched), _groups((each.light, each) for each in known)),
        "accommodation": _lines(
            _groups((group, each) for each in watched for group in each.accommodations or (NONE,)),
            _groups((group, each) for each in known for group in by_sitting[each.sitting_id].accommodations or (NONE,)),
        ),
        "kind": [
            _line(kind, watched, own)
            for kind, own in sorted(_groups((e.kind, e) for e in known).items())
            if kind != "blind"
        ],
    }


def _groups(pairs: Iterable[tuple[str, T]]) -> Mapping[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for group, each in pairs:
        found[group].append(each)
    return MappingProxyType(found)


def _lines(watched: Mapping[str, list[Watched]], stretches: Mapping[str, list[Stretch]]) -> list[Line]:
    return [
        _line(group, watched.get(group, []), stretches.get(group, []))
        for group in sorted(watched.keys() | stretches.keys())
    ]


def _line(group: str, watched: Sequence[Watched], stretches: Sequence[Stretch]) -> Line:
    own = {each.sitting_id for each in watched}
    flags = [each for each in stretches if each.origin in SOFTWARE]
    blind = [each for each in stretches if each.origin == "blind"]
    return Line(
        group,
        flagged=Share(len({each.sitting_id for each in flags} & own), len(own)),
        overturned=_decided(flags, "dismissed"),
        missed=_decided(blind, "confirmed"),
        waiting=sum(each.state not in ("confirmed", "dismissed") for each in (*flags, *blind)),
    )


def _decided(stretches: Sequence[Stretch], counted: str) -> Share:
    decided = [each for each in stretches if each.state in ("confirmed", "dismissed")]
    return Share(sum(each.state == counted for each in decided), len(decided))
