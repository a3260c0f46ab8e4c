"""What an enrolment in an exam costs: each try where the scheme says so (S4 §3), and the enrolment itself unless the
course that it came with was charged already (S3 annex 3 §7)."""

from datetime import datetime

from sqlmodel import Session

from exam.fees import queries as fees
from exam.fees.service import charge, void
from exam.scheduling.gates import SUBJECT
from exam.scheduling.models import Enrolment, Exam


def charge_enrolment(db: Session, exam: Exam, enrolment: Enrolment, by: int | None, now: datetime) -> None:
    """Charge an enrolment, at an institution that collects fees here."""
    if not fees.collects(db, enrolment.institution_id):
        return
    for per in ("try",) if enrolment.course_enrolment_id else ("try", "enrolment"):
        due = charge(
            db,
            institution_id=enrolment.institution_id,
            person_id=enrolment.person_id,
            scheme_key=exam.scheme,
            per=per,
            subject_kind=SUBJECT,
            subject_id=enrolment.id or 0,
            title=exam.title,
            now=now,
            track=exam.track or None,
            by=by,
        )
        if due is not None:
            return


def void_charge(db: Session, enrolment: Enrolment, reason: str, by: int | None, now: datetime) -> None:
    """An enrolment is taken back: what was paid for it is noted to be paid back."""
    void(db, SUBJECT, enrolment.id or 0, reason, by, now)
