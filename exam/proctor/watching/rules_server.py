"""What only the server can notice: a page that is not heard, frames that don't come, numbers that are missing.

Pure functions; instants are microseconds. None of it is anybody's offence: a line is lost, a cable is pulled.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from exam.sessions.instants import SECOND


@dataclass(frozen=True)
class Limit:
    """A number, its unit and where it comes from."""

    value: float
    unit: str
    source: str


LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        "line-lost": Limit(
            75, "seconds unheard", "settled: heartbeats come every 10, of a page long hidden once a minute"
        ),
        "camera-lost": Limit(
            45, "seconds without a frame while the page is heard", "settled: time to plug it in again"
        ),
        "camera-intervals": Limit(6, "intervals, where that is longer", "settled: a narrow line slows the page down"),
        "silence": Limit(25, "seconds unheard", "settled: two heartbeats; frames of such a time count as held up"),
        "missing": Limit(5, "numbers in a row", "settled: one or two are lost on any reload"),
        "missing-after": Limit(600, "seconds", "settled: what a dropped line held up has come in by then"),
        "held-up": Limit(60, "seconds", "settled: frames turned away again within them are told once"),
        "standstill": Limit(15, "seconds", "settled: longer than any turn of ours: then it was the server that slept"),
    }
)


def after(name: str) -> int:
    """A row's value as microseconds, for those that are seconds."""
    return round(LIMITS[name].value * SECOND)


def line_is_lost(heard: int, now: int) -> bool:
    """Whether a page last heard at `heard` counts as gone."""
    return now - heard >= after("line-lost")


def camera_is_lost(frame: int, interval: float, heard: int) -> bool:
    """Whether frames stopped coming (the last at `frame`, one expected every `interval` seconds) while the page was
    still heard, at `heard`. Time in which it was not heard counts for nothing."""
    longest = max(after("camera-lost"), round(LIMITS["camera-intervals"].value * interval * SECOND))
    return heard - frame >= longest


def missing(numbers: Container[int], beyond: int, upto: int) -> list[tuple[int, int]]:
    """The rows of missing numbers after `beyond` up to `upto`, first and last, that are long enough to be told."""
    found: list[tuple[int, int]] = []
    first: int | None = None
    for number in range(beyond + 1, upto + 2):
        there = number > upto or number in numbers
        if not there and first is None:
            first = number
        elif there and first is not None:
            if number - first >= LIMITS["missing"].value:
                found.append((first, number - 1))
            first = None
    return found
