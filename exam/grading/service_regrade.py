"""A key was wrong: the exam office decides about an item of an exam, sees the effect first, and results follow.

The decision is one row; the results of those already graded are calculated anew by the job, in batches and in the order
of their sittings, so that nobody's answers wait meanwhile. Only results that change get a new row.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlmodel import Session, col, select

from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.grading import service
from exam.grading.keys import Ruling, rulings
from exam.grading.locks import refuse_locked, without_locked
from exam.grading.models import DECISIONS, KeyDecision, Result
from exam.grading.rules import Grading
from exam.grading.service_release import checked_reason
from exam.itembank import types
from exam.itembank.models import Item, ItemVersion, PaperItem
from exam.scheduling.models import Exam, ExamPaper

BATCH = 200


@dataclass(frozen=True)
class Proposal:
    """What the exam office means to decide about an item of an exam."""

    exam_id: int
    item_id: int
    kind: str
    version_id: int | None
    reason: str


@dataclass(frozen=True)
class Change:
    """One sitting's result before and after."""

    sitting_id: int
    marks_before: Decimal
    marks_after: Decimal
    passed_before: bool | None
    passed_after: bool | None


@dataclass
class Effect:
    """What a decision would do: how many results it concerns, and each one that would change."""

    graded: int = 0
    changes: list[Change] = field(default_factory=list)

    @property
    def gain(self) -> int:
        """How many get more marks."""
        return sum(change.marks_after > change.marks_before for change in self.changes)

    @property
    def lose(self) -> int:
        """How many get fewer marks."""
        return sum(change.marks_after < change.marks_before for change in self.changes)

    @property
    def to_pass(self) -> int:
        """How many fail now and would pass."""
        return sum(change.passed_before is False and change.passed_after is True for change in self.changes)

    @property
    def to_fail(self) -> int:
        """How many pass now and would fail."""
        return sum(change.passed_before is True and change.passed_after is False for change in self.changes)

    @property
    def to_marking(self) -> int:
        """How many would wait for a marker again."""
        return sum(change.passed_before is not None and change.passed_after is None for change in self.changes)

    @property
    def token(self) -> str:
        """A short digest of the effect, with which applying checks that it is still what was shown."""
        lines = [f"{c.sitting_id}:{c.marks_before}:{c.marks_after}:{c.passed_after}" for c in self.changes]
        return hashlib.sha256("\n".join([str(self.graded), *lines]).encode()).hexdigest()[:32]


def exam_of(db: Session, who: Caller, exam_id: int) -> Exam:
    """An exam of the caller's institution; raises `NotFound`."""
    exam = db.exec(select(Exam).where(Exam.id == exam_id, Exam.institution_id == who.institution_id)).one_or_none()
    if exam is None:
        raise NotFound(f"exam {exam_id}")
    return exam


def check(db: Session, who: Caller, proposal: Proposal) -> None:
    """Raises `NotFound` for an exam of others, `Invalid` for a decision that can't be made."""
    exam_of(db, who, proposal.exam_id)
    problems = []
    if proposal.kind not in DECISIONS:
        problems.append(Problem("kind", "decision-missing"))
    items = select(PaperItem.item_id).join(ExamPaper, col(ExamPaper.paper_id) == col(PaperItem.paper_id))
    if proposal.item_id not in db.exec(items.where(ExamPaper.exam_id == proposal.exam_id)).all():
        problems.append(Problem("item", "item-not-in-exam"))
    if proposal.kind == "version" and not problems:
        problems += _version_problems(db, proposal)
    try:
        checked_reason(proposal.reason)
    except Invalid as invalid:
        problems += invalid.problems
    if problems:
        raise Invalid(problems)


def _version_problems(db: Session, proposal: Proposal) -> Iterable[Problem]:
    version = db.get(ItemVersion, proposal.version_id or 0)
    if version is None or version.item_id != proposal.item_id:
        yield Problem("version", "version-missing")
        return
    item = db.get_one(Item, proposal.item_id)
    if version.kind != item.kind or types.problems(version.kind, version.content):
        yield Problem("version", "version-not-usable")
    elif not _same_options(db, proposal, version):
        yield Problem("version", "version-other-options")


def _same_options(db: Session, proposal: Proposal, version: ItemVersion) -> bool:
    """Whether all that candidates could choose on paper exists in the version, so that answers keep their sense."""
    sat = db.exec(
        select(ItemVersion)
        .join(PaperItem, col(PaperItem.version_id) == col(ItemVersion.id))
        .join(ExamPaper, col(ExamPaper.paper_id) == col(PaperItem.paper_id))
        .where(ExamPaper.exam_id == proposal.exam_id, PaperItem.item_id == proposal.item_id)
    ).all()
    offered = _choosable(version)
    return all(each.kind == version.kind and _choosable(each) <= offered for each in sat)


def _choosable(version: ItemVersion) -> set[tuple[str, str]]:
    lists = types.option_lists(version.kind, version.content)
    parts = {("part", part["id"]) for part in version.content.get("parts", ())}
    blanks = {("blank", blank["id"]) for blank in version.content.get("blanks", ())}
    return {(each.part or "", option) for each in lists for option in each.ids} | parts | blanks


def preview(db: Session, who: Caller, proposal: Proposal) -> Effect:
    """What the decision would do to the results of today, without writing anything. Raises as `check` does."""
    check(db, who, proposal)
    before = rulings(db, proposal.exam_id)
    after = _with(before, proposal)
    effect = Effect()
    reached = 0
    while rows := _graded(db, proposal.exam_id, reached):
        effect.graded += len(rows)
        effect.changes += [change for change, _ in _compared(db, rows, before, after)]
        reached = rows[-1].sitting_id
    return effect


def _compared(
    db: Session, rows: Sequence[Result], before: Mapping[int, Ruling], after: Mapping[int, Ruling]
) -> list[tuple[Change, service.Prepared]]:
    """The results that would say anything else under other rulings, each with its new grading.

    A result that still waits for markers is compared with what it would be today, so that marks given since it was
    written do not count as an effect.
    """
    exam_id = rows[0].exam_id
    waiting = [row.sitting_id for row in rows if row.state == "awaiting-marking"]
    today = {each.source.sitting_id: each.grading for each in service.prepare(db, waiting, {exam_id: before})}
    then = {row.sitting_id: _kept(row) for row in rows} | {sitting: _said(one) for sitting, one in today.items()}
    found = []
    for each in service.prepare(db, list(then), {exam_id: after}):
        sitting = each.source.sitting_id
        old, new = then[sitting], _said(each.grading)
        if old != new:
            found.append((Change(sitting, old.marks, new.marks, old.passed, new.passed), each))
    return found


class _Says(NamedTuple):
    """What of a result can change by a decision."""

    marks: Decimal
    out_of: Decimal
    cut: Decimal
    passed: bool | None
    slots: tuple[tuple[str, str], ...]


def _said(grading: Grading) -> _Says:
    slots = tuple((str(slot.scored.marks), str(slot.scored.out_of)) for slot in grading.slots)
    return _Says(grading.marks, grading.out_of, grading.cut, grading.passed, slots)


def _kept(row: Result) -> _Says:
    slots = tuple((slot["scored"]["marks"], slot["scored"]["out_of"]) for slot in row.detail["slots"])
    return _Says(row.marks, row.out_of, row.cut_marks, row.passed, slots)


def _with(under: dict[int, Ruling], proposal: Proposal) -> dict[int, Ruling]:
    changed = {item: ruling for item, ruling in under.items() if item != proposal.item_id}
    if proposal.kind != "as-set":
        version = proposal.version_id if proposal.kind == "version" else None
        changed[proposal.item_id] = Ruling(proposal.kind, version)
    return dict(sorted(changed.items()))


def _graded(db: Session, exam_id: int, reached: int) -> Sequence[Result]:
    return db.exec(
        select(Result)
        .where(Result.exam_id == exam_id, col(Result.current), Result.state != "void", col(Result.sitting_id) > reached)
        .order_by(col(Result.sitting_id))
        .limit(BATCH)
    ).all()


def decide(db: Session, who: Caller, proposal: Proposal, seen: str, now: datetime) -> KeyDecision:
    """Record the decision, if its effect is still the one that was shown (`seen`, the effect's token).

    Raises as `check` does, and `Refused`: `effect-changed` otherwise; `certificate-issued` where one locks a result.
    """
    effect = preview(db, who, proposal)
    if effect.token != seen:
        raise Refused(Refusal("effect-changed"))
    refuse_locked(db, (change.sitting_id for change in effect.changes))
    version = proposal.version_id if proposal.kind == "version" else None
    decision = KeyDecision(
        institution_id=who.institution_id,
        exam_id=proposal.exam_id,
        item_id=proposal.item_id,
        kind=proposal.kind,
        version_id=version,
        reason=checked_reason(proposal.reason),
        decided_by=who.person_id,
        decided_at=now,
    )
    db.add(decision)
    db.flush()
    detail = {
        "decision": decision.id,
        "item": proposal.item_id,
        "kind": proposal.kind,
        "version": version,
        "reason": decision.reason,
        "changed": len(effect.changes),
        "to_pass": effect.to_pass,
        "to_fail": effect.to_fail,
    }
    deeds.record_by(db, who, now, "result.regrade", ("exam", proposal.exam_id), detail)
    return decision


@dataclass(frozen=True)
class Step:
    """A batch of a decision's results: those that change, prepared, and how far it reaches (None: to the end)."""

    decision_id: int
    changed: tuple[service.Prepared, ...]
    reaches: int | None


def next_step(db: Session) -> Step | None:
    """The next batch of the oldest decision that is not carried through; None when all are. Writes nothing."""
    decision = db.exec(
        select(KeyDecision).where(col(KeyDecision.done_at).is_(None)).order_by(col(KeyDecision.id)).limit(1)
    ).one_or_none()
    if decision is None:
        return None
    rows = _graded(db, decision.exam_id, decision.reached)
    if not rows:
        return Step(decision.id or 0, (), None)
    before, after = rulings(db, decision.exam_id, before=decision.id), rulings(db, decision.exam_id)
    changed = tuple(each for _, each in _compared(db, rows, before, after))
    return Step(decision.id or 0, changed, rows[-1].sitting_id)


def carry_through(db: Session, step: Step, now: datetime) -> bool:
    """Write a batch; returns whether it could be (results that changed since `next_step` make it be prepared anew)."""
    decision = db.get_one(KeyDecision, step.decision_id, with_for_update=True)
    if step.reaches is None:
        decision.done_at = now
        db.add(decision)
        return True
    changed = without_locked(db, step.changed)
    if changed and service.write(db, changed, now, "decision", step.decision_id) < len(changed):
        return False  # what was written does not differ any more, the rest is prepared anew
    decision.reached = step.reaches
    db.add(decision)
    return True
