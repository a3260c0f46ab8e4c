"""What a batch of sittings is graded from, in few statements: the sittings, what counts in each slot, human marks."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
import sqlalchemy as sa
from sqlmodel import Session, col, select

from exam.grading.models import HumanMark, Result
from exam.grading.rules import Given
from exam.scheduling.models import Booking, Exam
from exam.sessions.models import Sitting, SittingEvent, SittingHead
from exam.sessions.service import newest_answers


@dataclass(frozen=True, slots=True)
class Source:
    """A submitted sitting and the head of its log. `number` is that of its current result, 0 when it has none."""

    sitting_id: int
    institution_id: int
    exam_id: int
    enrolment_id: int
    booking_id: int
    person_id: int
    paper_id: int
    seed: str
    state: str
    submitted_at: datetime
    chance: int
    window_opens: datetime | None
    log_hash: str
    number: int


@dataclass(frozen=True, slots=True)
class ExamTerms:
    """What of an exam grading needs."""

    id: int
    cut: Decimal
    release_rule: str
    release_at: datetime | None


def sources(db: Session, sitting_ids: Collection[int]) -> list[Source]:
    """The sittings that were handed in, in the order of their ids; others are left out."""
    number = (
        select(Result.number)
        .where(Result.sitting_id == Sitting.id, col(Result.current))
        .correlate(Sitting)
        .scalar_subquery()
    )
    own = ("id", "institution_id", "exam_id", "enrolment_id", "booking_id", "person_id", "paper_id", "seed", "state")
    query: Any = (
        sa.select(
            *(col(getattr(Sitting, name)) for name in (*own, "submitted_at")),
            col(Booking.chance),
            col(Booking.window_opens),
            col(SittingHead.hash),
            sa.func.coalesce(number, 0),
        )
        .join(Booking, col(Booking.id) == col(Sitting.booking_id))
        .join(SittingHead, col(SittingHead.sitting_id) == col(Sitting.id))
        .where(col(Sitting.id).in_(sitting_ids), col(Sitting.submitted_at).is_not(None))
        .order_by(col(Sitting.id))
    )
    rows: Any = db.connection().execute(query)
    return [Source(*row) for row in rows]


def exam_terms(db: Session, exam_ids: Iterable[int]) -> dict[int, ExamTerms]:
    """Cut score and release rule of each exam."""
    query = sa.select(col(Exam.id), col(Exam.cut_marks), col(Exam.release_rule), col(Exam.release_at))
    rows: Any = db.connection().execute(query.where(col(Exam.id).in_(set(exam_ids))))
    return {row[0]: ExamTerms(*row) for row in rows}


def counting_answers(db: Session, sitting_ids: Collection[int]) -> dict[int, dict[int, Given]]:
    """What counts in each sitting: the highest acknowledged revision of each slot (slot 0, the workspace, is none)."""
    newest: dict[int, dict[int, Given]] = defaultdict(dict)
    for sitting_id, slot, revision, response in _answers(db, sitting_ids):
        slots = newest[sitting_id]
        known = slots.get(slot)
        if known is None or known.revision < revision:
            slots[slot] = Given(revision, response)
    return newest


def _answers(db: Session, sitting_ids: Collection[int]) -> Iterable[tuple[int, int, int, Any]]:
    connection = db.connection()
    if connection.dialect.name == "sqlite":
        # All rows as one JSON text: each row of its own would give up the interpreter lock and queue for it again.
        found = connection.exec_driver_sql(
            "SELECT json_group_array(json_array(e.sitting_id, e.slot, e.revision, json(e.body)))"
            " FROM json_each(?) j JOIN sitting_event e ON e.sitting_id = j.value"
            " WHERE e.slot > 0 AND NOT EXISTS (SELECT 1 FROM sitting_event later"
            " WHERE later.sitting_id = e.sitting_id AND later.slot = e.slot AND later.revision > e.revision)",
            (orjson.dumps(list(sitting_ids)).decode(),),
        ).scalar()
        rows: list[tuple[int, int, int, Any]] = orjson.loads(found or "[]")
        return rows
    newest = newest_answers(sitting_ids)
    query = sa.select(
        col(SittingEvent.sitting_id), col(SittingEvent.slot), col(SittingEvent.revision), col(SittingEvent.body)
    ).join(
        newest,
        (newest.c.sitting_id == col(SittingEvent.sitting_id))
        & (newest.c.slot == col(SittingEvent.slot))
        & (newest.c.revision == col(SittingEvent.revision)),
    )
    found_rows: Any = db.connection().execute(query)
    return [(row[0], row[1], row[2], orjson.loads(row[3])) for row in found_rows]


def human_marks(db: Session, sitting_ids: Collection[int]) -> dict[int, dict[tuple[int, str], HumanMark]]:
    """The marks that count: the latest of each part."""
    found: dict[int, dict[tuple[int, str], HumanMark]] = defaultdict(dict)
    rows = db.exec(select(HumanMark).where(col(HumanMark.sitting_id).in_(sitting_ids)).order_by(col(HumanMark.number)))
    for row in rows:
        found[row.sitting_id][(row.slot, row.part)] = row
    return found
