"""Lists of people that a registrar pastes: enrolled at once, or given their course's finishing date, row by row."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from exam import schemes
from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.accounts.candidates import candidate_names, candidates_by_name
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, Problem, Refused
from exam.core.pasted import MAX_LINES, Line, read_lines
from exam.scheduling.loading import exam_of
from exam.scheduling.service_enrolment import Row, enrol_lines, finished_instant, latest_enrolments


def _lines(text: str) -> list[Line]:
    lines = list(read_lines(text))
    if not lines:
        raise Invalid([Problem("lines", "required")])
    if len(lines) > MAX_LINES:
        raise Invalid([Problem("lines", "too-many-lines", {"max": MAX_LINES})])
    return lines


def enrol_pasted(db: Session, who: Caller, exam_id: int, text: str, now: datetime) -> list[Row]:
    """Enrol everybody whom pasted lines name, with the course's finishing date where a line has one.

    The good lines are done, the others say why not. Raises NotFound, and Invalid for no or too many lines.
    """
    lines = _lines(text)
    people = candidates_by_name(db, who, (line.who for line in lines))
    return enrol_lines(db, who, exam_id, [(line, people.get(line.who, 0)) for line in lines], now)


def course_dates_pasted(db: Session, who: Caller, exam_id: int, text: str, now: datetime) -> list[Row]:
    """Set the finishing dates of the course for everybody whom pasted lines name; a line without a date means today.

    Raises NotFound, and Invalid for no or too many lines.
    """
    exam = exam_of(db, who, exam_id)
    scheme = schemes.get(exam.scheme)
    lines = _lines(text)
    people = candidates_by_name(db, who, (line.who for line in lines))
    names = candidate_names(db, who, people.values())
    latest = latest_enrolments(db, exam_id, list(names))
    today = now.astimezone(ZoneInfo(scheme.zone)).date()
    rows, changed = [], []
    for line in lines:
        person_id = people.get(line.who, 0)
        enrolment = latest.get(person_id)
        refusal = Refusal(line.problem) if line.problem else None
        if refusal is None and (enrolment is None or enrolment.state != "active"):
            refusal = Refusal("not-enrolled" if person_id else "not-a-candidate")
        if refusal is None and enrolment is not None and enrolment.course_enrolment_id is not None:
            refusal = Refusal("course-decides")
        if refusal is None and enrolment is not None:
            try:
                enrolment.course_finished_at = finished_instant(scheme, line.on or today, now)
                changed.append(enrolment)
            except Refused as error:
                refusal = error.refusal
        rows.append(Row(line.number, line.who, names.get(person_id, ""), "" if refusal else "course-date", refusal))
    db.add_all(changed)
    db.flush()
    if changed:
        deeds.record_by(db, who, now, "enrolment.course-many", ("exam", exam_id), {"count": len(changed)})
    return rows
