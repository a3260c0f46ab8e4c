"""Notices that replace or cancel a date: what they would do, recording them, withdrawing them.

Bookings that have not started follow: to the new date, or back to their candidates, whose chance stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from exam import schemes
from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.accounts.messages import send
from exam.accounts.models import Person
from exam.core import audit
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.core.texts import localtime
from exam.scheduling.calendar import after_notices
from exam.scheduling.loading import notices_of
from exam.scheduling.models import Booking, Enrolment, Exam
from exam.scheduling.models_notices import CalendarNotice
from exam.scheduling.service_chances import move
from exam.scheduling.states import BookingEvent
from exam.scheduling.windows import Notice, Window, windows_between
from exam.schemes.kinds import Scheme

LONGEST = timedelta(days=31)
FARTHEST = timedelta(days=800)


@dataclass(frozen=True)
class Wanted:
    """A notice as the office means it: about the rule's window that opens at `opens`; the new first and last day, or
    both None to cancel it."""

    scheme: str
    opens: datetime
    first: date | None
    last: date | None
    number: str
    reason: str


@dataclass(frozen=True)
class Effect:
    """What a notice changes: the window that held before and the one that holds after it (None: none), and the
    bookings that follow."""

    before: Window | None
    after: Window | None
    bookings: Sequence[tuple[Booking, Enrolment, Exam, Person]]


def original(scheme: Scheme, opens: datetime) -> Window:
    """The window of the scheme's rule that opens at an instant. Raises NotFound."""
    for window in windows_between(scheme, opens, opens + timedelta(microseconds=1)):
        if window.opens == opens:
            return window
    raise NotFound("window")


def days(scheme: Scheme, first: date, last: date) -> Window:
    """The window from the first instant of a day to the end of another, both whole, in the scheme's zone."""
    zone = ZoneInfo(scheme.zone)
    opens, closes = (
        datetime.combine(day, time.min, zone).astimezone(ZoneInfo("UTC")) for day in (first, last + timedelta(days=1))
    )
    return Window(opens, closes)


def effect_of(db: Session, who: Caller, wanted: Wanted, now: datetime) -> Effect:
    """What recording a notice would do. Raises NotFound, Invalid, and Refused for a window that has begun."""
    if wanted.scheme not in schemes.SCHEMES:
        raise NotFound(wanted.scheme)
    scheme = schemes.get(wanted.scheme)
    rule = original(scheme, wanted.opens)
    notices = notices_of(db, who.institution_id, scheme.key)
    before = after_notices(rule, notices)
    new = None
    problems = [Problem(name, "required") for name in ("number", "reason") if not getattr(wanted, name).strip()]
    if wanted.first is not None or wanted.last is not None:
        new, found = _new_window(scheme, wanted, notices, rule, now)
        problems += found
    if problems:
        raise Invalid(problems)
    if refusal := may_notice(rule, before, new, now):
        raise Refused(refusal)
    return Effect(before, new, _bookings(db, who.institution_id, scheme.key, before))


def may_notice(rule: Window, before: Window | None, new: Window | None, now: datetime) -> Refusal | None:
    """Whether a window can still be replaced or cancelled: as long as neither it nor what holds instead has begun."""
    if (before or rule).opens <= now:
        return Refusal("notice-window-begun")
    if before == new:
        return Refusal("notice-changes-nothing")
    return None


def _new_window(
    scheme: Scheme, wanted: Wanted, notices: Sequence[Notice], rule: Window, now: datetime
) -> tuple[Window | None, list[Problem]]:
    if wanted.first is None or wanted.last is None:
        return None, [Problem("first" if wanted.first is None else "last", "required")]
    if not now.date() <= wanted.first <= wanted.last <= (now + FARTHEST).date():
        return None, [Problem("last" if wanted.last < wanted.first else "first", "notice-days")]
    window = days(scheme, wanted.first, wanted.last)
    if window.closes - window.opens > LONGEST:
        return None, [Problem("last", "notice-too-long", {"most": LONGEST.days})]
    if window.opens <= now:
        return None, [Problem("first", "notice-not-ahead")]
    others = [notice for notice in notices if notice.original.opens != rule.opens] + [Notice(rule, None)]
    if windows_between(scheme, window.opens, window.closes, others):
        return None, [Problem("first", "notice-overlaps")]
    return window, []


def _bookings(
    db: Session, institution_id: int, scheme_key: str, window: Window | None
) -> list[tuple[Booking, Enrolment, Exam, Person]]:
    if window is None:
        return []
    query = (
        select(Booking, Enrolment, Exam, Person)
        .join(Enrolment, col(Enrolment.id) == col(Booking.enrolment_id))
        .join(Exam, col(Exam.id) == col(Enrolment.exam_id))
        .join(Person, col(Person.id) == col(Enrolment.person_id))
        .where(
            Booking.institution_id == institution_id,
            Booking.state == "booked",
            Booking.window_opens == window.opens,
            Booking.window_closes == window.closes,
            Exam.scheme == scheme_key,
        )
        .order_by(col(Booking.id))
    )
    return list(db.exec(query))


def record(db: Session, who: Caller, wanted: Wanted, now: datetime) -> CalendarNotice:
    """Record a notice, and have the bookings follow. Raises NotFound, Invalid, Refused."""
    audit.hold(db, who.institution_id)
    effect = effect_of(db, who, wanted, now)
    rule = original(schemes.get(wanted.scheme), wanted.opens)
    row = CalendarNotice(
        institution_id=who.institution_id,
        scheme=wanted.scheme,
        opens=rule.opens,
        closes=rule.closes,
        new_opens=effect.after.opens if effect.after else None,
        new_closes=effect.after.closes if effect.after else None,
        number=" ".join(wanted.number.split())[:100],
        reason=wanted.reason.strip()[:500],
        recorded_at=now,
        recorded_by=who.person_id,
    )
    db.add(row)
    db.flush()
    _follow(db, effect, row, now)
    deeds.record_by(db, who, now, "calendar.notice", ("calendar-notice", row.id), _detail(row, effect))
    return row


def withdraw(db: Session, who: Caller, notice_id: int, now: datetime) -> Effect:
    """Withdraw the latest notice about a window: what held before it holds again, and bookings follow. Bookings that a
    cancellation gave back are not made again. Raises NotFound, Refused."""
    audit.hold(db, who.institution_id)
    row = of_institution(db, who, notice_id)
    scheme = schemes.get(row.scheme)
    rule = Window(row.opens, row.closes)
    if row.withdrawn_at is not None:
        raise Refused(Refusal("notice-withdrawn"))
    if _later(db, row):
        raise Refused(Refusal("notice-not-latest"))
    before = after_notices(rule, notices_of(db, who.institution_id, row.scheme))
    row.withdrawn_at, row.withdrawn_by = now, who.person_id
    db.add(row)
    db.flush()
    notices = notices_of(db, who.institution_id, row.scheme)
    after = after_notices(rule, notices)
    if (before or rule).opens <= now or (after is not None and after.opens <= now):
        raise Refused(Refusal("notice-window-begun"))
    others = [notice for notice in notices if notice.original.opens != rule.opens] + [Notice(rule, None)]
    if after is not None and windows_between(scheme, after.opens, after.closes, others):
        raise Refused(Refusal("notice-overlaps"))
    effect = Effect(before, after, _bookings(db, who.institution_id, row.scheme, before))
    _follow(db, effect, row, now)
    deeds.record_by(db, who, now, "calendar.withdraw", ("calendar-notice", row.id), _detail(row, effect))
    return effect


def _later(db: Session, row: CalendarNotice) -> bool:
    query = select(CalendarNotice.id).where(
        CalendarNotice.institution_id == row.institution_id,
        CalendarNotice.scheme == row.scheme,
        CalendarNotice.opens == row.opens,
        col(CalendarNotice.withdrawn_at).is_(None),
        col(CalendarNotice.id) > row.id,
    )
    return db.exec(query).first() is not None


def of_institution(db: Session, who: Caller, notice_id: int) -> CalendarNotice:
    """A notice of the caller's institution, locked. Raises NotFound."""
    query = select(CalendarNotice).where(
        CalendarNotice.id == notice_id, CalendarNotice.institution_id == who.institution_id
    )
    row = db.exec(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound(f"notice {notice_id}")
    return row


def _follow(db: Session, effect: Effect, row: CalendarNotice, now: datetime) -> None:
    by = "withdrawal" if row.withdrawn_at else "notice"
    for booking, enrolment, exam, _ in effect.bookings:
        params = {"exam": exam.title, "exam_en": exam.title_en or exam.title, "number": row.number}
        params |= {"reason": row.reason.rstrip("。. ")}
        if effect.after is None:
            move(booking, BookingEvent.CANCEL, now)
            code = f"booking-cancelled-by-{by}"
        else:
            assert effect.before is not None
            shifted = booking.planned_at and booking.planned_at - effect.before.opens + effect.after.opens
            booking.planned_at = shifted if shifted and effect.after.holds(shifted) else None
            booking.window_opens, booking.window_closes = effect.after.opens, effect.after.closes
            params |= {"opens": localtime(effect.after.opens), "closes": _end(effect.after)}
            code = f"booking-moved-by-{by}"
        db.add(booking)
        send(db, booking.institution_id, enrolment.person_id, code, params, now)
    db.flush()


def _end(window: Window) -> str:
    """The end of a window of whole days, as it is said: 24:00 of its last day."""
    return f"{localtime(window.closes - timedelta(microseconds=1))[:10]} 24:00"


def _detail(row: CalendarNotice, effect: Effect) -> dict[str, object]:
    shown = {"before": effect.before, "after": effect.after}
    return {
        "number": row.number,
        "reason": row.reason,
        "n": len(effect.bookings),
        **{name: localtime(window.opens) if window else None for name, window in shown.items()},
    }
