"""Courses that can be learned, and people learning them, for the tests of learning."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlmodel import Session, col, select

from exam.accounts.access import Caller
from exam.courses import service_selecting
from exam.courses.models import Course, CourseEnrolment
from exam.courseware import service as courseware
from exam.courseware.models import CourseChapter, Courseware, Cue
from exam.itembank.models import Bank, Chapter, Item, ItemVersion
from exam.learning.judging import Beat, Gate, Learner, Player, Track, Verdict, judge
from exam.learning.models import LearningRun, Quiz
from tests.courses.making import opened

NOON = datetime(2026, 11, 6, 4, 0, tzinfo=UTC)
SECOND = 1000
LENGTHS = (60_000, 40_000)
_serial = count(1)


@dataclass
class Learnable:
    """A published course with what its tests need to know of it."""

    course: Course
    chapters: list[CourseChapter]
    cues: list[Cue]


def after(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def published(
    db: Session,
    office: Caller,
    *,
    lengths: Sequence[int] = LENGTHS,
    cues: Sequence[tuple[int, int, int]] = ((0, 30_000, 2),),
    items: int = 12,
    exercise: int = 0,
    **changes: Any,
) -> Learnable:
    """A published course of films; `cues` are (chapter's place, ms, items), each with 100 % wanted within 60 s."""
    course = opened(db, office, code=f"L{next(_serial)}", **changes)
    bank = Bank(
        institution_id=office.institution_id, code=f"LB{course.id}", title="题库", delivery="online", created_at=NOON
    )
    db.add(bank)
    db.flush()
    ware = courseware.content_of(db, office, course.id or 0, NOON)
    ware.bank_id, ware.exercise_items = bank.id, exercise
    db.add(ware)
    chapters = [_chapter(db, course, bank, at, length, items) for at, length in enumerate(lengths)]
    made = [
        Cue(chapter_id=chapters[at].id or 0, kind="fixed", from_ms=ms, until_ms=ms, items=n, accuracy=100, seconds=60)
        for at, ms, n in cues
    ]
    db.add_all(made)
    db.flush()
    courseware.publish(db, office, course.id or 0, NOON)
    return Learnable(course, chapters, made)


def _chapter(db: Session, course: Course, bank: Bank, at: int, length: int, items: int) -> CourseChapter:
    pool = Chapter(bank_id=bank.id or 0, number=at + 1, title=f"第{at + 1}章")
    db.add(pool)
    db.flush()
    for n in range(items):
        add_item(db, bank.id or 0, pool.id or 0, f"{at + 1}-{n + 1}", n)
    chapter = CourseChapter(
        institution_id=course.institution_id,
        course_id=course.id or 0,
        number=at + 1,
        title=f"第{at + 1}章",
        kind="video",
        bank_chapter_id=pool.id,
        length_ms=length,
        points=[length // 2, length],
        sha256="0" * 64,
        media_type="video/webm",
    )
    db.add(chapter)
    db.flush()
    return chapter


def add_item(db: Session, bank_id: int, chapter_id: int, code: str, n: int) -> Item:
    """A ready item: a single choice or, each second one, a statement."""
    kind = "true-false" if n % 2 else "single-choice"
    content: dict[str, Any] = {"stem": f"题干 {code}", "key": True}
    if kind == "single-choice":
        content = {
            "stem": f"题干 {code}",
            "options": [{"id": f"o{m}", "text": f"选项{m}"} for m in range(4)],
            "key": "o0",
        }
    item = Item(
        bank_id=bank_id, chapter_id=chapter_id, code=code, kind=kind, state="ready", keyed=True, updated_at=NOON
    )
    db.add(item)
    db.flush()
    version = ItemVersion(
        item_id=item.id or 0,
        number=1,
        kind=kind,
        chapter_id=chapter_id,
        difficulty=3,
        content=content,
        semantic_hash=f"{chapter_id}-{code}",
        created_at=NOON,
    )
    db.add(version)
    db.flush()
    return item


def selected(db: Session, who: Caller, made: Learnable, now: datetime = NOON) -> CourseEnrolment:
    """The person's active selection of a course."""
    return service_selecting.select_course(db, who, made.course.id or 0, now)


def responses(db: Session, quiz: Quiz, right: int | None = None) -> list[dict[str, Any]]:
    """Answers to a quiz of which the first `right` are right (None: all)."""
    found = []
    for at, (_, version_id) in enumerate(quiz.items):
        version = db.get_one(ItemVersion, version_id)
        good = right is None or at < right
        found.append({"value": good} if version.kind == "true-false" else {"choice": "o0" if good else "o1"})
    return found


def quizzes_of(db: Session, run: LearningRun) -> list[Quiz]:
    """The quizzes of a run in the order of their making."""
    return list(db.exec(select(Quiz).where(Quiz.run_id == run.id).order_by(col(Quiz.id))))


def ware_of(db: Session, made: Learnable) -> Courseware:
    """The content of a course."""
    return db.get_one(Courseware, made.course.id)


# The judge alone, on clocks that begin at 0.

START = 1_000_000


def a_track(
    run: int = 1, course: int = 1, lengths: Sequence[int] = LENGTHS, gates: Sequence[Gate] = (), **changes: Any
) -> Track:
    """A run at its beginning: chapters 1, 2, …; ten minutes of idleness, films at their own speed."""
    order = tuple(range(1, len(lengths) + 1))
    values: dict[str, Any] = {
        "run": run,
        "person": 7,
        "course": course,
        "order": order,
        "lengths": dict(zip(order, lengths, strict=True)),
        "points": tuple((chapter, length) for chapter, length in zip(order, lengths, strict=True)),
        "verified": dict.fromkeys(order, 0),
        "counted": 0,
        "gates": list(gates),
        "idle": 600_000,
        "rate": 1.0,
    }
    return Track(**(values | changes))


@dataclass
class Page:
    """A page that plays a run: its clock began when it was opened, and is `skew` away from there."""

    track: Track
    learner: Learner
    token: str
    opened: int = START
    skew: int = 0
    number: int = 0
    player: Player = field(init=False)

    def __post_init__(self) -> None:
        at = self.opened
        self.player = Player(self.token, self.track.run, self.track.course, at, at - self.skew, at, at)
        self.learner.players[self.token] = self.player
        self.track.player = self.token

    def report(self, at: int, played: int = 0, arrives: int | None = None, **says: Any) -> Verdict:
        """A report made at `at` ms after `START`, judged when it `arrives` (at once unless told)."""
        self.number = says.pop("number", self.number + 1)
        values: dict[str, Any] = {
            "chapter": 1,
            "position": 0,
            "playing": True,
            "visible": True,
            "focused": True,
            "idle": 0,
        }
        page_clock = START + at - self.opened + self.skew
        beat = Beat(number=self.number, at=page_clock, played=played, **(values | says))
        return judge(self.track, self.player, self.learner, beat, START + (at if arrives is None else arrives))


def playing(track: Track | None = None, **changes: Any) -> Page:
    """A page that has been opened and says that it plays."""
    track = track or a_track(**changes)
    page = Page(track, Learner(track.person), f"p{next(_serial)}")
    page.report(0)
    return page
