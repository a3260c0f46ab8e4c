"""What proctoring adds to the office's pages of scheduling: how an exam is watched, what a candidate was granted."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session

from exam.accounts.access import Caller
from exam.core.errors import Problem
from exam.core.i18n import gettext
from exam.proctor.detectors import MUTES, active
from exam.proctor.models import ACCOMMODATIONS
from exam.proctor.policy import service as service_policy
from exam.proctor.policy import service_accommodations
from exam.proctor.policy.fitting import misfits
from exam.proctor.policy.rules import known
from exam.proctor.terms import granted_to_many
from exam.proctor.wall.view import ACCOMMODATIONS as ACCOMMODATION_NAMES
from exam.scheduling import signals
from exam.scheduling.models import Enrolment, Exam
from exam.scheduling.signals import Part


def listen() -> None:
    """Take part in the pages and the opening of exams. Once is enough; again changes nothing."""
    if opening not in signals.opening:
        signals.opening.append(opening)
        signals.exam_parts.append(exam_part)
        signals.enrolment_parts.append(enrolment_part)
        signals.enrolment_marks.append(enrolment_marks)


def opening(db: Session, exam: Exam) -> list[Problem]:
    """Accommodations that the exam's policy can't keep stand in the way of opening it."""
    return [Problem("", problem.code, problem.params) for problem in service_policy.unfit_problems(db, exam)]


def enrolment_marks(db: Session, enrolment_ids: Collection[int]) -> dict[int, list[str]]:
    """What was granted, by name."""
    held = granted_to_many(db, enrolment_ids)
    return {
        enrolment_id: [gettext(ACCOMMODATION_NAMES[kind]) for kind in sorted(kinds)]
        for enrolment_id, kinds in held.items()
    }


def exam_part(db: Session, who: Caller, exam: Exam, now: datetime) -> Part | None:
    """How the exam is watched, in a few facts."""
    return "proctor/_exam_part.html", {"settings": service_policy.settings_of(db, exam.id or 0)}


def enrolment_part(db: Session, who: Caller, exam: Exam, enrolment: Enrolment, now: datetime) -> Part | None:
    """What the candidate was granted, which detectors that mutes, and what could be granted."""
    settings = service_policy.settings_of(db, exam.id or 0)
    grants = service_accommodations.grants_of(db, enrolment.id or 0)
    held = frozenset(grant.kind for grant, _ in grants if grant.revoked_at is None)
    counting = active(settings.level, frozenset(settings.detectors), frozenset())
    return "proctor/_enrolment_part.html", {
        "settings": settings,
        "grants": grants,
        "misfits": misfits(settings.level, settings.identity, settings.detectors, held),
        "kinds": ACCOMMODATIONS,
        "mutes": {kind: [key for key in known("live") if key in MUTES[kind]] for kind in ACCOMMODATIONS},
        "counting": counting,
        "held": held,
    }
