"""What other packages ask of scheduling: terms of a booking, whether it may start, what became of it, what is next."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from exam import schemes
from exam.core.decisions import Refusal
from exam.scheduling import rules
from exam.scheduling.gates import with_barriers
from exam.scheduling.loading import load, load_by_booking, window_of
from exam.scheduling.models import Accommodation, Booking, Enrolment, Exam, ExamPaper
from exam.scheduling.service_booking import book, cancel_booking, rebook
from exam.scheduling.service_chances import chance_ended, chance_reopened, chance_started, chance_void
from exam.scheduling.steps import NextSteps, next_step
from exam.scheduling.windows import local_date
from exam.schemes.kinds import value_at

__all__ = [
    "NextSteps",
    "Terms",
    "book",
    "cancel_booking",
    "chance_ended",
    "chance_reopened",
    "chance_started",
    "chance_void",
    "may_start",
    "next_steps",
    "rebook",
    "terms",
    "to_prepare",
]

PREPARE_AHEAD = timedelta(hours=24)


@dataclass(frozen=True)
class Terms:
    """Under which terms a booking's sitting is taken.

    `paper_ids` are the exam's papers, the one meant for this chance first: another chance starts with another paper
    where there is one. `window_closes` is None where a sitting may outlast its window, or there is none.
    `scheme_version` is that of the window's opening day.
    """

    exam: Exam
    enrolment: Enrolment
    booking: Booking
    duration_seconds: int
    extra_seconds: int
    window_opens: datetime | None
    window_closes: datetime | None
    scheme: str
    scheme_version: str
    paper_ids: tuple[int, ...]
    late_grace_seconds: int


def terms(db: Session, booking_id: int) -> Terms:
    """The terms of a booking as they are now; extra time is what is granted at this moment. Raises NotFound."""
    loaded, booking = load_by_booking(db, booking_id)
    exam, enrolment = loaded.exam, loaded.enrolment
    scheme = schemes.get(exam.scheme)
    on = local_date(scheme, booking.window_opens or booking.booked_at)
    window = window_of(booking)
    cut = window is not None and value_at(scheme.cut_at_window_end, on)
    duration = exam.duration_minutes * 60
    return Terms(
        exam=exam,
        enrolment=enrolment,
        booking=booking,
        duration_seconds=duration,
        extra_seconds=granted_seconds(db, enrolment.id or 0, duration),
        window_opens=booking.window_opens,
        window_closes=booking.window_closes if cut else None,
        scheme=scheme.key,
        scheme_version=scheme.version_at(on),
        paper_ids=_papers_for(db, exam.id or 0, enrolment.id or 0, booking.chance),
        late_grace_seconds=value_at(scheme.late_grace_seconds, on),
    )


def granted_seconds(db: Session, enrolment_id: int, duration_seconds: int) -> int:
    """The extra time that is granted to an enrolment at present, in seconds."""
    grant = db.exec(
        select(Accommodation).where(Accommodation.enrolment_id == enrolment_id, col(Accommodation.revoked_at).is_(None))
    ).one_or_none()
    return 0 if grant is None else rules.extra_seconds(duration_seconds, grant.factor, grant.extra_minutes)


def _papers_for(db: Session, exam_id: int, enrolment_id: int, chance: int) -> tuple[int, ...]:
    """The exam's papers, turned by the enrolment and the chance so that chances in a row get different ones."""
    papers = db.exec(
        select(ExamPaper.paper_id).where(ExamPaper.exam_id == exam_id).order_by(col(ExamPaper.paper_id))
    ).all()
    if not papers:
        return ()
    first = int.from_bytes(hashlib.sha256(f"{exam_id}:{enrolment_id}".encode()).digest()[:4])
    turn = (first + chance) % len(papers)
    return (*papers[turn:], *papers[:turn])


def may_start(db: Session, booking_id: int, now: datetime) -> Refusal | None:
    """Whether the sitting of a booking may start at this instant. Raises NotFound."""
    loaded, _ = load_by_booking(db, booking_id)
    return rules.may_start(with_barriers(db, loaded, now).standing, booking_id, now)


def to_prepare(
    db: Session, now: datetime, limit: int, *, prepared: Any = None, ahead: timedelta = PREPARE_AHEAD
) -> list[int]:
    """Bookings whose sitting should be made ready: those whose window is open or opens within `ahead`, soonest first.

    `prepared` is a SELECT of the booking ids that have a sitting already; they are left out.
    """
    window = col(Booking.window_opens).is_(None) | (
        (col(Booking.window_opens) <= now + ahead) & (col(Booking.window_closes) > now)
    )
    query = (
        select(Booking.id)
        .join(Enrolment, col(Enrolment.id) == col(Booking.enrolment_id))
        .join(Exam, col(Exam.id) == col(Enrolment.exam_id))
        .where(Booking.state == "booked", Enrolment.state == "active", Exam.state == "open", window)
        .order_by(col(Booking.window_opens), col(Booking.id))
        .limit(limit)
    )
    if prepared is not None:
        query = query.where(col(Booking.id).not_in(prepared))
    return [found for found in db.exec(query) if found is not None]


def next_steps(db: Session, enrolment_id: int, now: datetime) -> NextSteps:
    """What the candidate can do next in an enrolment, by when, and what stands in the way. Raises NotFound."""
    return next_step(with_barriers(db, load(db, enrolment_id), now).standing, now)
