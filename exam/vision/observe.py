"""A frame in, an observation out: quality, faces, where the head is turned, what comparing later needs.

Everything besides the detector works on small pictures, so that a frame costs little more than decoding it and looking
for faces. `docs/vision.md` has the figures.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import dist
from pathlib import Path
from statistics import median
from typing import Any

from exam.vision.detect import SIDE, Detect, Face, cascade, yunet
from exam.vision.frames import Pixels, decode_frame
from exam.vision.likeness import describe, unlikeness
from exam.vision.observation import Baseline, Faces, Finding, Observation, Point, Quality, baseline_from_json, from_json
from exam.vision.pose import AVERAGE, pose_of, room, upright
from exam.vision.quality import (
    LEAST_REGION,
    Light,
    blocks,
    can_say_none,
    judge,
    judge_blur,
    judge_face,
    light,
    structure,
)
from exam.vision.thresholds import BLIND, HAAR, YUNET, at

import cv2  # isort: skip  (after frames, which set OpenCV's own limits)

__all__ = ["Baseline", "Observation", "Observer", "baseline_from_json", "baseline_of", "from_json"]

LEAST_EYES = 12.0
"""Pixels of the small picture between the eyes, below which a face is too small to be described."""
FRONTAL_YAW, FRONTAL_PITCH = 20.0, 15.0
"""Degrees within which a face is compared with those of check-in."""
LEAST_CHECK_INS = 3


@dataclass(frozen=True)
class _Small:
    """A frame made small: colours, grey, and how many of its pixels a pixel of the frame is."""

    colours: Any
    grey: Any
    scale: float


class Observer:
    """Looks at frames. One thread at a time each: make one a thread. `detector` says who is looking."""

    def __init__(self, model: Path | None) -> None:
        """`model`: the YuNet file. None, or a file that can't be loaded: the cascade (degraded), or nobody."""
        cv2.setNumThreads(1)  # frames are shared out over threads: OpenCV's own would only get in their way
        found = yunet(model) if model is not None else None
        self.detector = YUNET
        if found is None:
            found = cascade()
            self.detector = HAAR if found is not None else BLIND
        self._detect: Detect | None = found

    def observe(self, data: bytes, baseline: Baseline | None = None) -> Observation:
        """Decode a frame and look at it. Raises `BadPicture` (`exam.vision.frames`) for what is no frame."""
        return self.look(decode_frame(data), baseline)

    def look(self, pixels: Pixels, baseline: Baseline | None = None) -> Observation:
        """Look at decoded pixels (height x width x 3, blue green red, 8 bits)."""
        small = _shrink(pixels)
        grid = blocks(small.grey)
        whole = light(small.grey)
        quality = judge(whole, structure(grid))
        seen = Observation(self.detector, "unknown", quality, fingerprint=grid.tobytes())
        if self._detect is None or (quality.black.found is True and quality.covered.found is True):
            return seen
        found = self._detect(_brighten(small.colours, whole))
        if self.detector == HAAR:
            return _roughly(seen, found, small)
        return _with_faces(seen, found, small, whole, baseline)


def _shrink(pixels: Pixels) -> _Small:
    height, width = pixels.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    colours = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if scale < 1 else pixels
    return _Small(colours, cv2.cvtColor(colours, cv2.COLOR_BGR2GRAY), scale)


def _brighten(colours: Any, whole: Light) -> Any:
    if whole.top >= at("gain-below"):
        return colours
    return cv2.convertScaleAbs(colours, alpha=min(at("gain-most"), at("gain-to") / max(1.0, whole.top)))


def _roughly(seen: Observation, found: Sequence[Face], small: _Small) -> Observation:
    """What the cascade saw: no face is never "none"."""
    if not found:
        return seen
    faces: Faces = "one" if len(found) == 1 else "several"
    return replace(seen, faces=faces, count=len(found), box=_box(_largest(found), small))


def _with_faces(
    seen: Observation, found: Sequence[Face], small: _Small, whole: Light, baseline: Baseline | None
) -> Observation:
    score = round(found[0].score or 0.0, 3) if found else 0.0
    sure = [face for face in found if (face.score or 0.0) >= at("face")]
    if not sure:
        quality = judge_blur(seen.quality, small.grey, whole)
        none = can_say_none(whole, quality)
        faces: Faces = "none" if none else "unknown"
        return replace(seen, faces=faces, count=0 if none else None, score=score, quality=quality)
    face = _largest(sure)
    second = round(sure[1].score or 0.0, 3) if len(sure) > 1 else None
    seen = replace(
        seen,
        faces="one" if len(sure) == 1 else "several",
        count=len(sure),
        score=score,
        second=second,
        box=_box(face, small),
        quality=_face_quality(seen.quality, face, small.grey),
    )
    return _with_head(seen, face, small, baseline)


def _with_head(seen: Observation, face: Face, small: _Small, baseline: Baseline | None) -> Observation:
    if face.points is None:
        return seen
    height, width = small.grey.shape[:2]
    points = tuple((round(x / width, 4), round(y / width, 4)) for x, y in face.points)
    apart = dist(points[0], points[1]) * width
    seen = replace(
        seen,
        points=points,
        likeness=describe(small.grey, face.points) if apart >= LEAST_EYES else None,
        whole=room(points, height / width) >= at("whole"),
    )
    return seen if baseline is None else _compared(seen, points, baseline)


def _compared(seen: Observation, points: Sequence[Point], baseline: Baseline) -> Observation:
    """With what is held against check-in: angles where both faces were inside the frame, likeness where it is frontal
    (to an average head, where check-in gives no better)."""
    pose = pose_of(points, baseline.shape or AVERAGE)
    if pose is None:
        return seen
    if seen.whole and baseline.shape:
        seen = replace(seen, yaw=round(pose.yaw, 1), pitch=round(pose.pitch, 1))
    frontal = abs(pose.yaw) <= FRONTAL_YAW and (abs(pose.pitch) <= FRONTAL_PITCH or not baseline.shape)
    if seen.likeness is None or not seen.whole or not frontal:
        return seen
    unlike = unlikeness(seen.likeness, baseline.likenesses)
    return replace(seen, unlike=None if unlike is None else round(unlike, 3))


def _largest(faces: Sequence[Face]) -> Face:
    return max(faces, key=lambda face: face.box[2] * face.box[3])


def _box(face: Face, small: _Small) -> tuple[float, float, float, float]:
    height, width = small.grey.shape[:2]
    x, y, w, h = face.box
    left, top = max(0.0, x), max(0.0, y)
    right, bottom = min(float(width), x + w), min(float(height), y + h)
    return (
        round(left / width, 4),
        round(top / height, 4),
        round(max(0.0, right - left) / width, 4),
        round(max(0.0, bottom - top) / height, 4),
    )


def _face_quality(quality: Quality, face: Face, grey: Any) -> Quality:
    x, y, w, h = (int(side) for side in face.box)
    part = grey[max(0, y) : y + h, max(0, x) : x + w]
    if min(part.shape) < LEAST_REGION:
        return replace(quality, covered=Finding(False, quality.covered.value))
    return judge_face(quality, part)


def baseline_of(observations: Sequence[Observation]) -> Baseline | None:
    """The baseline of check-in: from at least three observations with one face each (others are left out); the middle
    value of each coordinate, so that one turned head does no harm. None where there are too few."""
    good = [seen for seen in observations if seen.faces == "one" and seen.points and seen.likeness]
    if len(good) < LEAST_CHECK_INS:
        return None
    shapes = [one for seen in good if seen.whole and (one := upright(seen.points or ())) is not None]
    shape: tuple[Point, ...] = ()
    if len(shapes) >= LEAST_CHECK_INS:
        shape = tuple((_middle(one[i][0] for one in shapes), _middle(one[i][1] for one in shapes)) for i in range(5))
    brightness = float(median(seen.quality.dark.value for seen in good))
    return Baseline(good[0].detector, shape, tuple(seen.likeness for seen in good if seen.likeness), brightness)


def _middle(values: Iterable[float]) -> float:
    return round(median(values), 4)
