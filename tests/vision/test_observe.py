"""A frame in, an observation out: what is said, what is not said, and how it travels."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exam.vision import detect, observe
from exam.vision.advice import CODES, advise
from exam.vision.model import SHA256, find_model, is_known, place
from exam.vision.observation import (
    Baseline,
    Finding,
    Observation,
    Quality,
    baseline_from_json,
    from_json,
    without_bytes,
)
from exam.vision.observe import Observer, baseline_of
from exam.vision.thresholds import BLIND, HAAR, YUNET
from tests.vision.making import LABELS, MODEL, decoded, jpeg, needs_frames, needs_model, plain, room, sequence

FINE = Finding(False, 50.0)
GOOD = Quality(FINE, FINE, FINE, FINE, FINE, "face")
SEEN = Observation(
    YUNET,
    "one",
    GOOD,
    count=1,
    score=0.93,
    box=(0.35, 0.25, 0.3, 0.5),
    points=((0.4, 0.3), (0.6, 0.3), (0.5, 0.4), (0.42, 0.5), (0.58, 0.5)),
    fingerprint=bytes(range(200)),
    likeness=bytes(576),
    whole=True,
)
finite = st.floats(allow_nan=False, allow_infinity=False)
finding = st.builds(Finding, st.sampled_from([True, False, None]), finite)


def test_without_a_model_the_cascade_looks_and_never_says_that_nobody_is_there() -> None:
    observer = Observer(None)
    assert observer.detector == HAAR
    seen = observer.look(room())
    assert (seen.detector, seen.faces, seen.count, seen.score) == (HAAR, "unknown", None, None)
    assert "no-model" in advise(seen)


def test_without_a_cascade_either_the_light_is_still_judged(monkeypatch) -> None:
    monkeypatch.setattr(observe, "cascade", lambda: None)
    seen = Observer(None).look(plain(0))
    assert (seen.detector, seen.faces, seen.quality.covered.found) == (BLIND, "unknown", True)
    assert Observer(None).look(room()).faces == "unknown"


def test_a_wheel_without_cascades_has_none(monkeypatch) -> None:
    monkeypatch.setattr(detect, "CASCADE", "no-such-cascade.xml")
    assert detect.cascade() is None


@pytest.mark.parametrize("content", [b"", b"not a model", bytes(5000)])
def test_a_damaged_model_is_as_good_as_none(tmp_path, content, capfd) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    assert Observer(path).detector == HAAR
    assert not is_known(path)


def test_the_named_model_is_used_else_the_one_in_the_data_folder_else_none(tmp_path) -> None:
    named, own = tmp_path / "named.onnx", place(tmp_path)
    assert find_model(None, tmp_path) is None
    own.parent.mkdir()
    own.write_bytes(b"model")
    assert find_model(None, tmp_path) == own
    assert find_model(named, tmp_path) is None  # what was named and is not there is not replaced in silence
    named.write_bytes(b"model")
    assert find_model(named, tmp_path) == named
    assert not is_known(own) and len(SHA256) == 64


@needs_model
def test_the_model_that_everything_is_measured_with_is_known() -> None:
    assert is_known(MODEL)
    assert Observer(MODEL).detector == YUNET


@needs_model
@pytest.mark.parametrize(("width", "height"), [(160, 120), (480, 640), (640, 480), (1280, 720), (320, 240)])
def test_frames_of_every_size_are_looked_at_by_one_observer_in_turn(width, height) -> None:
    observer = Observer(MODEL)
    for _ in range(2):
        assert observer.observe(jpeg(room(width=width, height=height))).faces == "none"
        assert observer.look(room()).faces == "none"


@settings(deadline=None)
@given(
    st.builds(
        Observation,
        st.just(YUNET),
        st.sampled_from(["none", "one", "several", "unknown"]),
        st.builds(Quality, finding, finding, finding, finding, finding, st.sampled_from(["face", "frame"])),
        count=st.none() | st.integers(0, 50),
        score=st.none() | finite,
        yaw=st.none() | finite,
        unlike=st.none() | finite,
        box=st.none() | st.tuples(finite, finite, finite, finite),
        fingerprint=st.none() | st.binary(max_size=4800),
        likeness=st.none() | st.binary(max_size=576),
    )
)
def test_an_observation_comes_back_from_json_as_it_was(seen) -> None:
    assert from_json(json.loads(json.dumps(seen.to_json()))) == seen
    assert from_json(json.loads(json.dumps(seen.to_json(compact=True)))) == without_bytes(seen)


def test_what_is_stored_of_a_frame_is_small() -> None:
    assert len(json.dumps(SEEN.to_json(compact=True))) < 600


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"detector": "x"},
        {**SEEN.to_json(), "faces": "many"},
        {**SEEN.to_json(), "quality": {}},
        {**SEEN.to_json(), "box": [1, 2]},
        {**SEEN.to_json(), "fingerprint": "no base64"},
        {**SEEN.to_json(), "fingerprint": "AAAA"},
    ],
)
def test_what_is_no_observation_is_said_to_be_none(data) -> None:
    with pytest.raises(ValueError):
        from_json(data)


def test_a_baseline_needs_three_frames_with_one_face_and_takes_the_middle_of_them() -> None:
    other = replace(SEEN, points=((0.4, 0.3), (0.6, 0.3), (0.58, 0.4), (0.42, 0.5), (0.58, 0.5)))
    assert baseline_of([SEEN, SEEN]) is None
    assert baseline_of([SEEN, SEEN, replace(SEEN, faces="several"), replace(SEEN, likeness=None)]) is None
    turned_once = baseline_of([SEEN, other, SEEN])
    assert turned_once == baseline_of([SEEN, SEEN, SEEN])
    assert len(turned_once.likenesses) == 3
    assert baseline_from_json(json.loads(json.dumps(turned_once.to_json()))) == turned_once


def test_check_in_with_faces_cut_off_by_the_frame_gives_likeness_but_no_angles() -> None:
    cut = replace(SEEN, whole=False)
    assert baseline_of([cut, cut, SEEN]).shape == ()
    assert len(baseline_of([cut, cut, SEEN]).likenesses) == 3
    assert baseline_of([cut, SEEN, SEEN, SEEN]).shape == baseline_of([SEEN] * 3).shape


@needs_frames
def test_a_face_cut_off_by_the_frame_is_told_to_move_and_has_no_angles() -> None:
    observer = Observer(MODEL)
    baseline = baseline_of([observer.observe(data) for data in sequence("live_a")[:3]])
    for data in sequence("live_b"):  # the same man, his mouth at the frame's edge
        seen = observer.observe(data, baseline)
        assert (seen.whole, seen.yaw, seen.pitch, seen.unlike) == (False, None, None, None)
        assert "off-centre" in advise(seen)


@pytest.mark.parametrize(
    "data", [{}, {"shape": 1}, {"detector": "x", "shape": [[1]], "likenesses": [], "brightness": 1}]
)
def test_what_is_no_baseline_is_said_to_be_none(data) -> None:
    with pytest.raises(ValueError):
        baseline_from_json(data)


@needs_frames
def test_from_check_in_on_angles_and_likeness_are_told_and_before_it_they_are_not() -> None:
    observer, frames = Observer(MODEL), sequence("live_a")
    first = [observer.observe(data) for data in frames[:3]]
    assert all(seen.yaw is None and seen.pitch is None and seen.unlike is None for seen in first)
    baseline = baseline_of(first)
    assert isinstance(baseline, Baseline) and baseline.detector == YUNET
    later = [observer.observe(data, baseline) for data in frames[3:]]
    assert all(abs(seen.yaw) < 10 and abs(seen.pitch) < 10 and seen.unlike < 0.1 for seen in later)
    turned = decoded((LABELS.parent / "frames/f197.jpg").read_bytes())
    assert observer.look(turned, baseline).unlike is None  # a turned face is not compared


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, ()),
        ({"quality": replace(GOOD, dark=Finding(True, 20))}, ("too-dark",)),
        ({"quality": replace(GOOD, dark=Finding(None, 70))}, ()),
        ({"quality": replace(GOOD, overexposed=Finding(True, 0.7))}, ("too-bright",)),
        ({"quality": replace(GOOD, blurred=Finding(True, 0.01))}, ("blurred",)),
        ({"quality": replace(GOOD, covered=Finding(True, 1), dark=Finding(True, 5)), "faces": "unknown"}, ("covered",)),
        ({"faces": "none", "box": None}, ("no-face",)),
        ({"faces": "unknown", "box": None}, ()),
        ({"faces": "several"}, ("several-faces",)),
        ({"box": (0.45, 0.45, 0.1, 0.13)}, ("too-far",)),
        ({"box": (0.45, 0.45, 0.1, 0.15)}, ()),
        ({"box": (0.1, 0.05, 0.8, 0.9)}, ("too-near",)),
        ({"box": (0.0, 0.25, 0.3, 0.5)}, ("off-centre",)),
        ({"box": (0.25, 0.25, 0.3, 0.5)}, ()),
        ({"whole": False}, ("off-centre",)),
        (
            {"box": (0.0, 0.0, 0.1, 0.1), "quality": replace(GOOD, dark=Finding(True, 9))},
            ("too-dark", "too-far", "off-centre"),
        ),
        ({"detector": HAAR}, ("no-model",)),
    ],
)
def test_advice_says_what_to_change_and_the_most_urgent_first(changes, codes) -> None:
    assert advise(replace(SEEN, **changes)) == codes


def test_all_advice_has_words_in_both_languages() -> None:
    from exam.core import i18n

    assert all(i18n.has(f"advice.{code}", locale) for code in CODES for locale in i18n.LOCALES)
