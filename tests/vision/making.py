"""Pictures made for tests, changes made to pictures, and where the labelled ones lie."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared/data"
LABELS = SHARED / "vision/labels.csv"
MODEL = SHARED / "models/yunet_n_320_320.onnx"
needs_model = pytest.mark.skipif(not MODEL.is_file(), reason="../shared/data is not here: no model")
needs_frames = pytest.mark.skipif(
    not (MODEL.is_file() and LABELS.is_file()), reason="../shared/data is not here: no labelled frames"
)


def jpeg(pixels, quality=80, **options):
    flags = [cv2.IMWRITE_JPEG_QUALITY, quality]
    if options.get("progressive"):
        flags += [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
    done, written = cv2.imencode(".jpg", pixels, flags)
    assert done
    return written.tobytes()


def again(pixels, quality=75):
    return cv2.imdecode(np.frombuffer(jpeg(pixels, quality), np.uint8), cv2.IMREAD_COLOR)


def plain(level, width=640, height=480):
    return np.full((height, width, 3), level, np.uint8)


def room(seed=1, width=640, height=480):
    """A lit room without anybody: furniture of sharp edges before a wall that gets lighter."""
    rng = np.random.default_rng(seed)
    pixels = np.repeat(np.linspace(90, 190, width)[None, :, None], height, axis=0).repeat(3, axis=2).astype(np.uint8)
    for _ in range(25):
        x, y = rng.integers(0, width), rng.integers(0, height)
        w, h = rng.integers(20, 160), rng.integers(20, 120)
        cv2.rectangle(pixels, (int(x), int(y)), (int(x + w), int(y + h)), rng.integers(0, 255, 3).tolist(), -1)
    return pixels


def noisy(pixels, sigma, seed=3):
    rng = np.random.default_rng(seed)
    return np.clip(pixels + rng.normal(0, sigma, pixels.shape), 0, 255).astype(np.uint8)


def brighter(pixels, times):
    return np.clip(pixels * float(times), 0, 255).astype(np.uint8)


def blurred(pixels, sigma):
    return cv2.GaussianBlur(pixels, (0, 0), sigma)


def side_lit(pixels, left):
    weights = np.linspace(left, 2 - left, pixels.shape[1])[None, :, None]
    return np.clip(pixels * weights, 0, 255).astype(np.uint8)


def warmer(pixels, share):
    return np.clip(pixels * np.array([1 - share, 1, 1 + share]), 0, 255).astype(np.uint8)


def moved(pixels, x, y, turn=0.0, size=1.0):
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, size)
    matrix[:, 2] += (x, y)
    return cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


CHANGES = {
    "as it is": lambda p, i: p,
    "half as bright": lambda p, i: brighter(p, 0.5),
    "dark and noisy": lambda p, i: noisy(brighter(p, 0.2), 3, seed=i),
    "half as bright again": lambda p, i: brighter(p, 1.5),
    "lamp flickers": lambda p, i: brighter(p, (1.0, 0.8, 1.15, 0.9)[i % 4]),
    "light from the left": lambda p, i: side_lit(p, 1.6),
    "light from the right": lambda p, i: side_lit(p, 0.4),
    "lamp changes colour": lambda p, i: warmer(p, 0.25 if i > 6 else 0),
    "light goes out halfway": lambda p, i: brighter(p, 0.3 if i > 6 else 1),
    "noisy camera": lambda p, i: noisy(p, 12, seed=i),
    "out of focus": lambda p, i: blurred(p, 4),
    "poor compression": lambda p, i: again(p, 20),
    "camera nudged": lambda p, i: moved(p, 25, -18) if i > 6 else p,
    "camera turned": lambda p, i: moved(p, 0, 0, turn=10) if i > 6 else p,
    "sits back": lambda p, i: moved(p, 0, 0, size=0.6) if i > 6 else p,
}
"""Honest things that happen in front of a camera; each takes a picture and its place in the row."""


def labelled():
    """The rows of the labelled frames that are sure."""
    with LABELS.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["ambiguous"] == "0"]


def sequence(name):
    """The bytes of a labelled sequence in order."""
    rows = sorted((row for row in labelled() if row["seq"] == name), key=lambda row: int(row["seq_pos"]))
    return [(LABELS.parent / row["file"]).read_bytes() for row in rows]


def decoded(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
