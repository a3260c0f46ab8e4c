"""What the editor, the player and the reports read of a course's content."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from exam.core.clock import SHANGHAI
from exam.courses.models import Course
from exam.courseware import rules
from exam.courseware.models import Caption, CourseChapter, Courseware, Cue, Slide
from exam.courseware.rules import ChapterFact, CueFact
from exam.itembank.models import Bank, Chapter, Item, ItemVersion
from exam.itembank.rules import ItemFact, chapter_checks, keyed_check
from exam.schemes.ccaa_items import item_bank_rules


@dataclass(frozen=True)
class ContentRow:
    """A course that can have content, with what there is of it."""

    course: Course
    content: Courseware | None
    chapters: int
    length_ms: int


@dataclass(frozen=True)
class Drawable:
    """An item that a quiz can draw: its current version."""

    item_id: int
    version_id: int
    kind: str
    code: str


def content_rows(db: Session, institution_id: int) -> list[ContentRow]:
    """The institution's online courses by code, with their content."""
    counted = {
        course_id: (number, length or 0)
        for course_id, number, length in db.exec(
            select(CourseChapter.course_id, func.count(), func.sum(CourseChapter.length_ms))
            .where(CourseChapter.institution_id == institution_id)
            .group_by(col(CourseChapter.course_id))
        )
    }
    found = db.exec(
        select(Course, Courseware)
        .join(Courseware, col(Courseware.course_id) == col(Course.id), isouter=True)
        .where(Course.institution_id == institution_id, Course.delivery != "face-to-face")
        .order_by(col(Course.code))
    ).all()
    return [ContentRow(course, content, *counted.get(course.id or 0, (0, 0))) for course, content in found]


def chapters_of(db: Session, course_id: int) -> list[CourseChapter]:
    """The chapters of a course in their order."""
    query = select(CourseChapter).where(CourseChapter.course_id == course_id).order_by(col(CourseChapter.number))
    return list(db.exec(query))


def cues_of(db: Session, chapter_ids: Sequence[int]) -> dict[int, list[Cue]]:
    """Chapter → its cues in order."""
    found: dict[int, list[Cue]] = defaultdict(list)
    query = select(Cue).where(col(Cue.chapter_id).in_(chapter_ids)).order_by(col(Cue.from_ms), col(Cue.id))
    for cue in db.exec(query):
        found[cue.chapter_id].append(cue)
    return found


def slides_of(db: Session, chapter_id: int) -> list[Slide]:
    """The slides of a chapter in their order."""
    return list(db.exec(select(Slide).where(Slide.chapter_id == chapter_id).order_by(col(Slide.number))))


def captions_of(db: Session, chapter_id: int) -> list[Caption]:
    """The captions of a chapter, Chinese first."""
    return list(db.exec(select(Caption).where(Caption.chapter_id == chapter_id).order_by(col(Caption.language).desc())))


def banks(db: Session, institution_id: int) -> list[Bank]:
    """The banks that quizzes can draw from: those of online courses first."""
    query = select(Bank).where(Bank.institution_id == institution_id)
    return list(db.exec(query.order_by(col(Bank.delivery).desc(), col(Bank.code))))


def bank_chapters(db: Session, bank_id: int | None) -> list[Chapter]:
    """The chapters of a bank in their order."""
    if bank_id is None:
        return []
    return list(db.exec(select(Chapter).where(Chapter.bank_id == bank_id).order_by(col(Chapter.number))))


def drawable(
    db: Session, bank_chapter_ids: Sequence[int], now: datetime, *, retired: bool = False
) -> dict[int, list[Drawable]]:
    """Bank chapter → the items that a quiz can draw: ready, keyed, of the three objective kinds (S2 annex 5).

    `retired`: those too that were taken out of use, for a course whose bank has shrunk since it was published.
    """
    kinds = item_bank_rules(now.astimezone(SHANGHAI).date()).chapter_kinds_allowed
    states = ("ready", "retired") if retired else ("ready",)
    query: Any = (
        select(Item.chapter_id, Item.id, ItemVersion.id, Item.kind, Item.code)  # type: ignore[call-overload]
        .join(
            ItemVersion,
            (col(ItemVersion.item_id) == col(Item.id)) & (col(ItemVersion.number) == col(Item.version_number)),
        )
        .where(col(Item.chapter_id).in_(bank_chapter_ids), col(Item.state).in_(states), col(Item.keyed))
        .where(col(Item.kind).in_(kinds))
        .order_by(col(Item.id))
    )
    found: dict[int, list[Drawable]] = defaultdict(list)
    for chapter_id, *about in db.exec(query):
        found[chapter_id].append(Drawable(*about))
    return found


def chapter_facts(db: Session, course_id: int, now: datetime) -> list[ChapterFact]:
    """The chapters of a course as the rules see them."""
    chapters = chapters_of(db, course_id)
    cues = cues_of(db, [chapter.id or 0 for chapter in chapters])
    named = [chapter.bank_chapter_id for chapter in chapters if chapter.bank_chapter_id]
    ready, items = drawable(db, named, now), _items(db, named)
    return [
        ChapterFact(
            number=chapter.number,
            kind=chapter.kind,
            length_ms=chapter.length_ms,
            points=tuple(chapter.points),
            cues=tuple(cue_fact(cue) for cue in cues.get(chapter.id or 0, ())),
            bank=_checks(chapter.number, items.get(chapter.bank_chapter_id or 0, []), now),
            has_bank=chapter.bank_chapter_id is not None,
            has_content=chapter.length_ms > 0,
            drawable=len(ready.get(chapter.bank_chapter_id or 0, ())),
        )
        for chapter in chapters
    ]


def cue_fact(cue: Cue) -> CueFact:
    """A cue as the rules see it."""
    return CueFact(cue.kind, cue.from_ms, cue.until_ms, cue.items, cue.accuracy, cue.seconds)


def _items(db: Session, bank_chapter_ids: Sequence[int]) -> Mapping[int, list[tuple[str, str, bool, bool]]]:
    query = select(Item.chapter_id, Item.code, Item.kind, Item.keyed, Item.state).where(  # type: ignore[call-overload]
        col(Item.chapter_id).in_(bank_chapter_ids), Item.state != "retired"
    )
    found: dict[int, list[tuple[str, str, bool, bool]]] = defaultdict(list)
    rows: Any = db.exec(query)
    for chapter_id, code, kind, keyed, state in rows:
        found[chapter_id].append((code, kind, keyed, state == "ready"))
    return found


def _checks(number: int, items: Sequence[tuple[str, str, bool, bool]], now: datetime) -> tuple[Any, ...]:
    wanted = item_bank_rules(now.astimezone(SHANGHAI).date())
    facts = [ItemFact(code, kind, number, keyed, ready) for code, kind, keyed, ready in items]
    return (*chapter_checks(wanted, number, facts), keyed_check(str(number), [fact for fact in facts if fact.ready]))


def fresh_runs(fact: ChapterFact) -> int:
    """For how many runs the bank of a chapter lasts without repeating an item; 0 where no quiz is."""
    return rules.fresh_runs(fact.drawable, [cue.items for cue in fact.cues])
