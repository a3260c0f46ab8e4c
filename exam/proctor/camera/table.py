"""DATA: how often and for how long something must be seen before it is put in front of a human.

One frame is never enough. Each rule needs both a number of frames and a stretch of time, so that it means the same at
3 and at 30 seconds between frames: with few frames the number decides, with many the time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from exam.proctor.detectors import DETECTORS
from exam.vision.thresholds import PIXELS, YUNET

NOTE = 0
"""The severity of what is only noted beside the pictures and never put in front of anybody as an incident."""


@dataclass(frozen=True)
class Rule:
    """`frames` hits among the last `of` frames on which it could be told, first and last hit at least `seconds` apart.

    `pairs`: a hit compares a frame with an earlier one, so that `frames` pictures are one comparison less. `severity`
    is the detector's (`exam.proctor.detectors`), `NOTE` for a note.
    """

    kind: str
    frames: int
    of: int
    seconds: float
    severity: int
    detector: str
    source: str
    pairs: bool = False


def _rule(kind: str, frames: int, of: int, seconds: float, detector: str, source: str, *, pairs: bool = False) -> Rule:
    severity = DETECTORS[kind].severity if kind in DETECTORS else NOTE
    return Rule(kind, frames, of, seconds, severity, detector, source, pairs)


_START = "start point measured on real pictures, at 3 seconds between frames"
_ROWS = (
    _rule("no-face", 3, 3, 5.0, YUNET, _START),
    _rule("several-faces", 2, 3, 2.0, YUNET, _START),
    _rule("away", 4, 6, 10.0, YUNET, _START),
    _rule("covered", 2, 2, 2.0, PIXELS, _START),
    _rule("frozen", 4, 4, 8.0, PIXELS, _START, pairs=True),
    _rule("loop", 3, 3, 5.0, PIXELS, _START),
    _rule("other-person", 3, 4, 8.0, YUNET, "settled: several probes; `docs/vision.md` has how often it errs"),
    _rule("camera-degraded", 8, 10, 30.0, PIXELS, "settled: half a minute in which hardly anything could be told"),
)
RULES: Mapping[str, Rule] = MappingProxyType({row.kind: row for row in _ROWS})

AWAY_YAW, AWAY_PITCH = 30.0, 20.0
"""Degrees from the check-in pose beyond which a head is turned away. Source: as `_START`."""
SURE_SECOND = 0.8
"""A second face counts here only with this score (0 to 1): a dog scored 0.76, of 22 labelled pictures of several people
20 have a second face above. Counting what is seen and holding it against somebody are two things."""
SURE_NOBODY = 0.5
"""Nobody is there only where nothing scored even this much. Measured: a hint between this and a face is no proof."""
GAP_INTERVALS, GAP_SECONDS = 3.0, 15.0
"""After a longer silence than both, counting begins anew: missing pictures are no sign of anything here."""
CLEAR = 2
"""Frames in a row that contradict before a stretch ends: one blink of a detector does not make two incidents of one."""
REMEMBERED = 40
"""Frames kept for comparing: a replayed loop of up to this many is found (two minutes at 3 seconds)."""
LEAST_LAG = 2
"""A loop repeats at least two different pictures; one repeated is frozen."""
