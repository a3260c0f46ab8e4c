"""Part of the first page of whoever watches: who needs somebody now."""

from datetime import datetime

from sqlmodel import Session, col, func, select

from exam.accounts.access import Caller
from exam.accounts.permissions import Permission
from exam.core.web import Panel
from exam.proctor.incidents import words as incident_words
from exam.proctor.models import Proctored
from exam.proctor.wall import queries as queries_wall
from exam.proctor.wall import view as wall_view
from exam.sessions.models import Sitting
from exam.sessions.states import RUNNING

SHOWN = 5


def wall_panel(db: Session, who: Caller, now: datetime) -> list[Panel]:
    """Undecided incidents of weight that go on, the worst first; nothing where nobody is watched at all."""
    if Permission.SITTING_SUPERVISE not in who.permissions:
        return []
    watched = select(func.count()).select_from(Sitting).join(Proctored, col(Proctored.sitting_id) == col(Sitting.id))
    here = (Sitting.institution_id == who.institution_id, col(Sitting.state).in_(RUNNING))
    count = db.exec(watched.where(*here)).one()
    if not count:
        return []
    found, total = queries_wall.needing(db, who.institution_id, SHOWN)
    rows = [
        (
            row,
            name,
            incident_words.sentence(row),
            wall_view.SEVERITY_KIND[row.severity],
            wall_view.ICONS.get(row.kind, "flag"),
        )
        for row, name in found
    ]
    return [Panel(8, "proctor/_home_wall.html", {"rows": rows, "more": total - len(rows), "watched": count})]
