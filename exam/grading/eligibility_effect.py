"""What a change to results would do to people's eligibility and certificates; nothing is written."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from exam.accounts.access import Caller
from exam.courses.models import Course
from exam.credits import effects_service
from exam.credits.effects import Change, Effect
from exam.grading.models import Result
from exam.grading.service_credit import SOURCE, worth_of
from exam.grading.service_regrade import Change as ResultChange
from exam.itembank.models import Bank, Paper
from exam.scheduling.models import Exam
from exam.sessions.models import Sitting

PIECE = 500


def of_regrade(db: Session, who: Caller, changes: Sequence[ResultChange], now: datetime) -> Effect:
    """What a decision about a key would do: outcomes that would no longer stand, and those that released results
    would earn."""
    lost = [each.sitting_id for each in changes if each.passed_before and not each.passed_after]
    won = [each.sitting_id for each in changes if each.passed_after and not each.passed_before]
    return effects_service.effect(db, who.institution_id, [*_undone(db, who, lost), *_posted(db, who, won)], now)


def of_withdrawal(
    db: Session, who: Caller, exam_id: int, window: datetime | None, now: datetime, result_id: int | None = None
) -> Effect:
    """What taking back the released results of an exam's window (or one result) would do."""
    query = select(Result.sitting_id).where(
        Result.institution_id == who.institution_id,
        col(Result.current),
        col(Result.released_at).is_not(None),
        col(Result.withdrawn_at).is_(None),
    )
    if result_id is not None:
        query = query.where(Result.id == result_id)
    else:
        opens: Any = Result.window_opens
        query = query.where(Result.exam_id == exam_id, opens.is_(None) if window is None else opens == window)
    return effects_service.effect(db, who.institution_id, _undone(db, who, db.exec(query).all()), now)


def _undone(db: Session, who: Caller, sittings: Iterable[int]) -> list[Change]:
    return effects_service.outcome_undone(db, who.institution_id, [(SOURCE, sitting) for sitting in sittings])


def _posted(db: Session, who: Caller, sittings: Sequence[int]) -> list[Change]:
    found: list[Change] = []
    for start in range(0, len(sittings), PIECE):
        rows = db.exec(
            select(Result, Exam, Course, Bank.delivery)
            .join(Exam, col(Exam.id) == col(Result.exam_id))
            .outerjoin(Course, col(Course.id) == col(Exam.course_id))
            .join(Sitting, col(Sitting.id) == col(Result.sitting_id))
            .join(Paper, col(Paper.id) == col(Sitting.paper_id))
            .join(Bank, col(Bank.id) == col(Paper.bank_id))
            .where(
                Result.institution_id == who.institution_id,
                col(Result.current),
                col(Result.released_at).is_not(None),
                col(Result.withdrawn_at).is_(None),
                col(Result.sitting_id).in_(sittings[start : start + PIECE]),
            )
        )
        found += [
            effects_service.outcome_posted(worth_of(result, exam, course, delivery))
            for result, exam, course, delivery in rows
        ]
    return found
