"""The photo check, on pictures made here and on faces from the labelled frames set on a blue ground."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from exam.vision.pictures import BadPicture
from exam.vision.portrait import LIMITS, blue_share, check_portrait

DATA = Path(__file__).parents[3] / "shared" / "data"
MODEL = DATA / "models" / "yunet_n_320_320.onnx"
WIDTH, HEIGHT = 413, 579
BLUE, WHITE = (200, 110, 30), (250, 250, 250)
UNCOUNTED = {"faces-unknown", "faces-rough"}
needs_data = pytest.mark.skipif(not MODEL.is_file(), reason="the shared pictures are not here")


def png(picture):
    return cv2.imencode(".png", picture)[1].tobytes()


def plain(width=WIDTH, height=HEIGHT, colour=BLUE):
    return np.full((height, width, 3), colour, np.uint8)


def codes(picture, model=None):
    return {finding.code for finding in check_portrait(png(picture), model).findings}


@pytest.mark.parametrize(
    ("width", "height", "found"),
    [
        (413, 579, set()),
        (412, 579, {"resolution"}),
        (413, 578, {"resolution"}),
        (826, 1158, set()),
        (425, 579, set()),  # 2.8 % wider
        (430, 579, {"ratio"}),  # 4 % wider
        (579, 413, {"ratio", "resolution"}),
    ],
)
def test_format_and_size(width, height, found):
    assert codes(plain(width, height)) - UNCOUNTED == found


@pytest.mark.parametrize(
    ("colour", "blue"),
    [(BLUE, True), (WHITE, False), ((40, 40, 200), False), ((219, 142, 67), True), ((60, 20, 5), True)],
)
def test_the_background(colour, blue):
    assert (blue_share(plain(colour=colour)) > LIMITS["blue-share"].value) is blue
    assert ("background" in codes(plain(colour=colour))) is not blue


def test_a_share_of_blue():
    half = plain()
    half[:, : WIDTH // 2] = WHITE
    assert 0.4 < blue_share(half) < 0.6


def test_without_a_model_the_faces_are_unknown_not_none():
    report = check_portrait(png(plain()), None)
    assert (report.faces, report.rough) == (None, 0)
    assert {finding.code for finding in report.findings} == {"faces-rough"}
    assert check_portrait(png(plain()), Path("nowhere.onnx")).faces is None


def test_a_damaged_model_is_no_model(tmp_path):
    broken = tmp_path / "model.onnx"
    broken.write_bytes(b"not a model")
    assert check_portrait(png(plain()), broken).faces is None


def test_without_the_cascade_nothing_is_said_about_faces(monkeypatch):
    monkeypatch.setattr("exam.vision.portrait.CASCADE", "nowhere.xml")
    report = check_portrait(png(plain()), None)
    assert report.rough is None and {finding.code for finding in report.findings} == {"faces-unknown"}


@pytest.mark.parametrize("data", [b"", b"MZ" * 40, b"\x89PNG\r\n\x1a\n" + b"x" * 40])
def test_what_is_no_picture(data):
    with pytest.raises(BadPicture):
        check_portrait(data, None)


def faces():
    """One-face frames with the box of their face, found at a size worth cutting out."""
    found = []
    detector = cv2.FaceDetectorYN.create(str(MODEL), "", (320, 320), score_threshold=0.7)
    with (DATA / "vision" / "labels.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if (row["kind"], row["ambiguous"]) == ("original", "0")]
    for row in rows:
        if row["faces"] != "1":
            continue
        picture = cv2.imread(str(DATA / "vision" / row["file"]))
        detector.setInputSize((picture.shape[1], picture.shape[0]))
        boxes = detector.detect(picture)[1]
        if boxes is not None and len(boxes) == 1 and boxes[0][3] >= 60:
            found.append((picture, [int(side) for side in boxes[0][:4]]))
    return found


def on_ground(picture, box, middle=(WIDTH // 2, HEIGHT // 2 - 20), tall=250, ground=None):
    """The face, cut out along an ellipse, on a plain ground."""
    left, top, width, height = box
    scale = tall / height
    big = cv2.resize(picture, None, fx=scale, fy=scale)
    at = int((left + width / 2) * scale), int((top + height / 2) * scale)
    ground = plain() if ground is None else ground
    mask = np.zeros(ground.shape[:2], np.uint8)
    cv2.ellipse(mask, middle, (int(width * scale * 0.62), int(height * scale * 0.68)), 0, 0, 360, 255, -1)
    move = np.float32([[1, 0, middle[0] - at[0]], [0, 1, middle[1] - at[1]]])
    moved = cv2.warpAffine(big, move, (ground.shape[1], ground.shape[0]), borderMode=cv2.BORDER_REFLECT)
    share = cv2.GaussianBlur(mask, (15, 15), 0)[..., None] / 255
    return (moved * share + ground * (1 - share)).astype(np.uint8)


@needs_data
def test_portraits_on_blue_pass_and_wrong_ones_are_named():
    people = faces()
    assert len(people) >= 50
    good = [codes(on_ground(*person), MODEL) for person in people]
    assert sum(not found for found in good) / len(good) >= 0.95
    white = [codes(on_ground(*person, ground=plain(colour=WHITE)), MODEL) for person in people]
    assert all("background" in found for found in white)
    pairs = list(zip(people[::2], people[1::2], strict=False))
    two = [
        on_ground(*b, middle=(310, 300), tall=150, ground=on_ground(*a, middle=(110, 300), tall=150)) for a, b in pairs
    ]
    named = [codes(picture, MODEL) & {"several-faces"} for picture in two]
    assert sum(map(bool, named)) / len(named) >= 0.9


@needs_data
def test_no_face_and_a_tiny_one():
    assert "no-face" in codes(plain(), MODEL)
    picture, box = faces()[0]
    assert codes(on_ground(picture, box, tall=100), MODEL) & {"face-small", "no-face"}


@needs_data
def test_the_cascade_only_advises():
    """It misses good portraits, so that what it says is never counted as a fault of the photo."""
    found = [check_portrait(png(on_ground(*person)), None) for person in faces()]
    assert all({finding.code for finding in report.findings} <= UNCOUNTED for report in found)
    assert all(report.rough is not None and report.rough < 2 for report in found)
    assert sum(report.rough == 1 for report in found) > len(found) / 2


@needs_data
@pytest.mark.parametrize(
    ("width", "height", "code"), [(579, 579, "ratio"), (295, 413, "resolution"), (700, 579, "ratio")]
)
def test_a_wrong_format_is_named_and_nothing_else(width, height, code):
    ground = plain(width, height)
    made = [on_ground(*person, (width // 2, height // 2), height * 2 // 5, ground) for person in faces()[:10]]
    assert all(codes(picture, MODEL) == {code} for picture in made)
