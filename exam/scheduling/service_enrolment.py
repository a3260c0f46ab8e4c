"""The registrar enrols candidates, one or many, says when they finished the course, and takes enrolments back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from exam import schemes
from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.accounts.candidates import CHUNK, candidate_names
from exam.core.decisions import Refusal
from exam.core.errors import Refused
from exam.core.pasted import Line
from exam.scheduling.charging import charge_enrolment, void_charge
from exam.scheduling.loading import exam_of, managed
from exam.scheduling.models import Enrolment, Exam
from exam.scheduling.service_chances import move
from exam.scheduling.states import USED, BookingEvent
from exam.schemes.kinds import Scheme


@dataclass(frozen=True)
class Row:
    """What became of one person of a list: `done` ("enrolled", "course-date") or the refusal's code."""

    line: int
    given: str
    name: str
    done: str = ""
    refusal: Refusal | None = None


def finished_instant(scheme: Scheme, on: date, now: datetime) -> datetime:
    """The instant from which a course finished on a day counts: the day's beginning. Raises Refused for a later day."""
    instant = datetime.combine(on, time.min, ZoneInfo(scheme.zone))
    if instant > now:
        raise Refused(Refusal("course-date-in-future"))
    if on < (now - timedelta(days=20 * 366)).date():
        raise Refused(Refusal("course-date-too-old"))
    return instant


def enrol(
    db: Session, who: Caller, exam_id: int, person_id: int, now: datetime, course_finished_on: date | None = None
) -> Enrolment:
    """Enrol a candidate of the institution in an exam. Raises NotFound, Refused."""
    row = enrol_lines(db, who, exam_id, [(Line(1, "", course_finished_on), person_id)], now)[0]
    if row.refusal:
        raise Refused(row.refusal)
    return latest_enrolments(db, exam_id, [person_id])[person_id]


def enrol_people(db: Session, who: Caller, exam_id: int, person_ids: Iterable[int], now: datetime) -> list[Row]:
    """Enrol several candidates; each row says what became of it, and the good ones are done. Raises NotFound."""
    return enrol_lines(db, who, exam_id, [(Line(n, ""), person_id) for n, person_id in enumerate(person_ids, 1)], now)


def enrol_lines(db: Session, who: Caller, exam_id: int, wanted: list[tuple[Line, int]], now: datetime) -> list[Row]:
    """Enrol the people of `(line, person id)`; a row for each says what became of it. Raises `Refused`."""
    exam = exam_of(db, who, exam_id, lock=True)
    if exam.state == "closed":
        raise Refused(Refusal("exam-closed"))
    if exam.course_id is not None:
        raise Refused(Refusal("enrolment-by-course"))
    names = candidate_names(db, who, (person_id for _, person_id in wanted))
    latest = latest_enrolments(db, exam_id, list(names))
    rows, added = [], []
    for line, person_id in wanted:
        refusal = _why_not(line, names.get(person_id), latest.get(person_id), exam)
        finished = None
        if refusal is None and line.on:
            try:
                finished = finished_instant(schemes.get(exam.scheme), line.on, now)
            except Refused as error:
                refusal = error.refusal
        if refusal is None:
            enrolment = _new(who, exam, person_id, latest.get(person_id), finished, now)
            latest[person_id] = enrolment
            added.append(enrolment)
        rows.append(Row(line.number, line.who, names.get(person_id, ""), "" if refusal else "enrolled", refusal))
    db.add_all(added)
    db.flush()
    for enrolment in added:
        charge_enrolment(db, exam, enrolment, who.person_id, now)
    if added:
        people = [enrolment.person_id for enrolment in added]
        deeds.record_by(
            db, who, now, "enrolment.make", ("exam", exam_id), {"people": people[:CHUNK], "count": len(people)}
        )
    return rows


def latest_enrolments(db: Session, exam_id: int, people: Sequence[int]) -> dict[int, Enrolment]:
    """Person → their latest enrolment in an exam."""
    found: dict[int, Enrolment] = {}
    for start in range(0, len(people), CHUNK):
        part = people[start : start + CHUNK]
        query = select(Enrolment).where(Enrolment.exam_id == exam_id, col(Enrolment.person_id).in_(part))
        found |= {row.person_id: row for row in db.exec(query.order_by(col(Enrolment.number)))}
    return found


def _why_not(line: Line, name: str | None, latest: Enrolment | None, exam: Exam) -> Refusal | None:
    if line.problem:
        return Refusal(line.problem)
    if name is None:
        return Refusal("not-a-candidate")
    if latest is not None and latest.state in ("active", "passed"):
        return Refusal(f"already-{'enrolled' if latest.state == 'active' else 'passed'}", params={"exam": exam.title})
    return None


def _new(
    who: Caller, exam: Exam, person_id: int, latest: Enrolment | None, finished: datetime | None, now: datetime
) -> Enrolment:
    return Enrolment(
        institution_id=exam.institution_id,
        exam_id=exam.id or 0,
        person_id=person_id,
        number=latest.number + 1 if latest else 1,
        enrolled_at=now,
        enrolled_by=who.person_id,
        course_finished_at=finished,
    )


def set_course_finished(db: Session, who: Caller, enrolment_id: int, on: date | None, now: datetime) -> Enrolment:
    """Say on which day the course was finished, or (None) that it is not. Raises NotFound, Refused.

    It can't be taken back once a chance was taken on the strength of it.
    """
    loaded = managed(db, who, enrolment_id, lock=True)
    enrolment = loaded.enrolment
    if enrolment.course_enrolment_id is not None:
        raise Refused(Refusal("course-decides"))
    if on is None and any(booking.state in USED for booking in loaded.bookings):
        raise Refused(Refusal("course-date-in-use"))
    enrolment.course_finished_at = finished_instant(loaded.standing.scheme, on, now) if on else None
    db.add(enrolment)
    db.flush()
    detail = {"on": on.isoformat() if on else None}
    deeds.record_by(db, who, now, "enrolment.course", ("enrolment", enrolment_id), detail)
    return enrolment


def cancel_enrolment(db: Session, who: Caller, enrolment_id: int, now: datetime) -> Enrolment:
    """Take an enrolment back, with what is booked in it. Raises NotFound, and Refused once a chance was taken."""
    loaded = managed(db, who, enrolment_id, lock=True)
    enrolment = loaded.enrolment
    if enrolment.course_enrolment_id is not None:
        raise Refused(Refusal("course-decides"))
    if enrolment.state != "active":
        raise Refused(Refusal(f"enrolment-{enrolment.state}"))
    if any(booking.state in USED for booking in loaded.bookings):
        raise Refused(Refusal("enrolment-in-use"))
    for booking in loaded.bookings:
        if booking.state == "booked":
            move(booking, BookingEvent.CANCEL, now)
            db.add(booking)
    enrolment.state = "cancelled"
    db.add(enrolment)
    db.flush()
    void_charge(db, enrolment, "enrolment-cancelled", who.person_id, now)
    deeds.record_by(db, who, now, "enrolment.cancel", ("enrolment", enrolment_id), {})
    return enrolment
