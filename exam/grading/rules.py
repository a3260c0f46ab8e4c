"""From what was answered to a result: pure functions, exact sums of `Decimal`, no database and no clock.

A slot's machine score comes from its item type (`exam.itembank.types`); here human marks and the exam office's
decisions are put in, and everything is summed. Chapters sum to the total; an item with several
knowledge points counts in each.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from typing import Any, NamedTuple

from exam.core.errors import Invalid
from exam.itembank.types import Reason, Scored, Verdict, combine

ZERO = Decimal("0.00")
HUNDREDTH = Decimal("0.01")

Scorer = Callable[[Any], Scored]
HumanMarks = Mapping[tuple[int, str], Decimal]
"""The marks that count, by slot and part ("" for a whole item)."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a paper as it is scored: `ruling` is "" or what the exam office decided about it."""

    item_id: int
    version_id: int
    kind: str
    marks: Decimal
    chapter_id: int
    points: tuple[str, ...]
    score: Scorer
    ruling: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """What counts in a slot: the newest acknowledged revision."""

    revision: int
    response: Any


class Slot(NamedTuple):
    """One slot's outcome. `revision` is None where nothing was ever saved; `ruling` as in `Line`."""

    slot: int
    item_id: int
    version_id: int
    kind: str
    chapter_id: int
    points: tuple[str, ...]
    scored: Scored
    revision: int | None
    ruling: str = ""


@dataclass(frozen=True, slots=True)
class Sums:
    """Marks of several slots: `items` of them, `right` with full marks, `pending` marks not decided yet."""

    marks: Decimal
    out_of: Decimal
    pending: Decimal
    items: int
    right: int


@dataclass(frozen=True, slots=True)
class Grading:
    """What a sitting comes to. `passed` is None while marking is open, whatever the marks so far."""

    slots: tuple[Slot, ...]
    marks: Decimal
    out_of: Decimal
    cut: Decimal
    passed: bool | None
    chapters: Mapping[int, Sums]
    points: Mapping[str, Sums]

    @property
    def state(self) -> str:
        """`final`, or `awaiting-marking`."""
        return "awaiting-marking" if self.passed is None else "final"


def grade(
    lines: Sequence[Line], order: Sequence[int], given: Mapping[int, Given], human: HumanMarks, cut: Decimal
) -> Grading:
    """Grade a sitting whose slot n shows `lines[order[n - 1]]`. `cut` is the exam's, out of all its marks."""
    slots: list[Slot] = []
    for slot, place in enumerate(order, 1):
        line = lines[place]
        answer = given.get(slot)
        scored = _score(line, answer)
        if scored.verdict is Verdict.NEEDS_MARKING and line.ruling != "full-marks":
            scored = with_human_marks(scored, slot, human)
        if line.ruling:
            scored = _ruled(line.ruling, scored)
        slots.append(
            Slot(
                slot,
                line.item_id,
                line.version_id,
                line.kind,
                line.chapter_id,
                line.points,
                scored,
                answer.revision if answer else None,
                line.ruling,
            )
        )
    return _summed(tuple(slots), sum((line.marks for line in lines), ZERO), cut)


def _score(line: Line, answer: Given | None) -> Scored:
    """The machine's score. What the item can't have as an answer is worth nothing: it can't be the right one."""
    if answer is None:
        return line.score(None)
    try:
        return line.score(answer.response)
    except Invalid:
        return Scored(ZERO, line.marks, Verdict.WRONG, (Reason("not-an-answer"),))


def with_human_marks(scored: Scored, slot: int, human: HumanMarks) -> Scored:
    """A score in which what markers decided is put in; what they have not stays open.

    A mark above what the part is worth (a decision changed its share meanwhile) does not count: it is open again.
    """
    if not scored.parts:
        return _marked(scored, human.get((slot, "")))
    parts = [
        (part, _marked(inner, human.get((slot, part))) if inner.verdict is Verdict.NEEDS_MARKING else inner)
        for part, inner in scored.parts
    ]
    return combine(parts, scored.out_of)


def _marked(scored: Scored, marks: Decimal | None) -> Scored:
    if marks is None or marks > scored.out_of:
        return scored
    verdict = Verdict.CORRECT if marks == scored.out_of else Verdict.PARTIAL if marks > 0 else Verdict.WRONG
    reasons = tuple(reason for reason in scored.reasons if reason.code != "needs-marking")
    return Scored(marks, scored.out_of, verdict, (Reason("marked"), *reasons))


def _ruled(ruling: str, scored: Scored) -> Scored:
    """What the exam office decided, over whatever was answered."""
    match ruling:
        case "full-marks":
            return Scored(scored.out_of, scored.out_of, Verdict.CORRECT, (Reason("ruled-full-marks"),))
        case "exclude":
            verdict = Verdict.WRONG if scored.verdict is Verdict.NEEDS_MARKING else scored.verdict
            return Scored(ZERO, ZERO, verdict, (Reason("ruled-out"),))
        case _:
            return replace(scored, reasons=(*scored.reasons, Reason("ruled-version")))


def _summed(slots: tuple[Slot, ...], full: Decimal, cut: Decimal) -> Grading:
    chapters: dict[int, list[Any]] = {}
    points: dict[str, list[Any]] = {}
    total = out_of = ZERO
    waits = False
    for slot in slots:
        scored = slot.scored
        pending = ZERO
        if scored.verdict is Verdict.NEEDS_MARKING:
            waits, pending = True, scored.pending
        total += scored.marks
        out_of += scored.out_of
        _add(chapters, slot.chapter_id, scored, pending)
        for point in slot.points:
            _add(points, point, scored, pending)
    cut = scaled_cut(cut, out_of, full)
    return Grading(
        slots,
        total,
        out_of,
        cut,
        None if waits else total >= cut,
        {chapter: Sums(*sums) for chapter, sums in chapters.items()},
        {point: Sums(*sums) for point, sums in points.items()},
    )


def _add(sums: dict[Any, list[Any]], key: Any, scored: Scored, pending: Decimal) -> None:
    found = sums.get(key)
    right = scored.verdict is Verdict.CORRECT
    if found is None:
        sums[key] = [scored.marks, scored.out_of, pending, 1, int(right)]
        return
    found[0] += scored.marks
    found[1] += scored.out_of
    found[2] += pending
    found[3] += 1
    found[4] += right


def scaled_cut(cut: Decimal, out_of: Decimal, full: Decimal) -> Decimal:
    """The cut score after items were taken out: the same share of what is left, rounded down to 0.01.

    Settled: no notice says what happens to the cut when an item is excluded; the same share treats all alike, and
    rounding down can cost nobody the pass.
    """
    if out_of == full or not full:
        return cut
    return (cut * out_of / full).quantize(HUNDREDTH, rounding=ROUND_FLOOR)


@dataclass(frozen=True, slots=True)
class ToMark:
    """A written answer of a grading that a person has to mark."""

    slot: int
    item_id: int
    version_id: int
    part: str
    out_of: Decimal


def to_mark(grading: Grading) -> list[ToMark]:
    """What of a grading waits for a marker."""
    found: list[ToMark] = []
    for slot in grading.slots:
        scored = slot.scored
        if scored.verdict is not Verdict.NEEDS_MARKING:
            continue
        parts = scored.parts or (("", scored),)
        found += [
            ToMark(slot.slot, slot.item_id, slot.version_id, part, inner.out_of)
            for part, inner in parts
            if inner.verdict is Verdict.NEEDS_MARKING
        ]
    return found
