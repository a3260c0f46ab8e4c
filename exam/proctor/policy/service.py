"""How an exam is watched: the exam office sets it, sittings that have not begun follow."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session, col, select

from exam.accounts.access import Caller
from exam.accounts.deeds import record_by
from exam.accounts.models import Person
from exam.core.errors import Invalid, Problem
from exam.proctor.models import ProctoringAccommodation, ProctoringPolicy
from exam.proctor.policy.fitting import Misfit, misfits
from exam.proctor.policy.rules import Settings
from exam.proctor.terms import watch_many
from exam.scheduling.loading import exam_of
from exam.scheduling.models import Enrolment, Exam
from exam.sessions.models import Sitting
from exam.sessions.states import State

AT_ONCE = 500


def settings_of(db: Session, exam_id: int) -> Settings:
    """An exam's policy as plain values; an exam without one is not watched."""
    row = db.get(ProctoringPolicy, exam_id)
    if row is None:
        return Settings()
    kept = row.model_dump(include=set(Settings.__dataclass_fields__) - {"detectors"})
    return Settings(detectors=tuple(row.detectors), **kept)


def save(db: Session, who: Caller, exam_id: int, settings: Settings, now: datetime) -> ProctoringPolicy:
    """Set how an exam is watched. Raises NotFound, and Invalid where an open exam's accommodations would not fit.

    Sittings that have begun keep their terms; those that are ready take the new ones at once.
    """
    exam = exam_of(db, who, exam_id, lock=True)
    if exam.state == "open" and (problems := unfit_problems(db, exam, settings)):
        raise Invalid(problems)
    row = db.get(ProctoringPolicy, exam_id)
    if row is None:
        row = ProctoringPolicy(
            exam_id=exam_id, institution_id=exam.institution_id, changed_at=now, changed_by=who.person_id
        )
    row.sqlmodel_update(settings.values())
    row.changed_at, row.changed_by = now, who.person_id
    db.add(row)
    db.flush()
    renew(db, exam_id, now)
    record_by(db, who, now, "proctoring.policy", ("exam", exam_id), settings.values())
    return row


def renew(db: Session, exam_id: int, now: datetime, enrolment_id: int | None = None) -> None:
    """Give the exam's sittings that have not begun (or an enrolment's alone) the terms that hold now."""
    query = select(Sitting).where(Sitting.exam_id == exam_id, Sitting.state == State.PREPARED)
    if enrolment_id is not None:
        query = query.where(Sitting.enrolment_id == enrolment_id)
    sittings = db.exec(query.order_by(col(Sitting.id))).all()
    for start in range(0, len(sittings), AT_ONCE):
        watch_many(db, sittings[start : start + AT_ONCE], now)


def started(db: Session, exam_id: int) -> bool:
    """Whether any sitting of the exam has begun: it keeps the terms that it began with."""
    query = select(Sitting.id).where(Sitting.exam_id == exam_id, col(Sitting.started_at).is_not(None))
    return db.exec(query.limit(1)).first() is not None


def granted_in(db: Session, exam_id: int) -> Mapping[int, frozenset[str]]:
    """By enrolment that goes on, the accommodations that hold in an exam."""
    query = (
        select(ProctoringAccommodation.enrolment_id, ProctoringAccommodation.kind)
        .join(Enrolment, col(Enrolment.id) == col(ProctoringAccommodation.enrolment_id))
        .where(
            Enrolment.exam_id == exam_id,
            Enrolment.state == "active",
            col(ProctoringAccommodation.revoked_at).is_(None),
        )
    )
    found: dict[int, set[str]] = {}
    for enrolment_id, kind in db.exec(query):
        found.setdefault(enrolment_id, set()).add(kind)
    return {enrolment_id: frozenset(kinds) for enrolment_id, kinds in found.items()}


def unfit(db: Session, exam_id: int, settings: Settings) -> list[tuple[int, Misfit]]:
    """What was granted in an exam and would not fit such a policy, with the enrolment it was granted to."""
    return [
        (enrolment_id, misfit)
        for enrolment_id, granted in sorted(granted_in(db, exam_id).items())
        for misfit in misfits(settings.level, settings.identity, settings.detectors, granted)
    ]


def unfit_problems(db: Session, exam: Exam, settings: Settings | None = None) -> list[Problem]:
    """The same as problems of the exam, one for each reason. They tell how many, not who: others read them too."""
    counts: dict[str, int] = {}
    for _, misfit in unfit(db, exam.id or 0, settings or settings_of(db, exam.id or 0)):
        counts[misfit.code] = counts.get(misfit.code, 0) + 1
    return [Problem("level", code, {"n": n}) for code, n in sorted(counts.items())]


def unfit_people(db: Session, exam_id: int) -> list[tuple[int, str, Misfit]]:
    """For the office: enrolment, name and what does not fit the policy as it is."""
    found = unfit(db, exam_id, settings_of(db, exam_id))
    query = (
        select(Enrolment.id, Person.name)
        .join(Person, col(Person.id) == col(Enrolment.person_id))
        .where(col(Enrolment.id).in_([enrolment_id for enrolment_id, _ in found]))
    )
    names = dict(db.exec(query).all())
    return [(enrolment_id, names[enrolment_id], misfit) for enrolment_id, misfit in found]
