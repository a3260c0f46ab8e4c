"""What waits for markers: made when a result awaits marking, closed when there is nothing to mark any more."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from sqlalchemy import insert, update
from sqlmodel import Session, col, select

from exam.grading.models import MarkingTask
from exam.grading.rules import Grading, ToMark, to_mark

NUMBERS = 10**15


class Sat(Protocol):
    """A sitting's ids, as `Source` and `Result` have them."""

    @property
    def sitting_id(self) -> int: ...
    @property
    def institution_id(self) -> int: ...
    @property
    def exam_id(self) -> int: ...


def settle_tasks(db: Session, graded: Iterable[tuple[Sat, Grading | None]], now: datetime) -> None:
    """Have exactly the answers that wait for a marker open in the queue (`None`: nothing of the sitting is)."""
    pairs = list(graded)
    known = {
        (row.sitting_id, row.slot, row.part): row
        for row in db.exec(
            select(MarkingTask).where(col(MarkingTask.sitting_id).in_([sat.sitting_id for sat, _ in pairs]))
        )
    }
    new, closed = [], {place: row for place, row in known.items() if row.open}
    for sat, grading in pairs:
        for each in to_mark(grading) if grading else ():
            place = (sat.sitting_id, each.slot, each.part)
            if place in known:
                closed.pop(place, None)
                _reopen(db, known[place], each)
                continue
            new.append(
                {
                    "number": secrets.randbelow(NUMBERS) + 1,
                    "institution_id": sat.institution_id,
                    "exam_id": sat.exam_id,
                    "sitting_id": sat.sitting_id,
                    "item_id": each.item_id,
                    "version_id": each.version_id,
                    "slot": each.slot,
                    "part": each.part,
                    "out_of": each.out_of,
                    "open": True,
                    "skipped_by": [],
                    "created_at": now,
                }
            )
    if new:
        db.connection().execute(insert(MarkingTask), new)
    if closed:
        ids = [row.id for row in closed.values()]
        db.connection().execute(update(MarkingTask).where(col(MarkingTask.id).in_(ids)).values(open=False))


def _reopen(db: Session, task: MarkingTask, wanted: ToMark) -> None:
    if not task.open or (task.version_id, task.out_of) != (wanted.version_id, wanted.out_of):
        task.open, task.version_id, task.out_of = True, wanted.version_id, wanted.out_of
        db.add(task)
        db.flush()
