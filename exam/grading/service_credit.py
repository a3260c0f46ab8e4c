"""Has released results post what they are worth to the ledger of hours, and takes back what is not so any more.

It compares what stands with what is there, so that whatever happened meanwhile (a release, a correction, a withdrawal,
a void, a stop in the middle) is made good at the next run, once.
"""

import dataclasses
import time
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from exam import schemes
from exam.core.db import Database
from exam.courses.models import Course
from exam.courses.rules import posting_of
from exam.courses.service_finishing import fields_of
from exam.credits.effects_service import Would
from exam.credits.models import Outcome
from exam.credits.service_membership import ensure
from exam.credits.service_posting import post_outcome, undo_outcome
from exam.grading.models import Result
from exam.itembank.models import Bank, Paper
from exam.scheduling.models import Booking, Exam
from exam.sessions.models import Sitting

log = structlog.get_logger()
SOURCE = "sitting"
BATCH = 20
"""Few, because answers wait while a transaction lasts."""

RUN_SECONDS = 2.0


def earning() -> list[str]:
    """The schemes under which passing an exam is worth something: hours, or a certificate."""
    return [
        key
        for key, scheme in schemes.SCHEMES.items()
        if any(rule.value.on == "passed" for rule in scheme.posts)
        or any(rule.value.basis == "passed" for rule in scheme.certificates)
    ]


def credit_results(database: Database, now: datetime, seconds: float = RUN_SECONDS) -> bool:
    """Post and undo what is due, for about so many seconds, in short transactions; returns whether all is done."""
    until = time.monotonic() + seconds
    failed: set[int] = set()
    while time.monotonic() < until:
        with database.reading() as db:
            gained, lost = unposted(db, BATCH, failed), unearned(db, BATCH, failed)
        if not gained and not lost:
            return True
        failed |= _carry_out(database, gained, lost, now)
    return False


def _carry_out(database: Database, gained: Sequence[int], lost: Sequence[int], now: datetime) -> set[int]:
    """Post and undo a batch. One sitting that can't be posted does not keep the others from it; returns those."""
    try:
        with database.transaction() as db:
            for sitting_id in gained:
                post_result(db, sitting_id, now)
            for sitting_id in lost:
                undo_outcome(db, SOURCE, sitting_id, "result-changed", None, now)
        return set()
    except Exception:
        if len(gained) + len(lost) == 1:
            log.exception("credit.failed", sitting=[*gained, *lost][0])
            return {*gained, *lost}
        singly = [_carry_out(database, [one], [], now) for one in gained]
        return set().union(*singly, *(_carry_out(database, [], [one], now) for one in lost))


def _earned() -> sa.ColumnElement[bool]:
    return sa.and_(
        col(Result.current),
        col(Result.state) == "final",
        col(Result.passed).is_(True),
        col(Result.released_at).is_not(None),
        col(Result.withdrawn_at).is_(None),
    )


def _standing() -> Any:
    """The sittings for which an outcome stands."""
    undo = aliased(Outcome)
    return (
        sa.select(col(Outcome.source_ref))
        .outerjoin(undo, col(undo.undoes_id) == col(Outcome.id))
        .where(col(Outcome.source_kind) == SOURCE, col(Outcome.undoes_id).is_(None), col(undo.id).is_(None))
    )


def unposted(db: Session, limit: int, leaving_out: Collection[int] = ()) -> list[int]:
    """Sittings whose released, passed result is not in the ledger yet."""
    query = (
        select(Result.sitting_id)
        .join(Exam, col(Exam.id) == col(Result.exam_id))
        .where(_earned(), col(Exam.scheme).in_(earning()), col(Result.sitting_id).not_in(_standing()))
        .where(col(Result.sitting_id).not_in(leaving_out))
        .order_by(col(Result.sitting_id))
        .limit(limit)
    )
    return list(db.exec(query))


def unearned(db: Session, limit: int, leaving_out: Collection[int] = ()) -> list[int]:
    """Sittings with something in the ledger that their result does not bear out any more."""
    earned = sa.select(col(Result.sitting_id)).where(_earned())
    standing = _standing().subquery()
    source = standing.c.source_ref
    query = sa.select(source).where(source.not_in(earned), source.not_in(leaving_out))
    return [int(row[0]) for row in db.execute(query.order_by(source).limit(limit))]


def post_result(db: Session, sitting_id: int, now: datetime) -> None:
    """Post what a sitting's result is worth; the candidate becomes a member of the scheme with it."""
    query = (
        select(Result, Exam, Booking, Bank)
        .join(Exam, col(Exam.id) == col(Result.exam_id))
        .join(Booking, col(Booking.id) == col(Result.booking_id))
        .join(Sitting, col(Sitting.id) == col(Result.sitting_id))
        .join(Paper, col(Paper.id) == col(Sitting.paper_id))
        .join(Bank, col(Bank.id) == col(Paper.bank_id))
        .where(Result.sitting_id == sitting_id, _earned())
    )
    row = db.exec(query).one_or_none()
    if row is None:
        return
    result, exam, booking, bank = row
    course = db.get(Course, exam.course_id) if exam.course_id else None
    worth = worth_of(result, exam, course, bank.delivery)
    ensure(db, result.institution_id, result.person_id, exam.scheme, now, track=worth.track or None)
    post_outcome(
        db,
        institution_id=result.institution_id,
        **dataclasses.asdict(worth),
        now=now,
        window_closes=booking.window_closes,
        fields=_fields(exam, course, now),
    )


def worth_of(result: Result, exam: Exam, course: Course | None, delivery: str) -> Would:
    """The outcome of passing: the course's that the exam ends, else the exam's own. `delivery` is the bank's."""
    return Would(
        person_id=result.person_id,
        scheme_key=exam.scheme,
        kind="passed",
        subject=course.code if course else exam.code,
        title=course.title if course else exam.title,
        source_kind=SOURCE,
        source_ref=result.sitting_id,
        at=result.submitted_at,
        track=exam.track or (course.track if course else ""),
        delivery=course.delivery if course else delivery,
        category=course.category or None if course else None,
        hours=course.hours if course else None,
    )


def _fields(exam: Exam, course: Course | None, now: datetime) -> dict[str, Any]:
    """What certificates take from what was passed: the course's code, hours and class, where the exam ends one.

    Hours that the scheme itself credits for passing (S3 annex 1 §3(1): 24 a subject) go before the course's own.
    """
    if course is None:
        return {"course": exam.code}
    scheme = schemes.get(exam.scheme)
    on = now.astimezone(ZoneInfo(scheme.zone)).date()
    posting = posting_of(scheme, on, course.delivery)
    fields = fields_of(course, now)
    return {**fields, "hours": int(posting.hours)} if posting and posting.hours is not None else fields
