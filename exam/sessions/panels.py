"""Part of the first page of whoever watches sittings: who is writing now, and who may come."""

from datetime import datetime

from sqlmodel import Session, col, func, select

from exam.accounts.access import Caller
from exam.accounts.models import Person
from exam.accounts.permissions import Permission
from exam.core.i18n import current_locale
from exam.core.web import Panel
from exam.scheduling.models import Booking, Exam
from exam.sessions.models import Sitting
from exam.sessions.states import RUNNING, State

SHOWN = 5


def watch_panel(db: Session, who: Caller, now: datetime) -> list[Panel]:
    """Sittings under way, those that end first on top, and how many are ready to start."""
    if Permission.SITTING_WATCH not in who.permissions:
        return []
    under_way = (Sitting.institution_id == who.institution_id, col(Sitting.state).in_(RUNNING))
    rows = db.exec(
        select(Sitting, Person.name, Exam)
        .join(Person, col(Person.id) == col(Sitting.person_id))
        .join(Exam, col(Exam.id) == col(Sitting.exam_id))
        .where(*under_way)
        .order_by(col(Sitting.deadline), col(Sitting.id))
        .limit(SHOWN)
    ).all()
    open_now = col(Booking.window_opens).is_(None) | (
        (col(Booking.window_opens) <= now) & (col(Booking.window_closes) > now)
    )
    ready = (
        select(func.count())
        .select_from(Sitting)
        .join(Booking, col(Booking.id) == col(Sitting.booking_id))
        .where(Sitting.institution_id == who.institution_id, Sitting.state == State.PREPARED, open_now)
    )
    english = current_locale.get() == "en"
    context = {
        "under_way": db.exec(select(func.count()).select_from(Sitting).where(*under_way)).one(),
        "ready": db.exec(ready).one(),
        "rows": [
            (sitting, name, exam.title_en if english and exam.title_en else exam.title) for sitting, name, exam in rows
        ],
    }
    return [Panel(12, "sessions/_home_watch.html", context)]
