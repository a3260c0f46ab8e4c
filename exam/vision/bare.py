"""The bare loop that everything is measured against: decode, make small, look for faces, and nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from exam.vision.detect import MOST_FACES, SIDE
from exam.vision.pictures import BadPicture  # noqa: F401  (before cv2: it sets OpenCV's own limits)
from exam.vision.thresholds import at

import cv2  # isort: skip
import numpy as np

VERSION = cv2.__version__


def decode(data: bytes) -> Any:
    """The pixels of a picture; None for what is none."""
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def shrink(pixels: Any) -> Any:
    """The picture at the size at which faces are looked for."""
    scale = SIDE / max(pixels.shape[:2])
    size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def detector(model: Path) -> Callable[[Any], Any] | None:
    """The model alone, as OpenCV gives it; None where it can't be loaded."""
    try:
        found = cv2.FaceDetectorYN.create(str(model), "", (SIDE, SIDE), at("face"), at("overlap"), MOST_FACES)
    except cv2.error:
        return None

    def detect(picture: Any) -> Any:
        found.setInputSize((picture.shape[1], picture.shape[0]))
        return found.detect(picture)[1]

    return detect
