"""A weak hint whether the face is still the one of check-in. It is no identity and is never called so.

The face is laid upright by its five points, and the directions of its edges are counted in 16 fields. Within one
sitting, with one camera, that is steady; against another day's picture of the same person it is not.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from exam.vision.observation import Point
from exam.vision.pictures import BadPicture  # noqa: F401  (before cv2: it sets OpenCV's own limits)

import cv2  # isort: skip
import numpy as np

__all__ = ["describe", "unlikeness"]

SIDE = 64
PLACES = ((0.364, 0.356), (0.636, 0.356), (0.5, 0.516), (0.388, 0.66), (0.612, 0.66))
"""Where eyes, nose and corners of the mouth come to lie, as shares of the square: hair and chin are inside."""
_HISTOGRAMS = cv2.HOGDescriptor((SIDE, SIDE), (16, 16), (16, 16), (8, 8), 9)
SIZE = 576
STRETCH = 400
"""Histogram values are at most about 0.4: stretched to bytes."""


def describe(grey: Any, points: Sequence[Point]) -> bytes | None:
    """The descriptor (576 bytes) of the face whose five points (in pixels) lie in a grey picture; None where they give
    no picture."""
    goal = np.asarray(PLACES, np.float32) * SIDE
    turn = _similarity(np.asarray(points, float), goal)
    if turn is None:
        return None
    face = cv2.warpAffine(grey, turn, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    values = np.asarray(_HISTOGRAMS.compute(face)).ravel()
    return bytes(np.clip(np.rint(values * STRETCH), 0, 255).astype(np.uint8).tobytes())


def unlikeness(likeness: bytes, known: Iterable[bytes]) -> float | None:
    """The distance (0: the same, 1: nothing in common) to the nearest of the known faces; None where there is none."""
    one = np.frombuffer(likeness, np.uint8).astype(np.float32)
    found = [_distance(one, np.frombuffer(other, np.uint8).astype(np.float32)) for other in known]
    return min(found, default=None)


def _distance(one: Any, other: Any) -> float:
    if one.shape != other.shape:
        return 1.0
    length = float(np.sqrt((one @ one) * (other @ other)))
    return 1.0 - float(one @ other) / length if length else 1.0


def _similarity(points: Any, goal: Any) -> Any:
    """The 2 x 3 turn, scale and shift that bring the points nearest to the goal (least squares)."""
    middle, there = points.mean(axis=0), goal.mean(axis=0)
    a, b = points - middle, goal - there
    size = float((a * a).sum())
    if not size > 1e-6:
        return None
    cos = float((a * b).sum()) / size
    sin = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / size
    turn = np.array([[cos, -sin], [sin, cos]])
    return np.column_stack([turn, there - turn @ middle])
