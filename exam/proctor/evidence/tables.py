"""DATA: the tables that go into exported evidence, each as rows of plain values in the order of their ids."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from sqlmodel import Session, SQLModel, col, select

from exam.proctor.models import CameraConsent, CheckIn, Frame, ProctoringAccommodation
from exam.proctor.models_incidents import Appeal, CandidateComment, Incident, IncidentDecision, VoidProposal
from exam.proctor.watching.link_bodies import impersonal
from exam.sessions.models import Adjustment, Sitting, SittingMessage

Rows = Callable[[Session, int], Iterable[dict[str, Any]]]
AT_ONCE = 500
PEOPLE = ("person_id", "by", "sent_by", "made_by", "decided_by", "proposed_by", "noted_by", "granted_by")
"""Columns that name a person; the manifest has their names."""


def _frames(db: Session, sitting_id: int) -> Iterator[dict[str, Any]]:
    query = select(Frame).where(Frame.sitting_id == sitting_id).order_by(col(Frame.number))
    for row in db.exec(query.execution_options(yield_per=AT_ONCE)):
        seen = row.observation
        yield {**row.model_dump(mode="json"), "observation": None if seen is None else impersonal(seen)}


def _check_in(db: Session, sitting_id: int) -> list[dict[str, Any]]:
    row = db.get(CheckIn, sitting_id)
    return [] if row is None else [row.model_dump(mode="json", exclude={"baseline"})]


def _of(model: Any) -> Rows:
    """All rows of a table that belong to the sitting."""

    def rows(db: Session, sitting_id: int) -> Iterator[dict[str, Any]]:
        found: Iterable[SQLModel] = db.exec(select(model).where(model.sitting_id == sitting_id).order_by(model.id))
        for row in found:
            yield row.model_dump(mode="json")

    return rows


def _decisions(db: Session, sitting_id: int) -> Iterator[dict[str, Any]]:
    query = (
        select(IncidentDecision)
        .join(Incident, col(Incident.id) == col(IncidentDecision.incident_id))
        .where(Incident.sitting_id == sitting_id)
    )
    for row in db.exec(query.order_by(col(IncidentDecision.id))):
        yield row.model_dump(mode="json")


def _accommodations(db: Session, sitting_id: int) -> Iterator[dict[str, Any]]:
    """Kinds and dates alone: the reason is often an illness, and settles no dispute about a sitting."""
    query = (
        select(ProctoringAccommodation)
        .join(Sitting, col(Sitting.enrolment_id) == col(ProctoringAccommodation.enrolment_id))
        .where(Sitting.id == sitting_id)
    )
    for row in db.exec(query.order_by(col(ProctoringAccommodation.id))):
        yield row.model_dump(mode="json", exclude={"reason"})


TABLES: Mapping[str, Rows] = MappingProxyType(
    {
        "accommodations": _accommodations,
        "adjustments": _of(Adjustment),
        "appeals": _of(Appeal),
        "check-in": _check_in,
        "comments": _of(CandidateComment),
        "consents": _of(CameraConsent),
        "decisions": _decisions,
        "frames": _frames,
        "incidents": _of(Incident),
        "messages": _of(SittingMessage),
        "void-proposals": _of(VoidProposal),
    }
)
"""Member (`tables/<name>.jsonl`) → its rows."""
