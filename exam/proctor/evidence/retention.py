"""Pictures and observations of sittings that go: on time, or because the candidate's request was granted.

Rows first: marked as erased, emptied of what was seen, with a link in the sitting's log that says what went, when and
by which rule. Files after the commit, where nobody else needs them. What is cut off in between is left to
`core.keeping.sweep`. The log still verifies: it never held more than hashes.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, null, update
from sqlmodel import Session, col, select

from exam.accounts.access import Caller
from exam.core import audit, keeping
from exam.core.db import Database
from exam.core.decisions import Refusal
from exam.core.errors import NotFound, Refused
from exam.core.objects import ObjectStore
from exam.proctor.evidence import rules_retention as rules
from exam.proctor.evidence.rules_retention import Held
from exam.proctor.models import CheckIn, Frame, Proctored
from exam.proctor.models_incidents import Appeal, Incident, VoidProposal
from exam.proctor.review.service_appeals import against, appeals_of
from exam.proctor.terms import terms_of
from exam.sessions import ledger, service
from exam.sessions.instants import instant, micros
from exam.sessions.models import Sitting, SittingEvent, SittingHead
from exam.sessions.states import RUNNING, State

ERASED = "pictures.erased"
"""The kind of the tombstone. It says `rule`, `days` (of the policy), `reason`, `by` (a person, or null), `check_in`
(name to hash) and `frames`: how many were erased up to now, and `rules.frames_digest` of them."""
BATCH = 50
LEAST_DAYS = timedelta(days=1)  # no policy keeps pictures for less


def erase(db: Session, objects: ObjectStore, sitting_id: int, who: Caller, now: datetime, reason: str) -> int:
    """Delete the pictures and observations of a sitting because its candidate asked for it; how many pictures went.

    Raises NotFound for another institution's or one that is not watched, Refused while the sitting may go on or
    something about it is undecided (`evidence-…`, see `retention_rules`)."""
    sitting = db.get(Sitting, sitting_id)
    row = db.get(Proctored, sitting_id)
    if sitting is None or row is None or sitting.institution_id != who.institution_id:
        raise NotFound
    why = rules.refuse_request(ended_at(db, sitting), held(db, sitting_id))
    if why is not None:
        raise Refused(Refusal(why))
    gone = _erase(db, row, {"rule": rules.ON_REQUEST, "reason": reason, "by": who.person_id}, now)
    keeping.remove_unneeded(db, objects, gone)
    return len(gone)


def erase_due(database: Database, objects: ObjectStore, now: datetime) -> int:
    """Delete what is due of at most a batch of sittings, each in a transaction of its own; how many sittings."""
    with database.reading() as db:
        found = due_ids(db, now)
    done = 0
    for sitting_id in found[:BATCH]:
        unneeded: list[str] = []
        with database.transaction() as db:
            row, sitting = db.get_one(Proctored, sitting_id), db.get_one(Sitting, sitting_id)
            if row.erased_at is None and is_due(db, row, sitting, now):
                gone = _erase(db, row, {"rule": rules.ON_TIME, "reason": "", "by": None}, now)
                unneeded = keeping.unneeded(db, gone)
                done += 1
        keeping.remove(objects, unneeded)  # nobody who writes waits for it
    return done


def due_ids(db: Session, now: datetime) -> list[int]:
    """The sittings whose pictures are due."""
    query = (
        select(Proctored, Sitting)
        .join(Sitting, col(Sitting.id) == col(Proctored.sitting_id))
        .where(
            col(Proctored.erased_at).is_(None),
            col(Proctored.made_at) < now - LEAST_DAYS,
            col(Sitting.state).not_in(RUNNING),
        )
        .order_by(col(Proctored.sitting_id))
    )
    return [row.sitting_id for row, sitting in db.exec(query).all() if is_due(db, row, sitting, now)]


def is_due(db: Session, row: Proctored, sitting: Sitting, now: datetime) -> bool:
    """Whether the pictures of a watched sitting are to go now (`retention_rules.due`)."""
    keep_days, ended = terms_of(row).keep_days, ended_at(db, sitting)
    if not rules.due(ended, keep_days, Held(), now):
        return False  # most are not, and what holds the others takes more questions
    return rules.due(ended, keep_days, held(db, row.sitting_id), now)


def kept_until(db: Session, row: Proctored) -> datetime | None:
    """From when the pictures of a watched sitting may be deleted as things are; None while it may go on."""
    sitting = db.get_one(Sitting, row.sitting_id)
    return rules.delete_from(ended_at(db, sitting), terms_of(row).keep_days, _appeal_until(db, row, sitting))


def ended_at(db: Session, sitting: Sitting) -> datetime | None:
    """When a sitting was over; None while it may go on."""
    newest = None
    if sitting.submitted_at is None:
        at = select(SittingEvent.at).join(SittingHead, col(SittingHead.sitting_id) == col(SittingEvent.sitting_id))
        found = db.exec(at.where(SittingEvent.sitting_id == sitting.id, SittingEvent.seq == SittingHead.seq)).first()
        newest = None if found is None else instant(found)
    return rules.ended_at(sitting.state, sitting.submitted_at, sitting.window_closes, newest)


def held(db: Session, sitting_id: int) -> Held:
    """What still needs the pictures of a watched sitting."""
    undecided = select(func.count()).where(
        Incident.sitting_id == sitting_id, col(Incident.state).in_(("open", "sent-on"))
    )
    appeals = select(func.count()).where(Appeal.sitting_id == sitting_id, Appeal.state == "open")
    proposals = select(func.count()).where(
        VoidProposal.sitting_id == sitting_id, col(VoidProposal.decided_at).is_(None)
    )
    row, sitting = db.get_one(Proctored, sitting_id), db.get_one(Sitting, sitting_id)
    until, unseen = _appeal_until(db, row, sitting), _unseen(db, row, sitting)
    return Held(db.exec(undecided).one(), db.exec(appeals).one(), db.exec(proposals).one(), until, unseen)


def _unseen(db: Session, row: Proctored, sitting: Sitting) -> bool:
    """Whether the identity of a sitting that counts was to be looked at afterwards, and nobody has."""
    if sitting.state != State.SUBMITTED or terms_of(row).identity != "after":
        return False
    check_in = db.get(CheckIn, row.sitting_id)
    return check_in is not None and check_in.state == "waiting"


def _appeal_until(db: Session, row: Proctored, sitting: Sitting) -> datetime | None:
    earlier = [each.made_at for each in appeals_of(db, row.sitting_id)]
    return rules.open_to_appeal_until(against(db, sitting), earlier, terms_of(row).appeal_days)


def _erase(db: Session, row: Proctored, said: dict[str, Any], now: datetime) -> set[str]:
    """Empty the rows, write the tombstone and the audit log; the hashes of the files that may go after the commit."""
    sitting_id = row.sitting_id
    batch = ledger.open_heads(db, {}, [sitting_id])  # first: nobody else writes of this sitting until we are done
    check_in = db.get(CheckIn, sitting_id)
    shown = {} if check_in is None else dict(check_in.pictures)
    gone = set(shown.values()) | set(
        db.exec(select(Frame.picture).where(Frame.sitting_id == sitting_id, col(Frame.erased).is_(False)))
    )
    table: Any = Frame.__table__  # type: ignore[attr-defined]
    kept = update(table).where(table.c.sitting_id == sitting_id, table.c.erased.is_(False))
    db.connection().execute(kept.values(erased=True, observation=null()))
    if check_in is not None:
        check_in.pictures, check_in.baseline, check_in.seen = {}, None, {}
        db.add(check_in)
    row.erased_at = now
    db.add(row)
    db.flush()
    db.expire_all()
    if gone:
        frames = select(Frame.number, Frame.picture).where(Frame.sitting_id == sitting_id)
        count, digest = rules.frames_digest(db.exec(frames.order_by(col(Frame.number))))
        body = {**said, "check_in": shown, "frames": {"count": count, "digest": digest}}
        body["days"] = terms_of(db.get_one(Proctored, sitting_id)).keep_days
        ledger.append(batch, batch.lives[sitting_id], ERASED, micros(now), ledger.as_body(body))
        ledger.flush(batch)
        service.expire(db, sitting_id)
        _record(db, db.get_one(Proctored, sitting_id), said, len(gone), now)
    return gone


def _record(db: Session, row: Proctored, said: dict[str, Any], count: int, now: datetime) -> None:
    audit.record(
        db,
        at=now,
        action="proctor.pictures-erased",
        subject=("sitting", row.sitting_id),
        institution_id=row.institution_id,
        actor_id=said["by"],
        detail={"count": count, "rule": said["rule"], "reason": said["reason"]},
    )


def _among(db: Session, digests: Collection[str]) -> set[str]:
    frames = select(Frame.picture).where(col(Frame.picture).in_(digests), col(Frame.erased).is_(False))
    found = set(db.exec(frames.distinct()))
    missing = set(digests) - found
    if missing:
        # Three pictures a sitting, in a column that no index reaches into; only of sittings that still have theirs.
        shown = select(CheckIn.pictures).join(Proctored, col(Proctored.sitting_id) == col(CheckIn.sitting_id))
        for pictures in db.exec(shown.where(col(Proctored.erased_at).is_(None))):
            found |= missing & set(pictures.values())
    return found


def _any_row(db: Session) -> bool:
    return any(db.exec(query).first() is not None for query in (select(Frame.number), select(CheckIn.sitting_id)))


keeping.keepers["proctor"] = keeping.Keeper(_among, _any_row)
