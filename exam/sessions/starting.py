"""Starting many sittings in one transaction: the exam's rules and terms are loaded for all of them at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from exam.core.decisions import Refusal
from exam.core.errors import Refused
from exam.scheduling import rules as scheduling_rules
from exam.scheduling import service as scheduling
from exam.scheduling.gates import barriers, gates_of_many
from exam.scheduling.loading import notices_of, standing_of
from exam.scheduling.models import Accommodation, Booking, Enrolment, Exam
from exam.scheduling.service_chances import move
from exam.scheduling.states import BookingEvent
from exam.scheduling.windows import Notice
from exam.sessions import ledger, rules, signals
from exam.sessions.instants import instant, micros
from exam.sessions.ledger import Batch
from exam.sessions.lives import Live
from exam.sessions.states import Event


@dataclass(frozen=True)
class Chance:
    """A booking with what decides whether and how its sitting may start now."""

    booking: Booking
    enrolment: Enrolment
    exam: Exam
    bookings: tuple[Booking, ...]
    grants: tuple[Accommodation, ...]
    barriers: tuple[Refusal, ...] = ()
    notices: tuple[Notice, ...] = ()


def load_chances(db: Session, booking_ids: Collection[int], now: datetime) -> Mapping[int, Chance]:
    """The chances of these bookings, in a few statements; on PostgreSQL their enrolments are locked, in order."""
    wanted = select(Booking.enrolment_id).where(col(Booking.id).in_(booking_ids))
    enrolments = {
        row.id: row
        for row in db.exec(
            select(Enrolment).where(col(Enrolment.id).in_(wanted)).order_by(col(Enrolment.id)).with_for_update()
        )
    }
    bookings: dict[int, list[Booking]] = {}
    for booking in db.exec(
        select(Booking).where(col(Booking.enrolment_id).in_(list(enrolments))).order_by(col(Booking.id))
    ):
        bookings.setdefault(booking.enrolment_id, []).append(booking)
    grants: dict[int, list[Accommodation]] = {}
    for grant in db.exec(select(Accommodation).where(col(Accommodation.enrolment_id).in_(list(enrolments)))):
        grants.setdefault(grant.enrolment_id, []).append(grant)
    exam_ids = {row.exam_id for row in enrolments.values()}
    exams = {row.id: row for row in db.exec(select(Exam).where(col(Exam.id).in_(exam_ids)))}
    notices = {row.id: notices_of(db, row.institution_id, row.scheme) for row in exams.values()}
    gates = gates_of_many(db, [(exams[row.exam_id], row) for row in enrolments.values()], now)
    return {
        booking.id or 0: Chance(
            booking,
            enrolments[enrolment_id],
            exams[enrolments[enrolment_id].exam_id],
            tuple(group),
            tuple(grants.get(enrolment_id, ())),
            barriers(gates[enrolment_id]),
            notices[enrolments[enrolment_id].exam_id],
        )
        for enrolment_id, group in bookings.items()
        for booking in group
        if booking.id in booking_ids
    }


def barred(db: Session, sitting_ids: Collection[int], now: datetime) -> dict[int, Refusal]:
    """Why sittings can't be started yet for what a higher package asks first (a camera, an identity)."""
    found: dict[int, Refusal] = {}
    for barrier in signals.barriers:
        for sitting_id, refusal in barrier(db, sitting_ids, now).items():
            found.setdefault(sitting_id, refusal)
    return found


def start(batch: Batch, live: Live, chance: Chance, at: int, barrier: Refusal | None = None) -> Refusal | None:
    """Begin one sitting: fixes its terms, its deadline and its scheme version. Twice is once.

    `barrier` is what else stands in the way (`barred`)."""
    now = instant(at)
    standing = standing_of(chance.exam, chance.enrolment, chance.bookings, chance.barriers, chance.notices)
    refusal = rules.may_begin(live.state, None)
    if refusal is not None or live.started is not None:
        return refusal
    refusal = scheduling_rules.may_start(standing, live.booking_id, now)
    if refusal is None and _terms_may_differ(live, chance):
        _renew_terms(batch.db, live)
    refusal = refusal or barrier or rules.time_worth_starting(at, live.window_closes)
    if refusal is not None:
        return refusal
    try:
        move(chance.booking, BookingEvent.START, None)
    except Refused as refused:
        return refused.refusal
    batch.db.add(chance.booking)
    live.started = at
    live.deadline = rules.deadline(at, live.duration, live.extra, live.window_closes)
    said = {"deadline": live.deadline, "duration": live.duration, "extra": live.extra, "paper": live.paper_id}
    ledger.apply(batch, live, Event.START, at, {**said, "scheme_version": live.scheme_version, "seed": live.seed})
    return None


def _terms_may_differ(live: Live, chance: Chance) -> bool:
    """Whether anything the terms follow from may have changed since the sitting was prepared."""
    if chance.grants or live.extra or chance.exam.duration_minutes * 60 != live.duration:
        return True
    closes = chance.booking.window_closes
    return live.window_closes is not None and (closes is None or micros(closes) != live.window_closes)


def _renew_terms(db: Session, live: Live) -> None:
    terms = scheduling.terms(db, live.booking_id)
    live.duration, live.extra = terms.duration_seconds, terms.extra_seconds
    live.grace, live.scheme_version = terms.late_grace_seconds, terms.scheme_version
    live.window_closes = _micros(terms.window_closes)


def _micros(at: datetime | None) -> int | None:
    return None if at is None else micros(at)
