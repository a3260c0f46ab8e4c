"""What the registrar's pages show of exams and enrolments; every query is bounded to one institution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from exam import schemes
from exam.accounts.access import Caller
from exam.accounts.candidates import candidates
from exam.accounts.models import Person
from exam.courses.models import Course
from exam.itembank.models import Paper
from exam.scheduling.gates import barriers, gates_of_many
from exam.scheduling.loading import notices_of, standing_of
from exam.scheduling.models import ENROLMENT_STATES, Accommodation, Booking, Enrolment, Exam
from exam.scheduling.states import LIVE
from exam.scheduling.steps import NextSteps, next_step
from exam.scheduling.windows import Window, local_date, window_at, windows_from
from exam.schemes.kinds import value_at

PAGE = 50
WINDOWS_SHOWN = 6


@dataclass(frozen=True)
class ExamRow:
    """An exam in the list: how many are enrolled, still without a finished course, and booked for a window to come."""

    exam: Exam
    enrolled: int
    unfinished: int
    booked: int
    window: Window | None
    window_open: bool
    needs_course: bool


def exam_rows(db: Session, institution_id: int, now: datetime) -> list[ExamRow]:
    """The institution's exams, open ones first."""
    exams = db.exec(select(Exam).where(Exam.institution_id == institution_id).order_by(col(Exam.code))).all()
    mine = (Enrolment.institution_id == institution_id, Enrolment.state == "active")
    enrolled = _counts(db, select(Enrolment.exam_id, func.count()).where(*mine).group_by(col(Enrolment.exam_id)))
    unfinished = _counts(
        db,
        select(Enrolment.exam_id, func.count())
        .where(*mine, col(Enrolment.course_finished_at).is_(None))
        .group_by(col(Enrolment.exam_id)),
    )
    booked = _counts(
        db,
        select(Enrolment.exam_id, func.count())
        .join(Booking, col(Booking.enrolment_id) == col(Enrolment.id))
        .where(Booking.institution_id == institution_id, Booking.state == "booked")
        .group_by(col(Enrolment.exam_id)),
    )
    order = {"open": 0, "draft": 1, "closed": 2}
    known = {key: notices_of(db, institution_id, key) for key in {exam.scheme for exam in exams}}
    rows = []
    for exam in sorted(exams, key=lambda exam: (order[exam.state], exam.code)):
        scheme = schemes.get(exam.scheme)
        notices = known[exam.scheme]
        current = window_at(scheme, now, notices)
        window = current or next(iter(windows_from(scheme, now, 1, notices)), None)
        key = exam.id or 0
        rows.append(
            ExamRow(
                exam,
                enrolled.get(key, 0),
                unfinished.get(key, 0),
                booked.get(key, 0),
                window,
                current is not None,
                value_at(scheme.course_first, local_date(scheme, now)),
            )
        )
    return rows


def _counts(db: Session, query) -> dict[int, int]:  # type: ignore[no-untyped-def]  # a SELECT has no nameable type
    return dict(db.exec(query).all())


@dataclass(frozen=True)
class WindowRow:
    """A window of an exam's calendar, with how many chances are in it by state."""

    window: Window
    open: bool
    booked: int
    taken: int


def window_rows(db: Session, exam: Exam, now: datetime) -> list[WindowRow]:
    """The open window and those to come, with their bookings."""
    windows = windows_from(
        schemes.get(exam.scheme), now, WINDOWS_SHOWN, notices_of(db, exam.institution_id, exam.scheme)
    )
    counted = db.exec(
        select(Booking.window_opens, Booking.state, func.count())
        .join(Enrolment, col(Enrolment.id) == col(Booking.enrolment_id))
        .where(Enrolment.exam_id == exam.id, col(Booking.window_opens).in_([window.opens for window in windows]))
        .group_by(col(Booking.window_opens), col(Booking.state))
    ).all()
    by_window: dict[tuple[datetime | None, str], int] = {(opens, state): number for opens, state, number in counted}
    return [
        WindowRow(
            window,
            window.holds(now),
            by_window.get((window.opens, "booked"), 0),
            sum(by_window.get((window.opens, state), 0) for state in ("started", "passed", "failed")),
        )
        for window in windows
    ]


def state_counts(db: Session, exam_id: int) -> Mapping[str, int]:
    """How many enrolments of an exam are in each state."""
    found = _counts(
        db, select(Enrolment.state, func.count()).where(Enrolment.exam_id == exam_id).group_by(col(Enrolment.state))
    )
    return {state: found.get(state, 0) for state in ENROLMENT_STATES}  # type: ignore[call-overload]


def courses(db: Session, institution_id: int) -> list[Course]:
    """The courses of an institution that an exam can end, by scheme and code."""
    query = select(Course).where(Course.institution_id == institution_id, Course.state != "closed")
    return list(db.exec(query.order_by(col(Course.scheme), col(Course.code))))


def published_papers(db: Session, institution_id: int, also: Sequence[int] = ()) -> list[Paper]:
    """The papers an exam may use: published ones of the institution, and those it has already."""
    usable = or_(col(Paper.state) == "published", col(Paper.id).in_(also))
    return list(
        db.exec(select(Paper).where(Paper.institution_id == institution_id, usable).order_by(col(Paper.code))).all()
    )


@dataclass(frozen=True)
class EnrolmentRow:
    """An enrolment in the registrar's list."""

    enrolment: Enrolment
    person: Person
    booking: Booking | None
    next: NextSteps
    extra: bool


@dataclass(frozen=True)
class Page:
    """Some rows of many: `number` counts from 1."""

    rows: Sequence[EnrolmentRow]
    total: int
    number: int

    @property
    def first(self) -> int:
        """The number of the first row shown."""
        return (self.number - 1) * PAGE + 1

    @property
    def last(self) -> int:
        """The number of the last row shown."""
        return min(self.number * PAGE, self.total)


def enrolment_page(db: Session, exam: Exam, filters: Mapping[str, str], window: datetime | None, now: datetime) -> Page:
    """The enrolments of an exam that the filters leave: `q` (name, number), `state`, a window, `page`."""
    query = (
        select(Enrolment, Person)
        .join(Person, col(Person.id) == col(Enrolment.person_id))
        .where(Enrolment.exam_id == exam.id)
    )
    if asked := filters.get("q", "").strip():
        like = f"%{_escaped(asked)}%"
        named = col(Person.name).like(like, escape="\\") | col(Person.username).like(like, escape="\\")
        query = query.where(named | (col(Person.id_number) == asked.upper()) | (col(Person.phone) == asked))
    state = filters.get("state", "")
    if state in ENROLMENT_STATES:
        query = query.where(Enrolment.state == state)
    elif state == "unfinished":
        query = query.where(Enrolment.state == "active", col(Enrolment.course_finished_at).is_(None))
    elif state == "unbooked":
        booked = select(Booking.enrolment_id).where(col(Booking.state).in_(LIVE))
        query = query.where(Enrolment.state == "active", col(Enrolment.id).not_in(booked))
    if window:
        there = select(Booking.enrolment_id).where(
            Booking.window_opens == window, col(Booking.state).not_in(("cancelled", "void"))
        )
        query = query.where(col(Enrolment.id).in_(there))
    total = db.exec(select(func.count()).select_from(query.subquery())).one()
    asked_page = filters.get("page", "1")
    number = int(asked_page) if asked_page.isdecimal() and len(asked_page) < 7 else 1
    number = max(1, min(number, (total + PAGE - 1) // PAGE))
    found = db.exec(query.order_by(col(Enrolment.id).desc()).limit(PAGE).offset((number - 1) * PAGE)).all()
    return Page(_rows(db, exam, found, now), total, number)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _rows(db: Session, exam: Exam, found: Sequence[tuple[Enrolment, Person]], now: datetime) -> list[EnrolmentRow]:
    ids = [enrolment.id for enrolment, _ in found]
    bookings = bookings_of(db, ids)
    extra = set(
        db.exec(
            select(Accommodation.enrolment_id).where(
                col(Accommodation.enrolment_id).in_(ids), col(Accommodation.revoked_at).is_(None)
            )
        )
    )
    gates = gates_of_many(db, [(exam, enrolment) for enrolment, _ in found], now)
    notices = notices_of(db, exam.institution_id, exam.scheme)
    rows = []
    for enrolment, person in found:
        own = bookings.get(enrolment.id or 0, [])
        step = next_step(standing_of(exam, enrolment, own, barriers(gates[enrolment.id or 0]), notices), now)
        live = next((booking for booking in own if booking.state in LIVE), None)
        rows.append(EnrolmentRow(enrolment, person, live, step, enrolment.id in extra))
    return rows


def bookings_of(db: Session, enrolment_ids: Sequence[int | None]) -> dict[int, list[Booking]]:
    """Enrolment → its bookings in the order they were made."""
    found: dict[int, list[Booking]] = {}
    query = select(Booking).where(col(Booking.enrolment_id).in_(enrolment_ids)).order_by(col(Booking.id))
    for booking in db.exec(query):
        found.setdefault(booking.enrolment_id, []).append(booking)
    return found


def grants_of(db: Session, enrolment_id: int) -> list[tuple[Accommodation, str]]:
    """The grants of extra time of an enrolment, newest first, with the name of who granted each."""
    query = (
        select(Accommodation, Person.name)
        .join(Person, col(Person.id) == col(Accommodation.granted_by))
        .where(Accommodation.enrolment_id == enrolment_id)
        .order_by(col(Accommodation.id).desc())
    )
    return [(grant, name) for grant, name in db.exec(query)]


def enrollable(db: Session, who: Caller, exam: Exam, asked: str, limit: int = PAGE) -> tuple[list[Person], bool]:
    """Candidates of the institution who are not in the exam now and have not passed it; and whether there are more."""
    inside = select(Enrolment.person_id).where(
        Enrolment.exam_id == exam.id, col(Enrolment.state).in_(("active", "passed"))
    )
    query = candidates(who.institution_id).where(col(Person.id).not_in(inside))
    if asked := asked.strip():
        like = f"%{_escaped(asked)}%"
        named = col(Person.name).like(like, escape="\\") | col(Person.username).like(like, escape="\\")
        query = query.where(named | (col(Person.id_number) == asked.upper()) | (col(Person.phone) == asked))
    people = db.exec(query.order_by(col(Person.id).desc()).limit(limit + 1)).all()
    return list(people[:limit]), len(people) > limit
