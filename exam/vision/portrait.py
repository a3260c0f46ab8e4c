"""Whether a picture will do as an application photo: one face, blue behind it, two-inch format, enough pixels.

Findings are advice: a human decides. With the YuNet model faces are counted. Without it the number is unknown; OpenCV's
own cascade, where the wheel has it, then says what it saw, which is never a fault of the photo: it misses one good
portrait in four.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from exam.vision.pictures import BadPicture, check

import cv2  # isort: skip  (after pictures, which sets OpenCV's own limits)
import numpy as np

NO_PARAMS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Limit:
    """A threshold with its unit and where it comes from."""

    value: float
    unit: str
    source: str


LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        "ratio": Limit(35 / 49, "width / height", "two-inch portrait, 35 by 49 mm"),
        "ratio-tolerance": Limit(0.03, "share of the ratio", "Settled: a millimetre or so of cutting"),
        "width": Limit(413, "pixels", "35 mm at 300 dpi"),
        "height": Limit(579, "pixels", "49 mm at 300 dpi"),
        "blue-share": Limit(
            0.85, "share of the background's pixels", "Settled: hair and a shoulder may reach the edges"
        ),
        "score": Limit(
            0.7,
            "detector score",
            "measured at 320 pixels on the frames whose label is sure: 321 of 327 faces found, 1 of 34 pictures "
            "without a face passes (dogs); at 0.6 322 and 2, at 0.8 315 and 0, at 0.9 267 and 0",
        ),
        "face-height": Limit(0.2, "share of the picture's height", "Settled: a smaller face can't be recognised"),
        "dark": Limit(60, "mean brightness of the face, 0 to 255", "Settled"),
        "bright": Limit(235, "mean brightness of the face, 0 to 255", "Settled"),
    }
)
BLUE_HUES = (90, 135)  # of OpenCV's 0 to 179
LEAST_SATURATION, LEAST_VALUE = 60, 50
DETECT_SIDE = 320
CASCADE = "haarcascade_frontalface_alt.xml"
ROUGH_SIDE = 600


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be: `code` keys the text (`portrait.<code>`), `params` fill it."""

    code: str
    params: Mapping[str, Any] = field(default_factory=lambda: NO_PARAMS)


@dataclass(frozen=True)
class PortraitReport:
    """What was measured: size in pixels, faces (None: unknown), the share of blue in the background (0 to 1).

    `rough`: what the cascade saw where faces could not be counted; None where it did not look."""

    width: int
    height: int
    faces: int | None
    blue: float
    findings: tuple[Finding, ...]
    rough: int | None = None


def check_portrait(data: bytes, model: Path | None) -> PortraitReport:
    """Measure a picture (PNG, JPEG or WebP) as an application photo.

    `model` is the file of the YuNet face detector; None, or a file that is not there or damaged: faces are not counted.
    Raises `BadPicture` for what is no picture, before anything is decoded.
    """
    check(data)
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise BadPicture("picture-damaged")
    height, width = picture.shape[:2]
    boxes = _faces(picture, model)
    blue = blue_share(picture)
    rough = _rough_count(picture) if boxes is None else None
    faces = _uncounted(rough) if boxes is None else _face(picture, boxes)
    findings = (*_size(width, height), *_background(blue), *faces)
    return PortraitReport(width, height, None if boxes is None else len(boxes), round(blue, 3), findings, rough)


def _size(width: int, height: int) -> list[Finding]:
    found = []
    ratio, tolerance = LIMITS["ratio"].value, LIMITS["ratio-tolerance"].value
    if abs(width / height / ratio - 1) > tolerance:
        found.append(Finding("ratio", {"width": width, "height": height}))
    least = (int(LIMITS["width"].value), int(LIMITS["height"].value))
    if width < least[0] or height < least[1]:
        found.append(Finding("resolution", {"width": width, "height": height, "w": least[0], "h": least[1]}))
    return found


def _background(blue: float) -> list[Finding]:
    return [] if blue >= LIMITS["blue-share"].value else [Finding("background", {"share": round(100 * blue)})]


def _uncounted(rough: int | None) -> list[Finding]:
    return [Finding("faces-unknown") if rough is None else Finding("faces-rough", {"n": rough})]


def _face(picture: Any, boxes: list[tuple[int, int, int, int]]) -> list[Finding]:
    if len(boxes) != 1:
        return [Finding("no-face") if not boxes else Finding("several-faces", {"n": len(boxes)})]
    left, top, width, height = boxes[0]
    found = []
    if height < LIMITS["face-height"].value * picture.shape[0]:
        found.append(Finding("face-small"))
    face = picture[max(0, top) : top + height, max(0, left) : left + width]
    light = float(np.mean(cv2.cvtColor(face, cv2.COLOR_BGR2GRAY))) if face.size else 0.0
    if light < LIMITS["dark"].value:
        found.append(Finding("too-dark"))
    elif light > LIMITS["bright"].value:
        found.append(Finding("too-bright"))
    return found


def blue_share(picture: Any) -> float:
    """The share of blue pixels (0 to 1) where a portrait shows background: a band along the top, and bands down the
    sides above the shoulders."""
    height, width = picture.shape[:2]
    band, side, down = max(1, height // 12), max(1, width // 10), max(1, height * 45 // 100)
    hsv = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)
    parts = [hsv[:band], hsv[:down, :side], hsv[:down, width - side :]]
    pixels = np.concatenate([part.reshape(-1, 3) for part in parts])
    hue, saturation, value = pixels[:, 0], pixels[:, 1], pixels[:, 2]
    blue = (hue >= BLUE_HUES[0]) & (hue <= BLUE_HUES[1]) & (saturation >= LEAST_SATURATION) & (value >= LEAST_VALUE)
    return float(np.mean(blue))


def _faces(picture: Any, model: Path | None) -> list[tuple[int, int, int, int]] | None:
    """The boxes (left, top, width, height in pixels) of the faces; None where they can't be counted."""
    if model is None or not model.is_file():
        return None
    height, width = picture.shape[:2]
    scale = DETECT_SIDE / max(height, width)
    small = cv2.resize(picture, (max(1, round(width * scale)), max(1, round(height * scale))))
    size = (small.shape[1], small.shape[0])
    try:
        detector = cv2.FaceDetectorYN.create(str(model), "", size, score_threshold=LIMITS["score"].value)
        _, found = detector.detect(small)
    except cv2.error:  # a damaged model file must not keep anybody from applying
        return None
    if found is None:
        return []
    return [tuple(int(side / scale) for side in row[:4]) for row in found]  # type: ignore[misc]


def _rough_count(picture: Any) -> int | None:
    """How many faces the cascade of OpenCV's wheel sees; None where the wheel has none."""
    file = Path(cv2.__file__).parent / "data" / CASCADE
    if not file.is_file():
        return None
    height, width = picture.shape[:2]
    scale = min(1.0, ROUGH_SIDE / max(height, width))
    small = cv2.resize(picture, (max(1, round(width * scale)), max(1, round(height * scale))))
    grey = cv2.equalizeHist(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY))
    least = max(20, round(LIMITS["face-height"].value * min(grey.shape)))
    return len(cv2.CascadeClassifier(str(file)).detectMultiScale(grey, 1.1, 5, minSize=(least, least)))
