"""What shows a sitting's page, looked up for many requests at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from exam.seb.keyring import Keyring
from exam.sessions.models import Sitting


@dataclass(slots=True)
class Shown:
    """A sitting as its page needs it. `seb`: its exam requires Safe Exam Browser."""

    person_id: int
    state: str
    exam_id: int
    paper_id: int
    seed: str
    deadline: datetime | None
    seb: bool = False


def look_up(db: Session, ids: Sequence[int], keyring: Keyring) -> list[Shown | None]:
    """The sittings of these ids, in the same order; None for those that don't exist."""
    rows = db.connection().execute(
        select(
            *(col(Sitting.id), col(Sitting.person_id), col(Sitting.state), col(Sitting.exam_id)),
            *(col(Sitting.paper_id), col(Sitting.seed), col(Sitting.deadline)),
        ).where(col(Sitting.id).in_(set(ids)))  # type: ignore[call-overload]
    )
    required = keyring.fresh(db)
    found = {row[0]: Shown(*row[1:]) for row in rows}
    for each in found.values():
        each.seb = each.exam_id in required
    return [found.get(sitting_id) for sitting_id in ids]
