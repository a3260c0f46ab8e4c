"""What candidates say about their own sitting: a link of its log and a row, in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.proctor.models_incidents import CandidateComment, Incident
from exam.sessions.instants import instant, micros
from exam.sessions.models import Sitting
from exam.sessions.requests import Note

KIND = "comment"
MOST_TEXT = 500
MOST_COMMENTS = 30
"""Of a sitting (settled): enough for an exam in which everything goes wrong."""


def read_text(value: object, most: int = MOST_TEXT) -> str:
    """The words of a form, at most `most` characters; lines are kept. Raises Invalid."""
    lines = (" ".join(line.split()) for line in str(value or "").replace("\0", "").splitlines())
    text = "\n".join(line for line in lines if line)
    if not text:
        raise Invalid([Problem("text", "missing")])
    if len(text) > most:
        raise Invalid([Problem("text", "too-long", {"most": most})])
    return text


def note_of(db: Session, person_id: int, sitting_id: int, text: str, incident_id: int | None, now: datetime) -> Note:
    """The note that writes a comment down, once it may be made. Raises NotFound, Refused."""
    sitting = db.get(Sitting, sitting_id)
    if sitting is None or sitting.person_id != person_id:
        raise NotFound
    if sitting.started_at is None:
        raise Refused(Refusal("not-started"))
    if incident_id is not None:
        incident = db.get(Incident, incident_id)
        if incident is None or incident.sitting_id != sitting_id or incident.origin == "blind":
            raise NotFound
    there = db.exec(select(func.count()).where(CandidateComment.sitting_id == sitting_id)).one()
    if there >= MOST_COMMENTS:
        raise Refused(Refusal("too-many-comments", params={"most": MOST_COMMENTS}))
    return Note(sitting_id, micros(now), KIND, {"text": text, "incident": incident_id}, (text, incident_id))


def heard(db: Session, group: Sequence[tuple[Note, int]]) -> None:
    """Subscriber to notes of this kind (`sessions.signals.noted`)."""
    for note, _ in group:
        about: Any = note.about
        text, incident_id = about
        db.add(CandidateComment(sitting_id=note.sitting_id, incident_id=incident_id, text=text, at=instant(note.at)))
    db.flush()


def comments_of(db: Session, sitting_ids: Sequence[int]) -> dict[int, list[CandidateComment]]:
    """What the candidates of these sittings said, oldest first."""
    found: dict[int, list[CandidateComment]] = {}
    query = select(CandidateComment).where(col(CandidateComment.sitting_id).in_(sitting_ids))
    for row in db.exec(query.order_by(col(CandidateComment.id))):
        found.setdefault(row.sitting_id, []).append(row)
    return found
