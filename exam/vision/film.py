"""Films made here: slides that are shown line by line, and WebM files by OpenCV's own encoder. No sound."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from exam.vision.pictures import BadPicture, check

import cv2  # isort: skip  (after pictures, which sets OpenCV's own limits)
import numpy as np  # isort: skip
from numpy.typing import NDArray  # isort: skip

Picture = NDArray[np.uint8]
CODECS = ("VP80", "VP90")
FADE = 6
"""Frames in which one slide, or one lit line, passes into the next."""
MARKER_ACROSS, MARKER_RADIUS, BAR_HEIGHT = 80, 8, 8
ACCENT, TRACK = (0x8C, 0x4D, 0x17), (0xE2, 0xDB, 0xD6)  # blue, green, red


class CannotEncode(RuntimeError):
    """This build of OpenCV writes no WebM."""


@dataclass(frozen=True)
class Slide:
    """A slide at rest and with all its lines lit, both of one size; each line's band (top, bottom) in pixels.

    `lead` frames pass before the first line, `each` frames for every line."""

    quiet: Picture
    lit: Picture
    bands: Sequence[tuple[int, int]]
    lead: int
    each: int

    @property
    def frames(self) -> int:
        """How long the slide is shown."""
        return self.lead + self.each * len(self.bands)


def decoded(data: bytes) -> Picture:
    """A picture file (PNG, JPEG, WebP) as height × width × blue, green, red. Raises `BadPicture`."""
    check(data)
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise BadPicture("picture-damaged")
    return np.asarray(pixels, np.uint8)


def lecture(slides: Sequence[Slide]) -> Iterator[Picture]:
    """The frames of a film of slides: a line lit and marked, one slide fading into the next, a bar along the bottom."""
    total, done = sum(slide.frames for slide in slides), 0
    before = slides[0].quiet  # the first frame is what a player shows before it plays: never empty
    for slide in slides:
        frame = before
        for index in range(slide.frames):
            frame = _lit(slide, index)
            share = _eased((index + 1) / FADE)
            shown = cv2.addWeighted(frame, share, before, 1 - share, 0) if share < 1 else frame
            done += 1
            yield _with_bar(np.asarray(shown, np.uint8), done / total)
        before = frame


def write_webm(path: Path, frames: Iterable[Picture], size: tuple[int, int], fps: int) -> None:
    """Write frames (height × width × blue, green, red) of `size` (width, height) as WebM, VP8 or else VP9.

    Raises CannotEncode where OpenCV can't write it, ValueError for a frame of another size.
    """
    writer = _opened(path, size, fps)
    try:
        for frame in frames:
            if frame.shape != (size[1], size[0], 3) or frame.dtype != np.uint8:
                raise ValueError(f"a frame of {frame.shape} {frame.dtype}, not of {size[1]} by {size[0]} by 3 bytes")
            writer.write(frame)
    finally:
        writer.release()
    if not path.is_file() or not path.stat().st_size:
        raise CannotEncode(f"nothing was written to {path}")


def _opened(path: Path, size: tuple[int, int], fps: int) -> cv2.VideoWriter:
    for codec in CODECS:
        with _quietly(), suppress(cv2.error):
            writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), float(fps), size)
            if writer.isOpened():
                return writer
    raise CannotEncode(f"this build of OpenCV ({cv2.__version__}) can't write WebM: neither VP8 nor VP9 at {path}")


@contextmanager
def _quietly() -> Iterator[None]:
    """Without what OpenCV prints past Python: that WebM has no tags for codecs, each time, while all is well."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _eased(share: float) -> float:
    """From 0 to 1, slow at both ends."""
    share = min(1.0, max(0.0, share))
    return share * share * (3 - 2 * share)


def _lit(slide: Slide, index: int) -> Picture:
    """The slide's frame `index`: the line spoken now is lighting up, the one before it going out."""
    frame = slide.quiet.copy()
    now, within = divmod(index - slide.lead, slide.each)
    if now < 0:
        return frame
    share = _eased((within + 1) / FADE)
    for line, light in ((now, share), (now - 1, 1 - share)):
        if line >= 0 and light > 0:
            top, bottom = slide.bands[line]
            frame[top:bottom] = cv2.addWeighted(slide.lit[top:bottom], light, slide.quiet[top:bottom], 1 - light, 0)
    return _marked(frame, slide, now, share)


def _marked(frame: Picture, slide: Slide, now: int, share: float) -> Picture:
    """The marker on its way from the line before to this one; at the first line it grows in its place."""
    middles = [(top + bottom) / 2 for top, bottom in slide.bands]
    ways = [(middles[0], middles[0]), *pairwise(middles)]
    down = ways[now][0] + (ways[now][1] - ways[now][0]) * share
    radius = MARKER_RADIUS * (share if now == 0 else 1.0)
    at = (MARKER_ACROSS * 16, round(down * 16))  # sixteenths of a pixel: it glides
    cv2.circle(frame, at, round(radius * 16), ACCENT, -1, cv2.LINE_AA, 4)
    return frame


def _with_bar(frame: Picture, share: float) -> Picture:
    marked = frame.copy()
    height, width = marked.shape[:2]
    marked[height - BAR_HEIGHT :] = TRACK
    marked[height - BAR_HEIGHT :, : round(width * share)] = ACCENT
    return marked
