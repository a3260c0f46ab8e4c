"""Small pictures for walls and strips: a stored picture, decoded at half its size or less and written anew."""

from exam.vision.pictures import BadPicture, check

import cv2  # isort: skip  (after pictures, which sets OpenCV's own limits)
import numpy as np

SIDE = 320
"""Longest side in pixels: half of a 640 by 480 frame, so that the decoder itself halves it, which is cheap."""
QUALITY = 70


def thumbnail(data: bytes, side: int = SIDE) -> bytes:
    """A picture (PNG, JPEG or WebP) as a JPEG whose longer side is at most `side` pixels, without metadata.

    Raises `BadPicture` like `exam.vision.pictures.check`, and `picture-damaged` for what can't be decoded."""
    header = check(data)
    longest = max(header.width, header.height)
    reduced = cv2.IMREAD_REDUCED_COLOR_2 if longest >= 2 * side else cv2.IMREAD_COLOR
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), reduced)
        if pixels is None:
            raise BadPicture("picture-damaged")
        height, width = pixels.shape[:2]
        scale = min(1.0, side / max(height, width))
        if scale < 1:
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        done, written = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    except cv2.error:
        raise BadPicture("picture-damaged") from None
    if not done:
        raise BadPicture("picture-damaged")
    return bytes(written.tobytes())
