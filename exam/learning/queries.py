"""What the learner's pages, the office and the author read of runs and quizzes."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from exam.courses.models import CourseEnrolment
from exam.courses.signals import Learnable
from exam.courseware.models import CourseChapter, Courseware
from exam.itembank.models import Item, ItemVersion
from exam.learning.models import LearningRun, LearningVisit, Quiz
from exam.learning.states import QuizState, Run


@dataclass(frozen=True)
class RunRow:
    """A run as its history shows it: with the quiz that ended it, and the chapter to look at again."""

    run: LearningRun
    quiz: Quiz | None
    chapter: CourseChapter | None
    passed: int


@dataclass
class CueFigures:
    """How a cue's quizzes went; `repeated` of `asked` items had been seen before."""

    passed: int = 0
    failed: int = 0
    timed_out: int = 0
    open: int = 0
    asked: int = 0
    repeated: int = 0


@dataclass
class ItemFigures:
    """How often an item was answered in quizzes, and how often rightly."""

    code: str
    stem: str
    asked: int = 0
    right: int = 0


@dataclass(frozen=True)
class Figures:
    """What the author sees of a course: by cue, and by item."""

    cues: dict[int, CueFigures] = field(default_factory=dict)
    items: Sequence[ItemFigures] = ()


def learnable(db: Session, selection_ids: Collection[int]) -> dict[int, Learnable]:
    """How far selections are learned: progress is passed points of all points (S2)."""
    ids = list(selection_ids)
    courses = dict(
        db.exec(
            select(CourseEnrolment.id, CourseEnrolment.course_id)
            .join(Courseware, col(Courseware.course_id) == col(CourseEnrolment.course_id))
            .where(col(CourseEnrolment.id).in_(ids), Courseware.state == "published")
        ).all()
    )
    points = _points(db, set(courses.values()))
    runs: dict[int, LearningRun] = {}
    newest = select(LearningRun).where(col(LearningRun.selection_id).in_(ids)).order_by(col(LearningRun.number))
    for run in db.exec(newest):
        runs[run.selection_id] = run
    return {
        selection_id: Learnable(
            passed_points(runs[selection_id], points[course_id]) if selection_id in runs else 0,
            len(points[course_id]),
            selection_id in runs,
        )
        for selection_id, course_id in courses.items()
        if selection_id is not None
    }


def _points(db: Session, course_ids: Collection[int]) -> dict[int, list[tuple[int, int]]]:
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for chapter in db.exec(select(CourseChapter).where(col(CourseChapter.course_id).in_(course_ids))):
        found[chapter.course_id] += [(chapter.id or 0, at) for at in chapter.points]
    return found


def passed_points(run: LearningRun, points: Sequence[tuple[int, int]]) -> int:
    """How many progress points a run has passed; a reset one none."""
    if run.state in (Run.RESET, Run.UNDONE):
        return 0
    return sum(run.verified.get(str(chapter), 0) >= at for chapter, at in points)


def run_rows(db: Session, selection_id: int) -> list[RunRow]:
    """The runs of a selection, newest first."""
    runs = db.exec(
        select(LearningRun).where(LearningRun.selection_id == selection_id).order_by(col(LearningRun.number).desc())
    ).all()
    quizzes: dict[int, list[Quiz]] = defaultdict(list)
    for quiz in db.exec(select(Quiz).where(col(Quiz.run_id).in_([run.id for run in runs]))):
        quizzes[quiz.run_id].append(quiz)
    rows = []
    for run in runs:
        own = quizzes[run.id or 0]
        ended = next((quiz for quiz in own if quiz.id == run.ended_by_quiz), None)
        chapter = db.get(CourseChapter, ended.chapter_id) if ended and ended.chapter_id else None
        rows.append(RunRow(run, ended, chapter, sum(quiz.state == QuizState.PASSED for quiz in own)))
    return rows


def visits(db: Session, run_ids: Collection[int]) -> list[LearningVisit]:
    """The visits of these runs, newest first; at most a hundred."""
    query = select(LearningVisit).where(col(LearningVisit.run_id).in_(list(run_ids)))
    return list(db.exec(query.order_by(col(LearningVisit.opened_at).desc()).limit(100)))


def quiz_items(db: Session, quiz: Quiz) -> list[ItemVersion]:
    """The item versions of a quiz in the order shown."""
    ids = [version_id for _, version_id in quiz.items]
    found = {version.id: version for version in db.exec(select(ItemVersion).where(col(ItemVersion.id).in_(ids)))}
    return [found[version_id] for version_id in ids]


def shows_picture(db: Session, person_id: int, digest: str) -> bool:
    """Whether a quiz that somebody is shown, or has answered, has the picture in one of its items."""
    states = [state.value for state in QuizState if state is not QuizState.SET]
    quizzes = db.exec(
        select(Quiz.items)
        .join(LearningRun, col(LearningRun.id) == col(Quiz.run_id))
        .where(LearningRun.person_id == person_id, col(Quiz.state).in_(states))
    ).all()
    ids = {version_id for items in quizzes for _, version_id in items}
    query = select(ItemVersion.content).where(col(ItemVersion.id).in_(ids))
    return any(digest in str(content) for content in db.exec(query))


def figures(db: Session, course_id: int) -> Figures:
    """How the quizzes of a course went, over all its learners."""
    query = (
        select(Quiz)
        .join(LearningRun, col(LearningRun.id) == col(Quiz.run_id))
        .where(LearningRun.course_id == course_id, col(Quiz.drawn_at).is_not(None))
    )
    cues: dict[int, CueFigures] = defaultdict(CueFigures)
    asked: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for quiz in db.exec(query):
        row = cues[quiz.cue_id or 0]
        name = {"passed": "passed", "failed": "failed", "timed-out": "timed_out"}.get(quiz.state, "open")
        setattr(row, name, getattr(row, name) + 1)
        row.asked += len(quiz.items)
        row.repeated += quiz.repeated
        for (item_id, _), right in zip(quiz.items, quiz.marks, strict=False):
            asked[item_id][0] += 1
            asked[item_id][1] += right
    return Figures(dict(cues), _items(db, asked))


def _items(db: Session, asked: dict[int, list[int]]) -> list[ItemFigures]:
    rows: Any = db.exec(select(Item.id, Item.code, Item.search_text).where(col(Item.id).in_(list(asked))))
    found = [ItemFigures(code, stem[:60], *asked[item_id]) for item_id, code, stem in rows]
    return sorted(found, key=lambda row: (row.right / row.asked if row.asked else 1, row.code))


def asked_quiz(db: Session, run_id: int) -> Quiz | None:
    """The pop-up quiz of a run that waits for its answer."""
    asked = (QuizState.WAITING, QuizState.SHOWN)
    query = select(Quiz).where(Quiz.run_id == run_id, col(Quiz.cue_id).is_not(None), col(Quiz.state).in_(asked))
    return db.exec(query).first()


def openings(db: Session, run_id: int, since: datetime) -> int:
    """How often a run's player was opened since an instant."""
    query = select(func.count()).where(LearningVisit.run_id == run_id, LearningVisit.opened_at > since)
    return db.exec(query).one()


def page_known(db: Session, run_id: int, page: str) -> bool:
    """Whether this very loading of a page has opened the run before; "" is never known."""
    query = select(LearningVisit.token).where(LearningVisit.run_id == run_id, LearningVisit.page == page)
    return bool(page) and db.exec(query).first() is not None
