"""The content of a course: begun, its settings, chapters put in order, published and taken back into work."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session, col, delete, func, select

from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.core import audit
from exam.core.clock import SHANGHAI
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.courses.models import Course
from exam.courseware import queries, rules, signals
from exam.courseware.models import Caption, CourseChapter, Courseware, Cue, PackageFile, Slide
from exam.itembank.models import Bank, Chapter
from exam.schemes.ccaa_courseware import courseware_rules

MOST_CHAPTERS = 60
TITLES = {"title": 200, "title_en": 200}


def course_of(db: Session, who: Caller, course_id: int) -> Course:
    """An online course of the caller's institution: only those have content. Raises NotFound."""
    course = db.get(Course, course_id)
    if course is None or course.institution_id != who.institution_id or course.delivery == "face-to-face":
        raise NotFound(f"course {course_id}")
    return course


def content_of(db: Session, who: Caller, course_id: int, now: datetime) -> Courseware:
    """The content of a course, locked; begun when there is none yet. Raises NotFound."""
    course = course_of(db, who, course_id)
    query = select(Courseware).where(Courseware.course_id == course.id).with_for_update()
    found = db.exec(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        found = Courseware(course_id=course.id or 0, institution_id=course.institution_id, created_at=now)
        db.add(found)
        db.flush()
    return found


def draft_of(db: Session, who: Caller, course_id: int, now: datetime) -> Courseware:
    """The content of a course, if it may be changed. Raises NotFound, Refused."""
    content = content_of(db, who, course_id, now)
    if refusal := rules.may_change(content.state):
        raise Refused(refusal)
    return content


def chapter_of(db: Session, who: Caller, chapter_id: int) -> CourseChapter:
    """A chapter of the caller's institution. Raises NotFound."""
    chapter = db.get(CourseChapter, chapter_id)
    if chapter is None or chapter.institution_id != who.institution_id:
        raise NotFound(f"chapter {chapter_id}")
    return chapter


def draft_chapter(db: Session, who: Caller, chapter_id: int, now: datetime) -> CourseChapter:
    """A chapter that may be changed. Raises NotFound, Refused."""
    chapter = chapter_of(db, who, chapter_id)
    draft_of(db, who, chapter.course_id, now)
    return chapter


def save_settings(db: Session, who: Caller, course_id: int, fields: Mapping[str, str], now: datetime) -> Courseware:
    """The bank, the idle time and the exercise. Raises NotFound, Refused, Invalid."""
    content = draft_of(db, who, course_id, now)
    problems: list[Problem] = []
    bank_id = _bank(db, who, fields.get("bank", ""), problems)
    idle = whole(fields, "idle", rules.LEAST_IDLE, rules.MOST_IDLE, problems)
    items = whole(fields, "exercise_items", 0, rules.MOST_QUIZ_ITEMS, problems)
    accuracy = whole(fields, "exercise_accuracy", 0, 100, problems)
    if problems:
        raise Invalid(problems)
    if bank_id != content.bank_id:
        for chapter in queries.chapters_of(db, course_id):
            chapter.bank_chapter_id = None
            db.add(chapter)
    content.bank_id, content.idle_seconds = bank_id, idle
    content.exercise_items, content.exercise_accuracy = items, accuracy
    db.add(content)
    _record(db, who, now, "courseware.settings", course_id, {"bank": bank_id})
    return content


def _bank(db: Session, who: Caller, given: str, problems: list[Problem]) -> int | None:
    if not given:
        return None
    bank = db.get(Bank, int(given)) if given.isdecimal() and len(given) < 10 else None
    if bank is None or bank.institution_id != who.institution_id:
        problems.append(Problem("bank", "required"))
        return None
    return bank.id


def whole(fields: Mapping[str, str], name: str, least: int, most: int, problems: list[Problem]) -> int:
    """A whole number out of a form, between two bounds; what is wrong is added to `problems`."""
    given = fields.get(name, "").strip()
    value = int(given) if given.isascii() and given.isdecimal() and len(given) < 8 else -1
    if not least <= value <= most:
        problems.append(Problem(name, "whole-between", {"least": least, "most": most}))
    return value


def add_chapter(db: Session, who: Caller, course_id: int, fields: Mapping[str, str], now: datetime) -> CourseChapter:
    """A chapter at the end. Raises NotFound, Refused, Invalid."""
    content = draft_of(db, who, course_id, now)
    titles = read_titles(fields)
    number = db.exec(
        select(func.coalesce(func.max(CourseChapter.number), 0)).where(CourseChapter.course_id == course_id)
    ).one()
    if number >= MOST_CHAPTERS:
        raise Invalid([Problem("title", "too-many-chapters", {"most": MOST_CHAPTERS})])
    chapter = CourseChapter(
        institution_id=content.institution_id,
        course_id=course_id,
        number=number + 1,
        kind="video",
        bank_chapter_id=_bank_chapter(db, content, number + 1),
        title=titles["title"],
        title_en=titles["title_en"],
    )
    db.add(chapter)
    db.flush()
    _record(db, who, now, "courseware.chapter.add", course_id, {"chapter": chapter.id, "title": chapter.title})
    return chapter


def _bank_chapter(db: Session, content: Courseware, number: int) -> int | None:
    """The bank's chapter of the same number: most often the one that belongs to it."""
    query = select(Chapter.id).where(Chapter.bank_id == content.bank_id, Chapter.number == number)
    return db.exec(query).first()


def read_titles(fields: Mapping[str, str]) -> dict[str, str]:
    """The titles of a chapter out of its form. Raises Invalid."""
    titles = {name: " ".join(fields.get(name, "").split()) for name in TITLES}
    problems = [Problem(name, "too-long", {"most": most}) for name, most in TITLES.items() if len(titles[name]) > most]
    if not titles["title"]:
        problems.append(Problem("title", "required"))
    if problems:
        raise Invalid(problems)
    return titles


def save_chapter(db: Session, who: Caller, chapter_id: int, fields: Mapping[str, str], now: datetime) -> CourseChapter:
    """The titles of a chapter, at any time; its bank's chapter while it may be changed. Raises NotFound, Refused,
    Invalid."""
    chapter = chapter_of(db, who, chapter_id)
    content = content_of(db, who, chapter.course_id, now)
    chapter.sqlmodel_update(read_titles(fields))
    if content.state == "draft" and "bank_chapter" in fields:
        wanted = fields["bank_chapter"]
        found = db.get(Chapter, int(wanted)) if wanted.isdecimal() and len(wanted) < 10 else None
        if wanted and (found is None or found.bank_id != content.bank_id):
            raise Invalid([Problem("bank_chapter", "required")])
        chapter.bank_chapter_id = found.id if found else None
    db.add(chapter)
    db.flush()
    _record(db, who, now, "courseware.chapter.change", chapter.course_id, {"chapter": chapter.id})
    return chapter


def move_chapter(db: Session, who: Caller, chapter_id: int, way: str, now: datetime) -> CourseChapter:
    """Change places with the chapter before ("up") or after ("down"). Raises NotFound, Refused."""
    chapter = draft_chapter(db, who, chapter_id, now)
    chapters = queries.chapters_of(db, chapter.course_id)
    at = next(place for place, each in enumerate(chapters) if each.id == chapter_id)
    to = at - 1 if way == "up" else at + 1
    if 0 <= to < len(chapters):
        chapters[at], chapters[to] = chapters[to], chapters[at]
        _number(db, chapters)
    return chapter


def _number(db: Session, chapters: Sequence[CourseChapter]) -> None:
    """Number chapters from 1 in this order, by way of numbers that nobody has."""
    for first in (1001, 1):
        for number, chapter in enumerate(chapters, first):
            chapter.number = number
            db.add(chapter)
        db.flush()


def remove_chapter(db: Session, who: Caller, chapter_id: int, now: datetime) -> int:
    """Take a chapter out, with all in it; returns its course. Raises NotFound, Refused (somebody learned from it)."""
    chapter = draft_chapter(db, who, chapter_id, now)
    if any(learned(db, chapter_id) for learned in signals.learned_from):
        raise Refused(Refusal("chapter-learned-from"))
    empty_chapter(db, chapter)
    db.exec(delete(Cue).where(col(Cue.chapter_id) == chapter_id))
    db.delete(chapter)
    db.flush()
    _number(db, queries.chapters_of(db, chapter.course_id))
    _record(db, who, now, "courseware.chapter.remove", chapter.course_id, {"title": chapter.title})
    return chapter.course_id


def empty_chapter(db: Session, chapter: CourseChapter) -> None:
    """Take out what is shown in a chapter: slides, captions, files of a package. The objects stay: others may name
    them."""
    for model in (Slide, Caption, PackageFile):
        db.exec(delete(model).where(col(model.chapter_id) == chapter.id))


def publish(db: Session, who: Caller, course_id: int, now: datetime) -> Courseware:
    """From now on the course can be learned. Raises NotFound, Refused, Invalid with all that is missing."""
    content = draft_of(db, who, course_id, now)
    facts = queries.chapter_facts(db, course_id, now)
    wanted = courseware_rules(now.astimezone(SHANGHAI).date())
    if problems := rules.course_problems(facts, content.exercise_items, wanted):
        raise Invalid(problems)
    content.state, content.published_at, content.published_by = "published", now, who.person_id
    db.add(content)
    _record(db, who, now, "courseware.publish", course_id, {"chapters": len(facts)})
    return content


def withdraw(db: Session, who: Caller, course_id: int, now: datetime) -> Courseware:
    """Take a published course back into work, while nobody is in the middle of it. Raises NotFound, Refused."""
    audit.hold(db, who.institution_id)  # nobody begins to learn between counting and taking it back
    content = content_of(db, who, course_id, now)
    learners = sum(count(db, course_id) for count in signals.learners)
    if refusal := rules.may_withdraw(content.state, learners):
        raise Refused(refusal)
    content.state = "draft"
    db.add(content)
    _record(db, who, now, "courseware.withdraw", course_id, {})
    return content


def _record(db: Session, who: Caller, now: datetime, action: str, course_id: int, detail: Mapping[str, object]) -> None:
    deeds.record_by(db, who, now, action, ("course", course_id), dict(detail))
