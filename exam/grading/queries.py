"""What a candidate sees of their own results. Nothing of marks, answers or keys is read before the release."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from exam.accounts.access import Caller
from exam.core.errors import NotFound
from exam.core.events import Link, verify
from exam.grading.models import Result
from exam.grading.rules_release import Release, release
from exam.grading.service import waiting_groups
from exam.proctor.review.holds import held
from exam.scheduling.models import Booking, Exam
from exam.sessions.instants import instant
from exam.sessions.ledger import parts
from exam.sessions.models import Sitting
from exam.sessions.receipts import response_hash
from exam.sessions.service import walk_log


@dataclass(frozen=True)
class Own:
    """One of a candidate's sittings, and what they may know of its result.

    `result` is None unless it is released; `waiting` then says what for. Neither: it is being graded at this moment.
    """

    sitting: Sitting
    exam: Exam
    booking: Booking
    result: Result | None
    waiting: Release | None

    @property
    def void(self) -> bool:
        """Whether the sitting does not count."""
        return self.sitting.state == "void"


def own_results(db: Session, who: Caller, now: datetime) -> list[Own]:
    """A candidate's sittings that were handed in or voided, newest first."""
    rows = db.exec(_own_query(who).order_by(col(Sitting.submitted_at).desc(), col(Sitting.id).desc())).all()
    found = {row[0].id: row for row in rows}
    results = {
        row.sitting_id: row
        for row in db.exec(select(Result).where(col(Result.sitting_id).in_(found), col(Result.current)))
    }
    return [_own(db, sitting, exam, booking, results.get(sitting.id or 0), now) for sitting, exam, booking in rows]


def own_result(db: Session, who: Caller, sitting_id: int, now: datetime) -> Own:
    """One of them; raises `NotFound` for anybody else's and for one not handed in."""
    row = db.exec(_own_query(who).where(Sitting.id == sitting_id)).one_or_none()
    if row is None:
        raise NotFound(f"sitting {sitting_id}")
    result = db.exec(select(Result).where(Result.sitting_id == sitting_id, col(Result.current))).one_or_none()
    sitting, exam, booking = row
    return _own(db, sitting, exam, booking, result, now)


def own_sitting_of(db: Session, who: Caller, booking_id: int) -> Sitting:
    """The caller's sitting of a booking. Raises NotFound."""
    found = db.exec(
        select(Sitting).where(
            Sitting.booking_id == booking_id,
            Sitting.person_id == who.person_id,
            Sitting.institution_id == who.institution_id,
        )
    ).one_or_none()
    if found is None:
        raise NotFound(f"booking {booking_id}")
    return found


def _own_query(who: Caller) -> Any:
    return (
        select(Sitting, Exam, Booking)
        .join(Exam, col(Exam.id) == col(Sitting.exam_id))
        .join(Booking, col(Booking.id) == col(Sitting.booking_id))
        .where(
            Sitting.person_id == who.person_id,
            Sitting.institution_id == who.institution_id,
            col(Sitting.state).in_(("submitted", "void")),
        )
    )


def _own(db: Session, sitting: Sitting, exam: Exam, booking: Booking, result: Result | None, now: datetime) -> Own:
    if result is None or sitting.state == "void":
        return Own(sitting, exam, booking, None, None)
    if is_out(result):
        return Own(sitting, exam, booking, result, None)
    marking = exam.release_rule == "when-marked" and (exam.id, result.window_opens) in waiting_groups(
        db, [exam.id or 0]
    )
    hold = held(db, [sitting.id or 0]).get(sitting.id or 0)
    since = hold.since if hold else None
    back = result.withdrawn_at is not None
    rule = release(exam.release_rule, exam.release_at, result.state, marking, back, now, since)
    return Own(sitting, exam, booking, None, rule)


def is_out(result: Result) -> bool:
    """Whether a result may be seen by its candidate now."""
    return result.state == "final" and result.released_at is not None and result.withdrawn_at is None


@dataclass(frozen=True)
class GradedAnswer:
    """What was graded in a slot: the revision, when the server had it, and the start of its response's hash, which the
    receipt carries. All None where nothing was ever saved."""

    slot: int
    revision: int | None
    at: datetime | None
    fingerprint: str | None


@dataclass(frozen=True)
class Evidence:
    """Whether what was graded is what was acknowledged: `problem` says what is wrong with the log, or is None."""

    problem: str | None
    links: int
    answers: tuple[GradedAnswer, ...]

    @property
    def answered(self) -> int:
        """How many slots have a saved answer."""
        return sum(answer.revision is not None for answer in self.answers)


def evidence(db: Session, result: Result) -> Evidence:
    """Walk the sitting's log: unbroken, with the link that was graded, and each slot graded by its newest revision."""
    newest: dict[int, GradedAnswer] = {}
    count, graded_at_this_log = 0, False

    def links() -> Iterator[Link]:
        nonlocal count, graded_at_this_log
        for event in walk_log(db, result.sitting_id):
            count += 1
            graded_at_this_log |= event.hash == result.log_hash
            if event.kind == "answer" and event.slot and event.revision:
                known = newest.get(event.slot)
                if known is None or (known.revision or 0) < event.revision:
                    fingerprint = response_hash(event.body)[:16]
                    newest[event.slot] = GradedAnswer(event.slot, event.revision, instant(event.at), fingerprint)
            yield Link(event.seq, event.previous, event.hash, parts(event))

    walked = links()
    problem = verify(walked)
    deque(walked, maxlen=0)  # behind a broken link too
    if problem is None and not graded_at_this_log:
        problem = "graded at another log"
    answers = []
    for slot in result.detail["slots"]:
        found = newest.get(slot["slot"])
        if (found.revision if found else None) != slot["revision"]:
            problem = problem or f"slot {slot['slot']} graded by another revision"
        at, fingerprint = (found.at, found.fingerprint) if found else (None, None)
        answers.append(GradedAnswer(slot["slot"], slot["revision"], at, fingerprint))
    return Evidence(problem, count, tuple(answers))
