"""What the exam office grants a candidate: it mutes detectors in sittings that have not begun."""

from datetime import datetime

from sqlmodel import Session, col, select

from exam.accounts.access import Caller
from exam.accounts.deeds import record_by
from exam.accounts.models import Person
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.proctor.consent import service as service_consent
from exam.proctor.models import ACCOMMODATIONS, Proctored, ProctoringAccommodation
from exam.proctor.policy import service as service_policy
from exam.proctor.policy.fitting import misfits
from exam.proctor.terms import granted_to
from exam.scheduling.loading import exam_of, managed
from exam.sessions.models import Sitting
from exam.sessions.states import State

MAX_REASON = 500


def grant(db: Session, who: Caller, enrolment_id: int, kind: str, reason: str, now: datetime) -> None:
    """Grant an accommodation; the same kind again takes the place of the one before, with the new reason.

    Raises NotFound, Invalid, and Refused for an enrolment that is over and for what an open exam can't keep.
    """
    # The exam's lock first, as where it is opened: what is granted meanwhile must not slip past the check.
    exam_of(db, who, managed(db, who, enrolment_id).exam.id or 0, lock=True)
    loaded = managed(db, who, enrolment_id, lock=True)
    problems = [] if kind in ACCOMMODATIONS else [Problem("accommodation", "required")]
    if not reason.strip():
        problems.append(Problem("accommodation_reason", "required"))
    if problems:
        raise Invalid(problems)
    if loaded.enrolment.state != "active":
        raise Refused(Refusal(f"enrolment-{loaded.enrolment.state}"))
    exam_id = loaded.exam.id or 0
    if loaded.exam.state == "open":
        settings = service_policy.settings_of(db, exam_id)
        held = granted_to(db, enrolment_id) | {kind}
        for misfit in misfits(settings.level, settings.identity, settings.detectors, held):
            raise Refused(Refusal(misfit.code, params={"n": 1}))
    _revoke(db, enrolment_id, kind, now)
    row = ProctoringAccommodation(
        institution_id=loaded.enrolment.institution_id,
        enrolment_id=enrolment_id,
        kind=kind,
        reason=reason.strip()[:MAX_REASON],
        granted_by=who.person_id,
        granted_at=now,
    )
    db.add(row)
    db.flush()
    service_policy.renew(db, exam_id, now, enrolment_id)
    # The reason may tell of somebody's health: it stays with the grant and is not copied into the log.
    record_by(db, who, now, "accommodation.grant", ("enrolment", enrolment_id), {"accommodation": kind})


def revoke(db: Session, who: Caller, enrolment_id: int, kind: str, now: datetime) -> None:
    """Take an accommodation back; sittings that have begun keep it. Twice is once. Raises NotFound."""
    loaded = managed(db, who, enrolment_id, lock=True)
    if kind not in ACCOMMODATIONS:
        raise NotFound
    if not _revoke(db, enrolment_id, kind, now):
        return
    service_policy.renew(db, loaded.exam.id or 0, now, enrolment_id)
    if kind == "camera-off":
        _camera_again(db, enrolment_id)
    record_by(db, who, now, "accommodation.revoke", ("enrolment", enrolment_id), {"accommodation": kind})


def _revoke(db: Session, enrolment_id: int, kind: str, now: datetime) -> bool:
    query = select(ProctoringAccommodation).where(
        ProctoringAccommodation.enrolment_id == enrolment_id,
        ProctoringAccommodation.kind == kind,
        col(ProctoringAccommodation.revoked_at).is_(None),
    )
    found = db.exec(query).all()
    for row in found:
        row.revoked_at = now
        db.add(row)
    db.flush()
    return bool(found)


def _camera_again(db: Session, enrolment_id: int) -> None:
    """Sittings that have not begun are asked about the camera, unless their candidates have said no."""
    query = (
        select(Proctored)
        .join(Sitting, col(Sitting.id) == col(Proctored.sitting_id))
        .where(Sitting.enrolment_id == enrolment_id, Sitting.state == State.PREPARED)
    )
    rows = db.exec(query).all()
    said = service_consent.answers(db, [row.sitting_id for row in rows])
    for row in rows:
        if said.get(row.sitting_id) not in ("refused", "withdrawn"):
            service_consent.to_camera(db, row)
    db.flush()


def grants_of(db: Session, enrolment_id: int) -> list[tuple[ProctoringAccommodation, str]]:
    """Every accommodation of an enrolment with the name of who granted it, newest first."""
    query = (
        select(ProctoringAccommodation, Person.name)
        .join(Person, col(Person.id) == col(ProctoringAccommodation.granted_by))
        .where(ProctoringAccommodation.enrolment_id == enrolment_id)
    )
    return list(db.exec(query.order_by(col(ProctoringAccommodation.id).desc())).all())
