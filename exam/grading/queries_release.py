"""What waits for marking or for its release, by exam and window; and what the exam office may decide about items."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from exam.accounts.models import Person
from exam.grading.models import KeyDecision, MarkingTask, Result
from exam.grading.queries_sheet import RELEASED
from exam.grading.rules_release import Release, release
from exam.itembank.content import plain_text
from exam.itembank.models import Item, ItemVersion, PaperItem
from exam.proctor.review.holds import holding
from exam.scheduling.models import Exam, ExamPaper


@dataclass(frozen=True)
class Group:
    """The results of an exam's window: how many wait for marking, are final but not public, public, taken back.

    `held` of those that are not public wait for a human's decision about their sitting."""

    exam: Exam
    window_opens: datetime | None
    marking: int
    tasks: int
    final: int
    released: int
    withdrawn: int
    passed: int
    rule: Release
    held: int = 0

    @property
    def total(self) -> int:
        """All results that count."""
        return self.marking + self.final + self.released + self.withdrawn


def groups(db: Session, institution_id: int, now: datetime) -> list[Group]:
    """Every exam's window with results, those that wait for something first, newest first."""
    final = col(Result.state) == "final"
    back = col(Result.withdrawn_at).is_not(None)
    query = (
        sa.select(
            col(Result.exam_id),
            col(Result.window_opens),
            sa.func.count().filter(col(Result.state) == "awaiting-marking"),
            sa.func.count().filter(sa.and_(final, col(Result.released_at).is_(None), sa.not_(back))),
            sa.func.count().filter(RELEASED),
            sa.func.count().filter(sa.and_(final, back)),
            sa.func.count().filter(sa.and_(final, col(Result.passed).is_(True))),
            sa.func.max(col(Result.submitted_at)),
            sa.func.count().filter(
                sa.and_(final, sa.not_(RELEASED), col(Result.sitting_id).in_(holding())),
            ),
        )
        .where(col(Result.institution_id) == institution_id, col(Result.current), col(Result.state) != "void")
        .group_by(col(Result.exam_id), col(Result.window_opens))
    )
    rows: Any = db.connection().execute(query).all()
    exams = {exam.id: exam for exam in db.exec(select(Exam).where(col(Exam.id).in_({row[0] for row in rows})))}
    open_tasks = _open_tasks(db, institution_id)
    found = []
    for exam_id, window, marking, waiting, out, back_, passed, _, held in sorted(
        rows, key=lambda row: row[7], reverse=True
    ):
        exam = exams[exam_id]
        state = "awaiting-marking" if marking and not waiting else "final"
        rule = release(exam.release_rule, exam.release_at, state, marking > 0, back_ > 0 and not waiting, now)
        tasks = open_tasks.get((exam_id, window), 0)
        found.append(Group(exam, window, marking, tasks, waiting, out, back_, passed, rule, held))
    return sorted(found, key=lambda group: not (group.marking or group.final or group.withdrawn))


def _open_tasks(db: Session, institution_id: int) -> dict[tuple[int, datetime | None], int]:
    query = (
        sa.select(col(Result.exam_id), col(Result.window_opens), sa.func.count())
        .select_from(MarkingTask)
        .join(Result, (col(Result.sitting_id) == col(MarkingTask.sitting_id)) & col(Result.current))
        .where(col(MarkingTask.institution_id) == institution_id, col(MarkingTask.open))
        .group_by(col(Result.exam_id), col(Result.window_opens))
    )
    return {(row[0], row[1]): row[2] for row in db.connection().execute(query)}


@dataclass(frozen=True)
class ExamItem:
    """An item of an exam's papers, its versions, and the decision that counts for it."""

    item: Item
    stem: str
    versions: tuple[ItemVersion, ...]
    used: frozenset[int]
    ruling: str


def exam_items(db: Session, exam_id: int) -> list[ExamItem]:
    """The items of an exam's papers by code."""
    lines = db.exec(
        select(PaperItem)
        .join(ExamPaper, col(ExamPaper.paper_id) == col(PaperItem.paper_id))
        .where(ExamPaper.exam_id == exam_id)
    ).all()
    used: dict[int, set[int]] = {}
    for line in lines:
        used.setdefault(line.item_id, set()).add(line.version_id)
    versions: dict[int, list[ItemVersion]] = {}
    for version in db.exec(
        select(ItemVersion).where(col(ItemVersion.item_id).in_(used)).order_by(col(ItemVersion.number))
    ):
        versions.setdefault(version.item_id, []).append(version)
    latest = {decision.item_id: decision for decision in _decisions(db, exam_id)}
    items = db.exec(select(Item).where(col(Item.id).in_(used)).order_by(col(Item.code))).all()
    found = []
    for item in items:
        own = versions[item.id or 0]
        shown = next(version for version in own if version.id in used[item.id or 0])
        decision = latest.get(item.id or 0)
        ruling = decision.kind if decision and decision.kind != "as-set" else ""
        stem = plain_text(shown.content.get("stem", ""))
        found.append(ExamItem(item, stem, tuple(own), frozenset(used[item.id or 0]), ruling))
    return found


def _decisions(db: Session, exam_id: int) -> list[KeyDecision]:
    query = select(KeyDecision).where(KeyDecision.exam_id == exam_id).order_by(col(KeyDecision.id))
    return list(db.exec(query))


@dataclass(frozen=True)
class Decided:
    """A decision with the names of its item and of who made it; `changed` results got a new row by it."""

    decision: KeyDecision
    item_code: str
    by: str
    changed: int


def decisions(db: Session, exam_id: int) -> list[Decided]:
    """An exam's decisions, newest first."""
    rows = _decisions(db, exam_id)
    codes = dict(db.exec(select(Item.id, Item.code).where(col(Item.id).in_({row.item_id for row in rows}))).all())
    people = dict(
        db.exec(select(Person.id, Person.name).where(col(Person.id).in_({row.decided_by for row in rows}))).all()
    )
    counted = sa.select(col(Result.decision_id), sa.func.count()).where(
        col(Result.exam_id) == exam_id, col(Result.decision_id).is_not(None)
    )
    counts = {row[0]: row[1] for row in db.connection().execute(counted.group_by(col(Result.decision_id)))}
    return [Decided(row, codes[row.item_id], people[row.decided_by], counts.get(row.id, 0)) for row in reversed(rows)]
