"""The statistics of a result sheet: counts, mean, distribution of marks, pass rate over windows; from the released
results only, and without practice."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from exam import schemes
from exam.accounts.models import Person
from exam.grading.models import Result
from exam.grading.queries_sheet import RELEASED, Filter, conditions
from exam.scheduling.models import Exam

CLASSES = 10
PASSED = sa.func.count().filter(sa.and_(RELEASED, col(Result.passed).is_(True)))
# Whole hundredths, as they stand in the database: sums and comparisons are exact.
MARKS, OUT_OF = (sa.type_coerce(col(each), sa.Integer) for each in (Result.marks, Result.out_of))


@dataclass(frozen=True)
class Statistics:
    """Of the released results of a sheet: how many, how many passed, the mean, how many by tenth of the marks; by
    window (its opening) candidates and passed. `rows` counts all; `cut_class` is the class that the cut begins.

    `practice` of the rows are left out of everything else: a sheet of one practice exam alone leaves none out."""

    rows: int
    practice: int
    released: int
    passed: int
    mean: Decimal | None
    classes: tuple[int, ...]
    windows: tuple[tuple[datetime, int, int], ...]
    cut_class: int | None

    @property
    def waiting(self) -> int:
        """Rows without a released result."""
        return self.counted - self.released

    @property
    def counted(self) -> int:
        """Rows that the figures are about."""
        return self.rows - self.practice


def statistics(db: Session, chosen: Filter) -> Statistics:
    """The statistics of a sheet, practice left out."""
    practice = practice_exams(db, chosen.institution_id)
    of_all = chosen
    if practice and chosen.exam_id not in practice:
        chosen = replace(chosen, without=practice)
    joined, where, connection = _joined(chosen), conditions(chosen), db.connection()
    sums = sa.func.count(), sa.func.count().filter(RELEASED), PASSED, sa.func.sum(MARKS).filter(RELEASED)
    counted, released, passed, hundredths = connection.execute(joined.add_columns(*sums).where(*where)).one()
    rows = counted
    if chosen is not of_all:
        rows = connection.execute(joined.add_columns(sa.func.count()).where(*conditions(of_all))).scalar_one()
    return Statistics(
        rows=rows,
        practice=rows - counted,
        released=released,
        passed=passed,
        mean=(Decimal(hundredths) / 100 / released).quantize(Decimal("0.01")) if released else None,
        classes=_classes(connection, joined, where),
        windows=_windows(connection, joined, where),
        cut_class=_cut_class(connection, joined, where),
    )


def _joined(chosen: Filter) -> Any:
    joined = sa.select().select_from(Result)
    return joined.join(Person, col(Person.id) == col(Result.person_id)) if chosen.q else joined


def _classes(connection: sa.Connection, joined: Any, where: list[Any]) -> tuple[int, ...]:
    """How many released results lie in each tenth of the marks; all marks belong to the last."""
    classes = [0] * CLASSES
    scored = joined.add_columns(MARKS * CLASSES, OUT_OF, sa.func.count()).where(*where, RELEASED, OUT_OF > 0)
    for tens, whole, count in connection.execute(scored.group_by(MARKS, OUT_OF)):
        classes[min(CLASSES - 1, max(0, tens // whole))] += count
    return tuple(classes)


def _windows(connection: sa.Connection, joined: Any, where: list[Any]) -> tuple[tuple[datetime, int, int], ...]:
    """Each window's opening with its candidates and how many passed."""
    opening = col(Result.window_opens)
    by_window = joined.add_columns(opening, sa.func.count(), PASSED).where(*where, RELEASED, opening.is_not(None))
    found = connection.execute(by_window.group_by(opening).order_by(opening))
    return tuple((opens, candidates, passed) for opens, candidates, passed in found)


def _cut_class(connection: sa.Connection, joined: Any, where: list[Any]) -> int | None:
    """The class that begins at the cut score, when all results of the sheet share it and it begins a class."""
    cut = sa.type_coerce(col(Result.cut_marks), sa.Integer)
    found = connection.execute(joined.add_columns(cut, OUT_OF).where(*where, RELEASED).distinct().limit(2)).all()
    if len(found) != 1 or not found[0][1]:
        return None
    tenth, rest = divmod(found[0][0] * CLASSES, found[0][1])
    return tenth if rest == 0 and tenth < CLASSES else None


def practice_exams(db: Session, institution_id: int) -> tuple[int, ...]:
    """The institution's exams whose results count in no rate."""
    found = db.exec(select(Exam.id, Exam.scheme).where(Exam.institution_id == institution_id))
    return tuple(exam or 0 for exam, scheme in found if schemes.is_practice(scheme))
