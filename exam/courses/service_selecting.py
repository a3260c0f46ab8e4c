"""Selecting a course: by the candidate, or by the office for one or many; and giving it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from exam import schemes
from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.accounts.candidates import CHUNK, candidate_names, candidates_by_name
from exam.core import audit
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.core.pasted import MAX_LINES, Line, read_lines
from exam.courses import rules, signals
from exam.courses.models import Course, CourseEnrolment
from exam.courses.service import course_of, for_own_staff
from exam.courses.states import SELECTION_MOVES
from exam.credits.eligibility_terms import Span, span_of
from exam.credits.facts import Facts
from exam.credits.service_membership import current, ensure
from exam.fees import queries as fees
from exam.fees.service import charge, void
from exam.schemes.kinds import Scheme

SUBJECT = "course-enrolment"
FEES = ("enrolment", "hour")


@dataclass(frozen=True)
class Row:
    """What became of one person of a list: `done` ("selected", "finished") or why not."""

    line: int
    given: str
    name: str
    done: str = ""
    refusal: Refusal | None = None


def move(enrolment: CourseEnrolment, event: str) -> None:
    """The one gate that changes a selection's state. Raises Refused for what the table does not know."""
    target = SELECTION_MOVES.get((enrolment.state, event))
    if target is None:
        raise Refused(Refusal(f"course-selection-{enrolment.state}"))
    enrolment.state = target


def select_course(db: Session, who: Caller, course_id: int, now: datetime) -> CourseEnrolment:
    """The caller selects a course of their institution, and owes what the scheme asks for it. Raises NotFound,
    Refused."""
    course = course_of(db, who, course_id)
    audit.hold(db, who.institution_id)
    if who.person_id not in candidate_names(db, who, [who.person_id]):
        raise Refused(Refusal("not-a-candidate"))
    latest = latest_selections(db, course_id, [who.person_id])
    if refusal := why_not(db, course, who.person_id, latest.get(who.person_id), False, now):
        raise Refused(refusal)
    return _insert(db, course, who.person_id, latest.get(who.person_id), who.person_id, now)


def enrol_people(
    db: Session, who: Caller, course_id: int, wanted: Sequence[tuple[Line, int]], own_staff: bool, now: datetime
) -> list[Row]:
    """The office enrols people of `(line, person id)`; a row for each says what became of it. Raises NotFound, and
    Invalid where it has not said that they are its own staff for a course that is only for those."""
    course = course_of(db, who, course_id, lock=True)
    if for_own_staff(course, now) and not own_staff:
        raise Invalid([Problem("own_staff", "course-own-staff-only")])
    audit.hold(db, who.institution_id)
    names = candidate_names(db, who, (person_id for _, person_id in wanted))
    latest = latest_selections(db, course_id, list(names))
    rows, made = [], []
    for line, person_id in wanted:
        refusal = Refusal(line.problem) if line.problem else None
        if refusal is None and person_id not in names:
            refusal = Refusal("not-a-candidate")
        refusal = refusal or why_not(db, course, person_id, latest.get(person_id), True, now)
        if refusal is None:
            latest[person_id] = _insert(db, course, person_id, latest.get(person_id), who.person_id, now)
            made.append(person_id)
        rows.append(Row(line.number, line.who, names.get(person_id, ""), "" if refusal else "selected", refusal))
    if made:
        detail = {"people": made[:CHUNK], "count": len(made)}
        deeds.record_by(db, who, now, "course.enrol", ("course", course_id), detail)
    return rows


def pasted_lines(db: Session, who: Caller, text: str) -> list[tuple[Line, int]]:
    """Pasted lines with the candidates whom they name (0: nobody here). Raises Invalid for no or too many lines."""
    lines = list(read_lines(text))
    if not lines:
        raise Invalid([Problem("lines", "required")])
    if len(lines) > MAX_LINES:
        raise Invalid([Problem("lines", "too-many-lines", {"max": MAX_LINES})])
    people = candidates_by_name(db, who, (line.who for line in lines))
    return [(line, people.get(line.who, 0)) for line in lines]


def latest_selections(db: Session, course_id: int, people: Sequence[int]) -> dict[int, CourseEnrolment]:
    """Person → their latest selection of a course."""
    found: dict[int, CourseEnrolment] = {}
    for start in range(0, len(people), CHUNK):
        query = select(CourseEnrolment).where(
            CourseEnrolment.course_id == course_id, col(CourseEnrolment.person_id).in_(people[start : start + CHUNK])
        )
        found |= {row.person_id: row for row in db.exec(query.order_by(col(CourseEnrolment.number)))}
    return found


def why_not(
    db: Session, course: Course, person_id: int, latest: CourseEnrolment | None, by_office: bool, now: datetime
) -> Refusal | None:
    """Why somebody can't select a course (again) now."""
    scheme = schemes.get(course.scheme)
    zone = ZoneInfo(scheme.zone)
    span = _span(db, course, person_id, scheme, now.astimezone(zone).date())
    known = None
    if latest is not None:
        exam = signals.exam_states_of(db, [latest.id or 0]).get(latest.id or 0)
        on = latest.finished_at.astimezone(zone).date() if latest.finished_at else None
        known = rules.Selected(latest.state, on, exam)
    again = datetime.combine(date(span.year + 1, 1, 1), time.min, zone) if span.year else None
    return rules.may_select(course.state, for_own_staff(course, now), by_office, known, span, again)


def _span(db: Session, course: Course, person_id: int, scheme: Scheme, on: date) -> Span:
    member = current(db, course.institution_id, person_id, course.scheme, course.track or None)
    facts = Facts(
        track=member.track if member else "",
        member=member.facts if member else {},
        cycle_from=member.cycle_from if member else None,
        cycle_until=member.cycle_until if member else None,
    )
    return span_of(next((rule.value for rule in scheme.cycle if rule.holds(on)), None), facts, on)


def _insert(
    db: Session, course: Course, person_id: int, latest: CourseEnrolment | None, by: int | None, now: datetime
) -> CourseEnrolment:
    scheme = schemes.get(course.scheme)
    enrolment = CourseEnrolment(
        institution_id=course.institution_id,
        course_id=course.id or 0,
        person_id=person_id,
        number=latest.number + 1 if latest else 1,
        scheme_version=scheme.version_at(now.astimezone(ZoneInfo(scheme.zone)).date()),
        selected_at=now,
        selected_by=by,
    )
    db.add(enrolment)
    db.flush()
    ensure(db, course.institution_id, person_id, course.scheme, now, track=course.track or None, by=by)
    _charge(db, course, enrolment, by, now)
    _record(db, enrolment, "course.select", by, now, {"course": course.code, "number": enrolment.number})
    signals.tell(signals.selected, db, enrolment, by, now)
    return enrolment


def _charge(db: Session, course: Course, enrolment: CourseEnrolment, by: int | None, now: datetime) -> None:
    if not fees.collects(db, course.institution_id):
        return
    for per in FEES:
        due = charge(
            db,
            institution_id=course.institution_id,
            person_id=enrolment.person_id,
            scheme_key=course.scheme,
            per=per,
            subject_kind=SUBJECT,
            subject_id=enrolment.id or 0,
            title=course.title,
            now=now,
            track=course.track or None,
            category=course.category or None,
            hours=course.hours if per == "hour" else None,
            by=by,
        )
        if due is not None:
            return


def own_selection(db: Session, who: Caller, enrolment_id: int) -> CourseEnrolment:
    """The caller's own selection at the institution they are at, locked. Raises NotFound for anybody else's."""
    audit.hold(db, who.institution_id)  # the one order of locks: the audit log's first
    found = locked(db, enrolment_id)
    if (found.person_id, found.institution_id) != (who.person_id, who.institution_id):
        raise NotFound(f"course selection {enrolment_id}")
    return found


def managed_selection(db: Session, who: Caller, enrolment_id: int) -> CourseEnrolment:
    """A selection at the caller's institution, locked. Raises NotFound for another's."""
    audit.hold(db, who.institution_id)
    found = locked(db, enrolment_id)
    if found.institution_id != who.institution_id:
        raise NotFound(f"course selection {enrolment_id}")
    return found


def locked(db: Session, enrolment_id: int) -> CourseEnrolment:
    """A selection that nobody else changes until the transaction ends. Raises NotFound."""
    query = select(CourseEnrolment).where(CourseEnrolment.id == enrolment_id).with_for_update()
    found = db.exec(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound(f"course selection {enrolment_id}")
    return found


def cancel(db: Session, enrolment: CourseEnrolment, by: int | None, reason: str, now: datetime) -> CourseEnrolment:
    """Give a selection back that is not finished; what was paid for it is noted to be paid back. Raises Refused."""
    audit.hold(db, enrolment.institution_id)
    move(enrolment, "cancel")
    enrolment.ended_reason = reason.strip()[:500]
    db.add(enrolment)
    db.flush()
    void(db, SUBJECT, enrolment.id or 0, enrolment.ended_reason or "cancelled", by, now)
    _record(db, enrolment, "course.cancel", by, now, {"reason": enrolment.ended_reason})
    signals.tell(signals.cancelled, db, enrolment, by, now)
    return enrolment


def _record(
    db: Session, enrolment: CourseEnrolment, action: str, by: int | None, now: datetime, detail: dict[str, object]
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
