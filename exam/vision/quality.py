"""How good a frame is, from small grey pictures alone: covered, black, dark, overexposed, blurred.

Each is present, absent or can't tell. What the frame as a whole shows says whether anything can be seen at all; where
there is a face, light and sharpness are judged on the face: a window behind it or a plain wall say nothing about it.
"""

from dataclasses import dataclass, replace
from typing import Any

from exam.vision.fingerprint import HEIGHT, WIDTH
from exam.vision.observation import Finding, Quality
from exam.vision.pictures import BadPicture  # noqa: F401  (before cv2: it sets OpenCV's own limits)
from exam.vision.thresholds import at

import cv2  # isort: skip
import numpy as np

BURNT_FROM = 250
LEAST_REGION = 12
"""A face smaller than this (pixels of the small picture) is too small to judge light and sharpness on."""


@dataclass(frozen=True)
class Light:
    """A region: its 99th percentile of brightness `top`, the `range` from the 1st up to it (levels), `burnt` share."""

    top: float
    range: float
    burnt: float


def light(grey: Any) -> Light:
    """Measure a grey picture (height x width, 8 bits)."""
    counts = np.cumsum(cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel()) / grey.size
    top, bottom = (int(np.searchsorted(counts, share)) for share in (0.99, 0.01))
    return Light(top, top - bottom, float(1 - counts[BURNT_FROM - 1]))


def sharpness(grey: Any, measured: Light) -> float:
    """The 99th percentile of the Laplacian as a share of the range of brightness."""
    edges = cv2.convertScaleAbs(cv2.Laplacian(grey, cv2.CV_16S))
    counts = np.cumsum(cv2.calcHist([edges], [0], None, [256], [0, 256]).ravel()) / edges.size
    return int(np.searchsorted(counts, 0.99)) / max(10.0, measured.range)


def blocks(grey: Any) -> Any:
    """The 80 x 60 mean brightnesses of a frame."""
    return cv2.resize(grey, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


def structure(small: Any) -> float:
    """How much there is to see: the 98th percentile of the steps between neighbouring blocks, the stronger of across
    and down."""
    across = cv2.absdiff(small[:, 1:], small[:, :-1])
    down = cv2.absdiff(small[1:], small[:-1])
    return float(max(_top(across), _top(down)))


def _top(steps: Any) -> int:
    counts = np.cumsum(cv2.calcHist([steps], [0], None, [256], [0, 256]).ravel())
    return int(np.searchsorted(counts, 0.98 * steps.size, side="right"))


def judge(whole: Light, seen: float) -> Quality:
    """The findings of a frame, from the light of the whole and its structure. Blur is left open: see `judge_blur`."""
    covered = between(seen, at("structure-none"), at("structure-some"))
    if whole.burnt >= at("not-burnt") and covered is True:
        covered = None  # a white-out is the light's doing
    return Quality(
        covered=Finding(covered, round(seen, 1)),
        black=Finding(between(whole.top, at("black"), at("not-black")), whole.top),
        blurred=Finding(None, 0.0),
        dark=_dark(whole),
        overexposed=_burnt(whole),
    )


def judge_blur(quality: Quality, grey: Any, whole: Light) -> Quality:
    """The same with blur judged on the whole frame: whether anything at all is sharp. For frames without a face."""
    value = sharpness(grey, whole)
    found = between(value, at("nothing-sharp"), at("something-sharp"))
    return replace(quality, blurred=Finding(found, round(value, 3)))


def judge_face(quality: Quality, grey: Any) -> Quality:
    """The same where there is a face (its grey pixels): nothing covers the camera, light and sharpness are its own."""
    face = light(grey)
    value = sharpness(grey, face)
    return replace(
        quality,
        covered=Finding(False, quality.covered.value),
        black=Finding(False, quality.black.value),
        dark=_dark(face),
        overexposed=_burnt(face),
        blurred=Finding(between(value, at("blurred"), at("sharp")), round(value, 3)),
        region="face",
    )


def _dark(measured: Light) -> Finding:
    return Finding(between(measured.top, at("dark"), at("not-dark")), measured.top)


def _burnt(measured: Light) -> Finding:
    absent = between(1 - measured.burnt, 1 - at("burnt"), 1 - at("not-burnt"))
    return Finding(absent, round(measured.burnt, 3))


def between(value: float, present_below: float, absent_from: float) -> bool | None:
    """Present under the one limit, absent from the other on, can't tell between."""
    if value < present_below:
        return True
    return False if value >= absent_from else None


def can_say_none(whole: Light, quality: Quality) -> bool:
    """Whether a frame on which no face was found is good enough to say that nobody is there."""
    return (
        quality.covered.found is False
        and quality.blurred.found is not True
        and quality.overexposed.found is not True
        and whole.top >= at("blind")
    )
