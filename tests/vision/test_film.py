"""Films made here: what is written can be read again, a slide lights up line by line, what can't be written is said."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from exam.courseware.containers import read_video
from exam.vision import film
from exam.vision.film import ACCENT, BAR_HEIGHT, FADE, TRACK, CannotEncode, Slide, decoded, lecture, write_webm
from exam.vision.pictures import BadPicture

SIZE, FPS = (160, 120), 8
BANDS = ((20, 40), (50, 70))


def plain(value):
    return np.full((SIZE[1], SIZE[0], 3), value, np.uint8)


def slide(quiet=250, lit=200):
    return Slide(plain(quiet), plain(lit), BANDS, lead=8, each=8)


def test_two_seconds_are_written_as_webm(tmp_path, capfd):
    path = tmp_path / "film.webm"
    write_webm(path, (plain(5 * number) for number in range(2 * FPS)), SIZE, FPS)
    found = read_video(path)
    assert (found.media_type, found.duration_ms, found.width, found.height) == ("video/webm", 2000, *SIZE)
    assert found.video_codec in ("V_VP8", "V_VP9")
    assert not capfd.readouterr().err
    again = cv2.VideoCapture(str(path))
    shown = [again.read() for _ in range(2 * FPS)]
    assert all(read for read, _ in shown)
    assert abs(float(shown[10][1].mean()) - 50) < 4


@pytest.mark.parametrize("frame", [plain(0)[:-1], plain(0)[:, :, 0], plain(0).astype(np.uint16)])
def test_a_frame_of_another_kind_is_refused(tmp_path, frame):
    with pytest.raises(ValueError, match="a frame of"):
        write_webm(tmp_path / "film.webm", [plain(0), frame], SIZE, FPS)


def test_where_opencv_writes_no_webm_it_is_said(tmp_path, monkeypatch):
    with pytest.raises(CannotEncode, match="VP8"):
        write_webm(tmp_path / "nowhere" / "film.webm", [plain(0)], SIZE, FPS)
    monkeypatch.setattr(film, "CODECS", ())
    with pytest.raises(CannotEncode, match="VP8"):
        write_webm(tmp_path / "film.webm", [plain(0)], SIZE, FPS)


def test_lines_light_up_one_after_the_other():
    frames = list(lecture([slide()]))
    assert len(frames) == slide().frames == 24
    at_rest, first, second = frames[7], frames[8 + FADE], frames[16 + FADE]
    assert at_rest[:100].min() == 250
    assert first[30, 140].tolist() == [200] * 3
    assert first[60, 140].tolist() == [250] * 3
    assert second[30, 140].tolist() == [250] * 3
    assert second[60, 140].tolist() == [200] * 3
    assert tuple(second[60, film.MARKER_ACROSS]) == ACCENT
    assert tuple(second[30, film.MARKER_ACROSS]) != ACCENT


def test_slides_fade_into_each_other_and_the_bar_only_grows():
    frames = list(lecture([slide(250), slide(150)]))
    corner = [int(frame[0, 0, 0]) for frame in frames]
    assert corner[:24] == [250] * 24
    assert corner[24 + FADE :] == [150] * (24 - FADE)
    steps = [before - after for before, after in pairwise(corner)]
    assert all(0 <= step <= 30 for step in steps)  # no flash
    bars = [int((frame[-BAR_HEIGHT:] == ACCENT).all(axis=2).sum(axis=1)[0]) for frame in frames]
    assert bars == sorted(bars)
    assert bars[-1] == SIZE[0]
    assert tuple(frames[0][-1, -1]) == TRACK


def test_a_picture_file_is_decoded_or_refused():
    data = cv2.imencode(".png", plain(7))[1].tobytes()
    assert decoded(data).tolist() == plain(7).tolist()
    with pytest.raises(BadPicture):
        decoded(b"nothing")
    with pytest.raises(BadPicture):
        decoded(data[:60])
