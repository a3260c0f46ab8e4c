"""The demo's marker at work: takes what waits, gives marks by the marking guide, comments where marks were lost."""

import itertools
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from sqlmodel import col, select

from exam.accounts.access import Caller
from exam.demo.world import World
from exam.grading import service_marking, service_release
from exam.grading.models import MarkingTask
from exam.grading.rules_marking import Criterion
from exam.grading.service_marking import Shown

MARKER = "marker1"
EACH_TAKES = timedelta(seconds=95)
SOME = 7
HALF = Decimal("0.5")
COMMENTS = ("要点不全，请对照评分要点复习。", "思路正确，但没有举例说明。", "只写了结论，缺少理由。")


def mark_all(world: World, at: datetime) -> None:
    """Mark everything that waits, then have released what is due."""
    done = _mark(world, at, None)
    service_release.release_due(world.db, at + done * EACH_TAKES)


def mark_some(world: World, at: datetime) -> None:
    """Mark a few answers and leave the rest waiting."""
    _mark(world, at, SOME)


def _mark(world: World, at: datetime, most: int | None) -> int:
    who = world.who(MARKER)
    done = 0
    for number in itertools.islice(_waiting(world, who, at), most):
        now = at + done * EACH_TAKES
        shown = service_marking.shown(world.db, who, number, now)
        given, comment = judge(shown)
        service_marking.save(world.db, who, number, given, comment, now + EACH_TAKES / 2)
        done += 1
    return done


def _waiting(world: World, who: Caller, at: datetime) -> Iterator[int]:
    """Numbers of answers, each taken in hand as it is asked for: item by item, as a marker works."""
    place = (col(MarkingTask.exam_id), col(MarkingTask.item_id), col(MarkingTask.part))
    groups = world.db.exec(
        select(*place)
        .where(MarkingTask.institution_id == who.institution_id, col(MarkingTask.open))
        .distinct()
        .order_by(*place)
    ).all()
    taken = 0
    for exam_id, item_id, part in groups:
        while task := service_marking.take_next(world.db, who, exam_id, item_id, part, at + taken * EACH_TAKES):
            taken += 1
            yield task.number


def judge(shown: Shown) -> tuple[dict[str, str], str]:
    """Marks for each line of the guide, by how much of the model answer is there; a comment where many are lost."""
    dice = random.Random(f"{shown.stem}:{shown.answer}")  # noqa: S311 - the same answer, the same marks
    share = min(1.0, len(shown.answer) / max(1, len(shown.model_answer)))
    given = {line.id: _marks(line, share, dice) for line in shown.criteria}
    total = sum(given.values(), Decimal(0))
    lost = bool(shown.answer) and total < shown.task.out_of * HALF
    return {line: str(marks) for line, marks in given.items()}, dice.choice(COMMENTS) if lost else ""


def _marks(line: Criterion, share: float, dice: random.Random) -> Decimal:
    """Whole and half marks only, full ones for what is all there."""
    felt = min(1.0, share * dice.uniform(0.8, 1.25)) if share else 0.0
    if felt > 0.9:
        return line.most
    halves = int(line.most * Decimal(str(round(felt, 3))) / HALF)
    return min(line.most, halves * HALF)
