"""Where a head is turned, from five points, compared with the same head at check-in.

Weak perspective: the check-in shape gives the head's width and height, one measured number the depth of the nose, and a
rotation and a scale are fitted to the points of the frame. Angles are against the ray from the camera to the head: a
candidate who sits further left and still faces the screen is not turned away. One image has no more to give than this:
simulated with heads of different shapes the error is 3 to 4 degrees (`docs/vision.md`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from exam.vision.observation import Point
from exam.vision.thresholds import at

STEPS = 5
_NUDGE = 1e-4


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


def pose_of(points: Sequence[Point], shape: Sequence[Point]) -> Pose | None:
    """The pose in which a head of the check-in `shape` shows these points; None where no fit is good enough to tell."""
    head = np.column_stack([np.asarray(shape, float), [0.0, 0.0, at("nose-depth"), 0.0, 0.0]])
    head = head - head.mean(axis=0)
    seen = np.asarray(points, float)
    seen = seen - seen.mean(axis=0)
    start = _start(head, seen)
    if start is None:
        return None
    fitted, error = _refine(head, seen, start)
    scale = float(np.exp(fitted[3]))
    residual = float(np.sqrt(error / len(head))) / scale
    if not residual <= at("pose-residual"):
        return None
    yaw, pitch, roll = (float(angle) for angle in np.degrees(fitted[:3]))
    return Pose(yaw, -pitch, roll, residual)


def rotation(yaw: float, pitch: float, roll: float) -> Any:
    """The 3 x 3 rotation about y, then x, then z (radians)."""
    cy, sy, cp, sp = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    cr, sr = np.cos(roll), np.sin(roll)
    turned = np.array([[cy, 0.0, sy], [sp * sy, cp, -sp * cy], [-cp * sy, sp, cp * cy]])
    return np.array([[cr, -sr, 0.0], [sr, cr, 0.0], [0.0, 0.0, 1.0]]) @ turned


def _start(head: Any, seen: Any) -> Any:
    """The best affine camera pressed into a rotation and a scale: yaw, pitch, roll (radians), the scale's logarithm."""
    try:
        camera = (np.linalg.pinv(head) @ seen).T
        left, _, right = np.linalg.svd(camera, full_matrices=False)
    except np.linalg.LinAlgError:
        return None
    scale = float(np.linalg.norm(camera[0]) + np.linalg.norm(camera[1])) / 2
    if not (np.isfinite(scale) and scale > 1e-9):
        return None
    first, second = left @ right
    third = np.cross(first, second)
    pitch = np.arcsin(np.clip(third[1], -1.0, 1.0))
    return np.array([np.arctan2(-third[0], third[2]), pitch, np.arctan2(-first[1], second[1]), np.log(scale)])


def _refine(head: Any, seen: Any, at_first: Any) -> tuple[Any, float]:
    """A few damped Gauss-Newton steps; the parameters and the squared error they leave."""

    def miss(values: Any) -> Any:
        return (np.exp(values[3]) * (head @ rotation(*values[:3])[:2].T) - seen).ravel()

    now, left = at_first, miss(at_first)
    error = float(left @ left)
    damping = 1e-4 * float(np.exp(2 * at_first[3]))
    for _ in range(STEPS):
        slopes = np.stack([(miss(now + _NUDGE * axis) - left) / _NUDGE for axis in np.eye(4)], axis=1)
        step = np.linalg.solve(slopes.T @ slopes + damping * np.eye(4), -slopes.T @ left)
        tried = miss(now + step)
        if float(tried @ tried) < error:
            now, left, error, damping = now + step, tried, float(tried @ tried), damping * 0.3
        else:
            damping *= 10
    return now, error
