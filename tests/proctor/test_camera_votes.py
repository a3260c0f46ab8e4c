"""What one frame says to each rule; whatever is doubtful speaks for the candidate."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exam.proctor.camera.votes import VOTES, away, covered, degraded, no_face, other_person, reliable, several_faces
from exam.vision.observation import Finding, Observation, Quality
from exam.vision.thresholds import BLIND, HAAR, YUNET

FINE = Finding(False, 50.0)
GOOD = Quality(FINE, FINE, FINE, FINE, FINE)
ONE = Observation(YUNET, "one", GOOD, count=1, score=0.93, yaw=0.0, pitch=0.0, unlike=0.05, whole=True)
NONE = Observation(YUNET, "none", GOOD, count=0, score=0.0)
TWO = replace(ONE, faces="several", count=2, second=0.9)
UNKNOWN = Observation(YUNET, "unknown", GOOD, score=0.0)


def poor(seen, **findings):
    return replace(seen, quality=replace(seen.quality, **{n: Finding(f, 1.0) for n, f in findings.items()}))


@pytest.mark.parametrize(
    ("seen", "hit"),
    [
        (NONE, True),
        (replace(NONE, score=0.49), True),
        (replace(NONE, score=0.5), None),  # a hint of a face
        (replace(NONE, score=0.69), None),
        (ONE, False),
        (TWO, False),
        (UNKNOWN, None),
        (replace(NONE, detector=HAAR), None),
        (poor(NONE, dark=True), None),
        (poor(NONE, dark=None), True),
        (poor(NONE, overexposed=True), None),
        (poor(NONE, overexposed=None), None),  # a face may be burnt out
        (poor(NONE, blurred=True), None),
        (poor(NONE, covered=True), None),
        (poor(ONE, dark=True), False),  # who was seen in spite of it is there
    ],
)
def test_nobody_is_there_only_when_nothing_hints_at_a_face_in_good_light(seen, hit) -> None:
    assert no_face(seen).hit is hit


@pytest.mark.parametrize(
    ("seen", "hit"),
    [
        (TWO, True),
        (replace(TWO, second=0.8), True),
        (replace(TWO, second=0.79), None),
        (replace(TWO, second=None), None),
        (replace(TWO, detector=HAAR), None),
        (poor(TWO, dark=True), None),
        (poor(TWO, blurred=True), None),
        (ONE, False),
        (NONE, False),
        (UNKNOWN, None),
    ],
)
def test_a_second_face_counts_only_when_it_is_sure(seen, hit) -> None:
    assert several_faces(seen).hit is hit


@pytest.mark.parametrize(
    ("seen", "hit"),
    [
        (replace(ONE, yaw=30.0), False),
        (replace(ONE, yaw=30.1), True),
        (replace(ONE, yaw=-30.1), True),
        (replace(ONE, pitch=20.0), False),
        (replace(ONE, pitch=20.1), True),
        (replace(ONE, pitch=-20.1), True),
        (replace(ONE, yaw=None), None),
        (replace(ONE, pitch=None), None),
        (replace(TWO, yaw=60.0), None),
        (NONE, None),
        (UNKNOWN, None),
        (poor(replace(ONE, yaw=60.0), blurred=True), None),
        (poor(replace(ONE, yaw=60.0), dark=True), None),
        (poor(ONE, dark=True), False),
        (replace(ONE, yaw=60.0, detector=HAAR), None),
    ],
)
def test_a_head_is_away_beyond_thirty_degrees_sideways_or_twenty_up_or_down(seen, hit) -> None:
    assert away(seen).hit is hit


@pytest.mark.parametrize(
    ("seen", "hit"),
    [
        (replace(ONE, unlike=0.235), True),
        (replace(ONE, unlike=0.234), None),
        (replace(ONE, unlike=0.2), None),
        (replace(ONE, unlike=0.199), False),
        (replace(ONE, unlike=None), None),
        (replace(TWO, unlike=0.5), None),
        (poor(replace(ONE, unlike=0.5), overexposed=True), None),
        (replace(ONE, unlike=0.5, detector=HAAR), None),
    ],
)
def test_another_person_is_hinted_at_only_well_beyond_doubt(seen, hit) -> None:
    assert other_person(seen).hit is hit


@pytest.mark.parametrize("hit", [True, False, None])
@pytest.mark.parametrize("detector", [YUNET, HAAR, BLIND])
def test_a_covered_camera_needs_no_detector(hit, detector) -> None:
    assert covered(poor(replace(UNKNOWN, detector=detector), covered=hit)).hit is hit


@pytest.mark.parametrize(
    ("seen", "hit"),
    [
        (ONE, False),
        (NONE, False),
        (UNKNOWN, True),
        (replace(ONE, detector=HAAR), True),
        (poor(ONE, dark=True), True),
        (poor(UNKNOWN, covered=True), None),  # is told as covered
    ],
)
def test_it_is_noted_when_hardly_anything_can_be_told(seen, hit) -> None:
    assert degraded(seen).hit is hit


three = st.sampled_from([True, False, None])
finding = st.builds(Finding, three, st.floats(0, 255))
anything = st.builds(
    Observation,
    st.sampled_from([YUNET, HAAR, BLIND]),
    st.sampled_from(["none", "one", "several", "unknown"]),
    st.builds(Quality, finding, finding, finding, finding, finding),
    count=st.none() | st.integers(0, 9),
    score=st.none() | st.floats(0, 1),
    second=st.none() | st.floats(0, 1),
    yaw=st.none() | st.floats(-90, 90),
    pitch=st.none() | st.floats(-90, 90),
    unlike=st.none() | st.floats(0, 1),
)


@settings(deadline=None)
@given(anything)
def test_without_the_model_or_in_bad_light_no_face_is_held_against_anybody(seen) -> None:
    if not reliable(seen):
        assert not any(VOTES[kind](seen).hit for kind in ("no-face", "several-faces", "away", "other-person"))


@settings(deadline=None)
@given(anything, three, three, three)
def test_light_that_gets_worse_never_turns_into_a_hit(seen, dark, burnt, blurred) -> None:
    worse = poor(seen, **{n: True for n, w in (("dark", dark), ("overexposed", burnt), ("blurred", blurred)) if w})
    for kind in ("no-face", "several-faces", "away", "other-person"):
        before, after = VOTES[kind](seen).hit, VOTES[kind](worse).hit
        assert not (after and not before)
        assert not (before is False and after is None)
