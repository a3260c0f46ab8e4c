"""Voiding a result takes two people: one proposes, another carries it out or refuses."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.core.decisions import Refusal
from exam.core.errors import NotFound, Refused
from exam.proctor.models import Proctored
from exam.proctor.models_incidents import Incident, VoidProposal
from exam.proctor.review.rules import UNDECIDED, may_carry_out, may_propose_void
from exam.proctor.review.service import tell, write_link
from exam.sessions import service_adjust
from exam.sessions.models import Sitting
from exam.sessions.service_adjust import others

PROPOSED, REFUSED = "void.proposed", "void.refused"


@dataclass(frozen=True)
class Counted:
    """How many incidents of a sitting are confirmed, and how many are not decided."""

    confirmed: int
    undecided: int


def counted(db: Session, sitting_id: int) -> Counted:
    """The incidents of a sitting, counted. What was drawn blindly and confirmed counts by what was noted of it."""
    rows = db.exec(select(Incident.state, Incident.origin).where(Incident.sitting_id == sitting_id)).all()
    confirmed = sum(state == "confirmed" and origin != "blind" for state, origin in rows)
    return Counted(confirmed, sum(state in UNDECIDED for state, _ in rows))


def propose(
    db: Session, who: Caller, sitting_id: int, reason: str, now: datetime, ground: str = "confirmed"
) -> VoidProposal:
    """Propose to void a sitting's result; until another person has answered, the result is held.

    `ground`: "confirmed", or "fault" for one of ours (ended by mistake, technology), for which nothing is confirmed.
    Raises NotFound, Refused.
    """
    sitting = others(db, who, sitting_id)
    _lock(db, sitting_id)
    found = counted(db, sitting_id)
    refusal = may_propose_void(
        found.confirmed, found.undecided, sitting.state, open_proposal(db, sitting_id) is not None, ground
    )
    if refusal is not None:
        raise Refused(refusal)
    row = VoidProposal(
        institution_id=who.institution_id,
        sitting_id=sitting_id,
        reason=reason,
        ground=ground,
        proposed_by=who.person_id,
        proposed_at=now,
    )
    db.add(row)
    db.flush()
    write_link(
        db, sitting_id, PROPOSED, {"by": who.person_id, "proposal": row.id, "reason": reason, "ground": ground}, now
    )
    deeds.record_by(db, who, now, PROPOSED, ("sitting", sitting_id), {"reason": reason, "ground": ground})
    return row


def carry_out(db: Session, who: Caller, proposal_id: int, now: datetime) -> VoidProposal:
    """Void the sitting as proposed: result, hours and certificate follow. Raises NotFound, Refused."""
    row = own_proposal(db, who, proposal_id)
    others(db, who, row.sitting_id)
    found = counted(db, row.sitting_id)
    decided = row.decided_at is not None
    if refusal := may_carry_out(row.proposed_by, who.person_id, decided, found.confirmed, found.undecided, row.ground):
        raise Refused(refusal)
    row.decided_by, row.decided_at, row.carried_out = who.person_id, now, True
    db.add(row)
    db.flush()
    service_adjust.void(db, who, row.sitting_id, row.reason, now, agreed=True)
    tell(db, db.get_one(Sitting, row.sitting_id), "result-voided", now, reason=row.reason)
    return row


def refuse(db: Session, who: Caller, proposal_id: int, now: datetime, note: str = "") -> VoidProposal:
    """Do not void: the other person says no, or whoever proposed it takes it back. Raises NotFound, Refused."""
    row = own_proposal(db, who, proposal_id)
    others(db, who, row.sitting_id)
    if row.decided_at is not None:
        raise Refused(Refusal("void-decided"))
    row.decided_by, row.decided_at, row.carried_out = who.person_id, now, False
    db.add(row)
    db.flush()
    write_link(db, row.sitting_id, REFUSED, {"by": who.person_id, "proposal": row.id, "reason": note}, now)
    deeds.record_by(db, who, now, REFUSED, ("sitting", row.sitting_id), {"proposal": row.id, "note": note})
    return row


def open_proposal(db: Session, sitting_id: int) -> VoidProposal | None:
    """The proposal about a sitting that waits for another person."""
    query = select(VoidProposal).where(VoidProposal.sitting_id == sitting_id, col(VoidProposal.decided_at).is_(None))
    return db.exec(query).first()


def proposal_of(db: Session, who: Caller, proposal_id: int) -> VoidProposal:
    """A proposal of the caller's institution, to be looked at. Raises NotFound."""
    row = db.get(VoidProposal, proposal_id)
    if row is None or row.institution_id != who.institution_id:
        raise NotFound
    return row


def own_proposal(db: Session, who: Caller, proposal_id: int) -> VoidProposal:
    """A proposal of the caller's institution, locked. Raises NotFound."""
    query = select(VoidProposal).where(
        VoidProposal.id == proposal_id, VoidProposal.institution_id == who.institution_id
    )
    row = db.exec(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound
    return row


def needs_two(db: Session, sitting: Sitting) -> Refusal | None:
    """Subscriber to `sessions.signals.void_barriers`: nobody takes away alone what a watched candidate has handed in.

    Before it is handed in the exam office still voids alone, as after a fault of the technology.
    """
    if sitting.state == "submitted" and db.get(Proctored, sitting.id) is not None:
        return Refusal("void-needs-two")
    return None


def _lock(db: Session, sitting_id: int) -> None:
    db.exec(select(Proctored).where(Proctored.sitting_id == sitting_id).with_for_update()).one_or_none()
