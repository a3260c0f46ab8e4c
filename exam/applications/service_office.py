"""The office's side: approve, return for correction, refuse; and pictures that are deleted when their time is over."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.accounts.messages import send as message
from exam.applications import rules
from exam.applications.models import Application, ApplicationPicture
from exam.applications.service import delete_picture, move
from exam.core.errors import Invalid, NotFound, Problem
from exam.core.objects import ObjectStore
from exam.credits.service_membership import ensure

DECISIONS = ("approve", "return", "refuse")
BATCH = 200
UNKNOWN_KEPT = timedelta(days=1)


def managed(db: Session, who: Caller, application_id: int, *, lock: bool = False) -> Application:
    """An application at the caller's institution that was sent at least once. Raises NotFound for others."""
    query = select(Application).where(Application.id == application_id)
    query = query.with_for_update().execution_options(populate_existing=True) if lock else query
    row = db.exec(query).one_or_none()
    if row is None or row.institution_id != who.institution_id or row.sent_at is None:
        raise NotFound(f"application {application_id}")
    return row


def decide(
    db: Session, who: Caller, application_id: int, decision: str, reason: str, proof: bool, now: datetime
) -> Application:
    """Approve, return or refuse an application; the last two say why. `proof`: the hour proof that came with it is
    accepted. The candidate is told. Raises NotFound, Invalid, Refused."""
    row = managed(db, who, application_id, lock=True)
    reason = reason.strip()
    if decision not in DECISIONS:
        raise Invalid([Problem("decision", "required")])
    if decision != "approve" and not reason:
        raise Invalid([Problem("reason", "required")])
    move(row, decision)
    row.decided_at, row.decided_by, row.reason = now, who.person_id, reason[:500]
    row.proof_accepted = decision == "approve" and proof
    db.add(row)
    db.flush()
    if decision == "approve":
        ensure(db, row.institution_id, row.person_id, row.scheme, now, track=row.track or None, by=who.person_id)
    message(db, row.institution_id, row.person_id, f"application-{row.state}", {"reason": reason}, now)
    detail = {"reason": reason, "proof": row.proof_accepted}
    deeds.record_by(db, who, now, f"application.{decision}", ("application", row.id), detail)
    return row


def delete_old_pictures(db: Session, objects: ObjectStore, now: datetime) -> int:
    """Delete the pictures whose time is over, at most a batch; returns how many."""
    query = (
        select(ApplicationPicture, Application)
        .join(Application, col(Application.id) == col(ApplicationPicture.application_id))
        .where(
            col(ApplicationPicture.sha256).is_not(None),
            col(Application.state).in_(("approved", "refused", "withdrawn")),
        )
        .order_by(col(ApplicationPicture.id))
    )
    deleted = 0
    for picture, row in db.exec(query):
        if deleted < BATCH and rules.due_for_deletion(picture.kind, row.state, row.decided_at, now):
            delete_picture(db, objects, picture, now)
            deleted += 1
    return deleted


def sweep(db: Session, objects: ObjectStore, now: datetime) -> int:
    """Delete files that no application knows: uploads whose saving failed. Returns how many."""
    known = set(db.exec(select(ApplicationPicture.sha256).where(col(ApplicationPicture.sha256).is_not(None))))
    before = (now - UNKNOWN_KEPT).timestamp()
    deleted = 0
    for path in objects.folder.glob("??/*"):
        if path.name not in known and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            deleted += 1
    return deleted
