"""Drawn stand-ins for the pictures of an application: a figure on blue, a card with lines. No real person is shown."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
BLUE, SKIN, HAIR, COAT = (67, 142, 219), (236, 200, 172), (52, 40, 36), (45, 62, 92)


def png(picture: Picture) -> bytes:
    """A picture (height × width × red, green, blue) as a PNG file."""
    height, width = picture.shape[:2]
    lines = b"".join(b"\0" + row.tobytes() for row in picture)
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(lines, 6)),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def portrait(number: int) -> bytes:
    """A figure on blue, 413 × 579 pixels; each number another one."""
    height, width = 579, 413
    picture = np.full((height, width, 3), BLUE, np.uint8)
    down, across = np.mgrid[0:height, 0:width]
    shift = number % 7 - 3

    def oval(middle: tuple[int, int], radii: tuple[int, int]) -> NDArray[np.bool_]:
        inside: NDArray[np.bool_] = ((down - middle[0]) / radii[0]) ** 2 + ((across - middle[1]) / radii[1]) ** 2 <= 1
        return inside

    picture[oval((600, 206), (200, 190))] = COAT
    picture[oval((235 + shift, 206), (135, 105))] = HAIR
    picture[oval((260 + shift, 206), (115, 85))] = SKIN
    for eye in (170, 242):
        picture[oval((245 + shift, eye), (7, 12))] = HAIR
    picture[oval((320 + shift, 206), (5, 28))] = (170, 90, 84)
    return png(picture)


def paper(number: int) -> bytes:
    """A card with grey lines where a document has its words; each number another one."""
    picture = np.full((300, 480, 3), 245, np.uint8)
    for line in range(5):
        picture[60 + 40 * line : 70 + 40 * line, 40 : 200 + (number * 37 + line * 53) % 220] = 150
    picture[:6], picture[-6:], picture[:, :6], picture[:, -6:] = 90, 90, 90, 90
    return png(picture)


def webcam(person: int, moment: int, figures: int) -> Picture:
    """What a drawn webcam shows: a room with so many figures, 480 by 640, blue, green, red; each moment another one."""
    dice = np.random.default_rng(person)
    down, across = np.mgrid[0:480, 0:640]
    wall, coat = dice.integers(150, 215, 3), dice.integers(40, 140, 3)
    picture = np.empty((480, 640, 3), np.uint8)
    picture[:] = wall
    picture[:, : int(dice.integers(60, 160))] = np.clip(wall - 25, 0, 255)
    picture[60:200, 460:600] = (235, 240, 244)
    sway = np.random.default_rng([person, moment]).integers(-9, 10, 2)
    for number in range(figures):
        middle, size = 320 + int(sway[0]) + 190 * number, 1.0 - 0.25 * number
        top = 250 + int(sway[1]) + 20 * number

        def oval(at: tuple[float, float], radii: tuple[float, float]) -> NDArray[np.bool_]:
            inside: NDArray[np.bool_] = ((down - at[0]) / radii[0]) ** 2 + ((across - at[1]) / radii[1]) ** 2 <= 1
            return inside

        picture[oval((top + 250 * size, middle), (150 * size, 150 * size))] = coat if number == 0 else coat[::-1]
        picture[oval((top - 15 * size, middle), (105 * size, 82 * size))] = HAIR[::-1]
        picture[oval((top + 6 * size, middle), (88 * size, 66 * size))] = SKIN[::-1]
        for eye in (-26, 26):
            picture[oval((top - 8 * size, middle + eye * size), (5 * size, 9 * size))] = HAIR[::-1]
        picture[oval((top + 48 * size, middle), (4 * size, 20 * size))] = (84, 90, 170)
    grain = np.random.default_rng([person, moment, 1]).integers(-6, 7, picture.shape[:2])[..., None]
    return np.asarray(np.clip(picture.astype(np.int16) + grain, 0, 255), np.uint8)
