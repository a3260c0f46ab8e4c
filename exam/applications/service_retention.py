"""Pictures that go: at the candidate's request, and when their time is over.

A picture's row stays and says when it was deleted; the file goes once that is committed (`core.keeping`).
"""

from datetime import datetime

from sqlmodel import Session, col, select

from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.applications import rules
from exam.applications.models import Application, ApplicationPicture
from exam.applications.service import delete_picture, own, pictures_of
from exam.core import audit
from exam.core.db import Database
from exam.core.decisions import Refusal
from exam.core.errors import Refused
from exam.core.objects import ObjectStore

BATCH = 200


def erase(db: Session, objects: ObjectStore, who: Caller, application_id: int, now: datetime) -> list[str]:
    """Delete what the candidate may have deleted before its time (`rules.erasable`); returns the kinds that went.
    Raises NotFound for anybody else's, Refused where there is nothing."""
    row = own(db, who, application_id, lock=True)
    gone = [picture for picture in pictures_of(db, row) if rules.erasable(picture.kind, row.state)]
    if not gone:
        raise Refused(Refusal("application-nothing-to-erase"))
    for picture in gone:
        delete_picture(db, objects, picture, now)
    kinds = [picture.kind for picture in gone]
    deeds.record_by(db, who, now, "application.erase", ("application", row.id), {"picture": kinds})
    return kinds


def delete_old_pictures(database: Database, objects: ObjectStore, now: datetime) -> int:
    """Delete the pictures whose time is over, of at most a batch of applications, each in a transaction of its own;
    returns how many pictures went."""
    with database.reading() as db:
        due = _due(db, now)
    deleted = 0
    for application_id in due[:BATCH]:
        with database.transaction() as db:
            deleted += _delete_due(db, objects, application_id, now)
    return deleted


def _due(db: Session, now: datetime) -> list[int]:
    query = select(Application.id, Application.state, Application.decided_at, ApplicationPicture)
    query = query.join(ApplicationPicture, col(ApplicationPicture.application_id) == col(Application.id))
    query = query.where(col(ApplicationPicture.sha256).is_not(None), Application.state != "sent")
    found = {
        application_id or 0
        for application_id, state, decided_at, picture in db.exec(query)
        if rules.due_for_deletion(picture.kind, state, decided_at, picture.added_at, now)
    }
    return sorted(found)


def _delete_due(db: Session, objects: ObjectStore, application_id: int, now: datetime) -> int:
    query = select(Application).where(Application.id == application_id).with_for_update()
    row = db.exec(query.execution_options(populate_existing=True)).one()
    due = [
        picture
        for picture in pictures_of(db, row)
        if rules.due_for_deletion(picture.kind, row.state, row.decided_at, picture.added_at, now)
    ]
    for picture in due:
        delete_picture(db, objects, picture, now)
    if due:
        audit.record(
            db,
            at=now,
            action="application.expire",
            subject=("application", row.id),
            institution_id=row.institution_id,
            actor_id=None,
            detail={"picture": [picture.kind for picture in due]},
        )
    return len(due)
