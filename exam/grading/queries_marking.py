"""What waits for markers, by exam and item, and what a marker has done. Nobody is named."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Session, col, select

from exam.accounts.access import Caller
from exam.grading.models import HumanMark, MarkingTask, Result
from exam.itembank.content import plain_text
from exam.itembank.models import Item, ItemVersion
from exam.scheduling.models import Exam

RECENT = 20


@dataclass(frozen=True)
class Line:
    """One item (or part of a case) of an exam that has written answers. `free` are those nobody else has in hand."""

    exam: Exam
    item_id: int
    part: str
    code: str
    stem: str
    out_of: Decimal
    waiting: int
    free: int
    done: int
    skipped: int

    @property
    def total(self) -> int:
        """All answers to it."""
        return self.waiting + self.done


def queue(db: Session, who: Caller, now: datetime) -> list[Line]:
    """Every item with answers to mark at the marker's institution: those with answers waiting, and those finished in
    exams in which others wait or whose results are not all released yet."""
    open_ = col(MarkingTask.open)
    taken = open_ & (col(MarkingTask.claimed_by) != who.person_id) & (col(MarkingTask.claimed_until) > now)
    query = (
        sa.select(
            col(MarkingTask.exam_id),
            col(MarkingTask.item_id),
            col(MarkingTask.part),
            sa.func.max(col(MarkingTask.version_id)),
            sa.func.max(col(MarkingTask.out_of)),
            sa.func.count().filter(open_),
            sa.func.count().filter(taken),
            sa.func.count(),
        )
        .where(col(MarkingTask.institution_id) == who.institution_id)
        .group_by(col(MarkingTask.exam_id), col(MarkingTask.item_id), col(MarkingTask.part))
        .order_by(col(MarkingTask.exam_id), col(MarkingTask.item_id), col(MarkingTask.part))
    )
    rows = db.connection().execute(query).all()
    exams = {e.id: e for e in db.exec(select(Exam).where(col(Exam.id).in_({row[0] for row in rows})))}
    codes = dict(db.exec(select(Item.id, Item.code).where(col(Item.id).in_({row[1] for row in rows}))).all())
    versions = {v.id: v for v in db.exec(select(ItemVersion).where(col(ItemVersion.id).in_({r[3] for r in rows})))}
    return [
        Line(
            exam=exams[exam],
            item_id=item,
            part=part,
            code=codes[item],
            stem=_stem(versions[version], part),
            out_of=out_of,
            waiting=waiting,
            free=waiting - in_others_hands,
            done=total - waiting,
            skipped=0,
        )
        for exam, item, part, version, out_of, waiting, in_others_hands, total in rows
    ]


def _stem(version: ItemVersion, part: str) -> str:
    content = version.content
    if part:
        content = next((each["content"] for each in content.get("parts", ()) if each["id"] == part), content)
    return plain_text(content.get("stem", ""))


@dataclass(frozen=True)
class Done:
    """An answer that a marker has marked, and whether they may still correct it."""

    task: MarkingTask
    mark: HumanMark
    stem: str
    correctable: bool


def recent(db: Session, who: Caller) -> list[Done]:
    """What a marker marked last, newest first."""
    newest = (
        select(sa.func.max(HumanMark.id))
        .where(HumanMark.institution_id == who.institution_id)
        .group_by(col(HumanMark.sitting_id), col(HumanMark.slot), col(HumanMark.part))
    )
    place = (
        (col(MarkingTask.sitting_id) == col(HumanMark.sitting_id))
        & (col(MarkingTask.slot) == col(HumanMark.slot))
        & (col(MarkingTask.part) == col(HumanMark.part))
    )
    rows: Sequence[tuple[HumanMark, MarkingTask]] = db.exec(
        select(HumanMark, MarkingTask)
        .join(MarkingTask, place)
        .where(
            HumanMark.marker_id == who.person_id,
            HumanMark.institution_id == who.institution_id,
            col(HumanMark.id).in_(newest),
        )
        .order_by(col(HumanMark.marked_at).desc(), col(HumanMark.id).desc())
        .limit(RECENT)
    ).all()
    sittings = {task.sitting_id for _, task in rows}
    out = set(
        db.exec(
            select(Result.sitting_id).where(
                col(Result.sitting_id).in_(sittings),
                col(Result.current),
                (col(Result.released_at).is_not(None) & col(Result.withdrawn_at).is_(None)) | (Result.state == "void"),
            )
        )
    )
    ids = {task.version_id for _, task in rows}
    versions = {v.id: v for v in db.exec(select(ItemVersion).where(col(ItemVersion.id).in_(ids)))}
    return [
        Done(task, mark, _stem(versions[task.version_id], task.part), task.sitting_id not in out and not task.open)
        for mark, task in rows
    ]


def waiting_count(db: Session, institution_id: int) -> int:
    """How many answers of an institution wait for a marker."""
    query = select(sa.func.count()).where(MarkingTask.institution_id == institution_id, col(MarkingTask.open))
    return int(db.exec(query).one())
