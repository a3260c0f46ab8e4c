"""Grading in the background: scores are worked out while reading, written in short transactions."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import structlog
from sqlmodel import Session, col, select

from exam.core.clock import Clock
from exam.core.db import Database
from exam.core.jobs import Job
from exam.grading import service, service_regrade
from exam.grading.models import MarkingTask, Result
from exam.grading.service_credit import credit_results
from exam.grading.service_release import due_groups, release_due
from exam.sessions.models import Sitting

log = structlog.get_logger()
BATCH = 200
LOOK = 4000
RUN_SECONDS = 2.0
NAME = "grading"
CREDIT = "grading.credit"


def grade_new(database: Database, clock: Clock, sitting_ids: Sequence[int]) -> int:
    """Grade these submitted sittings; returns how many got a result. One that has one already is passed over."""
    return sum(_grade(database, clock, batch, "graded") for batch in _batches(sitting_ids))


def grade_pending(database: Database, clock: Clock, limit: int = LOOK) -> int:
    """Grade submitted sittings that have no result, oldest first, and those whose marking is done; returns how many."""
    with database.reading() as db:
        new, marked, voided = ungraded(db, limit), marked_out(db, limit), voided_sittings(db, limit)
    done = grade_new(database, clock, new)
    done += sum(_grade(database, clock, batch, "marked") for batch in _batches(marked))
    for batch in _batches(voided):
        with database.transaction() as db:
            done += service.void_results(db, batch, clock.now())
    return done


def _grade(database: Database, clock: Clock, batch: Sequence[int], cause: str) -> int:
    """Grade a batch. One sitting that can't be graded does not keep the others from it."""
    try:
        with database.reading() as db:
            prepared = service.prepare(db, batch, unless_graded=cause == "graded")
        with database.transaction() as db:
            return service.write(db, prepared, clock.now(), cause)
    except Exception:
        if len(batch) == 1:
            log.exception("grading.failed", sitting=batch[0])
            return 0
        return sum(_grade(database, clock, [each], cause) for each in batch)


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))


def ungraded(db: Session, limit: int) -> list[int]:
    """Submitted sittings without a result."""
    graded = select(Result.id).where(Result.sitting_id == Sitting.id).exists()
    query = select(Sitting.id).where(Sitting.state == "submitted", ~graded).order_by(col(Sitting.submitted_at))
    return [found or 0 for found in db.exec(query.limit(limit))]


def marked_out(db: Session, limit: int) -> list[int]:
    """Sittings whose result awaits marking though nothing of them waits for a marker any more."""
    open_task = (
        select(MarkingTask.id).where(MarkingTask.sitting_id == Result.sitting_id, col(MarkingTask.open)).exists()
    )
    query = select(Result.sitting_id).where(col(Result.current), Result.state == "awaiting-marking", ~open_task)
    return list(db.exec(query.order_by(col(Result.sitting_id)).limit(limit)))


def voided_sittings(db: Session, limit: int) -> list[int]:
    """Sittings that were voided after they were graded."""
    query = (
        select(Result.sitting_id)
        .join(Sitting, col(Sitting.id) == col(Result.sitting_id))
        .where(Sitting.state == "void", col(Result.current), Result.state != "void")
    )
    return list(db.exec(query.limit(limit)))


def carry_decisions_through(database: Database, clock: Clock, until: float) -> bool:
    """Calculate results anew where the exam office decided about a key; returns whether everything is done."""
    while time.monotonic() < until:
        with database.reading() as db:
            step = service_regrade.next_step(db)
        if step is None:
            return True
        with database.transaction() as db:
            service_regrade.carry_through(db, step, clock.now())
    return False


def release_what_is_due(database: Database, clock: Clock) -> None:
    """Release by the exams' rules, in short transactions."""
    while True:
        with database.reading() as db:
            if not due_groups(db, clock.now()):
                return
        with database.transaction() as db:
            if not release_due(db, clock.now()):
                return


def run(state: Any) -> None:
    """One run of the job; where more is to do than a run should take, it asks to be woken again at once."""
    database, clock, inbox = state.database, state.clock, state.grading
    inbox.settle()
    until = time.monotonic() + RUN_SECONDS
    while (new := inbox.take(BATCH)) and time.monotonic() < until:
        grade_new(database, clock, new)
    grade_new(database, clock, new)
    more = bool(new)
    if inbox.look_round():
        more |= grade_pending(database, clock) >= LOOK
    more |= not carry_decisions_through(database, clock, until + RUN_SECONDS)
    release_what_is_due(database, clock)
    if more:
        state.jobs.wake(NAME)


def credit(state: Any) -> None:
    """Have released results post their hours and certificates; asks to be woken again where there is more to do."""
    if not credit_results(state.database, state.clock.now()):
        state.jobs.wake(CREDIT)


jobs = (Job(NAME, 5.0, run), Job(CREDIT, 10.0, credit))
