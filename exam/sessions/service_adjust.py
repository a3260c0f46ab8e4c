"""What the exam office does to sittings: gives time, voids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from exam.accounts.access import Caller
from exam.core import audit
from exam.core.db import after_commit
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.scheduling import service as scheduling
from exam.scheduling.models import Exam
from exam.scheduling.service_chances import chance_restored
from exam.sessions import adjusting, service, signals
from exam.sessions.models import Sitting
from exam.sessions.states import RUNNING, Event, State

MOST_MINUTES = 240
MOST_REASON = 500


@dataclass(frozen=True)
class ExtraTime:
    """Minutes to be given, and why."""

    minutes: int
    reason: str


def read_reason(fields: Mapping[str, str]) -> str:
    """The reason of a form. Raises Invalid."""
    reason = " ".join(fields.get("reason", "").split())
    if not reason:
        raise Invalid([Problem("reason", "missing")])
    if len(reason) > MOST_REASON:
        raise Invalid([Problem("reason", "too-long", {"most": MOST_REASON})])
    return reason


def read_extra_time(fields: Mapping[str, str]) -> ExtraTime:
    """The form of extra time. Raises Invalid with everything that is wrong."""
    problems: list[Problem] = []
    text = fields.get("minutes", "").strip()
    minutes = int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0
    if not 1 <= minutes <= MOST_MINUTES:
        problems.append(Problem("minutes", "out-of-range", {"least": 1, "most": MOST_MINUTES}))
    reason = ""
    try:
        reason = read_reason(fields)
    except Invalid as invalid:
        problems += invalid.problems
    if problems:
        raise Invalid(problems)
    return ExtraTime(minutes, reason)


def extra_time(db: Session, who: Caller, sitting_ids: Sequence[int], given: ExtraTime, now: datetime) -> int:
    """Add time to sittings in progress of the caller's institution; to how many. It may pass the window's end.

    Raises NotFound for another institution's, Refused when none is in progress any more.
    """
    for sitting_id in sitting_ids:
        others(db, who, sitting_id)
        service.submit_if_due(db, sitting_id, now)
    row = adjusting.Given("extra-time", given.minutes * 60, given.reason, who.person_id)
    moved = adjusting.adjust(db, sitting_ids, row, now)
    if not moved:
        raise Refused(Refusal("not-in-progress"))
    for live in moved:
        audit.record(
            db,
            at=now,
            action="sitting.extra-time",
            subject=("sitting", live.id),
            institution_id=who.institution_id,
            actor_id=who.person_id,
            detail={"minutes": given.minutes, "reason": given.reason},
        )
    return len(moved)


def extra_time_for_all(db: Session, who: Caller, exam_id: int, given: ExtraTime, now: datetime) -> int:
    """Add time to every sitting in progress of an exam of the caller's institution, but their own.

    Raises NotFound, Refused.
    """
    exam = db.get(Exam, exam_id)
    if exam is None or exam.institution_id != who.institution_id:
        raise NotFound
    running = select(Sitting.id).where(
        Sitting.exam_id == exam_id, col(Sitting.state).in_(RUNNING), Sitting.person_id != who.person_id
    )
    ids = [each for each in db.exec(running.order_by(col(Sitting.id))) if each is not None]
    return extra_time(db, who, ids, given, now)


def void(db: Session, who: Caller, sitting_id: int, reason: str, now: datetime, *, agreed: bool = False) -> None:
    """The sitting does not count; the candidate has the chance back. `agreed`: two people decided it.

    Raises NotFound, and Refused where the state or whoever must agree (`signals.void_barriers`) does not allow it.
    """
    sitting = others(db, who, sitting_id)
    if sitting.state == State.PREPARED:
        raise Refused(Refusal("not-started"))
    if sitting.state == State.VOID:
        return
    refusals = () if agreed else (barrier(db, sitting) for barrier in signals.void_barriers)
    if refusal := next((each for each in refusals if each is not None), None):
        raise Refused(refusal)
    service.apply(db, sitting_id, Event.VOID, now, {"by": who.person_id, "reason": reason})
    scheduling.chance_void(db, sitting.booking_id, now)
    audit.record(
        db,
        at=now,
        action="sitting.void",
        subject=("sitting", sitting_id),
        institution_id=who.institution_id,
        actor_id=who.person_id,
        detail={"reason": reason},
    )
    for voided in signals.voided_in:
        voided(db, sitting_id, now)

    def tell() -> None:
        for told in signals.voided:
            told(sitting_id)

    after_commit(db, tell)


def restore(db: Session, who: Caller, sitting_id: int, reason: str, now: datetime) -> None:
    """Undo `void` for a sitting that had been handed in: it counts again, with what follows from it. Twice is once.

    Raises NotFound, and Refused where it was never handed in or the chance given back was used meanwhile.
    """
    sitting = others(db, who, sitting_id)
    if sitting.state == State.SUBMITTED:
        return
    if sitting.state != State.VOID or sitting.submitted_at is None:
        raise Refused(Refusal("restore-not-handed-in"))
    service.apply(db, sitting_id, Event.RESTORE, now, {"by": who.person_id, "reason": reason})
    chance_restored(db, sitting.booking_id, now)
    audit.record(
        db,
        at=now,
        action="sitting.restore",
        subject=("sitting", sitting_id),
        institution_id=who.institution_id,
        actor_id=who.person_id,
        detail={"reason": reason},
    )
    for restored in signals.restored_in:
        restored(db, sitting_id, now)


def managed(db: Session, who: Caller, sitting_id: int) -> Sitting:
    """A sitting of the caller's institution. Raises NotFound."""
    sitting = db.get(Sitting, sitting_id)
    if sitting is None or sitting.institution_id != who.institution_id:
        raise NotFound
    return sitting


def others(db: Session, who: Caller, sitting_id: int) -> Sitting:
    """A sitting of the caller's institution that is not the caller's own, to do something about it.

    Raises NotFound, Refused.
    """
    sitting = managed(db, who, sitting_id)
    not_own(sitting, who)
    return sitting


def not_own(sitting: Sitting, who: Caller) -> None:
    """Nobody decides about themselves: whoever sat it is refused, whatever they may do to other sittings.

    Raises Refused (`own-sitting`). Settled, as with hours (`claim-own`): a colleague does it.
    """
    if sitting.person_id == who.person_id:
        raise Refused(Refusal("own-sitting"))
