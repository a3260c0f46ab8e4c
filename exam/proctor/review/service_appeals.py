"""Candidates appeal what was decided against them; the exam office answers, and what follows is done at once."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.core.decisions import Refusal
from exam.core.errors import NotFound, Refused
from exam.proctor.models import Proctored
from exam.proctor.models_incidents import Appeal, Incident
from exam.proctor.review.rules import MOST_NOTE, Against, may_appeal, may_give_again, may_restore
from exam.proctor.review.service import set_state, tell, write_link
from exam.proctor.review.service_voiding import counted, open_proposal, refuse
from exam.scheduling.service_chances import chance_free
from exam.sessions import service, service_adjust
from exam.sessions.instants import instant
from exam.sessions.models import Sitting, SittingEvent
from exam.sessions.states import RUNNING, Event, State

MADE, DECIDED = "appeal", "appeal.decided"
MOST_TEXT = 2000


def against(db: Session, sitting: Sitting) -> Against:
    """What was decided against the candidate of a sitting."""
    query = select(sa.func.max(col(Incident.decided_at))).where(
        Incident.sitting_id == sitting.id, Incident.state == "confirmed", Incident.origin != "blind"
    )
    voided = None
    if sitting.state == State.VOID:
        links = select(sa.func.max(col(SittingEvent.at))).where(
            SittingEvent.sitting_id == sitting.id, SittingEvent.kind == Event.VOID
        )
        at = db.connection().execute(links).scalar()
        voided = None if at is None else instant(at)
    ended = sitting.submitted_at if sitting.submitted_by == "proctor" else None
    return Against(db.connection().execute(query).scalar(), voided, ended)


def refusal_to_appeal(db: Session, sitting: Sitting, watched: Proctored, now: datetime) -> Refusal | None:
    """Why the candidate of a watched sitting can't appeal now; None: they can."""
    earlier = [(row.state, row.made_at) for row in appeals_of(db, sitting.id or 0)]
    running = sitting.state in (*RUNNING, State.PREPARED)
    return may_appeal(against(db, sitting), earlier, running, int(watched.terms.get("appeal_days", 10)), now)


def appeals_of(db: Session, sitting_id: int) -> list[Appeal]:
    """The appeals of a sitting, oldest first."""
    return list(db.exec(select(Appeal).where(Appeal.sitting_id == sitting_id).order_by(col(Appeal.id))))


def appeal(db: Session, person_id: int, sitting_id: int, text: str, now: datetime) -> Appeal:
    """The candidate appeals. Until the answer a result that is not public yet waits. Raises NotFound, Refused."""
    sitting = db.get(Sitting, sitting_id)
    if sitting is None or sitting.person_id != person_id:
        raise NotFound
    watched = db.exec(select(Proctored).where(Proctored.sitting_id == sitting_id).with_for_update()).one_or_none()
    if watched is None:
        raise NotFound
    if refusal := refusal_to_appeal(db, sitting, watched, now):
        raise Refused(refusal)
    row = Appeal(
        institution_id=sitting.institution_id, sitting_id=sitting_id, person_id=person_id, text=text, made_at=now
    )
    db.add(row)
    db.flush()
    write_link(db, sitting_id, MADE, {"appeal": row.id, "text": text}, now)
    return row


def own_appeal(db: Session, who: Caller, appeal_id: int) -> Appeal:
    """An appeal of the caller's institution, locked. Raises NotFound."""
    query = select(Appeal).where(Appeal.id == appeal_id, Appeal.institution_id == who.institution_id)
    row = db.exec(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound
    return row


def appeal_of(db: Session, who: Caller, appeal_id: int) -> Appeal:
    """An appeal of the caller's institution, to be looked at. Raises NotFound."""
    row = db.get(Appeal, appeal_id)
    if row is None or row.institution_id != who.institution_id:
        raise NotFound
    return row


def refuse_appeal(db: Session, who: Caller, appeal_id: int, answer: str, now: datetime) -> Appeal:
    """The appeal does not change anything; the candidate reads why. Raises NotFound, Refused."""
    row = _decide(db, who, appeal_id, "refused", answer, now)
    tell(db, db.get_one(Sitting, row.sitting_id), "appeal-refused", now, answer=answer)
    return row


def uphold(db: Session, who: Caller, appeal_id: int, answer: str, now: datetime, *, again: bool = False) -> Appeal:
    """The candidate is right: everything confirmed is dismissed, an open proposal to void falls, and a voided sitting
    counts again with its result, hours and certificate.

    It can't count again where it was never handed in, or where the candidate has used or booked the chance that was
    given back: then it stays void and the new chance stays theirs. `again`: a sitting that whoever watched ended should
    not have been: it is voided and the candidate has the chance back. Raises NotFound, Refused.
    """
    if again:
        _may_give_again(db, who, own_appeal(db, who, appeal_id))
    row = _decide(db, who, appeal_id, "upheld", answer, now)
    sitting = db.get_one(Sitting, row.sitting_id)
    note = answer[:MOST_NOTE]
    restored = restorable(db, sitting)
    if restored:
        service_adjust.restore(db, who, row.sitting_id, note, now)
    if proposal := open_proposal(db, row.sitting_id):
        refuse(db, who, proposal.id or 0, now, note)
    for incident in _confirmed(db, row.sitting_id):
        if incident.state == "confirmed":  # a blind one takes its twin along
            set_state(db, who, incident, "dismissed", note, now)
    voided = sitting.state == State.VOID
    code = "appeal-restored" if restored else "appeal-chance" if voided else "appeal-upheld"
    if again:
        service_adjust.void(db, who, row.sitting_id, note, now, agreed=True)  # who ended it, and who answers: two
        code = "appeal-again"
    tell(db, sitting, code, now, answer=answer)
    return row


def _may_give_again(db: Session, who: Caller, row: Appeal) -> None:
    sitting = db.get_one(Sitting, row.sitting_id)
    undecided = counted(db, sitting.id or 0).undecided
    refusal = may_give_again(sitting.state, sitting.submitted_by, ended_by(db, sitting), who.person_id, undecided)
    if refusal is not None:
        raise Refused(refusal)


def ended_by(db: Session, sitting: Sitting) -> int | None:
    """Who of those who watched ended a sitting, by its log; None where nobody did."""
    if sitting.submitted_by != "proctor":
        return None
    links = service.newest_links(db, sitting.id or 0, Event.SUBMIT, 1)
    return links[0].get("person") if links else None


def restorable(db: Session, sitting: Sitting) -> bool:
    """Whether a voided sitting can count again."""
    handed_in = sitting.submitted_at is not None
    return handed_in and may_restore(sitting.state, sitting.state == "void" and chance_free(db, sitting.booking_id))


def _confirmed(db: Session, sitting_id: int) -> list[Incident]:
    query = select(Incident).where(Incident.sitting_id == sitting_id, Incident.state == "confirmed")
    return list(db.exec(query.order_by(col(Incident.id))))


def _decide(db: Session, who: Caller, appeal_id: int, state: str, answer: str, now: datetime) -> Appeal:
    row = own_appeal(db, who, appeal_id)
    service_adjust.others(db, who, row.sitting_id)
    if row.state != "open":
        raise Refused(Refusal("appeal-decided"))
    row.state, row.answer, row.decided_by, row.decided_at = state, answer, who.person_id, now
    db.add(row)
    db.flush()
    said = {"appeal": row.id, "state": state, "by": who.person_id, "answer": answer}
    write_link(db, row.sitting_id, DECIDED, said, now)
    deeds.record_by(db, who, now, DECIDED, ("sitting", row.sitting_id), {"state": state, "answer": answer})
    return row
