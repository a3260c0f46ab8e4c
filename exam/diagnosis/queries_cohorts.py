"""The cohorts of an institution, for its exam office."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from exam.core.errors import NotFound
from exam.diagnosis.queries import RELEASED, percents
from exam.diagnosis.robust import Robust, algorithm_a
from exam.diagnosis.rules import SMALLEST_COHORT
from exam.grading.models import Result
from exam.grading.view import compared
from exam.itembank.models import Paper
from exam.scheduling.models import Exam
from exam.sessions.models import Sitting


@dataclass(frozen=True)
class Cohort:
    """Everybody with a released result of an exam in a window; `robust` None while they are too few."""

    exam: Exam
    window_opens: datetime | None
    n: int
    passed: int
    robust: Robust | None

    @property
    def month(self) -> str:
        """The window's name in an address: the instant of its opening, or `none`."""
        return self.window_opens.strftime("%Y%m%dT%H%M") if self.window_opens else "none"


def cohorts(db: Session, institution_id: int) -> list[Cohort]:
    """All cohorts of exams that are compared, newest window first."""
    query = (
        select(Exam, Result.window_opens, sa.func.count(), sa.func.count().filter(col(Result.passed).is_(True)))
        .join(Result, col(Result.exam_id) == col(Exam.id))
        .where(RELEASED, Exam.institution_id == institution_id)
        .group_by(*(column for column in Exam.__table__.columns), col(Result.window_opens))  # type: ignore[attr-defined]
    )
    found = []
    for exam, opens, n, passed in db.execute(query):
        if not compared(exam.scheme, opens or exam.created_at):
            continue
        values = percents(db, institution_id, exam.id, opens) if n >= SMALLEST_COHORT else []
        found.append(Cohort(exam, opens, n, passed, algorithm_a(values) if values else None))
    newest = sorted(found, key=lambda each: each.exam.code)
    return sorted(newest, key=lambda each: each.month if each.window_opens else "", reverse=True)


def cohort(db: Session, institution_id: int, exam_id: int, month: str) -> Cohort:
    """One of them. Raises NotFound."""
    for each in cohorts(db, institution_id):
        if each.exam.id == exam_id and each.month == month:
            return each
    raise NotFound(f"cohort {exam_id} {month}")


def bank_of(db: Session, exam_id: int) -> int:
    """The bank that the papers of an exam's sittings come from."""
    query = (
        select(Paper.bank_id)
        .join(Sitting, col(Sitting.paper_id) == col(Paper.id))
        .where(Sitting.exam_id == exam_id)
        .limit(1)
    )
    found = db.exec(query).one_or_none()
    if found is None:
        raise NotFound(f"exam {exam_id}")
    return found
