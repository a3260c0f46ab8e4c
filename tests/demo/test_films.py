"""The demo's films as they are written: lengths, captions, and nothing that the font lacks or the slide can't hold."""

from itertools import pairwise

import pytest

from exam.certificates.rendering import _covered
from exam.courseware.captions import read_captions
from exam.demo import films
from exam.demo.films import FPS, LEAD_MS, LINE_MS, SIZE, captions_of, chapters, pictures, slides_of
from exam.demo.lessons import cache_folder
from exam.vision.film import BAR_HEIGHT

each_chapter = pytest.mark.parametrize("chapter", chapters(), ids=lambda chapter: chapter["name"])


def test_times_are_whole_frames():
    assert LEAD_MS * FPS % 1000 == LINE_MS * FPS % 1000 == 0


@each_chapter
def test_a_chapter_is_about_a_minute_of_slides(chapter):
    found = slides_of(chapter)
    assert 4 <= len(found) <= 6
    assert 45_000 <= found[-1][1] <= 75_000
    assert found[0][0] == 0
    assert all(before[1] == after[0] for before, after in pairwise(found))
    assert all(3 <= len(slide["lines"]) <= 4 for slide in chapter["slides"])


@each_chapter
@pytest.mark.parametrize("english", [False, True])
def test_captions_are_those_of_the_whole_film(chapter, english):
    text = captions_of(chapter, english=english)
    again = read_captions(text.encode())
    assert again.count("-->") == sum(1 + len(slide["lines"]) for slide in chapter["slides"])
    seconds, thousandths = divmod(slides_of(chapter)[-1][1], 1000)
    assert f"--> 00:{seconds // 60:02d}:{seconds % 60:02d}.{thousandths:03d}" in again
    chinese = any("\u4e00" <= character <= "\u9fff" for character in text)
    assert chinese is not english


@each_chapter
def test_every_character_can_be_drawn_and_every_line_fits(chapter):
    shown = [chapter["title"], chapter["title_en"]]
    for slide in chapter["slides"]:
        shown += [slide["title"], slide["title_en"], *(line[0] for line in slide["lines"])]
        assert all(len(line[0]) <= 24 for line in slide["lines"])
    assert {ord(character) for text in shown for character in text} <= _covered()


def test_slides_are_typeset_in_the_size_of_the_film():
    for slide, count in zip(pictures(chapters()[0]), (3, 4, 4, 3, 3), strict=True):
        assert slide.quiet.shape == slide.lit.shape == (SIZE[1], SIZE[0], 3)
        assert len(slide.bands) == count
        for top, bottom in slide.bands:
            assert (slide.quiet[top:bottom] != slide.lit[top:bottom]).any()
            assert bottom < SIZE[1] - BAR_HEIGHT


def test_films_are_written_with_what_belongs_to_them(tmp_path, monkeypatch):
    written = {}
    monkeypatch.setattr(films, "write_webm", lambda path, frames, size, fps: written.update({path: (size, fps)}))
    made = films.films(tmp_path)
    assert [film.path.name for film in made] == ["chapter-1.webm", "chapter-2.webm", "chapter-3.webm"]
    assert set(written) == {film.path for film in made}
    assert set(written.values()) == {(SIZE, FPS)}
    assert all(film.captions_en != film.captions_zh and film.slides and film.title_en for film in made)


def test_films_are_kept_in_the_users_cache_or_else_beside_the_data(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cache_folder(tmp_path / "data") == tmp_path / "cache" / "exam-platform"
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert cache_folder(tmp_path / "data") == tmp_path / "data" / "films"
