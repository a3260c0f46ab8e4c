"""What one frame says to each rule: yes, no, or can't tell. Pure functions of an observation.

Everything doubtful is "can't tell": it neither counts nor contradicts. Bad light, blur or a rough detector can only
take accusations away; a face that was seen in spite of them still speaks for the candidate.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from exam.proctor.camera.table import AWAY_PITCH, AWAY_YAW, SURE_NOBODY, SURE_SECOND
from exam.vision.observation import Observation
from exam.vision.thresholds import YUNET, at

Scores = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Vote:
    """`hit`: yes, no, can't tell; `scores` are the numbers behind it, `lag` how many frames back a loop's twin lies."""

    hit: bool | None
    scores: Scores = ()
    lag: int | None = None


CANT_TELL = Vote(None)


def reliable(seen: Observation) -> bool:
    """Whether the faces counted on a frame may be held against anybody: the model looked, in usable light."""
    quality = seen.quality
    bad = (quality.dark, quality.overexposed, quality.blurred, quality.covered)
    return seen.detector == YUNET and all(finding.found is not True for finding in bad)


def no_face(seen: Observation) -> Vote:
    """Nobody is there: nothing scored even a hint of a face."""
    if seen.detector != YUNET or seen.faces == "unknown":
        return CANT_TELL
    if seen.faces != "none":
        return Vote(False)
    best = seen.score or 0.0
    if not reliable(seen) or best >= SURE_NOBODY or seen.quality.overexposed.found is not False:
        return CANT_TELL
    return Vote(True, (("score", best),))


def several_faces(seen: Observation) -> Vote:
    """More than one face, the second one sure."""
    if seen.detector != YUNET or seen.faces == "unknown":
        return CANT_TELL
    if seen.faces != "several":
        return Vote(False)
    if not reliable(seen) or (seen.second or 0.0) < SURE_SECOND:
        return CANT_TELL
    return Vote(True, (("count", float(seen.count or 0)), ("score", seen.second or 0.0)))


def away(seen: Observation) -> Vote:
    """The one head is turned beyond the limits from how it was at check-in."""
    if seen.detector != YUNET or seen.faces != "one" or seen.yaw is None or seen.pitch is None:
        return CANT_TELL
    if abs(seen.yaw) <= AWAY_YAW and abs(seen.pitch) <= AWAY_PITCH:
        return Vote(False)
    return Vote(True, (("yaw", seen.yaw), ("pitch", seen.pitch))) if reliable(seen) else CANT_TELL


def covered(seen: Observation) -> Vote:
    """Nothing can be seen: something lies over the lens, or there is no light at all."""
    return Vote(seen.quality.covered.found, (("structure", seen.quality.covered.value),))


def other_person(seen: Observation) -> Vote:
    """The face resembles none of those of check-in. A weak hint: haircut, mask and light look the same to it."""
    if seen.faces != "one" or seen.unlike is None:
        return CANT_TELL
    if seen.unlike < at("alike"):
        return Vote(False)
    if not reliable(seen) or seen.unlike < at("unlike"):
        return CANT_TELL
    return Vote(True, (("unlike", seen.unlike),))


def degraded(seen: Observation) -> Vote:
    """Hardly anything can be told from this frame: no model, or no usable light."""
    if seen.quality.covered.found is True:
        return CANT_TELL
    return Vote(seen.faces == "unknown" or not reliable(seen))


VOTES: Mapping[str, Callable[[Observation], Vote]] = MappingProxyType(
    {
        "no-face": no_face,
        "several-faces": several_faces,
        "away": away,
        "covered": covered,
        "other-person": other_person,
        "camera-degraded": degraded,
    }
)
"""Rules that need one frame each; frozen and loop compare frames (`exam.proctor.camera.twins`)."""
