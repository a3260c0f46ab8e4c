"""People decide about incidents: each decision is a row, a link in the sitting's log and a line in the audit log."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from exam.accounts import deeds, messages
from exam.accounts.access import Caller
from exam.accounts.permissions import Permission
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.proctor.incidents.service import write_noted
from exam.proctor.incidents.words import BY_HAND
from exam.proctor.models_incidents import Appeal, Incident, IncidentDecision
from exam.proctor.review.rules import DECISIONS, MOST_AT_ONCE, MOST_NOTE, Subject, may_decide, needs_note
from exam.scheduling.models import Exam
from exam.sessions import ledger, service
from exam.sessions.instants import micros
from exam.sessions.models import Sitting
from exam.sessions.service_adjust import not_own

DECIDED = "incident.decided"


@dataclass(frozen=True)
class Verdict:
    """What a form says: which incidents, decided how ("open" takes a decision back), and why."""

    incidents: tuple[int, ...]
    state: str
    note: str


def read_verdict(incidents: Sequence[object], state: object, note: object) -> Verdict:
    """A verdict out of a form or JSON. Raises Invalid with everything that is wrong."""
    problems = []
    ids = [each for each in dict.fromkeys(_number(one) for one in incidents[: MOST_AT_ONCE + 1]) if each]
    if not ids:
        problems.append(Problem("incident", "nothing-chosen"))
    if len(incidents) > MOST_AT_ONCE:
        problems.append(Problem("incident", "too-many-at-once", {"most": MOST_AT_ONCE}))
    if state not in (*DECISIONS, "open"):
        problems.append(Problem("state", "not-a-choice"))
    words = " ".join(str(note or "").replace("\0", "").split())
    if len(words) > MOST_NOTE:
        problems.append(Problem("note", "too-long", {"most": MOST_NOTE}))
    if not words and needs_note(str(state)):
        problems.append(Problem("note", "note-needed"))
    if problems:
        raise Invalid(problems)
    return Verdict(tuple(ids), str(state), words)


def _number(value: object) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def decide(db: Session, who: Caller, verdict: Verdict, now: datetime) -> list[Incident]:
    """Decide incidents of the caller's institution, all or none. Undoing is a later decision.

    Raises NotFound, and Refused where a rule does not allow one of them.
    """
    found = own_incidents(db, who, verdict.incidents)
    # Every sitting's log is taken before the institution's audit log, as wherever a sitting is changed.
    ledger.open_heads(db, {}, sorted({row.sitting_id for row in found}))
    history = histories(db, verdict.incidents)
    sittings = {
        row.id: row for row in db.exec(select(Sitting).where(col(Sitting.id).in_([i.sitting_id for i in found])))
    }
    office = Permission.RESULT_RELEASE in who.permissions
    answered = answered_of(db, [row.sitting_id for row in found])
    for sitting in sittings.values():
        not_own(sitting, who)
    for row in found:
        past = tuple(each.state for each in history.get(row.id or 0, ()))
        subject = Subject(
            row.state, row.ended_at is None, past, sittings[row.sitting_id].state, row.sitting_id in answered
        )
        if refusal := may_decide(subject, verdict.state, office):
            raise Refused(refusal)
    for row in found:
        set_state(db, who, row, verdict.state, verdict.note, now)
    for sitting in sittings.values():
        _tell_when_done(db, sitting, now)
    return found


def set_state(db: Session, who: Caller, row: Incident, state: str, note: str, now: datetime) -> None:
    """Write a decision down everywhere. Rules are asked before."""
    was, row.state = row.state, state
    row.decided_at = None if state == "open" else now
    db.add(row)
    db.add(IncidentDecision(incident_id=row.id or 0, state=state, note=note, by=who.person_id, at=now))
    db.flush()
    said = {"incident": row.id, "state": state, "was": was, "note": note, "by": who.person_id}
    write_link(db, row.sitting_id, DECIDED, said, now)
    deeds.record_by(db, who, now, DECIDED, ("incident", row.id), {"state": state, "was": was, "note": note})
    if row.origin == "blind":
        _follow_blind(db, who, row, note, now)


def write_link(db: Session, sitting_id: int, kind: str, said: Mapping[str, object], now: datetime) -> None:
    """Append a link to a sitting's log in the caller's transaction."""
    batch = ledger.open_heads(db, {}, [sitting_id])
    ledger.append(batch, batch.lives[sitting_id], kind, micros(now), ledger.as_body(said))
    ledger.flush(batch)
    service.expire(db, sitting_id)


def _follow_blind(db: Session, who: Caller, row: Incident, note: str, now: datetime) -> None:
    """What a human saw on a stretch that was drawn blindly stands as noted by hand, so that the candidate sees it and
    may appeal; the drawn one is for the report alone. Taken back, it is dismissed."""
    noted = db.exec(
        select(Incident).where(
            Incident.sitting_id == row.sitting_id, Incident.kind == BY_HAND, Incident.began_at == row.began_at
        )
    ).all()
    twin = next((each for each in noted if each.reason.get("drawn") == row.id), None)
    wanted = "confirmed" if row.state == "confirmed" else "dismissed"
    if twin is None and wanted == "confirmed":
        twin = Incident(
            **{name: getattr(row, name) for name in ("institution_id", "sitting_id", "began_at", "ended_at")},
            **{name: getattr(row, name) for name in ("first_frame", "last_frame", "detector")},
            kind=BY_HAND,
            origin="proctor",
            severity=2,
            reason={"drawn": row.id, "text": note, "light": row.reason.get("light", "unknown")},
            noted_at=now,
            noted_by=who.person_id,
        )
        write_noted(db, twin)
    if twin is not None and twin.state != wanted:
        set_state(db, who, twin, wanted, note, now)


def _tell_when_done(db: Session, sitting: Sitting, now: datetime) -> None:
    """Once the last stretch of a sitting is decided and something was confirmed, its candidate is told, with the way to
    see and appeal it. Nobody is told so while writing."""
    if sitting.state != "submitted":
        return
    states = db.exec(select(Incident.state).where(Incident.sitting_id == sitting.id)).all()
    if "confirmed" in states and not {"open", "sent-on"} & set(states):
        tell(db, sitting, "review-done", now)


def tell(db: Session, sitting: Sitting, code: str, now: datetime, **params: object) -> None:
    """Put a message about a sitting on its candidate's first page (`message.<code>`)."""
    exam = db.get_one(Exam, sitting.exam_id)
    said = {"exam": exam.title, "sitting": sitting.id, **params}
    messages.send(db, sitting.institution_id, sitting.person_id, code, said, now)


def own_incidents(db: Session, who: Caller, ids: Collection[int]) -> list[Incident]:
    """Incidents of the caller's institution, locked, in the order of their ids. Raises NotFound if one is not."""
    query = select(Incident).where(col(Incident.id).in_(ids), Incident.institution_id == who.institution_id)
    locked = query.order_by(col(Incident.id)).with_for_update().execution_options(populate_existing=True)
    found = list(db.exec(locked))
    if len(found) != len(set(ids)):
        raise NotFound
    return found


def histories(db: Session, ids: Collection[int]) -> dict[int, list[IncidentDecision]]:
    """What was decided of each incident, oldest first."""
    found: dict[int, list[IncidentDecision]] = {}
    query = select(IncidentDecision).where(col(IncidentDecision.incident_id).in_(ids))
    for row in db.exec(query.order_by(col(IncidentDecision.id))):
        found.setdefault(row.incident_id, []).append(row)
    return found


def answered_of(db: Session, sitting_ids: Collection[int]) -> set[int]:
    """Those of the sittings of which an appeal was answered."""
    query = select(Appeal.sitting_id).where(col(Appeal.sitting_id).in_(sitting_ids), Appeal.state != "open")
    return set(db.exec(query.distinct()))
