"""The office's side: approve, return for correction, refuse."""

from datetime import datetime

from sqlmodel import Session, select

from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.accounts.messages import send as message
from exam.applications import rules
from exam.applications.models import Application
from exam.applications.service import move, pictures_of
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.credits.service_membership import ensure

DECISIONS = ("approve", "return", "refuse")


def managed(db: Session, who: Caller, application_id: int, *, lock: bool = False) -> Application:
    """An application at the caller's institution that was sent at least once. Raises NotFound for others."""
    query = select(Application).where(Application.id == application_id)
    query = query.with_for_update().execution_options(populate_existing=True) if lock else query
    row = db.exec(query).one_or_none()
    if row is None or row.institution_id != who.institution_id or row.sent_at is None:
        raise NotFound(f"application {application_id}")
    return row


def decide(
    db: Session,
    who: Caller,
    application_id: int,
    decision: str,
    reason: str,
    proof: bool,
    now: datetime,
    seen: str = "",
) -> Application:
    """Approve, return or refuse an application; the last two say why. `proof`: the hour proof that came with it is
    accepted. `seen`: the `rules.edition` that the decider looked at, where known; another one since then is not decided
    unseen. The candidate is told. Raises NotFound, Invalid, Refused."""
    row = managed(db, who, application_id, lock=True)
    if seen and seen != rules.edition(row.state, row.sent_at):
        raise Refused(Refusal("application-changed"))
    reason = reason.strip()
    if decision not in DECISIONS:
        raise Invalid([Problem("decision", "required")])
    if decision != "approve" and not reason:
        raise Invalid([Problem("reason", "required")])
    move(row, decision)
    row.decided_at, row.decided_by, row.reason = now, who.person_id, reason[:500]
    row.proof_accepted = decision == "approve" and proof and _has_proof(db, row)
    db.add(row)
    db.flush()
    if decision == "approve":
        ensure(db, row.institution_id, row.person_id, row.scheme, now, track=row.track or None, by=who.person_id)
    message(db, row.institution_id, row.person_id, f"application-{row.state}", {"reason": reason}, now)
    detail = {"reason": reason, "proof": row.proof_accepted}
    deeds.record_by(db, who, now, f"application.{decision}", ("application", row.id), detail)
    return row


def _has_proof(db: Session, row: Application) -> bool:
    """What did not come can't be accepted."""
    return any(picture.kind == "proof" for picture in pictures_of(db, row))
