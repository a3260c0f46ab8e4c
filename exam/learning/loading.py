"""A run as the judge needs it, out of the database; and the runs of a selection."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from exam import schemes
from exam.accounts.access import Caller
from exam.core.errors import NotFound
from exam.courses.models import Course, CourseEnrolment
from exam.courseware import queries as content
from exam.courseware.models import CourseChapter, Courseware
from exam.learning.judging import Gate, Track, gates_in_order
from exam.learning.models import LearningRun, PackageState, Quiz
from exam.learning.states import OPEN, QuizState, Run
from exam.schemes.kinds import rows_at

WAITS = (QuizState.SET, QuizState.WAITING, QuizState.SHOWN)
COMPLETED = "completed"


def going(db: Session, selection_id: int, *, lock: bool = False) -> LearningRun | None:
    """The run of a selection that is under way."""
    query = select(LearningRun).where(LearningRun.selection_id == selection_id, col(LearningRun.state).in_(OPEN))
    query = query.with_for_update().execution_options(populate_existing=True) if lock else query
    return db.exec(query).one_or_none()


def newest(db: Session, selection_id: int) -> LearningRun | None:
    """The latest run of a selection, in whatever state."""
    query = select(LearningRun).where(LearningRun.selection_id == selection_id)
    return db.exec(query.order_by(col(LearningRun.number).desc()).limit(1)).one_or_none()


def own_selection(db: Session, who: Caller, selection_id: int) -> tuple[CourseEnrolment, Course, Courseware]:
    """The caller's own selection of a course that can be learned here. Raises NotFound for anything else."""
    found = db.get(CourseEnrolment, selection_id)
    if found is None or (found.person_id, found.institution_id) != (who.person_id, who.institution_id):
        raise NotFound(f"course selection {selection_id}")
    ware = db.get(Courseware, found.course_id)
    if ware is None or (ware.state != "published" and newest(db, selection_id) is None):
        raise NotFound(f"content of course {found.course_id}")
    return found, db.get_one(Course, found.course_id), ware


def fastest(course: Course, at: datetime) -> Decimal:
    """How fast the films of a course may be played in a run that began at an instant; 1 where its scheme says
    nothing."""
    scheme = schemes.get(course.scheme)
    rows = rows_at(scheme.fastest_play, at.astimezone(ZoneInfo(scheme.zone)).date())
    return rows[0].value if rows else Decimal(1)


def track_of(db: Session, run: LearningRun) -> Track:
    """A run as the judge keeps it."""
    course, ware = db.get_one(Course, run.course_id), db.get_one(Courseware, run.course_id)
    chapters = content.chapters_of(db, run.course_id)
    order = tuple(chapter.id or 0 for chapter in chapters)
    quizzes = db.exec(select(Quiz).where(Quiz.run_id == run.id, col(Quiz.cue_id).is_not(None))).all()
    asked = next((quiz for quiz in quizzes if quiz.state in (QuizState.WAITING, QuizState.SHOWN)), None)
    gates = [Gate(quiz.chapter_id or 0, quiz.at_ms, quiz.id or 0) for quiz in quizzes if quiz.state in WAITS]
    return Track(
        run=run.id or 0,
        person=run.person_id,
        course=run.course_id,
        order=order,
        lengths={chapter.id or 0: chapter.length_ms for chapter in chapters},
        points=tuple((chapter.id or 0, at) for chapter in chapters for at in chapter.points),
        verified={chapter_id: run.verified.get(str(chapter_id), 0) for chapter_id in order},
        counted=run.counted_ms,
        gates=gates_in_order(order, gates),
        idle=ware.idle_seconds * 1000,
        rate=float(fastest(course, run.started_at)),
        cut=run.cut_ms,
        asking=(asked.id or 0) if asked else 0,
        deadline=round(asked.deadline.timestamp() * 1000) if asked and asked.deadline else 0,
        chapter=run.chapter_id or order[0],
        position=run.position_ms,
        seen=round(run.beaten_at.timestamp() * 1000) if run.beaten_at else 0,
        unfinished=_unfinished(db, run, chapters),
        exercise=run.state == Run.EXERCISE,
    )


def _unfinished(db: Session, run: LearningRun, chapters: list[CourseChapter]) -> set[int]:
    """The packages whose launches have not all been completed."""
    found = set()
    states = db.exec(select(PackageState).where(PackageState.run_id == run.id)).all()
    done = {(state.chapter_id, state.launch) for state in states if state.outcome == COMPLETED}
    for chapter in chapters:
        launches = chapter.package.get("launches", ()) if chapter.kind == "package" else ()
        if any((chapter.id, launch["identifier"]) not in done for launch in launches):
            found.add(chapter.id or 0)
    return found
