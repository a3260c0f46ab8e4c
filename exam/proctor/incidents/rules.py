"""What becomes of something noticed: an incident, a count of what was muted, a note, or nothing. Pure functions.

Everything that notices (the camera's rules, the page's, the server's own) speaks of stretches in the same words. Links
of a sitting's log that come of it: `incident.opened`, `incident.closed`, `incident.muted`, `incident.note`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from exam.proctor.detectors import DETECTORS
from exam.proctor.terms import Terms
from exam.sessions.instants import SECOND

What = Literal["opened", "extended", "closed"]
Way = Literal["incident", "muted", "note", "none"]
MERGE_SECONDS: Mapping[str, int] = MappingProxyType({"camera": 30, "page": 60, "server": 60})
"""By origin: a stretch that begins within so many seconds of the last one's end goes on with it. Settled: shorter than
what a proctor would call another time, long enough that a wall is not flooded by something that flickers."""
OPENED, CLOSED, MUTED, NOTED = "incident.opened", "incident.closed", "incident.muted", "incident.note"
NOTED_BY_HAND = "incident.noted"
"""The link of an incident that no stretch of the software's is behind, but a human who noted it."""
BY_SOFTWARE = frozenset(MERGE_SECONDS)
"""The origins of what software noticed."""
NOTES = frozenset({"camera-degraded"})
"""What is only noted: it says that the software could not look, never that somebody did anything."""


@dataclass(frozen=True)
class Noticed:
    """A stretch that was opened, extended or closed: instants in microseconds, `first` and `last` numbers of frames.

    `reason` holds the numbers that its words need, `scores` what was measured (lowest and highest), `detector` whose.
    """

    what: What
    kind: str
    origin: str
    began: int
    ended: int
    first: int | None = None
    last: int | None = None
    reason: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Any] = field(default_factory=dict)
    detector: str = ""


def way(terms: Terms, kind: str) -> Way:
    """What becomes of a kind under a sitting's terms.

    Muted ones are counted for the proctor and never an incident; what the policy did not choose is nothing at all.
    """
    if kind in NOTES:
        return "note"
    if kind in terms.detectors:
        return "incident"
    return "muted" if kind in terms.muted else "none"


def severity(kind: str) -> int:
    """1 is a hint, 3 is looked at first."""
    return DETECTORS[kind].severity if kind in DETECTORS else 1


def goes_on(origin: str, began: int, *, last_ended: int | None) -> bool:
    """Whether a stretch from `began` belongs to the last one of its kind, which ended at `last_ended` (None: open)."""
    return last_ended is None or began - last_ended <= MERGE_SECONDS.get(origin, 0) * SECOND


def kind_of_link(terms: Terms, noticed: Noticed) -> str | None:
    """The link that a change leaves in the log; None for none: what goes on is told by the frames themselves."""
    found = way(terms, noticed.kind)
    if noticed.what == "extended" or found == "none":
        return None
    if found == "incident":
        return OPENED if noticed.what == "opened" else CLOSED
    if noticed.what == "closed":
        return None
    return MUTED if found == "muted" else NOTED


def body_of_link(noticed: Noticed) -> dict[str, Any]:
    """What the link says."""
    said: dict[str, Any] = {"kind": noticed.kind, "origin": noticed.origin, "began": noticed.began // 1000}
    if noticed.what == "closed":
        said["ended"] = noticed.ended // 1000
    if noticed.first is not None:
        said["frames"] = [noticed.first, noticed.last]
    if noticed.detector:
        said["detector"] = noticed.detector
    return {**said, "reason": dict(noticed.reason), "scores": {k: list(v) for k, v in noticed.scores.items()}}
