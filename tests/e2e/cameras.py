"""Cameras for the browser: films made here, of a labelled face where the shared pictures are, else of what is drawn."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import Browser, BrowserType

SHARED = Path(__file__).resolve().parents[3] / "shared/data"
MODEL = SHARED / "models/yunet_n_320_320.onnx"
LABELS = SHARED / "vision/labels.csv"
FILMS_SHOWN = "--use-fake-device-for-media-stream"
ALLOWED = "--use-fake-ui-for-media-stream"


def face() -> Any:
    """A picture with one face, upright and looking at the camera; None where the shared pictures are not."""
    if not (LABELS.is_file() and MODEL.is_file()):
        return None
    with LABELS.open(encoding="utf-8") as file:
        names = [row["file"] for row in csv.DictReader(file) if row["file"].startswith("seq/live_a")]
    return cv2.imread(str(SHARED / "vision" / names[0]))


def room(seed: int = 0) -> Any:
    """A picture of nobody: something on it, so that it is neither black nor covered."""
    made = np.random.default_rng(seed)
    rough = made.integers(40, 215, (12, 16, 3), dtype=np.uint8)
    return cv2.resize(rough, (640, 480), interpolation=cv2.INTER_CUBIC)


def black() -> Any:
    """What a covered camera gives."""
    return np.zeros((480, 640, 3), np.uint8)


def film(path: Path, pictures: list[Any]) -> Path:
    """A film (.mjpeg) of these pictures, 640 by 480, for Chromium's fake camera, which shows it over and over."""
    with path.open("wb") as file:
        for picture in pictures:
            done, data = cv2.imencode(".jpg", cv2.resize(picture, (640, 480)), [cv2.IMWRITE_JPEG_QUALITY, 90])
            assert done
            file.write(data.tobytes())
    return path


@contextmanager
def with_camera(browser_type: BrowserType, launch: dict[str, Any], shown: Path | None) -> Iterator[Browser]:
    """A browser whose camera shows a film and is allowed; None: a browser that says no to every camera."""
    film_flags = [FILMS_SHOWN, ALLOWED, f"--use-file-for-fake-video-capture={shown}"]
    own = film_flags if shown else [FILMS_SHOWN, "--deny-permission-prompts"]
    browser = browser_type.launch(**{**launch, "args": [*launch["args"], *own]})
    try:
        yield browser
    finally:
        browser.close()
