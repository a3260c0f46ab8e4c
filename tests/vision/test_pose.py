"""Where a head is turned: simulated heads of different shapes before a camera, and pictures held before a mirror."""

from math import cos, radians, sin
from statistics import fmean, quantiles

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exam.proctor.camera.report import AVERAGE_HEAD
from exam.vision.observe import Observer
from exam.vision.pose import AVERAGE, pose_of, upright
from tests.vision.making import LABELS, MODEL, decoded, needs_frames

DEPTH = 0.46


def rotation(yaw, pitch, roll):
    cy, sy, cp, sp, cr, sr = (f(radians(a)) for a in (yaw, -pitch, roll) for f in (cos, sin))
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return about_z @ about_x @ about_y


def head(rng=None):
    """Five points in three dimensions, in distances between the eyes; with a random shape where one is given."""
    points = np.column_stack([np.array(AVERAGE), [0, 0, DEPTH, 0, 0]])
    if rng is not None:
        points[2] += (0, rng.normal(0, 0.06), rng.normal(0, 0.07))
        points[3:] += rng.normal(0, 0.04, 3)
    return points


def shown(points, yaw, pitch, roll, distance=None, noise=0.0, rng=None):
    """The points as a camera at a distance shows them (None: so far away that it does not matter), in pixels."""
    turned = (points - points.mean(axis=0) + (0, 0, 1 if distance else 0)) @ rotation(yaw, pitch, roll).T
    flat = turned[:, :2] if distance is None else turned[:, :2] * distance / (distance - turned[:, 2:])
    if rng is not None:
        flat = flat + rng.normal(0, noise, (5, 2))
    return [(float(x), float(y)) for x, y in 60 * flat + (300, 200)]


@settings(deadline=None)
@given(st.floats(-50, 50), st.floats(-35, 35), st.floats(-25, 25))
def test_an_average_head_far_away_is_measured_exactly(yaw, pitch, roll) -> None:
    found = pose_of(shown(head(), yaw, pitch, roll), AVERAGE)
    assert found is not None
    assert abs(found.yaw - yaw) < 1 and abs(found.pitch - pitch) < 1 and abs(found.roll - roll) < 1
    assert found.residual < 0.01


@settings(deadline=None)
@given(st.floats(-45, 45), st.floats(-30, 30))
def test_the_mirror_image_of_a_head_is_turned_the_other_way(yaw, pitch) -> None:
    points = shown(head(), yaw, pitch, 4)
    mirrored = [(-points[i][0], points[i][1]) for i in (1, 0, 2, 4, 3)]
    here, there = pose_of(points, AVERAGE), pose_of(mirrored, AVERAGE)
    assert here is not None and there is not None
    assert here.yaw == pytest.approx(-there.yaw, abs=0.01) and here.pitch == pytest.approx(there.pitch, abs=0.01)


def test_the_signs_are_those_that_the_docs_name() -> None:
    assert pose_of(shown(head(), 25, 0, 0), AVERAGE).yaw == pytest.approx(25, abs=0.5)
    right, level = shown(head(), 25, 0, 0), shown(head(), 0, 0, 0)
    assert right[2][0] > level[2][0]  # the nose goes towards the frame's right edge
    down = shown(head(), 0, 20, 0)
    assert down[2][1] > level[2][1] and pose_of(down, AVERAGE).pitch == pytest.approx(20, abs=0.5)


def checked_in(rng, points, yaw, pitch, distance, noise):
    shapes = [upright(shown(points, yaw, pitch, rng.normal(0, 4), distance, noise, rng)) for _ in range(5)]
    return tuple(map(tuple, np.median(shapes, axis=0)))


@pytest.mark.parametrize(("distance", "limit"), [(8, 6.0), (12, 5.0)])
def test_heads_of_any_shape_near_the_camera_are_measured_to_a_few_degrees(distance, limit) -> None:
    """50 and 75 cm from the camera; points that shake by two hundredths of the distance between the eyes."""
    rng, yaws, pitches = np.random.default_rng(11), [], []
    for _ in range(300):
        points, (yaw0, pitch0) = head(rng), rng.normal(0, 6, 2)
        shape = checked_in(rng, points, yaw0, pitch0, distance, 0.02)
        yaw, pitch = rng.uniform(-45, 45), rng.uniform(-30, 30)
        found = pose_of(shown(points, yaw0 + yaw, pitch0 + pitch, rng.normal(0, 6), distance, 0.02, rng), shape)
        assert found is not None
        yaws.append(abs(found.yaw - yaw))
        pitches.append(abs(found.pitch - pitch))
    print(f"{distance}: yaw {fmean(yaws):.1f}° (95%: {quantiles(yaws, n=20)[-1]:.1f}), pitch {fmean(pitches):.1f}°")
    assert fmean(yaws) <= limit and fmean(pitches) <= limit


def test_a_head_that_moves_a_little_is_never_away() -> None:
    rng = np.random.default_rng(12)
    for _ in range(400):
        points, distance = head(rng), rng.uniform(7, 14)
        shape = checked_in(rng, points, 0, 0, distance, 0.02)
        seen = shown(points, rng.uniform(-15, 15), rng.uniform(-8, 8), rng.normal(0, 6), distance, 0.02, rng)
        found = pose_of(seen, shape)
        assert found is not None and abs(found.yaw) < 30 and abs(found.pitch) < 20


@pytest.mark.parametrize(
    "points",
    [
        [(0.0, 0.0)] * 5,
        [(0.0, 0.0), (60.0, 0.0), (300.0, -200.0), (10.0, 60.0), (50.0, 60.0)],  # no nose is there
        [(60.0, 0.0), (0.0, 0.0), (30.0, -30.0), (80.0, 10.0), (-40.0, 60.0)],
    ],
)
def test_points_that_are_no_head_have_no_pose(points) -> None:
    assert pose_of(points, AVERAGE) is None


def test_a_shape_is_upright_and_measured_in_distances_between_the_eyes() -> None:
    shape = upright(shown(head(), 0, 0, 20))
    assert shape[1][1] == pytest.approx(shape[0][1], abs=1e-6)
    assert shape[1][0] - shape[0][0] == pytest.approx(1)
    assert upright([(1.0, 1.0)] * 5) is None


@needs_frames
def test_real_pictures_and_their_mirror_images_agree() -> None:
    observer, apart = Observer(MODEL), []
    for name in ("f000", "f003", "f007", "f087", "f128", "f197", "f199", "f232", "f239", "f134"):
        pixels = decoded((LABELS.parent / f"frames/{name}.jpg").read_bytes())
        here, there = observer.look(pixels, AVERAGE_HEAD), observer.look(pixels[:, ::-1].copy(), AVERAGE_HEAD)
        assert here.yaw is not None and there.yaw is not None
        apart.append(abs(here.yaw + there.yaw))
        if name in ("f197", "f232", "f239", "f134"):
            assert abs(here.yaw) > 30  # labelled as turned
    print(f"mirrored: {fmean(apart):.1f}° apart on average, at most {max(apart):.1f}°")
    assert fmean(apart) < 6  # the points themselves are found to within a few degrees
