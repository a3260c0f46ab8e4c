"""Faces on a small picture: by the YuNet model, or roughly by the cascade of OpenCV's wheel."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exam.vision.observation import Point
from exam.vision.pictures import BadPicture  # noqa: F401  (before cv2: it sets OpenCV's own limits)
from exam.vision.thresholds import at

import cv2  # isort: skip
import numpy as np

SIDE = 320
"""Pixels of the longest side at which faces are looked for."""
MOST_FACES = 50
CASCADE = "haarcascade_frontalface_alt2.xml"
"""Measured: of OpenCV's three the quickest that saw no face where there is none."""
ROUGH_STEP, ROUGH_NEIGHBOURS = 1.2, 3
LEAST_ROUGH = 0.14
"""The smallest face the cascade looks for, as share of the picture's height: below, it sees faces in wallpaper."""


@dataclass(frozen=True)
class Face:
    """A face on the small picture: left, top, width, height in pixels; score 0 to 1 and the five points where known
    (eyes, nose, corners of the mouth, the left one of the picture first)."""

    box: tuple[float, float, float, float]
    score: float | None
    points: tuple[Point, ...] | None


Detect = Callable[[Any], list[Face]]
"""Takes a picture (height x width x 3, 8 bits), returns every face from a hint upwards, the surest first."""


def yunet(model: Path) -> Detect | None:
    """A detector with the model's file; None where it can't be loaded. For one thread at a time."""
    try:
        detector = cv2.FaceDetectorYN.create(str(model), "", (SIDE, SIDE), at("hint"), at("overlap"), MOST_FACES)
        detector.detect(np.zeros((SIDE, SIDE, 3), np.uint8))
    except cv2.error:
        return None
    size = [(SIDE, SIDE)]

    def detect(picture: Any) -> list[Face]:
        wanted = (picture.shape[1], picture.shape[0])
        if wanted != size[0]:
            detector.setInputSize(wanted)
            size[0] = wanted
        found = detector.detect(picture)[1]
        rows = [] if found is None else found.tolist()
        return sorted((_face(row) for row in rows), key=lambda face: -(face.score or 0.0))

    return detect


def _face(row: list[float]) -> Face:
    points = tuple((row[place], row[place + 1]) for place in range(4, 14, 2))
    return Face((row[0], row[1], row[2], row[3]), row[14], points)


def cascade() -> Detect | None:
    """OpenCV's own cascade; None where the wheel has none. It misses one face in three or more and gives no scores."""
    file = Path(cv2.__file__).parent / "data" / CASCADE
    if not file.is_file():
        return None
    classifier = cv2.CascadeClassifier(str(file))
    if classifier.empty():
        return None

    def detect(picture: Any) -> list[Face]:
        grey = cv2.equalizeHist(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))
        least = max(20, round(LEAST_ROUGH * grey.shape[0]))
        found = classifier.detectMultiScale(grey, ROUGH_STEP, ROUGH_NEIGHBOURS, minSize=(least, least))
        return [Face((float(x), float(y), float(w), float(h)), None, None) for x, y, w, h in found]

    return detect
