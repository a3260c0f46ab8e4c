"""Frames compared: the same picture or not, a face like those of check-in or not."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exam.vision.fingerprint import SIZE, difference, same_picture
from exam.vision.likeness import SIZE as DESCRIBED
from exam.vision.likeness import describe, unlikeness
from exam.vision.observe import Observer, baseline_of
from exam.vision.thresholds import at
from tests.vision.making import (
    LABELS,
    MODEL,
    again,
    brighter,
    decoded,
    labelled,
    moved,
    needs_frames,
    noisy,
    room,
    sequence,
)

LEVEL = bytes([100]) * SIZE


def one_block(by):
    changed = bytearray(LEVEL)
    changed[1234] += by
    return bytes(changed)


@pytest.mark.parametrize(("by", "same"), [(0, True), (1, True), (2, True), (3, False), (90, False)])
def test_one_block_that_differs_by_more_than_two_levels_is_another_picture(by, same) -> None:
    assert difference(LEVEL, one_block(by)) == by
    assert same_picture(LEVEL, one_block(by)) is same


@pytest.mark.parametrize(("a", "b"), [(None, LEVEL), (LEVEL, None), (None, None), (b"", b""), (LEVEL, LEVEL[:-1])])
def test_what_can_not_be_compared_is_not_the_same(a, b) -> None:
    assert not same_picture(a, b)


@settings(deadline=None, suppress_health_check=[HealthCheck.large_base_example])
@given(st.binary(min_size=SIZE, max_size=SIZE), st.integers(0, SIZE - 1), st.integers(3, 252))
def test_difference_is_symmetric_and_finds_a_change_wherever_it_is(raw, place, by) -> None:
    changed = bytearray(raw)
    changed[place] = (raw[place] + by) % 256
    apart = abs(changed[place] - raw[place])
    assert difference(raw, bytes(changed)) == difference(bytes(changed), raw) == apart
    assert same_picture(raw, bytes(changed)) is (apart <= 2)


def finger(pixels):
    return Observer(None).look(pixels).fingerprint


@pytest.mark.parametrize("quality", [60, 75, 90])
def test_a_picture_compressed_anew_is_the_same_and_one_moved_by_half_a_pixel_is_not(quality) -> None:
    pixels = again(room())
    assert same_picture(finger(pixels), finger(again(pixels, quality)))
    assert not same_picture(finger(pixels), finger(again(moved(pixels, 0.5, 0.5), quality)))
    assert not same_picture(finger(pixels), finger(again(brighter(pixels, 0.95), quality)))


def test_points_that_coincide_describe_nothing_and_nobody_is_like_nobody() -> None:
    grey = room()[:, :, 0]
    assert describe(grey, [(5.0, 5.0)] * 5) is None
    described = describe(grey, [(100, 100), (160, 100), (130, 130), (105, 165), (155, 165)])
    assert described is not None and len(described) == DESCRIBED
    assert unlikeness(described, []) is None
    assert unlikeness(described, [described]) == pytest.approx(0, abs=1e-6)
    assert unlikeness(bytes(DESCRIBED), [described]) == 1.0
    assert unlikeness(described, [b"short"]) == 1.0


@needs_frames
def test_within_a_sitting_a_face_stays_alike_and_another_person_does_not_look_alike() -> None:
    observer = Observer(MODEL)
    looked = [observer.observe(data) for data in sequence("live_a")]
    baseline = baseline_of(looked[:3])
    mine = [observer.observe(data, baseline).unlike for data in sequence("live_a")]
    others = [
        observer.observe((LABELS.parent / row["file"]).read_bytes(), baseline).unlike
        for row in labelled()
        if row["person"] and row["kind"] == "original"
    ]
    told = [value for value in others if value is not None]
    found = sum(value >= at("unlike") for value in told) / len(told)
    mine_told = [value for value in mine if value is not None]
    print(f"same: at most {max(mine_told):.3f}; others: {found:.2f} of {len(told)} at {at('unlike')} or more")
    assert max(mine_told) < at("alike")
    assert found > 0.8


@needs_frames
def test_noise_does_not_make_another_person() -> None:
    observer = Observer(MODEL)
    frames = [decoded(data) for data in sequence("live_a")]
    baseline = baseline_of([observer.look(frame) for frame in frames[:3]])
    assert all((observer.look(noisy(frame, 15, seed=9), baseline).unlike or 0) < at("alike") for frame in frames)
