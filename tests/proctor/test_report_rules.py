"""Rates with their counts and intervals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.proctor.review.rules_report import Line, Share, Stretch, Watched, report, wilson


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (5, 10, 0.2366, 0.7634),
        (1, 10, 0.0179, 0.4042),
        (50, 100, 0.4038, 0.5962),
    ],
)
def test_wilson(part: int, whole: int, low: float, high: float) -> None:
    """Of nothing among n, the upper end is z² / (n + z²): 3.8415 / 13.8415."""
    found = wilson(part, whole)
    assert found is not None and found == pytest.approx((low, high), abs=0.0001)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share(counts: tuple[int, int]) -> None:
    part, whole = counts
    found = wilson(part, whole)
    assert found is not None
    assert 0 <= found[0] <= part / whole <= found[1] <= 1


def test_nothing_has_no_share() -> None:
    assert wilson(0, 0) is None and Share(0, 0).value is None and Share(0, 0).interval is None


def stretch(sitting: int, origin: str, state: str, detector: str = "yunet-1", light: str = "ok") -> Stretch:
    kind = {"camera": "away", "page": "hidden", "blind": "blind"}.get(origin, "noted")
    return Stretch(sitting, kind, origin, state, detector, light)


WATCHED = [
    Watched(1, ("yunet-1",), "ok", ()),
    Watched(2, ("yunet-1",), "dark", ("breaks", "reading-aid")),
    Watched(3, (), "unknown", ("camera-off",)),
]
STRETCHES = [
    stretch(1, "camera", "confirmed"),
    stretch(1, "camera", "dismissed", light="dark"),
    stretch(2, "camera", "open"),
    stretch(2, "page", "dismissed", detector=""),
    stretch(2, "blind", "confirmed", light="dark"),
    stretch(1, "blind", "dismissed"),
    stretch(1, "blind", "sent-on"),
    stretch(3, "proctor", "confirmed"),  # a human noted it: no figure of the software
    stretch(9, "camera", "confirmed"),  # of a sitting outside the period
]


def test_all() -> None:
    [line] = report(WATCHED, STRETCHES)["all"]
    assert line == Line("all", Share(2, 3), Share(2, 3), Share(1, 2), 2)


def test_by_detector_light_and_accommodation() -> None:
    found = {kind: {line.group: line for line in lines} for kind, lines in report(WATCHED, STRETCHES).items()}
    assert found["detector"]["yunet-1"] == Line("yunet-1", Share(2, 2), Share(1, 2), Share(1, 2), 2)
    assert found["detector"]["–"] == Line("–", Share(0, 1), Share(1, 1), Share(0, 0), 0)
    assert found["light"]["dark"] == Line("dark", Share(0, 1), Share(1, 1), Share(1, 1), 0)
    assert found["light"]["ok"].flagged == Share(1, 1)
    assert (
        found["accommodation"]["breaks"].overturned == Share(1, 1) == found["accommodation"]["reading-aid"].overturned
    )
    assert found["accommodation"]["camera-off"].flagged == Share(0, 1)
    assert found["accommodation"]["–"].flagged == Share(1, 1)


def test_by_kind() -> None:
    found = {line.group: line for line in report(WATCHED, STRETCHES)["kind"]}
    assert set(found) == {"away", "hidden"}
    assert found["away"].flagged == Share(2, 3) and found["away"].missed == Share(0, 0)


def test_of_nothing() -> None:
    assert report([], [])["all"] == [Line("all", Share(0, 0), Share(0, 0), Share(0, 0), 0)]
