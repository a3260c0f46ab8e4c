"""The demo's films: three short chapters of slides with captions in Chinese and English, drawn from `films.json`."""

import json
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typst

from exam.certificates.rendering import FONTS
from exam.demo.content import FOLDER, read
from exam.vision.film import Slide, decoded, lecture, write_webm

SIZE = (960, 540)
FPS = 5
LEAD_MS, LINE_MS = 1600, 2600
"""How long a title stands alone, and how long each line is spoken of."""
TOP, PITCH, BAND = 210, 74, 62
"""Where a slide's lines are, in pixels: the first one's top, the way to the next, a line's height."""


@dataclass(frozen=True)
class Film:
    """A film as a file, what it is called, its captions as WebVTT, and its slides (from, to in milliseconds, title)."""

    path: Path
    title: str
    title_en: str
    captions_zh: str
    captions_en: str
    slides: list[tuple[int, int, str]]


@cache
def chapters() -> list[dict[str, Any]]:
    """What the films say: chapters of slides of lines (as shown, as spoken in Chinese, in English)."""
    found: list[dict[str, Any]] = read("films.json")
    return found


def films(folder: Path) -> list[Film]:
    """Draw all films into `folder`. Raises CannotEncode where OpenCV writes no WebM."""
    made = []
    for chapter in chapters():
        path = folder / f"{chapter['name']}.webm"
        write_webm(path, lecture(pictures(chapter)), SIZE, FPS)
        made.append(_film(chapter, path))
    return made


def kept_films(folder: Path) -> list[Film]:
    """The films out of a folder of the user's cache; drawn into it first where they are not there whole.

    Drawing takes some ten seconds of a processor, and a demo is made often. The folder's name follows what they say and
    how they are drawn.
    """
    said = json.dumps([chapters(), SIZE, FPS, LEAD_MS, LINE_MS, (FOLDER / "films.typ").read_text(encoding="utf-8")])
    place = folder / f"films-{sha256(said.encode()).hexdigest()[:16]}"
    if not all((place / f"{chapter['name']}.webm").is_file() for chapter in chapters()):
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder) as unfinished:
            for film in films(Path(unfinished)):
                place.mkdir(exist_ok=True)
                film.path.replace(place / film.path.name)
    return [_film(chapter, place / f"{chapter['name']}.webm") for chapter in chapters()]


def _film(chapter: dict[str, Any], path: Path) -> Film:
    captions = (captions_of(chapter, english=False), captions_of(chapter, english=True))
    return Film(path, chapter["title"], chapter["title_en"], *captions, slides_of(chapter))


def slides_of(chapter: dict[str, Any]) -> list[tuple[int, int, str]]:
    """When each slide is shown: from, to in milliseconds, its title."""
    found, at = [], 0
    for slide in chapter["slides"]:
        end = at + LEAD_MS + LINE_MS * len(slide["lines"])
        found.append((at, end, slide["title"]))
        at = end
    return found


def captions_of(chapter: dict[str, Any], *, english: bool) -> str:
    """The chapter's captions as WebVTT: each slide's title, then its lines."""
    cues = []
    for slide, (at, _, _) in zip(chapter["slides"], slides_of(chapter), strict=True):
        said = [slide["title_en" if english else "title"], *(line[2 if english else 1] for line in slide["lines"])]
        starts = [at, *(at + LEAD_MS + LINE_MS * index for index in range(len(slide["lines"]) + 1))]
        cues += [
            f"{_clock(start)} --> {_clock(end)}\n{words}\n"
            for words, start, end in zip(said, starts[:-1], starts[1:], strict=True)
        ]
    return "\n".join(["WEBVTT", "", *cues])


def pictures(chapter: dict[str, Any]) -> list[Slide]:
    """The chapter's slides, typeset."""
    shown = [
        {
            "chapter": chapter["title"],
            "place": f"{number} / {len(chapter['slides'])}",
            "title": slide["title"],
            "title_en": slide["title_en"],
            "lines": [line[0] for line in slide["lines"]],
        }
        for number, slide in enumerate(chapter["slides"], 1)
    ]
    pages = [decoded(page) for page in _typeset({"slides": shown, "top": TOP, "pitch": PITCH, "band": BAND})]
    return [
        Slide(quiet, lit, _bands(len(slide["lines"])), LEAD_MS * FPS // 1000, LINE_MS * FPS // 1000)
        for slide, quiet, lit in zip(shown, pages[::2], pages[1::2], strict=True)
    ]


def _bands(lines: int) -> list[tuple[int, int]]:
    return [(TOP + PITCH * line, TOP + PITCH * line + BAND) for line in range(lines)]


def _typeset(data: dict[str, Any]) -> list[bytes]:
    """The pages as PNG, a point a pixel."""
    pages = typst.compile(
        str(FOLDER / "films.typ"),
        root=str(FOLDER),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        format="png",
        ppi=72.0,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    return [bytes(page) for page in (pages if isinstance(pages, list) else [pages])]


def _clock(milliseconds: int) -> str:
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
