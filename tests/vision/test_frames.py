"""Frames at the door: what is refused before anything is decoded, what is kept of what is taken."""

import struct
import zipfile
from io import BytesIO

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exam.core import i18n
from exam.vision import frames
from exam.vision.frames import MOST_BYTES, check_frame, clean_frame, decode_frame
from exam.vision.pictures import BadPicture
from tests.vision.making import jpeg, noisy, plain, room

ROOM = jpeg(room())
SCAN = ROOM.index(b"\xff\xda")


def with_size(data, width, height):
    """The same file with other dimensions in its header."""
    at = next(data.index(bytes([0xFF, code])) for code in (0xC0, 0xC2) if bytes([0xFF, code]) in data)
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


def with_segment(data, marker, content):
    return data[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content + data[2:]


def zipped():
    held = BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("run.js", "alert(1)")
    return held.getvalue()


def scans(data, count):
    """The file with its scan repeated so many times, as short as a scan can be."""
    header = data[SCAN : SCAN + 2 + struct.unpack(">H", data[SCAN + 2 : SCAN + 4])[0]]
    return data[:SCAN] + (header + b"\x00") * count + b"\xff\xd9"


def cmyk():
    """A frame header that speaks of four components."""
    at = ROOM.index(b"\xff\xc0")
    body = struct.pack(">BHHB", 8, 480, 640, 4) + bytes([1, 17, 0, 2, 17, 0, 3, 17, 0, 4, 17, 0])
    old = struct.unpack(">H", ROOM[at + 2 : at + 4])[0]
    return ROOM[: at + 2] + struct.pack(">H", len(body) + 2) + body + ROOM[at + 2 + old :]


PNG = cv2.imencode(".png", room())[1].tobytes()
TWELVE_BITS = ROOM.replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc1\x00\x11\x0c")
ARITHMETIC = ROOM.replace(b"\xff\xc0\x00\x11", b"\xff\xc9\x00\x11")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "frame-empty"),
        (ROOM + b"\x00" * (MOST_BYTES + 1 - len(ROOM)), "frame-too-large"),
        (b"\xff\xd8\xff\xe0\x00\x00" + b"A" * 100, "frame-not-jpeg"),
        (b"GIF89a" + b"\x00" * 100, "frame-not-jpeg"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "frame-not-jpeg"),
        (PNG, "frame-not-jpeg"),
        (ROOM[:2], "frame-not-jpeg"),
        (b"\xff\xd8\xff\xd9", "frame-not-jpeg"),
        (ROOM[:3], "frame-cut-off"),
        (ROOM[:200], "frame-cut-off"),
        (ROOM[: SCAN + 4], "frame-cut-off"),
        (ROOM[: len(ROOM) // 2], "frame-cut-off"),
        (ROOM[:-2], "frame-cut-off"),
        (with_size(ROOM, 65500, 65500), "frame-dimensions"),
        (with_size(ROOM, 1281, 960), "frame-dimensions"),
        (with_size(ROOM, 1280, 961), "frame-dimensions"),
        (with_size(ROOM, 1, 1), "frame-dimensions"),
        (with_size(ROOM, 0, 480), "frame-dimensions"),
        (with_size(ROOM, 640, 0), "frame-dimensions"),
        (with_size(ROOM, 159, 120), "frame-dimensions"),
        (with_size(ROOM, 160, 119), "frame-dimensions"),
        (cmyk(), "frame-unusual"),
        (TWELVE_BITS, "frame-unusual"),
        (ARITHMETIC, "frame-unusual"),
        (scans(ROOM, 21), "frame-unusual"),
        (scans(ROOM, 10_000), "frame-unusual"),
        (ROOM + zipped(), "frame-trailing"),
        (ROOM + ROOM, "frame-trailing"),
        (ROOM + b"\x00", "frame-trailing"),
        (ROOM + b"<script>", "frame-trailing"),
    ],
)
def test_what_is_refused_is_refused_before_anything_is_decoded(data, code, monkeypatch) -> None:
    monkeypatch.setattr(frames.cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    with pytest.raises(BadPicture) as refused:
        decode_frame(data)
    assert refused.value.code == code
    for locale in i18n.LOCALES:
        i18n.current_locale.set(locale)
        assert i18n.has(f"problem.{code}", locale)


@pytest.mark.parametrize(
    ("width", "height"), [(160, 120), (120, 160), (640, 480), (480, 640), (1280, 960), (960, 1280), (1280, 720)]
)
def test_frames_lying_and_standing_from_smallest_to_largest_are_taken(width, height) -> None:
    data = jpeg(room(width=width, height=height))
    header = check_frame(data)
    assert (header.format, header.width, header.height) == ("jpeg", width, height)
    assert decode_frame(data).shape == (height, width, 3)


@pytest.mark.parametrize("data", [jpeg(room(), progressive=True), jpeg(cv2.cvtColor(room(), cv2.COLOR_BGR2GRAY))])
def test_progressive_and_grey_frames_are_frames(data) -> None:
    assert decode_frame(data).shape == (480, 640, 3)


def test_what_rides_inside_a_frame_is_gone_when_it_is_kept() -> None:
    hidden = b"<script>alert(1)</script>" + zipped()
    for marker in (0xFE, 0xE1, 0xEF):
        data = with_segment(ROOM, marker, hidden)
        assert hidden in data
        kept = clean_frame(decode_frame(data))
        assert b"<script>" not in kept and b"PK\x03\x04" not in kept
        check_frame(kept)


def test_which_way_up_a_file_says_it_lies_is_ignored() -> None:
    turned = (
        b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00"
    )
    assert np.array_equal(decode_frame(with_segment(ROOM, 0xE1, turned)), decode_frame(ROOM))


def test_kept_frames_are_small_whatever_they_show() -> None:
    assert len(clean_frame(room())) < 40_000
    assert len(clean_frame(plain(7))) < 10_000
    rough = clean_frame(noisy(plain(128), 60))
    assert len(rough) < 160_000
    check_frame(rough)


@pytest.mark.parametrize("pixels", [plain(9)[:, :, 0], plain(9).astype(np.uint16), plain(9)[:0]])
def test_arrays_that_are_no_frames_are_not_kept(pixels) -> None:
    with pytest.raises(BadPicture, match="frame-damaged"):
        clean_frame(pixels)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.integers(0, len(ROOM)), st.integers(0, 300))
def test_a_file_that_was_tampered_with_is_a_frame_or_refused_and_nothing_else(noise, at, cut) -> None:
    data = ROOM[:at] + noise + ROOM[at + cut :]
    try:
        header = check_frame(data)
    except BadPicture as refused:
        assert refused.code.startswith("frame-")
    else:
        assert header.width <= 1280 and header.height <= 1280


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_judged(data) -> None:
    with pytest.raises(BadPicture):
        check_frame(b"\xff\xd8\xff" + data)
