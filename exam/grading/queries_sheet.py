"""Result sheets of an institution: filtered, in the order of handing in, and their statistics.

Rows come in batches by key (`submitted_at`, sitting), each batch in a read of its own, so that a sheet of any length
needs little memory and holds no old view of the database open. A sitting has one current result and the key never
changes, so no row is lost or doubled while others are added or regraded.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from exam import schemes
from exam.accounts.models import Person
from exam.core.clock import SHANGHAI, day_of
from exam.core.db import Database
from exam.grading.models import Result
from exam.scheduling.models import Exam

OUTCOMES = ("passed", "failed", "pending", "withdrawn", "void")
BATCH = 1000


@dataclass(frozen=True)
class Filter:
    """What a sheet shows.

    `month` is that of the window ("2026-11"; of handing in where there is no window); `start` and `end` are days of
    handing in, both inclusive; `q` is part of a name or the whole ID number.
    """

    institution_id: int
    exam_id: int | None = None
    month: str = ""
    outcome: str = ""
    q: str = ""
    start: date | None = None
    end: date | None = None
    without: tuple[int, ...] = ()
    """Exams that are left out."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a sheet. Marks and `passed` are None unless the result is released."""

    sitting_id: int
    result_id: int
    name: str
    id_number: str | None
    exam_code: str
    exam_title: str
    exam_title_en: str
    chance: int
    window_opens: datetime | None
    submitted_at: datetime
    status: str
    marks: Decimal | None
    out_of: Decimal | None
    cut_marks: Decimal | None
    passed: bool | None
    released_at: datetime | None
    number: int
    practice: bool


def read_filter(institution_id: int, given: Mapping[str, str]) -> Filter:
    """A filter from a page's query; what makes no sense is left out."""
    exam, month, outcome = given.get("exam", ""), given.get("month", ""), given.get("outcome", "")
    return Filter(
        institution_id,
        exam_id=int(exam) if exam.isdecimal() and len(exam) < 10 else None,
        month=month if _month_bounds(month) else "",
        outcome=outcome if outcome in OUTCOMES else "",
        q=given.get("q", "").strip()[:60],
        start=_day(given.get("start", "")),
        end=_day(given.get("end", "")),
    )


def _day(text: str) -> date | None:
    try:
        return day_of(text)
    except ValueError:
        return None


def _month_bounds(month: str) -> tuple[datetime, datetime] | None:
    try:
        first = datetime.combine(day_of(f"{month}-01"), time.min, SHANGHAI)
    except ValueError:
        return None
    after = (first + timedelta(days=32)).replace(day=1)
    return first.astimezone(UTC), after.astimezone(UTC)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, SHANGHAI).astimezone(UTC)


RELEASED = sa.and_(
    col(Result.state) == "final", col(Result.released_at).is_not(None), col(Result.withdrawn_at).is_(None)
)
_OUTCOMES: Mapping[str, Any] = {
    "passed": sa.and_(RELEASED, col(Result.passed).is_(True)),
    "failed": sa.and_(RELEASED, col(Result.passed).is_(False)),
    "pending": sa.and_(col(Result.state) != "void", col(Result.withdrawn_at).is_(None), sa.not_(RELEASED)),
    "withdrawn": sa.and_(col(Result.withdrawn_at).is_not(None), col(Result.state) != "void"),
    "void": col(Result.state) == "void",
}


def conditions(chosen: Filter) -> list[Any]:
    """The filter as conditions on `Result` joined with `Person`."""
    found: list[Any] = [col(Result.institution_id) == chosen.institution_id, col(Result.current)]
    if chosen.exam_id is not None:
        found.append(col(Result.exam_id) == chosen.exam_id)
    if chosen.without:
        found.append(col(Result.exam_id).not_in(chosen.without))
    if chosen.outcome:
        found.append(_OUTCOMES[chosen.outcome])
    if bounds := _month_bounds(chosen.month):
        taken = sa.func.coalesce(col(Result.window_opens), col(Result.submitted_at))
        found += [taken >= bounds[0], taken < bounds[1]]
    if chosen.start:
        found.append(col(Result.submitted_at) >= _midnight(chosen.start))
    if chosen.end:
        found.append(col(Result.submitted_at) < _midnight(chosen.end + timedelta(days=1)))
    if chosen.q:
        found.append(col(Person.name).contains(chosen.q, autoescape=True) | (col(Person.id_number) == chosen.q.upper()))
    return found


_COLUMNS = (
    *(col(Result.sitting_id), col(Result.id), col(Person.name), col(Person.id_number), col(Exam.code)),
    *(col(Exam.title), col(Exam.title_en), col(Result.chance), col(Result.window_opens), col(Result.submitted_at)),
    *(col(Result.marks), col(Result.out_of), col(Result.cut_marks), col(Result.passed), col(Result.released_at)),
    *(col(Result.state), col(Result.withdrawn_at), col(Result.number)),
    col(Exam.scheme),
)


def _query(chosen: Filter) -> Any:
    return (
        sa.select(*_COLUMNS)
        .join(Person, col(Person.id) == col(Result.person_id))
        .join(Exam, col(Exam.id) == col(Result.exam_id))
        .where(*conditions(chosen))
    )


def _row(found: Any) -> Row:
    state, withdrawn, released = found[15], found[16], found[14]
    if state == "void":
        status = "void"
    elif withdrawn is not None:
        status = "withdrawn"
    elif state != "final":
        status = "marking"
    else:
        status = "released" if released is not None else "unreleased"
    out = status == "released"
    marks: Any = tuple(found[10:14]) if out else (None, None, None, None)
    last = released if out else None, found[17], schemes.is_practice(found[18])
    values: tuple[Any, ...] = (*found[:10], status, *marks, *last)
    return Row(*values)


def page(db: Session, chosen: Filter, number: int, size: int) -> list[Row]:
    """One page of a sheet, newest first; `number` counts from 1."""
    query = _query(chosen).order_by(col(Result.submitted_at).desc(), col(Result.sitting_id).desc())
    return [_row(found) for found in db.connection().execute(query.limit(size).offset((number - 1) * size))]


def batches(database: Database, chosen: Filter) -> Iterator[list[Row]]:
    """The whole sheet, oldest first, in batches."""
    after: tuple[datetime, int] | None = None
    while True:
        query = _query(chosen).order_by(col(Result.submitted_at), col(Result.sitting_id)).limit(BATCH)
        if after is not None:
            query = query.where(_later(after))
        with database.reading() as db:
            rows = [_row(found) for found in db.connection().execute(query)]
        if rows:
            yield rows
        if len(rows) < BATCH:
            return
        after = (rows[-1].submitted_at, rows[-1].sitting_id)


def _later(after: tuple[datetime, int]) -> Any:
    at, sitting = after
    return (col(Result.submitted_at) >= at) & (
        (col(Result.submitted_at) > at) | ((col(Result.submitted_at) == at) & (col(Result.sitting_id) > sitting))
    )


def months(db: Session, institution_id: int) -> list[str]:
    """The months in which an institution's results lie, newest first, for the filter."""
    windows = db.exec(
        select(Result.window_opens).where(Result.institution_id == institution_id, col(Result.current)).distinct()
    )
    found = {each.astimezone(SHANGHAI).strftime("%Y-%m") for each in windows if each is not None}
    return sorted(found, reverse=True)


def exams(db: Session, institution_id: int) -> list[Exam]:
    """The institution's exams, for the filter."""
    return list(db.exec(select(Exam).where(Exam.institution_id == institution_id).order_by(col(Exam.code))))
