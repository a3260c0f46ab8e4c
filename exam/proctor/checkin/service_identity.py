"""The identity of a check-in: its pictures sent, and what a human decided about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from exam.accounts.access import Caller
from exam.core import audit
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.proctor.checkin import rules
from exam.proctor.checkin import service as service_checkin
from exam.proctor.checkin.service import Case
from exam.proctor.incidents.service import write_noted
from exam.proctor.models_incidents import Incident
from exam.sessions.service_adjust import not_own
from exam.vision.observation import Observation

PICTURES = ("id-card", "face", "turn")
MOST_WORDS = 500
DECISIONS = ("approve", "again", "doubt")


@dataclass(frozen=True)
class Decision:
    """What somebody decided ("approve", "again", "doubt"), and what they say to it."""

    what: str
    words: str


def send(
    db: Session, case: Case, pictures: Mapping[str, str], face: Observation, turn: Observation, now: datetime
) -> None:
    """Take the pictures of an identity (name → hash; they lie in the private store) for a human to look at.

    Raises Refused. Those of an earlier try stay beside them, under `face.1` and so on, as long as the others.
    """
    check_in = case.check_in
    refusal = rules.may_send(case.at, case.started)
    if refusal:
        raise Refused(refusal)
    tries = 1 + sum(name.startswith("face.") for name in check_in.pictures)
    earlier = {f"{name}.{tries}": check_in.pictures[name] for name in PICTURES if name in check_in.pictures}
    check_in.pictures = {**check_in.pictures, **earlier, **pictures}
    seen: dict[str, Any] = {
        "faces": face.faces,
        "yaw": turn.yaw,
        "turned": rules.turned(check_in.turn, turn.yaw),
        "detector": turn.detector,
    }
    check_in.seen = {**check_in.seen, **seen}
    check_in.state, check_in.sent_at, check_in.note = "waiting", now, ""
    check_in.decided_at, check_in.decided_by = None, None
    db.add(check_in)
    said = {"step": "identity", "number": check_in.number, "side": check_in.turn, "pictures": dict(pictures), **seen}
    service_checkin.note(db, case.sitting, said, now)


def read_decision(fields: Mapping[str, str]) -> Decision:
    """The form of a decision; asking again and doubting need a reason. Raises Invalid."""
    what, words = fields.get("decision", ""), " ".join(fields.get("note", "").split())
    if what not in DECISIONS:
        raise Invalid([Problem("decision", "missing")])
    if what != "approve" and not words:
        raise Invalid([Problem("note", "missing")])
    if len(words) > MOST_WORDS:
        raise Invalid([Problem("note", "too-long", {"most": MOST_WORDS})])
    return Decision(what, words)


def decide(db: Session, who: Caller, sitting_id: int, decision: Decision, now: datetime) -> None:
    """Approve a check-in that waits, ask for it again, or (after the start) put a doubt before those who decide.

    Raises NotFound for another institution's, Refused for one's own and for one that does not wait.
    """
    case = service_checkin.find(db, sitting_id, None)
    if case.sitting.institution_id != who.institution_id:
        raise NotFound
    not_own(case.sitting, who)
    case = service_checkin.begin(db, sitting_id, None, now)
    refusal = rules.may_decide(case.check_in.state, decision.what, case.started)
    if refusal:
        raise Refused(refusal)
    check_in = case.check_in
    check_in.state = "approved" if decision.what == "approve" else "again"
    check_in.decided_by, check_in.decided_at, check_in.note = who.person_id, now, decision.words
    if decision.what == "again":
        check_in.number, check_in.turn = check_in.number + 1, service_checkin.draw_side()
    db.add(check_in)
    said = {"step": decision.what, "by": who.person_id, "number": check_in.number, "note": decision.words}
    service_checkin.note(db, case.sitting, said, now)
    if decision.what == "doubt":
        _doubt(db, who, case, decision.words, now)
    audit.record(
        db,
        at=now,
        action="check-in.decided",
        subject=("sitting", sitting_id),
        institution_id=who.institution_id,
        actor_id=who.person_id,
        detail={"decision": decision.what, "note": decision.words},
    )


def _doubt(db: Session, who: Caller, case: Case, words: str, now: datetime) -> None:
    write_noted(
        db,
        Incident(
            institution_id=who.institution_id,
            sitting_id=case.terms.sitting_id,
            kind="identity",
            origin="proctor",
            severity=3,
            began_at=case.check_in.sent_at or now,
            ended_at=now,
            reason={"note": words},
            noted_at=now,
            noted_by=who.person_id,
        ),
    )
