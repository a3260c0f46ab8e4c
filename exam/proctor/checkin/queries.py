"""Check-ins that wait for a human: who, since when, and what is there to decide by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from exam.accounts.access import Caller
from exam.accounts.models import Person
from exam.core.errors import NotFound
from exam.core.i18n import current_locale
from exam.proctor.models import CheckIn, Proctored
from exam.scheduling.models import Exam
from exam.sessions.models import Sitting

SHOWN = 100


@dataclass(frozen=True)
class Waiting:
    """A check-in that waits, as the list shows it. `started`: the sitting has begun, it is checked afterwards."""

    sitting_id: int
    name: str
    exam: str
    room: int
    route: str
    since: datetime | None
    number: int
    started: bool


@dataclass(frozen=True)
class Shown:
    """One check-in with everything that a human decides by."""

    sitting: Sitting
    row: Proctored
    check_in: CheckIn
    name: str
    exam: str
    decided_by: str


def count_waiting(db: Session, institution_id: int) -> int:
    """How many check-ins of an institution wait."""
    query = select(func.count()).select_from(CheckIn)
    return db.exec(query.where(CheckIn.institution_id == institution_id, CheckIn.state == "waiting")).one()


def waiting(db: Session, institution_id: int) -> Sequence[Waiting]:
    """Those that wait, the candidates before the start first (they can't go on without), then by how long they wait."""
    rows = db.exec(
        select(CheckIn, Sitting, Person.name, Exam)
        .join(Sitting, col(Sitting.id) == col(CheckIn.sitting_id))
        .join(Person, col(Person.id) == col(Sitting.person_id))
        .join(Exam, col(Exam.id) == col(Sitting.exam_id))
        .where(CheckIn.institution_id == institution_id, CheckIn.state == "waiting")
        .order_by(col(Sitting.started_at).is_not(None), col(CheckIn.sent_at), col(CheckIn.sitting_id))
        .limit(SHOWN)
    ).all()
    ids = [check_in.sitting_id for check_in, *_ in rows]
    watched = {row.sitting_id: row for row in db.exec(select(Proctored).where(col(Proctored.sitting_id).in_(ids)))}
    return [
        Waiting(
            sitting_id=check_in.sitting_id,
            name=name,
            exam=title(exam),
            room=watched[check_in.sitting_id].room,
            route=watched[check_in.sitting_id].route,
            since=check_in.sent_at,
            number=check_in.number,
            started=sitting.started_at is not None,
        )
        for check_in, sitting, name, exam in rows
        if check_in.sitting_id in watched
    ]


def title(exam: Exam) -> str:
    """The exam's title in the language of the request."""
    return exam.title_en if current_locale.get() == "en" and exam.title_en else exam.title


def story(check_in: CheckIn) -> list[tuple[datetime, str, dict[str, Any]]]:
    """What happened on the way, in order: (when, "ladder" | "camera" | "sent" | "decided", what is to be told)."""
    steps = [(datetime.fromisoformat(each["at"]), "ladder", dict(each)) for each in check_in.ladder]
    if check_in.camera_ok_at:
        steps.append((check_in.camera_ok_at, "camera", {"advice": check_in.seen.get("advice", [])}))
    if check_in.sent_at:
        steps.append((check_in.sent_at, "sent", {}))
    if check_in.decided_at:
        steps.append((check_in.decided_at, "decided", {}))
    return sorted(steps, key=lambda step: step[0])


def one(db: Session, who: Caller, sitting_id: int) -> Shown:
    """A check-in of the caller's institution. Raises NotFound."""
    check_in, row, sitting = db.get(CheckIn, sitting_id), db.get(Proctored, sitting_id), db.get(Sitting, sitting_id)
    if check_in is None or row is None or sitting is None or sitting.institution_id != who.institution_id:
        raise NotFound
    people = [each for each in (sitting.person_id, check_in.decided_by) if each]
    names = dict(db.exec(select(Person.id, Person.name).where(col(Person.id).in_(people))).all())
    exam = db.get_one(Exam, sitting.exam_id)
    name, by = names.get(sitting.person_id, ""), names.get(check_in.decided_by, "")
    return Shown(sitting, row, check_in, name, title(exam), by)
