"""Whether two frames are the same picture: brightness of 80 x 60 blocks, compared block by block.

Hashes of eight by eight are too coarse: a person who keeps still has the same. The blocks of a picture that was only
compressed anew differ by two levels at most, those of a living person by four and more somewhere.
"""

from typing import Any

import numpy as np

from exam.vision.thresholds import at

WIDTH, HEIGHT = 80, 60
SIZE = WIDTH * HEIGHT
COARSE = slice(None, None, 23)
"""A sample that settles most comparisons: no divisor of a row, so that it wanders over the columns."""


def difference(a: bytes, b: bytes) -> int:
    """The largest difference of two fingerprints' blocks (0 to 255); 255 for fingerprints of different kinds."""
    if len(a) != SIZE or len(b) != SIZE:
        return 255
    one, other = _levels(a), _levels(b)
    return int(np.abs(one - other).max())


def same_picture(a: bytes | None, b: bytes | None) -> bool:
    """Whether two fingerprints are of one picture, give or take its compression; never where one is missing."""
    if a is None or b is None or len(a) != SIZE or len(b) != SIZE:
        return False
    one, other, most = _levels(a), _levels(b), at("same-picture")
    if np.abs(one[COARSE] - other[COARSE]).max() > most:
        return False
    return bool(np.abs(one - other).max() <= most)


def _levels(raw: bytes) -> Any:
    return np.frombuffer(raw, np.uint8).astype(np.int16)
