"""What a marker may give: pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from exam.core.errors import Problem

CLAIM_FOR = timedelta(minutes=20)
"""How long an answer stays with the marker who took it without being saved."""
MAX_COMMENT = 2000
TOTAL = "total"
_MARKS = re.compile(r"[0-9]{1,4}(\.[0-9]{1,2})?")
_FOLD = str.maketrans("０１２３４５６７８９．。", "0123456789..")


@dataclass(frozen=True, slots=True)
class Criterion:
    """A line of the marking guide and the most it can bring; its id is TOTAL where there is no guide."""

    id: str
    text: str
    most: Decimal


@dataclass(frozen=True)
class Marked:
    """A marker's judgement, checked."""

    marks: Decimal
    rubric: Mapping[str, str]
    comment: str


def read_marks(text: str) -> Decimal | None:
    """Marks as typed, full-width digits too; None for what is no such number (at most two decimals)."""
    folded = text.strip().translate(_FOLD)
    return Decimal(folded).quantize(Decimal("0.01")) if _MARKS.fullmatch(folded) else None


def judge(criteria: Sequence[Criterion], given: Mapping[str, str], comment: str) -> tuple[Marked | None, list[Problem]]:
    """A marker's form: the marks of each criterion, each within its bounds; the sum is exact."""
    problems: list[Problem] = []
    rubric: dict[str, Decimal] = {}
    for criterion in criteria:
        field = f"marks.{criterion.id}"
        text = given.get(criterion.id, "")
        marks = read_marks(text)
        if not text.strip():
            problems.append(Problem(field, "marks-missing"))
        elif marks is None:
            problems.append(Problem(field, "marks-no-number"))
        elif marks > criterion.most:
            problems.append(Problem(field, "marks-above", {"most": criterion.most}))
        else:
            rubric[criterion.id] = marks
    comment = comment.replace("\r\n", "\n").replace("\0", "").strip()
    if len(comment) > MAX_COMMENT:
        problems.append(Problem("comment", "comment-too-long", {"most": MAX_COMMENT}))
    if problems:
        return None, problems
    total = sum(rubric.values(), Decimal("0.00"))
    return Marked(total, {key: str(marks) for key, marks in rubric.items()}, comment), []
