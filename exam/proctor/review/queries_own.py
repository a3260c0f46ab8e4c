"""What candidates see of the review of their own sitting: what was noticed, in words, with pictures and what became of
it. Never scores, never what was drawn blindly."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from exam.core.decisions import Refusal
from exam.core.errors import NotFound
from exam.proctor.incidents.words import sentence
from exam.proctor.models import Frame, Proctored
from exam.proctor.models_incidents import Appeal, CandidateComment, Incident
from exam.proctor.review import service_appeals
from exam.proctor.review.cards import MOST_PICTURES, spread
from exam.proctor.review.holds import held
from exam.proctor.review.rules import Hold, appeal_until
from exam.proctor.review.service import histories
from exam.proctor.review.service_comments import comments_of
from exam.scheduling.models import Exam
from exam.sessions.instants import micros
from exam.sessions.models import Sitting
from exam.sessions.states import RUNNING


@dataclass(frozen=True)
class Own:
    """One stretch: its words, its state and the words of the decision where it was confirmed, its pictures' numbers."""

    id: int
    text: str
    state: str
    note: str
    pictures: tuple[int, ...]


@dataclass(frozen=True)
class OwnReview:
    """A candidate's own sitting: `refusal` says why they can't appeal (None: they can, before `until`)."""

    sitting: Sitting
    exam: Exam
    rows: tuple[Own, ...]
    comments: tuple[CandidateComment, ...]
    appeals: tuple[Appeal, ...]
    running: bool
    hold: Hold | None
    decided: bool
    refusal: Refusal | None
    until: datetime | None
    days: int


def own_review(db: Session, person_id: int, sitting_id: int, now: datetime) -> OwnReview:
    """A candidate's own watched sitting. Raises NotFound for anybody else's and for one that is not watched."""
    sitting, watched = db.get(Sitting, sitting_id), db.get(Proctored, sitting_id)
    if sitting is None or watched is None or sitting.person_id != person_id:
        raise NotFound
    against = service_appeals.against(db, sitting).newest
    days = int(watched.terms.get("appeal_days", 10))
    return OwnReview(
        sitting=sitting,
        exam=db.get_one(Exam, sitting.exam_id),
        rows=tuple(own_incidents(db, sitting_id)),
        comments=tuple(comments_of(db, [sitting_id]).get(sitting_id, ())),
        appeals=tuple(service_appeals.appeals_of(db, sitting_id)),
        running=sitting.state in RUNNING,
        hold=held(db, [sitting_id]).get(sitting_id),
        decided=against is not None,
        refusal=service_appeals.refusal_to_appeal(db, sitting, watched, now),
        until=None if against is None else appeal_until(against, days),
        days=days,
    )


def own_incidents(db: Session, sitting_id: int) -> list[Own]:
    """What was noticed in a sitting, in its order."""
    query = select(Incident).where(Incident.sitting_id == sitting_id, Incident.origin != "blind")
    incidents = list(db.exec(query.order_by(col(Incident.began_at), col(Incident.id))))
    past = histories(db, [row.id or 0 for row in incidents])
    found = []
    for row in incidents:
        decided = past.get(row.id or 0, [])
        note = decided[-1].note if decided and row.state == "confirmed" else ""
        found.append(Own(row.id or 0, sentence(row), row.state, note, _pictures(db, row)))
    return found


def _pictures(db: Session, row: Incident) -> tuple[int, ...]:
    query = sa.select(col(Frame.number)).where(col(Frame.sitting_id) == row.sitting_id, sa.not_(col(Frame.erased)))
    if row.first_frame is not None and row.last_frame is not None:
        query = query.where(col(Frame.number).between(row.first_frame, row.last_frame))
    else:
        ends = row.ended_at or row.began_at
        query = query.where(col(Frame.at).between(micros(row.began_at), micros(ends)))
    return spread([each[0] for each in db.connection().execute(query.order_by(col(Frame.number)))], MOST_PICTURES)
