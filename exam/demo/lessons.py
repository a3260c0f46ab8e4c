"""A course of the demo that can be learned here: three short films with captions, quizzes that pop up in them."""

import os
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from exam.core.clock import SHANGHAI
from exam.courses import service as courses
from exam.courses import service_selecting
from exam.courses.rules import Settings
from exam.courseware import queries, rules, service, service_media, uploads
from exam.courseware.models import Cue
from exam.demo import banks
from exam.demo.films import Film, kept_films
from exam.demo.world import Deed, World
from exam.schemes.ccaa_courseware import courseware_rules

WRITER, OFFICE = "writer1", "registrar1"
CODE, BANK = "CX-09", "JY-WEB"
TITLE, TITLE_EN = "检验机构的公正与质量", "Impartiality and quality of inspection"
LEARNERS = ("candidate1", "candidate2", "candidate17")
# Of each chapter: kind, from, until (ms), items, accuracy, seconds to answer.
CUES = (
    (("fixed", 20_000, 20_000, 2, 50, 60),),
    (("random", 12_000, 36_000, 3, 60, 90),),
    (("fixed", 30_000, 30_000, 2, 50, 60),),
)
MOST_MIB = 64


def plan(world: World) -> None:
    """The course is made some months back; its learners selected it before the institution began to collect fees."""
    world.at(world.day(-4, 2, "10:00:00"), _make)
    for number, who in enumerate(LEARNERS):
        world.at(world.day(-1, 25, f"11:{number:02d}:00"), _selecting(who))


def cache_folder(data: Path) -> Path:
    """Where films are kept between demos: the user's cache, or beside the data where that can't be written."""
    own = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "exam-platform"
    try:
        own.mkdir(parents=True, exist_ok=True)
    except OSError:
        return data / "films"
    return own if os.access(own, os.W_OK) else data / "films"


def _selecting(who: str) -> Deed:
    def select(world: World, at: datetime) -> None:
        service_selecting.select_course(world.db, world.who(who), world.courses[CODE], at)

    return select


def _make(world: World, at: datetime) -> None:
    office, writer, db = world.who(OFFICE), world.who(WRITER), world.db
    settings = Settings(
        code=CODE,
        title=TITLE,
        title_en=TITLE_EN,
        summary="三章短片，途中有弹出练习；一刻钟以内可以学完。",
        scheme="ccib",
        track="",
        category="elective",
        hours=Decimal(1),
        delivery="online",
        class_number="",
        approval="",
    )
    course_id = courses.save_course(db, office, None, settings, at).id or 0
    courses.move_course(db, office, course_id, "open", at)
    world.courses[CODE] = course_id
    bank = banks.add_bank(world, writer, BANK, at)
    fields = {"bank": str(bank.id), "idle": "300", "exercise_items": "1", "exercise_accuracy": "60"}
    service.save_settings(db, writer, course_id, fields, at)
    for film, cues in zip(kept_films(cache_folder(world.objects.folder.parent)), CUES, strict=True):
        _chapter(world, course_id, film, cues, at)
    chapters = queries.chapters_of(db, course_id)
    spread = rules.spread_points(
        [chapter.length_ms for chapter in chapters], courseware_rules(at.astimezone(SHANGHAI).date())
    )
    for chapter, points in zip(chapters, spread, strict=True):
        chapter.points = points
        db.add(chapter)
    db.flush()
    service.publish(db, writer, course_id, at)


def _chapter(
    world: World, course_id: int, film: Film, cues: tuple[tuple[str, int, int, int, int, int], ...], at: datetime
) -> None:
    writer, db = world.who(WRITER), world.db
    titles = {"title": film.title, "title_en": film.title_en}
    chapter = service.add_chapter(db, writer, course_id, titles, at)
    with film.path.open("rb") as file:
        taken = uploads.take_film(world.objects, uploads.Upload(film.path.name, file), MOST_MIB)
    service_media.put_film(db, writer, chapter.id or 0, taken, at)
    for language, text in (("zh", film.captions_zh), ("en", film.captions_en)):
        service_media.put_caption(db, writer, chapter.id or 0, language, text, at)
    for kind, begins, ends, items, accuracy, seconds in cues:
        cue = Cue(
            chapter_id=chapter.id or 0,
            kind=kind,
            from_ms=begins,
            until_ms=ends,
            items=items,
            accuracy=accuracy,
            seconds=seconds,
        )
        db.add(cue)
    db.flush()
