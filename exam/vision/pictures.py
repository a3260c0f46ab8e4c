"""Pictures that people upload: measured, decoded, and written anew, so that nothing but pixels is kept.

Writing anew drops metadata (places, names, thumbnails) and whatever else a file may carry behind its pixels.
"""

import os
from dataclasses import dataclass
from typing import Any

from exam.vision.header import Header, read_header

MOST_MIB = 5
MOST_BYTES = MOST_MIB * 1024 * 1024
MOST_PIXELS = 16_000_000
MOST_SIDE = 8192
# OpenCV reads this when it is imported: its own wall behind ours.
os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(MOST_PIXELS)

import cv2  # noqa: E402
import numpy as np  # noqa: E402

JPEG_QUALITY = 88
PLAIN_BYTES = 400 * 1024
"""A drawn picture stays a PNG up to this size; beyond it is photographic, and a JPEG is smaller and as good."""


class BadPicture(ValueError):
    """A file that is not taken; `code` says why (`picture-…`), `params` fill its text."""

    def __init__(self, code: str, **params: int) -> None:
        super().__init__(code)
        self.code, self.params = code, params


@dataclass(frozen=True)
class CleanPicture:
    """A picture written anew: PNG, or JPEG where the original was one."""

    data: bytes
    media_type: str
    width: int
    height: int


def check(data: bytes) -> Header:
    """Refuse by size, type and claimed dimensions before anything is decoded. Raises `BadPicture`."""
    if not data:
        raise BadPicture("picture-empty")
    if len(data) > MOST_BYTES:
        raise BadPicture("picture-too-large", most=MOST_MIB)
    header = read_header(data)
    if header is None:
        raise BadPicture("picture-not-a-picture")
    if header.animated:
        raise BadPicture("picture-animated")
    if not header.width or not header.height:
        raise BadPicture("picture-not-a-picture")
    if max(header.width, header.height) > MOST_SIDE or header.width * header.height > MOST_PIXELS:
        raise BadPicture(
            "picture-too-many-pixels",
            width=header.width,
            height=header.height,
            side=MOST_SIDE,
            pixels=MOST_PIXELS // 1_000_000,
        )
    return header


def clean(data: bytes) -> CleanPicture:
    """The picture in `data` (PNG, JPEG, WebP; at most 5 MiB, 8192 pixels a side, 16 megapixels) written anew.

    Raises `BadPicture`. A JPEG is turned the way its camera says; transparency is kept; depth becomes 8 bits.
    """
    header = check(data)
    # A JPEG has no transparency, and only this flag set turns it upright.
    flags = cv2.IMREAD_COLOR if header.format == "jpeg" else cv2.IMREAD_UNCHANGED
    try:
        pixels: Any = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        raise BadPicture("picture-damaged") from None
    if pixels is None or sorted(pixels.shape[:2]) != sorted((header.height, header.width)):
        raise BadPicture("picture-damaged")
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    if pixels.dtype != np.uint8:
        raise BadPicture("picture-damaged")
    jpeg = header.format == "jpeg"
    done, written = cv2.imencode(
        ".jpg" if jpeg else ".png", pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY] if jpeg else []
    )
    if not done:
        raise BadPicture("picture-damaged")
    height, width = pixels.shape[:2]
    return CleanPicture(written.tobytes(), "image/jpeg" if jpeg else "image/png", int(width), int(height))


def encode(pixels: Any) -> bytes:
    """An array (height × width, grey or × blue, green, red; 8 bits) as a PNG, or as a JPEG where that would be large.

    Raises `BadPicture` (`picture-damaged`) for an array that is no picture."""
    if getattr(pixels, "dtype", None) != np.uint8 or pixels.ndim not in (2, 3) or 0 in pixels.shape:
        raise BadPicture("picture-damaged")
    if pixels.ndim == 3 and pixels.shape[2] != 3:
        raise BadPicture("picture-damaged")
    done, written = cv2.imencode(".png", pixels)
    if done and len(written) > PLAIN_BYTES:
        done, written = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise BadPicture("picture-damaged")
    return bytes(written.tobytes())
