"""Runs: begun, moved by the one gate, ended; completion posts the hours."""

import secrets
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from exam.accounts.access import Caller
from exam.core import audit
from exam.core.db import after_commit
from exam.core.decisions import Refusal
from exam.core.errors import Refused
from exam.courses import service_finishing
from exam.courses.models import CourseEnrolment
from exam.courses.service_selecting import SUBJECT, locked
from exam.courseware import queries as content
from exam.courseware.models import Courseware
from exam.fees.queries import entry_refusal
from exam.learning import loading, rules, signals
from exam.learning.models import LearningRun, Quiz
from exam.learning.states import OPEN, QUIZ_DONE, QuizState, Run, RunEvent


def begin(db: Session, who: Caller, selection_id: int, now: datetime) -> LearningRun:
    """The run of the caller's selection that is under way; begun when there is none. Raises NotFound, Refused."""
    selection, _, ware = loading.own_selection(db, who, selection_id)
    audit.hold(db, selection.institution_id)
    selection = locked(db, selection_id)
    db.refresh(ware)  # it may have been taken back into work until the lock was ours
    if refusal := why_not(db, selection, ware):
        raise Refused(refusal)
    return loading.going(db, selection_id) or new_run(db, selection, ware, now)


def why_not(db: Session, selection: CourseEnrolment, ware: Courseware) -> Refusal | None:
    """Why a selection can't be learned now: given back, finished, not paid (S1 §1.5), its content in work again."""
    if selection.state != "active":
        return Refusal(f"course-selection-{selection.state}")
    if refusal := entry_refusal(db, SUBJECT, selection.id or 0):
        return refusal
    return Refusal("courseware-in-work") if ware.state != "published" else None


def new_run(db: Session, selection: CourseEnrolment, ware: Courseware, now: datetime) -> LearningRun:
    """The next run of a selection: from the beginning, its quizzes placed anew."""
    number = db.exec(
        select(func.coalesce(func.max(LearningRun.number), 0)).where(LearningRun.selection_id == selection.id)
    ).one()
    chapters = content.chapters_of(db, selection.course_id)
    run = LearningRun(
        institution_id=selection.institution_id,
        selection_id=selection.id or 0,
        course_id=selection.course_id,
        person_id=selection.person_id,
        number=number + 1,
        seed=secrets.token_hex(16),
        started_at=now,
        chapter_id=chapters[0].id,
    )
    db.add(run)
    db.flush()
    cues = content.cues_of(db, [chapter.id or 0 for chapter in chapters])
    for cue in (cue for group in cues.values() for cue in group):
        at = rules.place(cue.kind, cue.from_ms, cue.until_ms, secrets.randbelow)
        quiz = Quiz(
            run_id=run.id or 0,
            cue_id=cue.id,
            chapter_id=cue.chapter_id,
            at_ms=at,
            accuracy=cue.accuracy,
            seconds=cue.seconds,
        )
        db.add(quiz)
    db.flush()
    record(db, run, "learning.begin", now, {"number": run.number})
    return run


def move(db: Session, run: LearningRun, event: RunEvent, now: datetime) -> None:
    """The one gate that changes a run's state. Raises Refused for what the table does not know."""
    target = rules.moved(Run(run.state), event)
    if isinstance(target, Refusal):
        raise Refused(target)
    ended = target not in OPEN and run.state in OPEN
    run.state = target.value
    if ended:
        run.ended_at = now
        _close_quizzes(db, run, now)
        run_id = run.id or 0
        after_commit(db, lambda: signals.tell_over(run_id))
    db.add(run)
    db.flush()


def _close_quizzes(db: Session, run: LearningRun, now: datetime) -> None:
    for quiz in db.exec(select(Quiz).where(Quiz.run_id == run.id, col(Quiz.state).not_in(QUIZ_DONE))):
        quiz.state, quiz.decided_at = QuizState.CLOSED.value, now
        db.add(quiz)


def complete(db: Session, run_id: int, now: datetime) -> str:
    """Everything of a run was learned: on to its exercise, or the course is finished and its hours are posted, once.

    Returns the run's state. The caller has made sure that all was learned (`judging.Track.learned`). Raises Refused
    where the course can't be finished now (not paid).
    """
    run = locked_run(db, run_id)
    ware = db.get_one(Courseware, run.course_id)
    if run.state == Run.LEARNING and ware.exercise_items:
        move(db, run, RunEvent.LEARNED, now)
    elif run.state == Run.LEARNING:
        finish(db, run, now)
    return run.state


def finish(db: Session, run: LearningRun, now: datetime) -> None:
    """The course is finished: the selection's own gate posts the hours and tells the exam, and ends this run by
    `heard_finished`, all in this transaction. Raises Refused."""
    selection = locked(db, run.selection_id)
    service_finishing.finish(db, selection, now, None, now)
    db.refresh(run)


def locked_run(db: Session, run_id: int) -> LearningRun:
    """A run that nobody else changes until the transaction ends. The audit lock comes first, as everywhere."""
    institution_id = db.exec(select(LearningRun.institution_id).where(LearningRun.id == run_id)).one()
    audit.hold(db, institution_id)
    query = select(LearningRun).where(LearningRun.id == run_id).with_for_update()
    return db.exec(query.execution_options(populate_existing=True)).one()


def heard_finished(db: Session, selection: CourseEnrolment, by: int | None, now: datetime) -> None:
    """A selection was finished: by learning it, or by the office."""
    if run := loading.going(db, selection.id or 0, lock=True):
        move(db, run, RunEvent.FINISH, now)
        record(db, run, "learning.finish", now, {"counted_ms": run.counted_ms})


def heard_unfinished(db: Session, selection: CourseEnrolment, by: int | None, now: datetime) -> None:
    """The office took back that it was finished: the run no longer counts, the next one begins anew."""
    run = loading.newest(db, selection.id or 0)
    if run is not None and run.state == Run.FINISHED:
        move(db, run, RunEvent.UNDO, now)
        record(db, run, "learning.undo", now, {}, by)


def heard_cancelled(db: Session, selection: CourseEnrolment, by: int | None, now: datetime) -> None:
    """A selection was given back."""
    if run := loading.going(db, selection.id or 0, lock=True):
        move(db, run, RunEvent.CANCEL, now)


def learners(db: Session, course_id: int) -> int:
    """How many people are in the middle of a course."""
    query = select(func.count()).where(LearningRun.course_id == course_id, col(LearningRun.state).in_(OPEN))
    return db.exec(query).one()


def learned_from(db: Session, chapter_id: int) -> int:
    """How many runs name a chapter."""
    return (
        db.exec(select(func.count()).where(LearningRun.chapter_id == chapter_id)).one()
        + db.exec(select(func.count()).where(Quiz.chapter_id == chapter_id)).one()
    )


def asked_at(db: Session, cue_id: int) -> int:
    """How many quizzes name a cue."""
    return db.exec(select(func.count()).where(Quiz.cue_id == cue_id)).one()


def record(
    db: Session, run: LearningRun, action: str, now: datetime, detail: dict[str, Any], by: int | None = None
) -> None:
    """A line of the audit log about a run; without `by` it is the learner's own doing."""
    audit.record(
        db,
        at=now,
        action=action,
        subject=("course-enrolment", run.selection_id),
        institution_id=run.institution_id,
        actor_id=by or run.person_id,
        detail={"run": run.id, "person": run.person_id, **detail},
    )
