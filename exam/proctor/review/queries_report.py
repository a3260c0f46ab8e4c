"""The facts of the report on detectors: watched sittings that are over, and their stretches."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from exam.core.clock import SHANGHAI
from exam.proctor.models import Proctored
from exam.proctor.models_incidents import Incident
from exam.proctor.review.rules_blind import light_of
from exam.proctor.review.rules_report import Line, Stretch, Watched, report
from exam.scheduling.models import Exam
from exam.sessions.models import Sitting


@dataclass(frozen=True)
class Period:
    """Of one exam or all; the days of handing in, both inclusive, in Shanghai."""

    exam_id: int | None = None
    start: date | None = None
    end: date | None = None


def lines(db: Session, institution_id: int, period: Period) -> dict[str, list[Line]]:
    """The report of an institution. Sittings that are not settled yet are left out."""
    watched = _watched(db, institution_id, period)
    ids = [each.sitting_id for each in watched]
    return report(watched, _stretches(db, institution_id, period) if ids else [])


def _conditions(institution_id: int, period: Period) -> list[Any]:
    found = [
        col(Proctored.institution_id) == institution_id,
        col(Proctored.reviewed_at).is_not(None),
        col(Sitting.submitted_at).is_not(None),
    ]
    if period.exam_id is not None:
        found.append(col(Sitting.exam_id) == period.exam_id)
    if period.start is not None:
        found.append(col(Sitting.submitted_at) >= _midnight(period.start))
    if period.end is not None:
        found.append(col(Sitting.submitted_at) < _midnight(period.end + timedelta(days=1)))
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, SHANGHAI).astimezone(UTC)


def _watched(db: Session, institution_id: int, period: Period) -> list[Watched]:
    query = (
        sa.select(col(Proctored.sitting_id), col(Proctored.looked), col(Proctored.terms))
        .join(Sitting, col(Sitting.id) == col(Proctored.sitting_id))
        .where(*_conditions(institution_id, period))
    )
    return [
        Watched(
            sitting_id,
            tuple(looked.get("detectors", ())),
            light_of(int(looked.get("dark", 0)), int(looked.get("frames", 0))),
            tuple(terms.get("accommodations", ())),
        )
        for sitting_id, looked, terms in db.connection().execute(query)
    ]


def _stretches(db: Session, institution_id: int, period: Period) -> list[Stretch]:
    query = (
        sa.select(
            *(col(Incident.sitting_id), col(Incident.kind), col(Incident.origin), col(Incident.state)),
            *(col(Incident.detector), col(Incident.reason)),
        )
        .join(Proctored, col(Proctored.sitting_id) == col(Incident.sitting_id))
        .join(Sitting, col(Sitting.id) == col(Incident.sitting_id))
        .where(*_conditions(institution_id, period))
    )
    return [
        Stretch(sitting_id, kind, origin, state, detector, str(reason.get("light", "unknown")))
        for sitting_id, kind, origin, state, detector, reason in db.connection().execute(query)
    ]


def exams(db: Session, institution_id: int) -> list[Exam]:
    """The exams of which something was watched, for the filter."""
    ids = select(Proctored.exam_id).where(Proctored.institution_id == institution_id).distinct()
    return list(db.exec(select(Exam).where(col(Exam.id).in_(ids)).order_by(col(Exam.code))))
