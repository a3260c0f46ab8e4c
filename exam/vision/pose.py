"""Where a head is turned, from five points, compared with the same head at check-in.

Weak perspective: the check-in shape gives the head's width and height, one measured number the depth of the nose, and a
rotation and a scale are fitted to the points of the frame. Angles are against the ray from the camera to the head: a
candidate who sits further left and still faces the screen is not turned away. One image has no more to give than this:
simulated with heads of different shapes the error is 3 to 4 degrees (`docs/vision.md`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import asin, atan2, cos, degrees, exp, hypot, inf, isfinite, log, sin, sqrt
from typing import Any

import numpy as np

from exam.vision.observation import Point
from exam.vision.thresholds import at

AVERAGE: tuple[Point, ...] = ((-0.5, 0.0), (0.5, 0.0), (0.0, 0.52), (-0.43, 1.0), (0.43, 1.0))
"""An average head, for single pictures without check-in: fitted, with the nose's depth, to 116 labelled faces. Yaw from
it is about right, pitch only to within the height of somebody's nose."""
STEPS = 2
"""More change nothing: measured with 3 and 8 on simulated heads."""


@dataclass(frozen=True)
class Pose:
    """Degrees from the check-in shape: `yaw` (positive: nose towards the frame's right edge), `pitch` (positive: down),
    `roll`; `residual`: how far the points are from the fit, in distances between the eyes."""

    yaw: float
    pitch: float
    roll: float
    residual: float


def upright(points: Sequence[Point]) -> tuple[Point, ...] | None:
    """Five points (eyes, nose, corners of the mouth; left one first, any unit) turned upright around their middle and
    measured in distances between the eyes. None where the eyes coincide."""
    raw = np.asarray(points, float)
    raw = raw - raw.mean(axis=0)
    across = raw[1] - raw[0]
    length = float(np.hypot(*across))
    if not length > 1e-9:
        return None
    cos, sin = across / length
    turned = raw @ np.array([[cos, -sin], [sin, cos]]) / length
    return tuple((float(x), float(y)) for x, y in turned)


def room(points: Sequence[Point], height: float) -> float:
    """How far the points (in frame widths) are from the nearest edge of a frame of that height (in its widths), in
    distances between the eyes; below 0 where one is outside. A point that is cut off is guessed by the detector."""
    eyes = hypot(points[1][0] - points[0][0], points[1][1] - points[0][1])
    edge = min(min(x, 1 - x, y, height - y) for x, y in points)
    return edge / eyes if eyes > 0 else -inf


def pose_of(points: Sequence[Point], shape: Sequence[Point]) -> Pose | None:
    """The pose in which a head of the check-in `shape` shows these points; None where no fit is good enough to tell."""
    head, inverse = _head(tuple(shape))
    seen = np.asarray(points, float)
    seen = seen - seen.mean(axis=0)
    start = _start(inverse, seen)
    if start is None:
        return None
    fitted, error = _refine(head, seen, start)
    residual = sqrt(error / len(head)) / exp(fitted[3])
    if not residual <= at("pose-residual"):
        return None
    yaw, pitch, roll = (degrees(angle) for angle in fitted[:3])
    return Pose(yaw, -pitch, roll, residual)


@lru_cache(maxsize=512)
def _head(shape: tuple[Point, ...]) -> tuple[Any, Any]:
    """The head of a check-in shape in three dimensions (5 x 3, around its middle), and its pseudo-inverse."""
    head = np.column_stack([np.asarray(shape, float), [0.0, 0.0, at("nose-depth"), 0.0, 0.0]])
    head = head - head.mean(axis=0)
    return head, np.linalg.pinv(head)


def _start(inverse: Any, seen: Any) -> tuple[float, float, float, float] | None:
    """The best affine camera pressed into a rotation and a scale: yaw, pitch, roll (radians), the scale's logarithm."""
    camera = (inverse @ seen).T
    try:
        left, sizes, right = np.linalg.svd(camera, full_matrices=False)
    except np.linalg.LinAlgError:
        return None
    scale = float(sizes.mean())
    if not (isfinite(scale) and scale > 1e-9):
        return None
    first, second = (left @ right).tolist()
    third = (
        first[1] * second[2] - first[2] * second[1],
        first[2] * second[0] - first[0] * second[2],
        first[0] * second[1] - first[1] * second[0],
    )
    pitch = asin(max(-1.0, min(1.0, third[1])))
    return atan2(-third[0], third[2]), pitch, atan2(-first[1], second[1]), log(scale)


def _refine(head: Any, seen: Any, start: tuple[float, ...]) -> tuple[tuple[float, ...], float]:
    """A few damped Gauss-Newton steps; the best parameters met and the squared error they leave."""
    damping = 1e-4 * exp(2 * start[3]) * np.eye(4)
    best, least, now = start, inf, start
    for _ in range(STEPS + 1):
        missed, slopes = _missed(head, seen, now)
        error = float(missed @ missed)
        if not error < least:  # a step that made it worse: what is left to gain is noise
            break
        best, least = now, error
        step = np.linalg.solve(slopes @ slopes.T + damping, slopes @ missed)
        now = tuple(value - change for value, change in zip(now, step.tolist(), strict=True))
    return best, least


def _missed(head: Any, seen: Any, values: tuple[float, ...]) -> tuple[Any, Any]:
    """How far the turned head misses the points (x of each, then y of each), and the slopes of that by yaw, pitch, roll
    and the logarithm of the scale."""
    yaw, pitch, roll, log_scale = values
    sy, cy, sp, cp = sin(yaw), cos(yaw), sin(pitch), cos(pitch)
    turn = np.array([[cy, 0.0, sy], [sp * sy, cp, -sp * cy], [-cp * sy, sp, cp * cy], [-sy, 0.0, cy]])
    across, down, depth, across_by_yaw = turn @ head.T
    sr, cr = exp(log_scale) * sin(roll), exp(log_scale) * cos(roll)
    x, y = cr * across - sr * down, sr * across + cr * down
    by_yaw = (cr * across_by_yaw - sr * sp * across, sr * across_by_yaw + cr * sp * across)
    by_pitch = (sr * depth, -cr * depth)
    slopes = np.concatenate([*by_yaw, *by_pitch, -y, x, x, y]).reshape(4, -1)
    return np.concatenate([x - seen[:, 0], y - seen[:, 1]]), slopes
