"""Part of the first page of whoever decides: what waits, and for how long."""

from datetime import datetime

from sqlmodel import Session

from exam.accounts.access import Caller
from exam.accounts.permissions import Permission
from exam.core.web import Panel
from exam.proctor.review import queries as queries_review
from exam.proctor.review.view import waited


def review_panel(db: Session, who: Caller, now: datetime) -> list[Panel]:
    """Sittings that wait for decisions; for the exam office proposals to void and appeals as well."""
    if Permission.INCIDENT_DECIDE not in who.permissions:
        return []
    counts = queries_review.counts(db, who, queries_review.Chosen())
    office = queries_review.office(who)
    proposals = len(queries_review.open_proposals(db, who)) if office else 0
    appeals = queries_review.open_appeals(db, who) if office else 0
    if not (counts.sittings or proposals or appeals):
        return []
    context = {
        "queue_sittings": counts.sittings,
        "queue_incidents": counts.incidents,
        "oldest": counts.oldest,
        "proposals": proposals,
        "appeals": appeals,
        "waited": waited,
        "now": now,
    }
    return [Panel(14, "proctor/_home_review.html", context)]
