"""Releasing results: by rule, by the exam office, and taking them back."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.grading.locks import refuse_locked
from exam.grading.models import Result
from exam.grading.rules_release import release
from exam.grading.service import stamp, tell_outcomes, waiting_groups
from exam.grading.sources import exam_terms
from exam.proctor.review.holds import held, holding

MAX_REASON = 500
_WAITING = (
    col(Result.current),
    col(Result.state) == "final",
    col(Result.released_at).is_(None),
    col(Result.withdrawn_at).is_(None),
)


@dataclass(frozen=True)
class Released:
    """How many results were released, and how many were left because their sittings wait for a human's decision."""

    count: int
    held: int


def due_groups(db: Session, now: datetime) -> list[tuple[int, datetime | None]]:
    """The (exam, window) whose final results the exam's rule says to release now; those that are held are no reason."""
    free = col(Result.sitting_id).not_in(holding())
    groups = db.exec(select(Result.exam_id, Result.window_opens).where(*_WAITING, free).distinct()).all()
    exams = exam_terms(db, {exam for exam, _ in groups})
    marking = waiting_groups(db, [each.id for each in exams.values() if each.release_rule == "when-marked"])
    return [
        (exam, window)
        for exam, window in groups
        if release(exams[exam].release_rule, exams[exam].release_at, "final", (exam, window) in marking, False, now).due
    ]


def release_due(db: Session, now: datetime, limit: int = 500) -> int:
    """Release the final results whose exam's rule says so and that are not held; how many. Twice is once."""
    due: list[int | None] = []
    for exam, window in due_groups(db, now):
        theirs = select(Result.id).where(*_WAITING, Result.exam_id == exam, _in_window(window))
        free = theirs.where(col(Result.sitting_id).not_in(holding()))
        due += db.exec(free.limit(limit - len(due))).all()
    return len(_let_out(db, _locked(db, due), now))


def _in_window(window: datetime | None) -> Any:
    return col(Result.window_opens).is_(None) if window is None else col(Result.window_opens) == window


def _locked(db: Session, ids: Sequence[int | None]) -> list[Result]:
    query = select(Result).where(col(Result.id).in_(ids)).order_by(col(Result.id)).with_for_update()
    return list(db.exec(query.execution_options(populate_existing=True)))


def _let_out(db: Session, rows: Sequence[Result], now: datetime) -> list[Result]:
    """Make rows public, but those that are held: asked here, under the lock, so that no way out goes past it."""
    waiting = held(db, [row.sitting_id for row in rows])
    by_institution: dict[int, list[Result]] = defaultdict(list)
    out = [row for row in rows if row.sitting_id not in waiting]
    for row in out:
        by_institution[row.institution_id].append(row)
    for institution, theirs in by_institution.items():
        changed_at = stamp(db, institution, now)
        for row in theirs:
            row.released_at, row.withdrawn_at, row.withdrawn_reason = now, None, ""
            row.changed_at = changed_at
            db.add(row)
        db.flush()
        tell_outcomes(db, {row.booking_id: bool(row.passed) for row in theirs}, now)
    return out


def release_group(db: Session, who: Caller, exam_id: int, window: datetime | None, now: datetime) -> Released:
    """Release every final result of an exam's window now, withdrawn ones too, whatever the rule, but those that are
    held: these are left out and counted.

    Raises `Refused` when there is none (`nothing-to-release`) or all are held (`results-held`).
    """
    ids = db.exec(
        select(Result.id).where(
            col(Result.current),
            Result.institution_id == who.institution_id,
            Result.exam_id == exam_id,
            _in_window(window),
            Result.state == "final",
            col(Result.released_at).is_(None) | col(Result.withdrawn_at).is_not(None),
        )
    ).all()
    if not ids:
        raise Refused(Refusal("nothing-to-release"))
    out = len(_let_out(db, _locked(db, ids), now))
    done = Released(out, len(ids) - out)
    if not done.count:
        raise Refused(Refusal("results-held", params={"n": done.held}))
    detail = {"count": done.count, "held": done.held, "window": _text(window)}
    deeds.record_by(db, who, now, "result.release", ("exam", exam_id), detail)
    return done


def withdraw_group(db: Session, who: Caller, exam_id: int, window: datetime | None, reason: str, now: datetime) -> int:
    """Take back every released result of an exam's window; returns how many. Raises `Invalid`, `Refused`."""
    reason = checked_reason(reason)
    ids = db.exec(
        select(Result.id).where(
            col(Result.current),
            Result.institution_id == who.institution_id,
            Result.exam_id == exam_id,
            _in_window(window),
            Result.state == "final",
            col(Result.released_at).is_not(None),
            col(Result.withdrawn_at).is_(None),
        )
    ).all()
    if not ids:
        raise Refused(Refusal("nothing-to-withdraw"))
    _take_back(db, _locked(db, ids), reason, now)
    detail = {"count": len(ids), "window": _text(window), "reason": reason}
    deeds.record_by(db, who, now, "result.withdraw", ("exam", exam_id), detail)
    return len(ids)


def release_one(db: Session, who: Caller, result_id: int, now: datetime) -> Result:
    """Release one final result now. Raises `NotFound`, `Refused` (`result-not-final`, `result-held`)."""
    row = _own(db, who, result_id)
    if row.state != "final":
        raise Refused(Refusal("result-not-final"))
    if row.released_at is None or row.withdrawn_at is not None:
        if not _let_out(db, [row], now):
            raise Refused(Refusal("result-held"))
        deeds.record_by(db, who, now, "result.release", ("result", result_id), {"sitting": row.sitting_id})
    return row


def withdraw_one(db: Session, who: Caller, result_id: int, reason: str, now: datetime) -> Result:
    """Take one released result back. Raises `NotFound`, `Invalid`, `Refused`."""
    row = _own(db, who, result_id)
    reason = checked_reason(reason)
    if row.released_at is None or row.withdrawn_at is not None:
        raise Refused(Refusal("nothing-to-withdraw"))
    _take_back(db, [row], reason, now)
    deeds.record_by(
        db, who, now, "result.withdraw", ("result", result_id), {"sitting": row.sitting_id, "reason": reason}
    )
    return row


def _take_back(db: Session, rows: Sequence[Result], reason: str, now: datetime) -> None:
    """Hide marks that were public. The chance keeps its outcome, which was known; a regrade corrects it.

    Raises `Refused` (`certificate-issued`) when an issued certificate locks one of them.
    """
    refuse_locked(db, (row.sitting_id for row in rows))
    for institution in {row.institution_id for row in rows}:
        changed_at = stamp(db, institution, now)
        for row in rows:
            if row.institution_id == institution:
                row.withdrawn_at, row.withdrawn_reason, row.changed_at = now, reason, changed_at
                db.add(row)
    db.flush()


def _own(db: Session, who: Caller, result_id: int) -> Result:
    query = select(Result).where(Result.id == result_id, Result.institution_id == who.institution_id)
    row = db.exec(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound(f"result {result_id}")
    if not row.current:
        raise Refused(Refusal("result-superseded"))
    return row


def checked_reason(reason: str) -> str:
    """A reason as it will be kept; raises `Invalid` when there is none or too much."""
    reason = " ".join(reason.replace("\0", "").split())
    if not reason:
        raise Invalid([Problem("reason", "reason-missing")])
    if len(reason) > MAX_REASON:
        raise Invalid([Problem("reason", "reason-too-long", {"most": MAX_REASON})])
    return reason


def _text(window: datetime | None) -> str | None:
    return window.isoformat() if window else None
