"""What the whole makes of real pictures: the figures of docs/vision.md, and how often it errs (-s shows them)."""

from collections import defaultdict
from itertools import permutations

import pytest

from exam.proctor.camera.rules import MICRO, Seen, fold
from exam.proctor.camera.score import run
from exam.proctor.camera.table import RULES
from exam.vision.observe import Observer, baseline_of
from tests.vision.making import CHANGES, LABELS, MODEL, again, decoded, labelled, needs_frames, sequence

pytestmark = needs_frames
CHECK_INS = 3


def stretches(observer, frames, interval=3.0):
    """The incidents of frames of which the first three are check-in."""
    baseline = baseline_of([observer.look(frame) for frame in frames[:CHECK_INS]])
    seen = [
        Seen(n, round(n * interval * MICRO), observer.look(frame, baseline), interval) for n, frame in enumerate(frames)
    ]
    return [stretch for stretch in fold(seen) if not stretch.note]


@pytest.fixture(scope="module")
def figures():
    return run(LABELS, Observer(MODEL))


def test_originals_and_their_changed_copies_are_counted_right(figures) -> None:
    print(figures["groups"], figures["classes"], figures["wrong"], sep="\n")
    assert figures["groups"]["original"]["share"] >= 0.99
    assert figures["groups"]["derived"]["share"] >= 0.97
    assert figures["covered"] == {"frames": 13, "found": 13, "others_found": 0}


def test_each_sequence_has_the_incident_it_is_labelled_with_and_no_other(figures) -> None:
    assert {name: found["found"] for name, found in figures["sequences"].items() if not found["right"]} == {}


def test_in_degraded_mode_nothing_is_invented_and_only_a_covered_camera_is_told() -> None:
    rough = run(LABELS, Observer(None))
    print(rough["groups"], rough["classes"], sep="\n")
    assert rough["classes"]["none"]["precision"] is None  # never says that nobody is there
    assert rough["covered"]["found"] == 13 and rough["covered"]["others_found"] == 0
    kinds = {kind for found in rough["sequences"].values() for kind in found["found"]}
    assert kinds == {"covered"}


@pytest.mark.slow
@pytest.mark.parametrize("what", CHANGES)
def test_honest_changes_before_the_camera_accuse_nobody(what) -> None:
    """Same person, other light, other place of the camera: fifteen changes of three rows of frames."""
    observer = Observer(MODEL)
    one, other = ([decoded(data) for data in sequence(name)] for name in ("live_a", "live_b"))
    rows = {
        "live_a, live_b": one + other,
        "live_b, live_a": other + one,
        "still_live": [decoded(data) for data in sequence("still_live")],
    }
    change, wrong = CHANGES[what], {}
    for name, frames in rows.items():
        found = stretches(observer, [again(change(frame, n)) for n, frame in enumerate(frames)])
        if found:
            wrong[name] = [(stretch.kind, dict(stretch.scores)) for stretch in found]
    assert wrong == {}


@pytest.mark.slow
def test_a_frozen_picture_is_found_however_it_is_compressed_and_a_changed_copy_of_a_live_one_is_not() -> None:
    observer = Observer(MODEL)
    frame = decoded(sequence("live_a")[4])
    for qualities in ((75,), (60, 75, 90), (70, 85)):
        frames = [again(frame, qualities[n % len(qualities)]) for n in range(8)]
        assert [stretch.kind for stretch in stretches(observer, frames)] == ["frozen"], qualities


def people():
    """The pictures of everybody who is on at least four, by name."""
    found = defaultdict(list)
    for row in labelled():
        if row["person"] and row["kind"] == "original" and row["faces"] == "1":
            found[row["person"]].append(decoded((LABELS.parent / row["file"]).read_bytes()))
    return {name: pictures for name, pictures in found.items() if len(pictures) >= 4}


@pytest.mark.slow
def test_how_often_another_person_is_hinted_at_rightly_and_wrongly() -> None:
    """Pictures of the press, years and hairstyles apart: harder than one sitting with one camera."""
    observer, known = Observer(MODEL), people()
    right = wrong = swapped = same = 0
    for mine, theirs in permutations(known, 2):
        frames = known[mine][:CHECK_INS] + (known[theirs] * 4)[:8]
        right += "other-person" in {stretch.kind for stretch in stretches(observer, frames)}
        swapped += 1
    for pictures in known.values():
        for turn in range(len(pictures)):
            turned = pictures[turn:] + pictures[:turn]
            frames = turned[:CHECK_INS] + (turned[CHECK_INS:] * 8)[:8]
            kinds = {stretch.kind for stretch in stretches(observer, frames)}
            wrong += "other-person" in kinds
            same += 1
    print(f"other person found in {right} of {swapped}; same person hinted at in {wrong} of {same}")
    assert right / swapped >= 0.25
    assert wrong / same <= 0.05
    assert RULES["other-person"].severity == 1
