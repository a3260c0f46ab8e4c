"""Reads for diagnoses: a person's result with its cohort and the one before, and the cohorts of an institution.

A cohort is everybody with a released result of the same exam on the same verification day (in the same window).
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from exam.accounts.access import Caller
from exam.core.errors import NotFound
from exam.diagnosis.rules import Point
from exam.grading.detail import read_sums
from exam.grading.models import Result
from exam.grading.view import compared, named
from exam.itembank.models import Chapter, KnowledgePoint, Paper
from exam.scheduling.models import Exam
from exam.sessions.models import Sitting

RELEASED = sa.and_(
    col(Result.current),
    col(Result.state) == "final",
    col(Result.released_at).is_not(None),
    col(Result.withdrawn_at).is_(None),
)


@dataclass(frozen=True)
class Verified:
    """A released result of an exam whose results are compared."""

    result: Result
    exam: Exam
    bank_id: int


def own(db: Session, who: Caller, sitting_id: int) -> Verified:
    """The caller's own released result, of an exam that is compared. Raises NotFound for anything else."""
    query = _query().where(
        Result.sitting_id == sitting_id,
        Result.person_id == who.person_id,
        Result.institution_id == who.institution_id,
    )
    row = db.execute(query).one_or_none()
    if row is None or not _compared(row[0], row[1]):
        raise NotFound(f"sitting {sitting_id}")
    return Verified(*row)


def before(db: Session, verified: Verified) -> Verified | None:
    """The same person's verification of the same subject before this one: the same exam or item bank."""
    result = verified.result
    query = (
        _query()
        .where(
            Result.person_id == result.person_id,
            Result.institution_id == result.institution_id,
            col(Result.submitted_at) < result.submitted_at,
            sa.or_(col(Result.exam_id) == result.exam_id, col(Paper.bank_id) == verified.bank_id),
            col(Exam.scheme) == verified.exam.scheme,
        )
        .order_by(col(Result.submitted_at).desc())
        .limit(1)
    )
    row = db.execute(query).one_or_none()
    return Verified(*row) if row else None


def _query() -> Any:
    return (
        select(Result, Exam, Paper.bank_id)
        .join(Exam, col(Exam.id) == col(Result.exam_id))
        .join(Sitting, col(Sitting.id) == col(Result.sitting_id))
        .join(Paper, col(Paper.id) == col(Sitting.paper_id))
        .where(RELEASED)
    )


def _compared(result: Result, exam: Exam) -> bool:
    return compared(exam.scheme, result.window_opens or result.submitted_at)


def percents(db: Session, institution_id: int, exam_id: int, window_opens: datetime | None) -> list[float]:
    """Everybody's marks in the cohort, in percent."""
    rows = db.execute(
        select(col(Result.marks), col(Result.out_of)).where(*_cohort(institution_id, exam_id, window_opens))
    )
    return [percent_of(marks, out_of) for marks, out_of in rows]


def percent_of(marks: Decimal, out_of: Decimal) -> float:
    """Marks as a percentage, for statistics."""
    return float(marks * 100 / out_of) if out_of else 0.0


def _cohort(institution_id: int, exam_id: int, window_opens: datetime | None) -> tuple[Any, ...]:
    same_window = (
        col(Result.window_opens).is_(None) if window_opens is None else col(Result.window_opens) == window_opens
    )
    return RELEASED, col(Result.institution_id) == institution_id, col(Result.exam_id) == exam_id, same_window


def cohort_points(
    db: Session, institution_id: int, exam_id: int, window_opens: datetime | None
) -> dict[str, tuple[Decimal, Decimal]]:
    """For each knowledge point the marks that the whole cohort got, and could have got."""
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    query = select(Result.detail).where(*_cohort(institution_id, exam_id, window_opens))
    for detail in db.exec(query).yield_per(100):
        for row in detail["points"]:
            kept = read_sums(row)
            marks, out_of = sums.get(row["point"], (Decimal(0), Decimal(0)))
            sums[row["point"]] = marks + kept.marks, out_of + kept.out_of
    return sums


def points_of(db: Session, verified: Verified) -> list[Point]:
    """A result by knowledge point, in the order of chapters and codes, under the reader's names."""
    kept = {row["point"]: read_sums(row) for row in verified.result.detail["points"]}
    names = point_names(db, verified.bank_id)
    points = []
    for code, sums in kept.items():
        name, chapter = names.get(code, (code, 0))
        points.append(Point(code, name, chapter, sums.marks, sums.out_of))
    return sorted(points, key=lambda point: (point.chapter or 10_000, point.code))


def point_names(db: Session, bank_id: int) -> dict[str, tuple[str, int]]:
    """Name and chapter number of each knowledge point of a bank, by code."""
    query = (
        select(KnowledgePoint, Chapter.number)
        .join(Chapter, col(Chapter.id) == col(KnowledgePoint.chapter_id), isouter=True)
        .where(KnowledgePoint.bank_id == bank_id)
    )
    return {point.code: (named(point.name, point.name_en), number or 0) for point, number in db.execute(query)}


def chapter_names(db: Session, bank_id: int) -> dict[int, str]:
    """The title of each chapter of a bank, by number."""
    rows = db.exec(select(Chapter).where(Chapter.bank_id == bank_id))
    return {row.number: named(row.title, row.title_en) for row in rows}
