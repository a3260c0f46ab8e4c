"""DATA: what can be noticed in a watched sitting, how much it weighs, and what an accommodation mutes.

Nothing here accuses anybody: a detector puts a stretch in front of a human, who decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

CAMERA_LEVELS = frozenset({"camera", "live"})
ALL_LEVELS = frozenset({"focus", "camera", "live"})


@dataclass(frozen=True)
class Detector:
    """`key` keys its words (`incident.<key>`); `origin` is what notices it; `severity` 1 is a hint, 3 comes first.

    `levels`: at which levels of a policy it can be switched on."""

    key: str
    origin: str
    severity: int
    levels: frozenset[str]


_ROWS = (
    Detector("no-face", "camera", 2, CAMERA_LEVELS),
    Detector("several-faces", "camera", 3, CAMERA_LEVELS),
    Detector("away", "camera", 1, CAMERA_LEVELS),
    Detector("covered", "camera", 3, CAMERA_LEVELS),
    Detector("frozen", "camera", 3, CAMERA_LEVELS),
    Detector("loop", "camera", 3, CAMERA_LEVELS),
    Detector("other-person", "camera", 1, CAMERA_LEVELS),  # weak: a hint to look, never an identity
    Detector("camera-lost", "server", 2, CAMERA_LEVELS),
    Detector("frames-missing", "server", 1, CAMERA_LEVELS),
    Detector("hidden", "page", 2, ALL_LEVELS),
    Detector("unfocused", "page", 1, ALL_LEVELS),
    Detector("full-screen", "page", 1, ALL_LEVELS),
    Detector("clipboard", "page", 1, ALL_LEVELS),
    Detector("context-menu", "page", 1, ALL_LEVELS),
    Detector("print", "page", 2, ALL_LEVELS),
    Detector("second-screen", "page", 1, ALL_LEVELS),
    Detector("second-page", "page", 1, ALL_LEVELS),
    Detector("line-lost", "server", 1, ALL_LEVELS),
)
DETECTORS: Mapping[str, Detector] = MappingProxyType({row.key: row for row in _ROWS})

_CAMERA = frozenset(row.key for row in _ROWS if row.levels == CAMERA_LEVELS)
MUTES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "breaks": frozenset({"no-face", "away", "covered", "hidden", "unfocused", "full-screen", "camera-lost"}),
        "head-movement": frozenset({"away"}),
        "reading-aid": frozenset({"away", "unfocused", "full-screen", "second-screen", "clipboard", "context-menu"}),
        "camera-off": _CAMERA,
    }
)
"""Accommodation → the detectors that it mutes."""


def active(level: str, chosen: frozenset[str], granted: frozenset[str]) -> frozenset[str]:
    """The detectors that count in a sitting: those chosen that the level knows, less what accommodations mute."""
    known = {key for key in chosen if key in DETECTORS and level in DETECTORS[key].levels}
    return frozenset(known.difference(*(MUTES[each] for each in granted if each in MUTES)))
