"""Levels, placement, training lists and changes, round each boundary; the radar's geometry."""

from decimal import Decimal

import pytest

from exam.diagnosis.radar import RADIUS, SIZE, radar
from exam.diagnosis.rules import (
    SMALLEST_COHORT,
    Point,
    changes,
    level_of,
    place,
    signal_of,
    training,
)


def point(code, marks, out_of=100, chapter=1):
    return Point(code, f"点{code}", chapter, Decimal(str(marks)), Decimal(out_of))


@pytest.mark.parametrize(
    ("marks", "level"),
    [("0", "weak"), ("59.99", "weak"), ("60", "partial"), ("79.99", "partial"), ("80", "firm"), ("100", "firm")],
)
def test_levels_go_by_the_exact_share(marks, level):
    assert level_of(Decimal(marks), Decimal(100)) == level


@pytest.mark.parametrize(
    ("z", "signal"),
    [(3.5, "ordinary"), (-1.99, "ordinary"), (-2.0, "warning"), (-2.99, "warning"), (-3.0, "action"), (-9, "action")],
)
def test_only_the_low_side_is_a_signal(z, signal):
    assert signal_of(z) == signal


def test_a_small_cohort_is_not_compared_with():
    few = place(50, [50.0] * (SMALLEST_COHORT - 1))
    assert (few.n, few.cohort, few.z, few.signal) == (SMALLEST_COHORT - 1, None, None, None)


def test_a_cohort_of_the_least_size_gives_a_z_score():
    values = [60.0, 62, 64, 66, 68, 70, 72, 74, 76, 78, 80, 20]
    low = place(20, values)
    assert low.cohort is not None and low.z is not None and low.z < -3 and low.signal == "action"
    same = place(70, [70.0] * SMALLEST_COHORT)
    assert same.cohort is not None and same.z is None and same.signal is None


def test_training_begins_with_the_chapter_that_lost_most_and_its_worst_point():
    points = [point("a", 90), point("b", 70), point("c", 10, chapter=2), point("d", 50, chapter=2), point("e", 0, 0, 3)]
    found = training(points)
    assert [(each.chapter, [p.code for p in each.points], each.lost) for each in found] == [
        (2, ["c", "d"], Decimal(140)),
        (1, ["b"], Decimal(30)),
    ]
    assert training([point("a", 80)]) == []


def test_changes_stand_beside_what_was_before():
    found = changes([point("a", 40), point("z", 10)], [point("a", 75), point("b", 60)])
    assert [(each.code, each.before, each.now, each.gain) for each in found] == [
        ("a", 40, 75, 35),
        ("b", None, 60, None),
    ]


def test_the_radar_points_up_goes_clockwise_and_stays_inside():
    picture = radar([[100, 50, 0, 120]])
    corners = [tuple(float(value) for value in corner.split(",")) for corner in picture.polygons[0].split()]
    middle = SIZE / 2
    assert corners == [
        (middle, middle - RADIUS),
        (middle + RADIUS / 2, middle),
        (middle, middle),
        (middle - RADIUS, middle),
    ]
    assert len(picture.axes) == 4 and len(picture.rings) == 4


@pytest.mark.parametrize("series", [[], [[1, 2]], [[1, 2, 3], [1, 2]]])
def test_a_radar_needs_three_axes(series):
    with pytest.raises(ValueError, match="three"):
        radar(series)
