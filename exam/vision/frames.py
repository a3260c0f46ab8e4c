"""Frames of a camera: judged by their bytes before anything is decoded, decoded, written anew.

A frame is a JPEG as a browser's canvas writes it. It comes from the candidate's machine, thousands a second if that is
hostile, so everything is bounded: bytes, dimensions, passes over the picture. What is kept is written anew: nothing but
pixels. Which way up the file says it lies is ignored: the pixels are taken as the camera gave them.
"""

from exam.vision.header import Header
from exam.vision.jpeg import CutOff, NotAJpeg, Skeleton, walk
from exam.vision.pictures import BadPicture

import cv2  # isort: skip  (after pictures, which sets OpenCV's own limits)
import numpy as np
from numpy.typing import NDArray

MOST_KIB = 256
MOST_BYTES = MOST_KIB * 1024
"""A 640 by 480 frame has about 30 KiB; eight times that leaves room for a larger picture full of noise."""
MOST_WIDTH, MOST_HEIGHT = 1280, 960
LEAST_WIDTH, LEAST_HEIGHT = 160, 120
"""Of a frame lying; standing (a telephone as camera) the same two the other way round."""
MOST_SCANS = 20
"""A progressive JPEG as encoders write it has about ten; a bomb has thousands, each a pass over the whole picture."""
QUALITY, ROUGH_QUALITY = 75, 45
STORED_BYTES = 64 * 1024
"""Above this a frame is stored rougher: noise costs most and shows least."""

Pixels = NDArray[np.uint8]
"""Height x width x 3 (blue, green, red), 8 bits."""


def check_frame(data: bytes) -> Header:
    """Refuse a frame by its bytes alone; its header otherwise. Nothing is decoded.

    Raises `BadPicture`: `frame-empty`, `frame-too-large`, `frame-not-jpeg`, `frame-cut-off`, `frame-unusual` (not three
    or one components of 8 bits, not Huffman coded, too many scans), `frame-dimensions`, `frame-trailing` (something
    lies behind the picture).
    """
    if not data:
        raise BadPicture("frame-empty")
    if len(data) > MOST_BYTES:
        raise BadPicture("frame-too-large", most=MOST_KIB)
    try:
        found = walk(data, MOST_SCANS)
    except NotAJpeg:
        raise BadPicture("frame-not-jpeg") from None
    except CutOff:
        raise BadPicture("frame-cut-off") from None
    _check_size(found)
    if not found.ordinary or found.bits != 8 or found.components not in (1, 3) or found.scans > MOST_SCANS:
        raise BadPicture("frame-unusual")
    if found.end != len(data):
        raise BadPicture("frame-trailing")
    return Header("jpeg", found.width, found.height)


def _check_size(found: Skeleton) -> None:
    long, short = max(found.width, found.height), min(found.width, found.height)
    if not (LEAST_WIDTH <= long <= MOST_WIDTH and LEAST_HEIGHT <= short <= MOST_HEIGHT):
        raise BadPicture(
            "frame-dimensions",
            width=found.width,
            height=found.height,
            least_width=LEAST_WIDTH,
            least_height=LEAST_HEIGHT,
            most_width=MOST_WIDTH,
            most_height=MOST_HEIGHT,
        )


def decode_frame(data: bytes) -> Pixels:
    """The pixels of a frame (height x width x 3, blue green red, 8 bits). Raises `BadPicture` like `check_frame`, and
    `frame-damaged` for what can't be decoded."""
    header = check_frame(data)
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        raise BadPicture("frame-damaged") from None
    if pixels is None or pixels.dtype != np.uint8 or pixels.shape != (header.height, header.width, 3):
        raise BadPicture("frame-damaged")
    return pixels  # type: ignore[return-value]  # OpenCV's own types don't know the depth


def clean_frame(pixels: Pixels) -> bytes:
    """The pixels as a JPEG for keeping (about 30 kB at 640 by 480), without metadata. Raises `BadPicture`
    (`frame-damaged`) for an array that is no frame."""
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
        raise BadPicture("frame-damaged")
    written = _encode(pixels, QUALITY)
    return written if len(written) <= STORED_BYTES else _encode(pixels, ROUGH_QUALITY)


def _encode(pixels: Pixels, quality: int) -> bytes:
    done, written = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise BadPicture("frame-damaged")
    return written.tobytes()
