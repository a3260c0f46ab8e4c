"""Frozen and replayed pictures: frames held against the ones before them. Pure functions.

A living person's picture changes from frame to frame by more than compression does. It must be lit and sharp for that
to show, and somebody must be in it: a dark or an empty room may well stand still.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from exam.proctor.camera.table import LEAST_LAG
from exam.proctor.camera.votes import CANT_TELL, Vote
from exam.vision.fingerprint import difference, same_picture
from exam.vision.observation import Observation
from exam.vision.thresholds import YUNET


@dataclass(frozen=True)
class Kept:
    """What is kept of a frame for comparing: its number, its time (microseconds), its blocks."""

    number: int
    at: int
    fingerprint: bytes


def comparable(seen: Observation) -> bool:
    """Whether movement would show on a frame: a face, found by the model, and light and sharpness beyond doubt."""
    quality = seen.quality
    return (
        seen.detector == YUNET
        and seen.faces in ("one", "several")
        and seen.fingerprint is not None
        and quality.dark.found is False
        and quality.overexposed.found is False
        and quality.blurred.found is not True
    )


def frozen(mine: bytes, before: Sequence[Kept]) -> Vote:
    """The same picture as the frame before it."""
    if not before:
        return CANT_TELL
    apart = difference(mine, before[-1].fingerprint)
    return Vote(same_picture(mine, before[-1].fingerprint), (("difference", float(apart)),))


def loop(number: int, mine: bytes, before: Sequence[Kept], running: int | None) -> Vote:
    """The same picture as an earlier frame, though not as the one just before it.

    `running`: the distance (in frame numbers) at which the frame before had its twin; it is kept where it fits, else
    the shortest is taken.
    """
    if not before:
        return CANT_TELL
    if same_picture(mine, before[-1].fingerprint):
        return CANT_TELL  # a standing picture repeats nothing
    lags = sorted(
        number - kept.number
        for kept in before[:-1]
        if number - kept.number >= LEAST_LAG and same_picture(mine, kept.fingerprint)
    )
    if not lags:
        return Vote(False)
    lag = running if running in lags else lags[0]
    return Vote(True, (("lag", float(lag)),), lag)
