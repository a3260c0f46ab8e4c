"""Parts of the first page: what opens next and what waits for the exam office, what is next for a candidate."""

from datetime import datetime

from sqlmodel import Session

from exam.accounts.access import Caller
from exam.accounts.permissions import Permission
from exam.core.web import Panel
from exam.scheduling import queries
from exam.scheduling.queries_mine import my_enrolments
from exam.scheduling.view import HELPERS

FINISHED = ("passed", "select-anew", "cancelled")


def candidate_panels(db: Session, who: Caller, now: datetime) -> list[Panel]:
    """What is next, by when, and what stands between the candidate and their certificate."""
    if Permission.SITTING_TAKE not in who.permissions:
        return []
    mine = my_enrolments(db, who, now)
    current = [one for one in mine if one.next.step not in FINISHED]
    finished = [one for one in mine if one.next.step in FINISHED]
    return [Panel(10, "scheduling/_home_candidate.html", {**HELPERS, "current": current, "finished": finished})]


def registrar_panels(db: Session, who: Caller, now: datetime) -> list[Panel]:
    """What opens next, and what waits for a decision."""
    if Permission.EXAM_MANAGE not in who.permissions:
        return []
    rows = queries.exam_rows(db, who.institution_id, now)
    drafts = [row for row in rows if row.exam.state == "draft"]
    open_rows = [row for row in rows if row.exam.state == "open"]
    soonest = min((row.window for row in open_rows if row.window), default=None)
    context = {
        **HELPERS,
        "rows": rows,
        "drafts": drafts,
        "open_rows": open_rows,
        "soonest": soonest,
        "soonest_open": soonest is not None and soonest.holds(now),
        "booked": sum(row.booked for row in open_rows),
        "unfinished": [row for row in open_rows if row.unfinished and row.needs_course],
    }
    return [Panel(20, "scheduling/_home_registrar.html", context)]
