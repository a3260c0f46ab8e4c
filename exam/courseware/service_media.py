"""What is shown in a chapter: a film with its captions, slides, or a package. The files are taken in by `uploads`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, delete

from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.courseware import queries, rules, service, signals
from exam.courseware.models import Caption, CourseChapter, Courseware, Cue, PackageFile, Slide
from exam.courseware.packages import Launch
from exam.courseware.slides import MOST_PAGES
from exam.courseware.states import CAPTION_LANGUAGES
from exam.courseware.uploads import Film, Packed, Stored

LEAST_SLIDE, SLIDE, MOST_SLIDE = 5, 30, 3600
MOST_TEXT = 500
MOST_MINUTES = 480
MINUTE = 60 * rules.SECOND


def may_fill(db: Session, who: Caller, chapter_id: int) -> CourseChapter:
    """Ask before a file is read, which takes long. Raises NotFound, Refused."""
    chapter = service.chapter_of(db, who, chapter_id)
    content = db.get(Courseware, chapter.course_id)
    if content and (refusal := rules.may_change(content.state)):
        raise Refused(refusal)
    return chapter


def put_film(db: Session, who: Caller, chapter_id: int, film: Film, now: datetime) -> CourseChapter:
    """The chapter becomes this film. Raises NotFound, Refused."""
    chapter = _emptied(db, who, chapter_id, "video", now)
    video, stored = film.video, film.object
    chapter.sha256, chapter.media_type, chapter.size = stored.sha256, stored.media_type, stored.size
    chapter.width, chapter.height = video.width, video.height
    _set_length(db, chapter, video.duration_ms)
    _trim(db, chapter)
    _record(db, who, now, "courseware.film", chapter, {"size": stored.size})
    return chapter


def read_seconds(fields: Mapping[str, str]) -> int:
    """For how long each new slide is shown at least. Raises Invalid."""
    problems: list[Problem] = []
    seconds = service.whole(fields, "each", LEAST_SLIDE, MOST_SLIDE, problems)
    if problems:
        raise Invalid(problems)
    return seconds


def put_slides(
    db: Session, who: Caller, chapter_id: int, pictures: Sequence[Stored], fields: Mapping[str, str], now: datetime
) -> CourseChapter:
    """Slides in place of what there is; `mode` "add": behind the slides that there are. Raises NotFound, Refused,
    Invalid."""
    seconds = read_seconds(fields)
    chapter = service.draft_chapter(db, who, chapter_id, now)
    added = chapter.kind == "slides" and fields.get("mode") == "add"
    kept = queries.slides_of(db, chapter_id) if added else []
    if len(kept) + len(pictures) > MOST_PAGES:
        params = {"pages": len(kept) + len(pictures), "most": MOST_PAGES}
        raise Invalid([Problem("slides", "slides-too-many", params)])
    if not added:
        _emptied(db, who, chapter_id, "slides", now)
    for number, picture in enumerate(pictures, len(kept) + 1):
        slide = Slide(
            chapter_id=chapter_id,
            number=number,
            sha256=picture.sha256,
            media_type=picture.media_type,
            ms=seconds * rules.SECOND,
        )
        db.add(slide)
    db.flush()
    _measure(db, chapter)
    if not added:
        _trim(db, chapter)
    _record(db, who, now, "courseware.slides", chapter, {"added": len(pictures)})
    return chapter


def save_slides(db: Session, who: Caller, chapter_id: int, fields: Mapping[str, str], now: datetime) -> CourseChapter:
    """Times and texts of all slides as typed, then `do`: `up.N`, `down.N` or `remove.N`. Raises NotFound, Refused,
    Invalid."""
    chapter = service.draft_chapter(db, who, chapter_id, now)
    slides = queries.slides_of(db, chapter_id)
    problems: list[Problem] = []
    for slide in slides:
        _read_slide(slide, fields, problems)
    if problems:
        db.expire_all()
        raise Invalid(problems)
    deed, _, given = fields.get("do", "").partition(".")
    at = next((place for place, slide in enumerate(slides) if str(slide.number) == given), -1)
    if at >= 0 and deed == "remove":
        db.delete(slides.pop(at))
        db.flush()
    elif at >= 0 and deed in ("up", "down"):
        to = at - 1 if deed == "up" else at + 1
        if 0 <= to < len(slides):
            slides[at], slides[to] = slides[to], slides[at]
    _number(db, slides)
    _measure(db, chapter)
    _record(db, who, now, "courseware.slides", chapter, {})
    return chapter


def _read_slide(slide: Slide, fields: Mapping[str, str], problems: list[Problem]) -> None:
    """A slide's time and text out of the form; those that it does not name stay."""
    seconds, text = f"seconds.{slide.number}", f"text.{slide.number}"
    if seconds in fields:
        slide.ms = service.whole(fields, seconds, LEAST_SLIDE, MOST_SLIDE, problems) * rules.SECOND
    if text in fields:
        slide.text = " ".join(fields[text].split())
        if len(slide.text) > MOST_TEXT:
            problems.append(Problem(text, "too-long", {"most": MOST_TEXT}))


def _number(db: Session, slides: Sequence[Slide]) -> None:
    """Number slides from 1 in this order, by way of numbers that none has."""
    for first in (1001, 1):
        for number, slide in enumerate(slides, first):
            slide.number = number
            db.add(slide)
        db.flush()


def read_minutes(fields: Mapping[str, str]) -> int:
    """The least learning time of a package, as its author says. Raises Invalid."""
    problems: list[Problem] = []
    minutes = service.whole(fields, "minutes", 1, MOST_MINUTES, problems)
    if problems:
        raise Invalid(problems)
    return minutes


def put_package(
    db: Session, who: Caller, chapter_id: int, packed: Packed | None, minutes: int, now: datetime
) -> CourseChapter:
    """The chapter becomes this package, to be learned for so long; None: only the time changes. Raises NotFound,
    Refused, Invalid."""
    chapter = service.draft_chapter(db, who, chapter_id, now)
    if packed is None and chapter.kind != "package":
        raise Invalid([Problem("package", "file-not-chosen")])
    if packed is not None:
        _emptied(db, who, chapter_id, "package", now)
        package = packed.package
        launches = [_launch(launch) for launch in package.launches]
        chapter.package = {"kind": package.kind, "title": package.title, "launches": launches}
        chapter.size = sum(file.size for file in packed.files)
        db.add_all(PackageFile(chapter_id=chapter_id, **asdict(file)) for file in packed.files)
    _set_length(db, chapter, minutes * MINUTE)
    _trim(db, chapter)
    _record(db, who, now, "courseware.package", chapter, {"minutes": minutes})
    return chapter


def _launch(launch: Launch) -> dict[str, Any]:
    return asdict(launch) | {"mastery": None if launch.mastery is None else str(launch.mastery)}


def put_caption(db: Session, who: Caller, chapter_id: int, language: str, text: str, now: datetime) -> CourseChapter:
    """The captions of a film in one language, in place of those there are. Raises NotFound, Refused, Invalid."""
    chapter = service.draft_chapter(db, who, chapter_id, now)
    if chapter.kind != "video" or not chapter.length_ms:
        raise Invalid([Problem("caption", "captions-no-film")])
    if language not in CAPTION_LANGUAGES:
        raise Invalid([Problem("language", "required")])
    db.merge(Caption(chapter_id=chapter_id, language=language, text=text))
    db.flush()
    _record(db, who, now, "courseware.caption", chapter, {"language": language})
    return chapter


def remove_caption(db: Session, who: Caller, chapter_id: int, language: str, now: datetime) -> CourseChapter:
    """Take out the captions in a language. Raises NotFound, Refused."""
    chapter = service.draft_chapter(db, who, chapter_id, now)
    found = db.get(Caption, (chapter_id, language))
    if found is None:
        raise NotFound(f"captions {chapter_id} {language[:10]}")
    db.delete(found)
    db.flush()
    _record(db, who, now, "courseware.caption.remove", chapter, {"language": language})
    return chapter


def _emptied(db: Session, who: Caller, chapter_id: int, kind: str, now: datetime) -> CourseChapter:
    """A chapter that may be changed, of this kind from now on and with nothing in it."""
    chapter = service.draft_chapter(db, who, chapter_id, now)
    service.empty_chapter(db, chapter)
    chapter.kind, chapter.package = kind, {}
    chapter.sha256 = chapter.media_type = ""
    chapter.size = chapter.width = chapter.height = 0
    return chapter


def _measure(db: Session, chapter: CourseChapter) -> None:
    """Slides are as long as all of them together."""
    _set_length(db, chapter, sum(slide.ms for slide in queries.slides_of(db, chapter.id or 0)))


def _set_length(db: Session, chapter: CourseChapter, length_ms: int) -> None:
    chapter.length_ms = length_ms
    db.add(chapter)
    db.flush()


def _trim(db: Session, chapter: CourseChapter) -> None:
    """Take out the progress points and cues that lie beyond new content. A cue that quizzes name stays, to be moved."""
    chapter.points = [point for point in chapter.points if point <= chapter.length_ms]
    db.add(chapter)
    beyond = [
        cue.id
        for cue in queries.cues_of(db, [chapter.id or 0]).get(chapter.id or 0, ())
        if cue.until_ms > chapter.length_ms - rules.CUE_MARGIN
        and not any(asked(db, cue.id or 0) for asked in signals.asked_at)
    ]
    db.exec(delete(Cue).where(col(Cue.id).in_(beyond)))
    db.flush()


def _record(
    db: Session, who: Caller, now: datetime, action: str, chapter: CourseChapter, detail: Mapping[str, object]
) -> None:
    subject = ("course", chapter.course_id)
    deeds.record_by(db, who, now, action, subject, {"chapter": chapter.id, **detail})
