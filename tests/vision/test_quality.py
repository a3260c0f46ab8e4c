"""How good a picture is: covered, black, dark, burnt, blurred, each round its limits; doubt is never a finding."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exam.vision.observe import Observer
from exam.vision.quality import between
from exam.vision.thresholds import THRESHOLDS, at
from tests.vision.making import again, blurred, brighter, moved, needs_frames, needs_model, noisy, plain, room

from tests.vision.making import MODEL, LABELS, decoded, labelled  # isort: skip

ROOM = room()
BRIGHTEST = 255


def quality(pixels):
    return Observer(None).look(again(pixels)).quality


@pytest.mark.parametrize(
    ("value", "found"), [(0, True), (2.9, True), (3.0, None), (5.9, None), (6.0, False), (90, False)]
)
def test_between_its_two_limits_nothing_is_said(value, found) -> None:
    assert between(value, 3.0, 6.0) is found


@pytest.mark.parametrize(
    ("pixels", "covered", "black"),
    [
        (plain(0), True, True),
        (noisy(plain(6), 2), True, True),  # a sensor in the dark
        (noisy(plain(30), 4), True, False),  # a finger that lets some light through
        (noisy(plain(150), 5), True, False),  # paper before the lens
        (ROOM, False, False),
        (noisy(ROOM, 10), False, False),
        (brighter(ROOM, 0.2), False, False),
        (brighter(ROOM, 0.1), False, False),  # hardly any light, and still a room
        (blurred(ROOM, 8), False, False),
        (plain(255), None, False),  # a lamp into the lens is the light's doing
    ],
)
def test_a_covered_camera_is_told_from_a_dark_and_from_a_burnt_one(pixels, covered, black) -> None:
    found = quality(pixels)
    assert (found.covered.found, found.black.found) == (covered, black)


@pytest.mark.parametrize(("light", "dark"), [(1.0, False), (0.45, False), (0.3, None), (0.15, True), (0.05, True)])
def test_a_frame_is_dark_when_its_brightest_part_is(light, dark) -> None:
    assert quality(brighter(ROOM, light)).dark.found is dark


@pytest.mark.parametrize(("light", "burnt"), [(1.0, False), (3.0, True), (8.0, True)])
def test_a_frame_is_overexposed_when_most_of_it_is_burnt(light, burnt) -> None:
    assert quality(brighter(ROOM, light)).overexposed.found is burnt


@needs_model
@pytest.mark.parametrize(("sigma", "found"), [(0, False), (2, False), (12, True)])
def test_without_a_face_a_frame_is_blurred_when_nothing_on_it_is_sharp(sigma, found) -> None:
    seen = Observer(MODEL).look(again(blurred(ROOM, sigma) if sigma else ROOM))
    assert seen.quality.region == "frame"
    assert seen.quality.blurred.found is found
    assert seen.faces == ("unknown" if found else "none")


@needs_model
@pytest.mark.parametrize(
    ("pixels", "faces"),
    [
        (ROOM, "none"),
        (brighter(ROOM, 0.2), "none"),  # gain makes up for it
        (brighter(ROOM, 0.1), "unknown"),  # too dark to say that nobody is there
        (brighter(ROOM, 8), "unknown"),
        (plain(0), "unknown"),
        (plain(150), "unknown"),
    ],
)
def test_nobody_is_only_said_of_a_frame_on_which_somebody_would_show(pixels, faces) -> None:
    assert Observer(MODEL).look(again(pixels)).faces == faces


@needs_frames
def test_light_and_sharpness_are_judged_on_the_face_not_on_what_is_behind_it() -> None:
    observer = Observer(MODEL)
    face = decoded((LABELS.parent / "frames/f203.jpg").read_bytes())  # a lit face before black
    assert observer.look(face).quality.region == "face"
    assert observer.look(face).quality.dark.found is False
    portrait = decoded((LABELS.parent / "frames/f009.jpg").read_bytes())  # before a white wall
    assert observer.look(portrait).quality.overexposed.found is False
    for sigma, found in ((1, False), (8, True)):
        assert observer.look(again(blurred(face, sigma))).quality.blurred.found is found
    assert observer.look(moved(face, 0, 0, size=0.1)).quality.region == "frame"  # too small to judge on


@needs_frames
def test_no_lit_original_is_called_dark_burnt_blurred_or_covered() -> None:
    observer, wrong = Observer(MODEL), []
    for row in labelled():
        if row["kind"] == "original" and not {"dark", "low_res"} & set(row["conditions"].split()):
            found = observer.observe((LABELS.parent / row["file"]).read_bytes()).quality
            findings = (found.dark, found.overexposed, found.blurred, found.covered, found.black)
            wrong += [row["file"]] if any(each.found is True for each in findings) else []
    assert wrong == []


def test_every_threshold_says_its_unit_its_source_and_whose_it_is() -> None:
    for row in THRESHOLDS.values():
        assert row.unit and row.source and "/" in row.detector
    assert at("structure-none") < at("structure-some")
    assert at("black") < at("not-black") < at("dark") < at("not-dark")
    assert at("not-burnt") < at("burnt")
    assert at("nothing-sharp") < at("blurred") < at("sharp")
    assert at("hint") < at("face")
    assert at("alike") < at("unlike")


@settings(deadline=None)
@given(st.integers(0, BRIGHTEST))
def test_a_plain_picture_of_whatever_brightness_is_never_a_room(level) -> None:
    assert quality(plain(level, 160, 120)).covered.found is not False
