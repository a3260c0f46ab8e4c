"""Grading: from submitted sittings to results, many at a time.

`prepare` reads and scores and may run outside any transaction that writes; `write` checks that nothing has changed
since and appends the results in few statements. So a sitting is graded once whoever asks, a job and a page at the
same moment included, and the database is not kept from saving answers while scores are worked out.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col, select

from exam.grading import detail
from exam.grading.keys import Ruling, key, rulings
from exam.grading.models import Result, ResultFeed
from exam.grading.rules import Grading, grade
from exam.grading.rules_release import release
from exam.grading.service_tasks import settle_tasks
from exam.grading.sources import ExamTerms, Source, counting_answers, exam_terms, human_marks, sources
from exam.proctor.review.holds import held
from exam.scheduling.models import Booking
from exam.scheduling.service_chances import chances_ended
from exam.scheduling.states import USED
from exam.sessions.models import Sitting
from exam.sessions.plan import plan
from exam.sessions.states import State

log = structlog.get_logger()
TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A sitting's grading, and what it was made from, so that `write` can tell whether it still holds."""

    source: Source
    grading: Grading
    detail: str
    under: Mapping[int, Ruling]
    marks_seen: tuple[int, ...]


def prepare(
    db: Session,
    sitting_ids: Collection[int],
    under: Mapping[int, Mapping[int, Ruling]] | None = None,
    *,
    unless_graded: bool = False,
) -> list[Prepared]:
    """Grade submitted sittings, in the order of their ids, without writing anything.

    `under` gives rulings by exam in place of those decided (to preview a decision); `unless_graded` leaves out those
    that have a result. Raises `Invalid` for an item that has no key to score by.
    """
    found = [source for source in sources(db, sitting_ids) if source.state == State.SUBMITTED]
    if unless_graded:
        found = [source for source in found if not source.number]
    ids = [source.sitting_id for source in found]
    terms = exam_terms(db, [source.exam_id for source in found])
    given, human = counting_answers(db, ids), human_marks(db, ids)
    ruled = {exam: (under or {}).get(exam, rulings(db, exam)) for exam in terms}
    return [_grade(db, source, terms[source.exam_id], given, human, ruled[source.exam_id]) for source in found]


def _grade(
    db: Session, source: Source, terms: ExamTerms, given: Any, human: Any, under: Mapping[int, Ruling]
) -> Prepared:
    lines = key(db, source.paper_id, under).lines
    order = plan(db, source.paper_id).order(source.seed)
    rows = human.get(source.sitting_id, {})
    marks = {place: row.marks for place, row in rows.items()}
    grading = grade(lines, order, given.get(source.sitting_id, {}), marks, terms.cut)
    return Prepared(source, grading, detail.dump(grading), under, _seen(rows))


def _seen(rows: Mapping[Any, Any]) -> tuple[int, ...]:
    return tuple(sorted(row.id or 0 for row in rows.values()))


def write(
    db: Session, prepared: Sequence[Prepared], now: datetime, cause: str = "graded", decision_id: int | None = None
) -> int:
    """Append a result for each sitting whose sources have not changed since `prepare`; returns how many.

    Those that changed are left for the next time. Released by rule where the exam's rule says so and nothing about the
    sitting waits for a human, with the outcome told to scheduling.
    """
    still = _unchanged(db, prepared)
    if not still:
        return 0
    before = _current(db, [each.source.sitting_id for each in still])
    terms = exam_terms(db, [each.source.exam_id for each in still])
    stamps = {inst: stamp(db, inst, now) for inst in {each.source.institution_id for each in still}}
    open_elsewhere = _open_groups(db, still, terms)
    waiting = held(db, [each.source.sitting_id for each in still])
    rows = []
    for each in still:
        known = before.get(each.source.sitting_id)
        others = (each.source.exam_id, each.source.window_opens) in open_elsewhere
        since = waiting[each.source.sitting_id].since if each.source.sitting_id in waiting else None
        shown = _shown(each, known, terms[each.source.exam_id], others, since, now)
        rows.append(_row(each, stamps, now, cause, decision_id) | shown)
    _append(db, rows, list(before.values()))
    settle_tasks(db, [(each.source, each.grading) for each in still], now)
    told = {row["booking_id"]: bool(row["passed"]) for row in rows if _is_out(row)}
    tell_outcomes(db, told, now)
    return len(rows)


def _is_out(row: Mapping[str, Any]) -> bool:
    return row["released_at"] is not None and row["withdrawn_at"] is None and row["passed"] is not None


def _unchanged(db: Session, prepared: Sequence[Prepared]) -> list[Prepared]:
    """Those that may be written: locked on PostgreSQL (another process's are passed over), and still as they were."""
    ids = [each.source.sitting_id for each in prepared]
    locked = set(
        db.exec(select(Sitting.id).where(col(Sitting.id).in_(ids)).with_for_update(skip_locked=True, of=Sitting))
    )
    now_at = {source.sitting_id: source for source in sources(db, ids)}
    marked = human_marks(db, ids)
    ruled = {exam: rulings(db, exam) for exam in {each.source.exam_id for each in prepared}}
    return [
        each
        for each in prepared
        if each.source.sitting_id in locked
        and now_at.get(each.source.sitting_id) == each.source
        and ruled[each.source.exam_id] == each.under
        and _seen(marked.get(each.source.sitting_id, {})) == each.marks_seen
    ]


def _current(db: Session, sitting_ids: Collection[int]) -> dict[int, Any]:
    query = sa.select(
        col(Result.sitting_id),
        col(Result.id),
        col(Result.released_at),
        col(Result.withdrawn_at),
        col(Result.withdrawn_reason),
    ).where(col(Result.sitting_id).in_(sitting_ids), col(Result.current))
    return {row[0]: row for row in db.connection().execute(query)}


def _open_groups(
    db: Session, batch: Sequence[Prepared], terms: Mapping[int, ExamTerms]
) -> set[tuple[int, datetime | None]]:
    """The exams' windows in which some other result waits for a marker, those of this batch included."""
    exams = {each.source.exam_id for each in batch if terms[each.source.exam_id].release_rule == "when-marked"}
    if not exams:
        return set()
    ours = {each.source.sitting_id for each in batch}
    found = {
        (each.source.exam_id, each.source.window_opens) for each in batch if each.grading.state == "awaiting-marking"
    }
    return found | waiting_groups(db, exams, ours)


def waiting_groups(
    db: Session, exam_ids: Collection[int], leave_out: Collection[int] = ()
) -> set[tuple[int, datetime | None]]:
    """The (exam, window) in which results wait for a marker."""
    rows = db.exec(
        select(Result.exam_id, Result.window_opens, Result.sitting_id).where(
            col(Result.current), Result.state == "awaiting-marking", col(Result.exam_id).in_(exam_ids)
        )
    )
    return {(exam, window) for exam, window, sitting in rows if sitting not in leave_out}


def _shown(
    each: Prepared, before: Any, exam: ExamTerms, others: bool, held_since: datetime | None, now: datetime
) -> dict[str, Any]:
    """When a new row is released: as the one before it was, or now where the exam's rule says so."""
    released_at, withdrawn_at, reason = (before[2], before[3], before[4]) if before else (None, None, "")
    state = each.grading.state
    rule = release(exam.release_rule, exam.release_at, state, others, withdrawn_at is not None, now, held_since)
    if released_at is None and rule.due:
        released_at = now
    return {"released_at": released_at, "withdrawn_at": withdrawn_at, "withdrawn_reason": reason}


def _row(
    each: Prepared, stamps: Mapping[int, datetime], now: datetime, cause: str, decision_id: int | None
) -> dict[str, Any]:
    grading = each.grading
    return {
        **_identity(each.source, stamps),
        "number": each.source.number + 1,
        "current": True,
        "state": grading.state,
        "cause": cause,
        "decision_id": decision_id,
        "marks": grading.marks,
        "out_of": grading.out_of,
        "cut_marks": grading.cut,
        "passed": grading.passed,
        "graded_at": now,
        "detail": each.detail,
    }


def _identity(source: Source, stamps: Mapping[int, datetime]) -> dict[str, Any]:
    return {
        "sitting_id": source.sitting_id,
        "institution_id": source.institution_id,
        "exam_id": source.exam_id,
        "enrolment_id": source.enrolment_id,
        "booking_id": source.booking_id,
        "person_id": source.person_id,
        "chance": source.chance,
        "window_opens": source.window_opens,
        "submitted_at": source.submitted_at,
        "log_hash": source.log_hash,
        "changed_at": stamps[source.institution_id],
    }


def _append(db: Session, rows: list[dict[str, Any]], superseded: Iterable[Any]) -> None:
    old = [row[1] for row in superseded]
    if old:
        db.connection().execute(sa.update(Result).where(col(Result.id).in_(old)).values(current=False))
    db.connection().execute(sa.insert(Result), rows)


def stamp(db: Session, institution_id: int, now: datetime) -> datetime:
    """The `changed_at` of what this transaction changes: later than any before at the institution, whatever the clock.

    Locks the institution's feed until the commit.
    """
    query = select(ResultFeed).where(ResultFeed.institution_id == institution_id)
    feed = db.exec(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if feed is None:
        feed = ResultFeed(institution_id=institution_id, changed_at=now)
    else:
        feed.changed_at = max(now, feed.changed_at + TICK)
    db.add(feed)
    db.flush()
    return feed.changed_at


def tell_outcomes(db: Session, outcomes: Mapping[int, bool], now: datetime) -> None:
    """Tell scheduling which chances were passed or failed, now that their candidates may know (undo included: a changed
    outcome is told again). A chance that does not count any more is left alone."""
    if not outcomes:
        return
    states = dict(db.exec(select(Booking.id, Booking.state).where(col(Booking.id).in_(outcomes))).all())
    gone = [booking for booking in outcomes if states.get(booking) not in USED]
    if gone:
        log.warning("grading.chance-does-not-count", bookings=gone[:20], count=len(gone))
    known = {True: "passed", False: "failed"}
    changed = {
        booking: passed
        for booking, passed in outcomes.items()
        if states.get(booking) in USED and states[booking] != known[passed]
    }
    if changed:
        chances_ended(db, changed, now)


def grade_sittings(db: Session, sitting_ids: Collection[int], now: datetime, cause: str = "graded") -> int:
    """Grade sittings in the caller's transaction, for a page that can't wait for the job; returns how many were."""
    return write(db, prepare(db, sitting_ids), now, cause)


def grade_if_needed(db: Session, sitting_id: int, now: datetime) -> None:
    """On a touch: grade a submitted sitting that has no result yet. Twice is once."""
    if db.exec(select(Result.id).where(Result.sitting_id == sitting_id).limit(1)).first() is None:
        grade_sittings(db, [sitting_id], now)


def void_results(db: Session, sitting_ids: Collection[int], now: datetime) -> int:
    """Append a void result for each sitting that was voided after it was graded; returns how many."""
    old = db.exec(
        select(Result).where(col(Result.sitting_id).in_(sitting_ids), col(Result.current), Result.state != "void")
    ).all()
    by_institution: dict[int, datetime] = defaultdict(lambda: now)
    for institution in {row.institution_id for row in old}:
        by_institution[institution] = stamp(db, institution, now)
    for row in old:
        copy = {name: getattr(row, name) for name in Result.model_fields if name != "id"}
        row.current = False
        db.add(row)
        db.flush()
        copy |= {"number": row.number + 1, "state": "void", "cause": "voided", "passed": None, "graded_at": now}
        db.add(Result(**{**copy, "changed_at": by_institution[row.institution_id]}))
    settle_tasks(db, [(row, None) for row in old], now)
    db.flush()
    return len(old)
