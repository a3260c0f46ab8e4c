"""Which results wait for a human's decision about their sitting; whoever releases results asks here."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from exam.proctor.models import CheckIn, Proctored
from exam.proctor.models_incidents import Appeal, Incident, VoidProposal
from exam.proctor.review.rules import UNDECIDED, Hold, Open, hold
from exam.sessions.models import Sitting

CHUNK = 5000  # ids in one statement; SQLite takes some 32 000


def held(db: Session, sitting_ids: Collection[int]) -> dict[int, Hold]:
    """Those of the sittings whose results wait: what for, and since when. Unwatched ones never do."""
    ids = sorted(sitting_ids)
    found: dict[int, Hold] = {}
    for start in range(0, len(ids), CHUNK):
        found |= _held(db, ids[start : start + CHUNK])
    return found


def _held(db: Session, ids: Collection[int]) -> dict[int, Hold]:
    rows: Any = db.connection().execute(
        select(col(Proctored.sitting_id), col(Proctored.terms), col(Proctored.reviewed_at), col(Sitting.submitted_at))
        .join(Sitting, col(Sitting.id) == col(Proctored.sitting_id))
        .where(col(Proctored.sitting_id).in_(ids))
    )
    watched = {row[0]: row for row in rows}
    if not watched:
        return {}
    oldest, unseen = _oldest(db, watched), _unseen(db, watched)
    found = {}
    for sitting_id, (_, terms, reviewed_at, ended_at) in watched.items():
        since = {name: oldest.get((sitting_id, name)) for name in ("open", "sent-on", "appeal", "void")}
        one = hold(
            Open(
                hold_results=bool(terms.get("hold_results", True)),
                settled=reviewed_at is not None,
                ended_at=ended_at,
                incident_since=since["open"],
                office_since=since["sent-on"],
                appeal_since=since["appeal"],
                void_since=since["void"],
                unseen=terms.get("identity") == "after" and sitting_id in unseen,
            )
        )
        if one is not None:
            found[sitting_id] = one
    return found


def _oldest(db: Session, ids: Iterable[int]) -> dict[tuple[int, str], datetime]:
    """Of each sitting, since when the oldest of each kind of thing waits."""
    wanted = list(ids)
    incidents = (
        select(col(Incident.sitting_id), col(Incident.state), sa.func.min(col(Incident.noted_at)))
        .where(col(Incident.sitting_id).in_(wanted), col(Incident.state).in_(UNDECIDED))
        .group_by(col(Incident.sitting_id), col(Incident.state))
    )
    found = {(row[0], row[1]): row[2] for row in db.connection().execute(incidents)}
    appeals = (
        select(col(Appeal.sitting_id), sa.func.min(col(Appeal.made_at)))
        .where(col(Appeal.sitting_id).in_(wanted), Appeal.state == "open")
        .group_by(col(Appeal.sitting_id))
    )
    found |= {(row[0], "appeal"): row[1] for row in db.connection().execute(appeals)}
    proposals = (
        select(col(VoidProposal.sitting_id), sa.func.min(col(VoidProposal.proposed_at)))
        .where(col(VoidProposal.sitting_id).in_(wanted), col(VoidProposal.decided_at).is_(None))
        .group_by(col(VoidProposal.sitting_id))
    )
    return found | {(row[0], "void"): row[1] for row in db.connection().execute(proposals)}


def _unseen(db: Session, ids: Iterable[int]) -> set[int]:
    """The sittings whose check-in waits for a human."""
    query = select(CheckIn.sitting_id).where(col(CheckIn.sitting_id).in_(list(ids)), CheckIn.state == "waiting")
    return set(db.exec(query))


def holding() -> Any:
    """The ids of all sittings whose results wait, as a subquery: the same as `held`, for statements over many.

    The two are held together by a test that goes through every combination.
    """
    own = col(Proctored.sitting_id)
    undecided = _there(select(Incident.id).where(Incident.sitting_id == own, col(Incident.state).in_(UNDECIDED)))
    appealed = _there(select(Appeal.id).where(Appeal.sitting_id == own, Appeal.state == "open"))
    proposed = _there(
        select(VoidProposal.id).where(VoidProposal.sitting_id == own, col(VoidProposal.decided_at).is_(None))
    )
    ended = _there(select(Sitting.id).where(Sitting.id == own, col(Sitting.submitted_at).is_not(None)))
    waits = col(Proctored.terms)["hold_results"].as_boolean()
    afterwards = col(Proctored.terms)["identity"].as_string() == "after"
    unseen = _there(select(CheckIn.sitting_id).where(CheckIn.sitting_id == own, CheckIn.state == "waiting"))
    unsettled = sa.and_(col(Proctored.reviewed_at).is_(None), ended)
    return select(own).where(
        proposed | sa.and_(waits, undecided | appealed | unsettled | sa.and_(afterwards, unseen, ended))
    )


def _there(query: Any) -> Any:
    return query.correlate(Proctored).exists()
