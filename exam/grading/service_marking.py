"""Marking written answers: who has which answer in hand, what was given, and corrections.

A marker knows an answer by a random number only; nothing here returns a person or a sitting to a page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, func, select

from exam.accounts.access import Caller
from exam.core import audit
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Refused
from exam.grading import service
from exam.grading.models import HumanMark, MarkingTask, Result
from exam.grading.rules_marking import CLAIM_FOR, TOTAL, Criterion, Marked, judge
from exam.grading.sources import counting_answers
from exam.itembank.models import ItemVersion
from exam.itembank.types.base import divide

LOOK = 1000


@dataclass(frozen=True)
class Shown:
    """An answer as its marker sees it. `passage` is the case's text, "" outside a case; texts are Markdown."""

    task: MarkingTask
    passage: str
    stem: str
    model_answer: str
    criteria: tuple[Criterion, ...]
    answer: str
    min_length: int
    max_length: int
    given: HumanMark | None


def take_next(db: Session, who: Caller, exam_id: int, item_id: int, part: str, now: datetime) -> MarkingTask | None:
    """Hand out the next answer to one item: the one already in hand, else one nobody has, in random order; those the
    marker passed on come last. None when nothing is left."""
    waiting = (
        MarkingTask.institution_id == who.institution_id,
        MarkingTask.exam_id == exam_id,
        MarkingTask.item_id == item_id,
        MarkingTask.part == part,
        col(MarkingTask.open),
    )
    query = select(MarkingTask).where(*waiting).order_by(col(MarkingTask.number)).limit(LOOK)
    free = (
        (col(MarkingTask.claimed_by) == who.person_id)
        | col(MarkingTask.claimed_by).is_(None)
        | (col(MarkingTask.claimed_until) <= now)
    )
    rows = db.exec(query.where(free).with_for_update(skip_locked=True)).all()
    best = min(
        rows,
        key=lambda row: (not _in_hand(row, who), who.person_id in row.skipped_by, row.number),
        default=None,
    )
    if best is not None:
        best.claimed_by, best.claimed_until = who.person_id, now + CLAIM_FOR
        db.add(best)
        db.flush()
    return best


def _in_hand(task: MarkingTask, who: Caller) -> bool:
    """Whether the marker has it: after their time is over too, as long as nobody else has taken it meanwhile."""
    return task.claimed_by == who.person_id


def task_of(db: Session, who: Caller, number: int, *, lock: bool = False) -> MarkingTask:
    """A task of the marker's institution; raises `NotFound`."""
    query = select(MarkingTask).where(MarkingTask.number == number, MarkingTask.institution_id == who.institution_id)
    found = db.exec(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound("marking task")
    return found


def latest(db: Session, task: MarkingTask) -> HumanMark | None:
    """The marks that count for a task."""
    return db.exec(
        select(HumanMark)
        .where(HumanMark.sitting_id == task.sitting_id, HumanMark.slot == task.slot, HumanMark.part == task.part)
        .order_by(col(HumanMark.number).desc())
        .limit(1)
    ).one_or_none()


def may_mark(db: Session, who: Caller, task: MarkingTask, now: datetime) -> Refusal | None:
    """Whether the marker may see and mark this answer now: in their hand while it is open; their own afterwards, until
    the result is released."""
    if task.open:
        if _in_hand(task, who):
            return None
        other = task.claimed_by is not None and task.claimed_until is not None and task.claimed_until > now
        return Refusal("marking-taken" if other else "marking-not-in-hand")
    given = latest(db, task)
    if given is None or given.marker_id != who.person_id:
        return Refusal("marking-taken")
    released = db.exec(
        select(Result.id).where(
            Result.sitting_id == task.sitting_id,
            col(Result.current),
            (col(Result.released_at).is_not(None) & col(Result.withdrawn_at).is_(None)) | (Result.state == "void"),
        )
    ).first()
    return Refusal("marking-released") if released else None


def shown(db: Session, who: Caller, number: int, now: datetime) -> Shown:
    """What a marker sees of an answer. Raises `NotFound`, and `Refused` unless they may mark it now."""
    task = task_of(db, who, number)
    refusal = may_mark(db, who, task, now)
    if refusal:
        raise Refused(refusal)
    version = db.get_one(ItemVersion, task.version_id)
    passage, content = _own_content(version.content, task.part)
    given = counting_answers(db, [task.sitting_id]).get(task.sitting_id, {}).get(task.slot)
    response: Any = given.response if given else None
    if task.part and isinstance(response, dict):
        response = (response.get("parts") or {}).get(task.part)
    answer = response.get("text") if isinstance(response, dict) else ""
    return Shown(
        task=task,
        passage=passage,
        stem=content["stem"],
        model_answer=content.get("model_answer", ""),
        criteria=criteria(content, task.out_of),
        answer=answer or "",
        min_length=content.get("min_length", 0),
        max_length=content.get("max_length", 0),
        given=latest(db, task),
    )


def _own_content(content: Mapping[str, Any], part: str) -> tuple[str, Mapping[str, Any]]:
    if not part:
        return "", content
    own = next(each for each in content["parts"] if each["id"] == part)
    return content["stem"], own["content"]


def criteria(content: Mapping[str, Any], out_of: Decimal) -> tuple[Criterion, ...]:
    """The lines of the marking guide with the most each can bring, which sum to the marks; one line without a guide."""
    lines = content.get("rubric") or []
    if not lines:
        return (Criterion(TOTAL, "", out_of),)
    shares = divide(out_of, [line["weight"] for line in lines])
    return tuple(Criterion(line["id"], line["text"], most) for line, most in zip(lines, shares, strict=True))


def save(db: Session, who: Caller, number: int, given: Mapping[str, str], comment: str, now: datetime) -> MarkingTask:
    """Keep a marker's marks as a new row, a correction too; the sitting is graded when nothing of it waits any more.

    Raises `NotFound`, `Refused` (taken by another, released meanwhile) and `Invalid` with every field's problem.
    """
    task = task_of(db, who, number, lock=True)
    refusal = may_mark(db, who, task, now)
    if refusal:
        raise Refused(refusal)
    _, content = _own_content(db.get_one(ItemVersion, task.version_id).content, task.part)
    marked, problems = judge(criteria(content, task.out_of), given, comment)
    if marked is None:
        raise Invalid(problems)
    before = latest(db, task)
    db.add(_row(task, marked, before, who.person_id, now))
    corrects = not task.open
    task.open, task.claimed_by, task.claimed_until = False, None, None
    db.add(task)
    db.flush()
    audit.record(
        db,
        at=now,
        action="marking.correct" if corrects else "marking.mark",
        subject=("marking", task.number),
        institution_id=who.institution_id,
        actor_id=who.person_id,
        detail={"marks": str(marked.marks), **({"before": str(before.marks)} if before else {})},
    )
    _grade_when_done(db, task.sitting_id, now, "corrected" if corrects else "marked")
    return task


def _row(task: MarkingTask, marked: Marked, before: HumanMark | None, marker: int, now: datetime) -> HumanMark:
    return HumanMark(
        institution_id=task.institution_id,
        sitting_id=task.sitting_id,
        slot=task.slot,
        part=task.part,
        number=before.number + 1 if before else 1,
        marks=marked.marks,
        rubric=dict(marked.rubric),
        comment=marked.comment,
        marker_id=marker,
        marked_at=now,
    )


def _grade_when_done(db: Session, sitting_id: int, now: datetime, cause: str) -> None:
    left = db.exec(select(func.count()).where(MarkingTask.sitting_id == sitting_id, col(MarkingTask.open))).one()
    if not left:
        service.grade_sittings(db, [sitting_id], now, cause)


def skip(db: Session, who: Caller, number: int, now: datetime) -> MarkingTask:
    """Pass an answer on to somebody else; it comes back to this marker only after all others."""
    task = task_of(db, who, number, lock=True)
    refusal = may_mark(db, who, task, now)
    if refusal or not task.open:
        raise Refused(refusal or Refusal("marking-taken"))
    task.claimed_by, task.claimed_until = None, None
    task.skipped_by = [*task.skipped_by, who.person_id] if who.person_id not in task.skipped_by else task.skipped_by
    db.add(task)
    db.flush()
    return task
