"""A course is finished, once, with the hours that it earns; and taken back by the office with a reason."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from exam import schemes
from exam.accounts.access import Caller
from exam.accounts.candidates import candidate_names
from exam.certificates.queries import locks_result
from exam.core import audit
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, Problem, Refused
from exam.core.pasted import Line
from exam.courses import rules, signals
from exam.courses.models import Course, CourseEnrolment
from exam.courses.service import course_of, for_own_staff
from exam.courses.service_selecting import SUBJECT, Row, latest_selections, move
from exam.credits.service_posting import post_outcome, undo_outcome
from exam.fees.queries import entry_refusal
from exam.schemes.kinds import Scheme

SOURCE = "course"


def finish(
    db: Session, enrolment: CourseEnrolment, at: datetime, by: int | None, now: datetime, *, day_only: bool = False
) -> CourseEnrolment:
    """The course was finished at an instant (`day_only`: some time that day): its hours are credited, once, in this
    transaction.

    Raises Refused: not under way, not paid (S1 §1.5: what is learned is paid for first), an instant to come.
    """
    course = db.get_one(Course, enrolment.course_id)
    audit.hold(db, enrolment.institution_id)
    if refusal := entry_refusal(db, SUBJECT, enrolment.id or 0):
        raise Refused(refusal)
    if at > now:
        raise Refused(Refusal("course-date-in-future"))
    move(enrolment, "finish")
    enrolment.finished_at = at
    db.add(enrolment)
    db.flush()
    _credit(db, enrolment, course, at, by, now, day_only)
    _record(db, enrolment, "course.finish", by, now, {"at": at.isoformat()})
    signals.tell(signals.finished, db, enrolment, by, now)
    return enrolment


def _credit(
    db: Session, enrolment: CourseEnrolment, course: Course, at: datetime, by: int | None, now: datetime, day_only: bool
) -> None:
    post_outcome(
        db,
        institution_id=enrolment.institution_id,
        person_id=enrolment.person_id,
        scheme_key=course.scheme,
        kind="finished",
        subject=course.code,
        title=course.title,
        source_kind=SOURCE,
        source_ref=enrolment.id or 0,
        at=at,
        now=now,
        by=by,
        track=course.track,
        category=course.category or None,
        hours=course.hours,
        delivery=course.delivery,
        fields=fields_of(course, now),
        day_only=day_only,
    )


def fields_of(course: Course, now: datetime) -> dict[str, Any]:
    """What certificates take from a course."""
    texts = (("course", course.code), ("class_number", course.class_number), ("approval", course.approval))
    found: dict[str, Any] = dict(rules.number_fields(texts, course.hours))
    return {**found, "own_staff": True} if for_own_staff(course, now) else found


def finish_people(
    db: Session, who: Caller, course_id: int, wanted: Sequence[tuple[Line, int]], now: datetime
) -> list[Row]:
    """The office says who finished, each on the line's day or today; a row for each says what became of it."""
    course = course_of(db, who, course_id, lock=True)
    scheme = schemes.get(course.scheme)
    today = now.astimezone(ZoneInfo(scheme.zone)).date()
    names = candidate_names(db, who, (person_id for _, person_id in wanted))
    latest = latest_selections(db, course_id, list(names))
    rows = []
    for line, person_id in wanted:
        refusal = Refusal(line.problem) if line.problem else None
        if refusal is None and person_id not in latest:
            refusal = Refusal("not-selected" if person_id in names else "not-a-candidate")
        if refusal is None:
            refusal = _try(db, latest[person_id], scheme, line.on or today, who.person_id, now)
        rows.append(Row(line.number, line.who, names.get(person_id, ""), "" if refusal else "finished", refusal))
    return rows


def _try(db: Session, enrolment: CourseEnrolment, scheme: Scheme, on: date, by: int, now: datetime) -> Refusal | None:
    at = rules.finished_instant(scheme, on, now)
    if isinstance(at, Refusal):
        return at
    try:
        with db.begin_nested():
            finish(db, enrolment, at, by, now, day_only=True)
    except Refused as error:
        db.refresh(enrolment)
        return error.refusal
    return None


def unfinish(db: Session, who: Caller, enrolment: CourseEnrolment, reason: str, now: datetime) -> CourseEnrolment:
    """The course was not finished after all: its hours are taken back. Raises Invalid without a reason, Refused once a
    certificate that locks it is issued, or a chance of its exam was taken."""
    if not reason.strip():
        raise Invalid([Problem("reason", "required")])
    audit.hold(db, enrolment.institution_id)
    if refusal := locks_result(db, SOURCE, enrolment.id or 0):
        raise Refused(refusal)
    move(enrolment, "unfinish")
    enrolment.finished_at = None
    db.add(enrolment)
    db.flush()
    signals.tell(signals.unfinished, db, enrolment, who.person_id, now)
    undo_outcome(db, SOURCE, enrolment.id or 0, reason.strip(), who.person_id, now)
    _record(db, enrolment, "course.unfinish", who.person_id, now, {"reason": reason.strip()[:500]})
    return enrolment


def _record(
    db: Session, enrolment: CourseEnrolment, action: str, by: int | None, now: datetime, detail: dict[str, Any]
) -> None:
    audit.record(
        db,
        at=now,
        action=action,
        subject=("course-enrolment", enrolment.id),
        institution_id=enrolment.institution_id,
        actor_id=by,
        detail={"person": enrolment.person_id, **detail},
    )
