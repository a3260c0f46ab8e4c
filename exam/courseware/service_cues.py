"""Where a chapter is interrupted: its pop-up cues, and its progress points."""

import re
from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session, func, select

from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.core.clock import SHANGHAI
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.courseware import queries, rules, service, signals
from exam.courseware.models import CourseChapter, Cue
from exam.courseware.rules import CueFact
from exam.courseware.states import CUE_KINDS
from exam.courseware.times import clock_text, read_time
from exam.schemes.ccaa_courseware import courseware_rules

MOST_SHOWN = 20


def save_cue(
    db: Session, who: Caller, chapter_id: int, cue_id: int | None, fields: Mapping[str, str], now: datetime
) -> Cue:
    """A new cue (`cue_id` None), or a changed one. Raises NotFound, Refused, Invalid."""
    chapter = service.draft_chapter(db, who, chapter_id, now)
    cue = cue_of(db, chapter, cue_id) if cue_id else None
    fact = _read(fields, chapter)
    here = db.exec(select(func.count()).select_from(Cue).where(Cue.chapter_id == chapter_id)).one()
    if cue is None and here >= rules.MOST_CUES:
        raise Invalid([Problem("from", "too-many-cues", {"most": rules.MOST_CUES})])
    values = {name: getattr(fact, name) for name in ("kind", "from_ms", "until_ms", "items", "accuracy", "seconds")}
    if cue is None:
        cue = Cue(chapter_id=chapter_id, **values)
    cue.sqlmodel_update(values)
    db.add(cue)
    db.flush()
    action = "courseware.cue.change" if cue_id else "courseware.cue.add"
    _record(db, who, now, action, chapter, {"at": clock_text(cue.from_ms)})
    return cue


def cue_of(db: Session, chapter: CourseChapter, cue_id: int) -> Cue:
    """A cue of this chapter. Raises NotFound."""
    cue = db.get(Cue, cue_id)
    if cue is None or cue.chapter_id != chapter.id:
        raise NotFound(f"cue {cue_id}")
    return cue


def _read(fields: Mapping[str, str], chapter: CourseChapter) -> CueFact:
    """A cue out of its form. Raises Invalid."""
    problems: list[Problem] = []
    kind = fields.get("kind", "")
    if kind not in CUE_KINDS:
        problems.append(Problem("kind", "required"))
    from_ms = _time(fields, "from", problems)
    until_ms = _time(fields, "until", problems) if kind == "random" else from_ms
    items = service.whole(fields, "items", 1, rules.MOST_QUIZ_ITEMS, problems)
    accuracy = service.whole(fields, "accuracy", 1, 100, problems)
    seconds = service.whole(fields, "seconds", rules.LEAST_ANSWER_SECONDS, rules.MOST_ANSWER_SECONDS, problems)
    if not problems:
        problems = rules.cue_field_problems(
            CueFact(kind, from_ms, until_ms, items, accuracy, seconds), chapter.length_ms
        )
    if problems:
        raise Invalid(problems)
    return CueFact(kind, from_ms, until_ms, items, accuracy, seconds)


def _time(fields: Mapping[str, str], name: str, problems: list[Problem]) -> int:
    found = read_time(fields.get(name, ""))
    if found is None:
        problems.append(Problem(name, "not-a-time"))
    return found or 0


def remove_cue(db: Session, who: Caller, chapter_id: int, cue_id: int, now: datetime) -> None:
    """Take a cue out. Raises NotFound, Refused (quizzes have been asked at it)."""
    chapter = service.draft_chapter(db, who, chapter_id, now)
    cue = cue_of(db, chapter, cue_id)
    if any(asked(db, cue_id) for asked in signals.asked_at):
        raise Refused(Refusal("cue-asked-already"))
    db.delete(cue)
    db.flush()
    _record(db, who, now, "courseware.cue.remove", chapter, {"at": clock_text(cue.from_ms)})


def set_points(db: Session, who: Caller, chapter_id: int, text: str, now: datetime) -> CourseChapter:
    """The progress points of a chapter as typed. Raises NotFound, Refused, Invalid."""
    chapter = service.draft_chapter(db, who, chapter_id, now)
    most = courseware_rules(now.astimezone(SHANGHAI).date()).most_points
    points = _points(text, chapter)
    if len(points) > most:
        raise Invalid([Problem("points", "points-number", {"value": len(points), "least": 0, "most": most})])
    if any(not 0 < point <= chapter.length_ms for point in points):
        raise Invalid([Problem("points", "points-outside")])
    chapter.points = points
    db.add(chapter)
    db.flush()
    _record(db, who, now, "courseware.points", chapter, {"n": len(points)})
    return chapter


def _points(text: str, chapter: CourseChapter) -> list[int]:
    """Times parted by spaces, lines or commas, in order and each once. Raises Invalid.

    People read and type whole seconds; a point, or the chapter's end, that they leave as shown stays to the ms.
    """
    exact = {clock_text(at): at for at in (*chapter.points, chapter.length_ms)}
    found = set()
    for word in re.split(r"[\s,，;；、]+", text.strip()):
        if not word:
            continue
        at = read_time(word)
        if at is None:
            raise Invalid([Problem("points", "points-unreadable", {"text": word[:MOST_SHOWN]})])
        found.add(exact.get(clock_text(at), at))
    return sorted(found)


def spread(db: Session, who: Caller, course_id: int, now: datetime) -> None:
    """Progress points spread evenly over a course. Raises NotFound, Refused, Invalid (a chapter has no content)."""
    service.draft_of(db, who, course_id, now)
    chapters = queries.chapters_of(db, course_id)
    if not chapters:
        raise Invalid([Problem("", "courseware-no-chapters")])
    if not all(chapter.length_ms for chapter in chapters):
        raise Invalid([Problem("", "points-need-content")])
    wanted = courseware_rules(now.astimezone(SHANGHAI).date())
    spread_out = rules.spread_points([chapter.length_ms for chapter in chapters], wanted)
    for chapter, points in zip(chapters, spread_out, strict=True):
        chapter.points = points
        db.add(chapter)
    db.flush()
    n = sum(map(len, spread_out))
    deeds.record_by(db, who, now, "courseware.points", ("course", course_id), {"n": n})


def _record(
    db: Session, who: Caller, now: datetime, action: str, chapter: CourseChapter, detail: Mapping[str, object]
) -> None:
    subject = ("course", chapter.course_id)
    deeds.record_by(db, who, now, action, subject, {"chapter": chapter.id, **detail})
