"""What the calendar's pages show: each date of a scheme with what notices made of it, and the notices themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, select

from exam import schemes
from exam.accounts.access import Caller
from exam.accounts.models import Person
from exam.scheduling.calendar import Entry, after_notices, entries
from exam.scheduling.ical import Dated, uid
from exam.scheduling.loading import notices_of
from exam.scheduling.models import Booking, Enrolment, Exam
from exam.scheduling.models_notices import CalendarNotice
from exam.scheduling.windows import Window
from exam.schemes.kinds import Scheme

AHEAD = timedelta(days=366)
BACK = timedelta(days=31)


@dataclass(frozen=True)
class DateRow:
    """A date by the rule, what holds after the notices (None: cancelled), the notice that says so, who is booked."""

    entry: Entry
    after: Window | None
    notice: CalendarNotice | None
    booked: int
    begun: bool


def notices(db: Session, institution_id: int, scheme_key: str) -> list[CalendarNotice]:
    """All notices of an institution about a scheme, withdrawn ones too, the newest first."""
    query = select(CalendarNotice).where(
        CalendarNotice.institution_id == institution_id, CalendarNotice.scheme == scheme_key
    )
    return list(db.exec(query.order_by(col(CalendarNotice.id).desc())))


def names(db: Session, rows: Sequence[CalendarNotice]) -> dict[int, str]:
    """Who recorded notices, by their ids."""
    ids = {row.recorded_by for row in rows}
    return {person.id or 0: person.name for person in db.exec(select(Person).where(col(Person.id).in_(ids)))}


def dates(db: Session, who: Caller, scheme: Scheme, now: datetime) -> list[DateRow]:
    """The dates of a scheme from a month ago to a year ahead."""
    zone = ZoneInfo(scheme.zone)
    first, last = ((now + span).astimezone(zone).date() for span in (-BACK, AHEAD))
    in_force = notices_of(db, who.institution_id, scheme.key)
    latest = {
        row.opens: row for row in reversed(notices(db, who.institution_id, scheme.key)) if row.withdrawn_at is None
    }
    booked = _booked(db, who.institution_id, scheme.key)
    found = []
    for entry in entries(scheme, first, last):
        after = after_notices(entry.window, in_force)
        current = after or entry.window
        row = latest.get(entry.window.opens)
        found.append(DateRow(entry, after, row, booked.get(current, 0) if after else 0, current.opens <= now))
    return found


def _booked(db: Session, institution_id: int, scheme_key: str) -> dict[Window, int]:
    query = (
        select(Booking.window_opens, Booking.window_closes, func.count())
        .join(Enrolment, col(Enrolment.id) == col(Booking.enrolment_id))
        .join(Exam, col(Exam.id) == col(Enrolment.exam_id))
        .where(Booking.institution_id == institution_id, Booking.state == "booked", Exam.scheme == scheme_key)
        .group_by(col(Booking.window_opens), col(Booking.window_closes))
    )
    return {Window(opens, closes): number for opens, closes, number in db.exec(query) if opens and closes}


def scheme_events(db: Session, who: Caller, scheme: Scheme, title: str, now: datetime) -> list[Dated]:
    """The dates of a scheme as events; one that was replaced keeps its name and moves, one that was cancelled says
    so."""
    counts: dict[datetime, int] = {}
    for row in notices(db, who.institution_id, scheme.key):
        counts[row.opens] = counts.get(row.opens, 0) + 1 + (row.withdrawn_at is not None)
    found = []
    for each in dates(db, who, scheme, now):
        window, opens = each.after or each.entry.window, each.entry.window.opens
        said = f"{each.notice.number}：{each.notice.reason}" if each.notice else each.entry.source
        name = uid((scheme.key, who.institution_id, f"{opens:%Y%m%dT%H%M}"))
        cancelled = each.after is None
        found.append(Dated(name, title, window.opens, window.closes, said, cancelled, counts.get(opens, 0)))
    return found


def own_events(db: Session, who: Caller, now: datetime) -> list[Dated]:
    """The caller's booked chances that are still to come: the planned hour where there is one, else the window."""
    query = (
        select(Booking, Exam)
        .join(Enrolment, col(Enrolment.id) == col(Booking.enrolment_id))
        .join(Exam, col(Exam.id) == col(Enrolment.exam_id))
        .where(
            Enrolment.person_id == who.person_id,
            Enrolment.institution_id == who.institution_id,
            Booking.state == "booked",
            col(Booking.window_closes) > now,
        )
        .order_by(col(Booking.window_opens))
    )
    found = []
    for booking, exam in db.exec(query):
        if booking.window_opens is None or booking.window_closes is None:
            continue
        opens, closes = booking.window_opens, booking.window_closes
        if booking.planned_at is not None:
            opens = booking.planned_at
            closes = min(booking.window_closes, opens + timedelta(minutes=exam.duration_minutes))
        found.append(Dated(uid(("booking", booking.id)), exam.title, opens, closes))
    return found


def with_dates(now: datetime) -> list[Scheme]:
    """The schemes that have windows or verification days."""
    return [
        scheme
        for scheme in schemes.SCHEMES.values()
        if any(rule.value is not None and (rule.until is None or rule.until > now.date()) for rule in scheme.windows)
    ]
