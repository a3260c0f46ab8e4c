"""Drawing a paper from a blueprint: chapter × kind × count × marks, and a seed that fixes what comes out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from exam.core.errors import Invalid, Problem
from exam.itembank import types
from exam.itembank.order import permutation

MOST_ROWS, MOST_COUNT = 200, 500
MOST_MARKS = Decimal(1000)
_MARKS = re.compile(r"[0-9]{1,4}(\.[0-9]{1,2})?")


@dataclass(frozen=True)
class BlueprintRow:
    """So many items of a kind from a chapter, each for so many marks."""

    chapter: int
    kind: str
    count: int
    marks: Decimal

    def json(self) -> dict[str, Any]:
        """The row as it is stored."""
        return {"chapter": self.chapter, "kind": self.kind, "count": self.count, "marks": str(self.marks)}


@dataclass(frozen=True)
class Drawable:
    """An item that may be drawn: ready and with its key."""

    item_id: int
    code: str
    kind: str
    chapter: int


@dataclass(frozen=True)
class Shortage:
    """A row that the bank can't fill: `have` of the `need`ed items are left for it. `row` counts from 1."""

    row: int
    chapter: int
    kind: str
    have: int
    need: int


@dataclass(frozen=True)
class Drawn:
    """The items in the blueprint's order with their marks; empty when a row is short."""

    lines: tuple[tuple[Drawable, Decimal], ...]
    shortages: tuple[Shortage, ...]


def draw(rows: Sequence[BlueprintRow], pool: Sequence[Drawable], seed: str) -> Drawn:
    """Draw without repetition. The same rows, pool and seed give the same paper on any machine, in any order of `pool`.

    Nothing is drawn when a row is short: half a paper looks like one.
    """
    taken: set[int] = set()
    lines: list[tuple[Drawable, Decimal]] = []
    shortages: list[Shortage] = []
    for number, row in enumerate(rows, start=1):
        fitting = sorted(
            (
                item
                for item in pool
                if item.chapter == row.chapter and item.kind == row.kind and item.item_id not in taken
            ),
            key=lambda item: item.code,
        )
        if len(fitting) < row.count:
            shortages.append(Shortage(number, row.chapter, row.kind, len(fitting), row.count))
        order = permutation(seed, f"blueprint:{number}", len(fitting))
        chosen = [fitting[place] for place in order[: row.count]]
        taken |= {item.item_id for item in chosen}
        lines += [(item, row.marks) for item in sorted(chosen, key=lambda item: item.code)]
    return Drawn(() if shortages else tuple(lines), tuple(shortages))


def read_marks(text: str) -> Decimal | None:
    """Marks as typed: more than 0, at most 1000, two decimals at most; `None` for anything else."""
    try:
        marks = Decimal(text.strip()) if _MARKS.fullmatch(text.strip()) else None
    except InvalidOperation:
        return None
    return marks.quantize(Decimal("0.01")) if marks is not None and 0 < marks <= MOST_MARKS else None


def read_rows(given: Any) -> list[BlueprintRow]:
    """Rows from JSON or a form. Raises `Invalid` with a problem for each field (`rows.2.count`)."""
    if not isinstance(given, list) or len(given) > MOST_ROWS:
        raise Invalid([Problem("rows", "malformed")])
    rows: list[BlueprintRow] = []
    problems: list[Problem] = []
    for place, row in enumerate(given):
        path = f"rows.{place}"
        values = row if isinstance(row, dict) else {}
        chapter, count = _whole(values.get("chapter")), _whole(values.get("count"))
        marks = read_marks(str(values.get("marks", "")))
        if chapter is None:
            problems.append(Problem(f"{path}.chapter", "chapter-missing"))
        if not values.get("kind"):
            problems.append(Problem(f"{path}.kind", "kind-missing"))
        elif values["kind"] not in types.TYPES:
            problems.append(Problem(f"{path}.kind", "kind-unknown", {"kind": str(values["kind"])[:40]}))
        if count is None or not 1 <= count <= MOST_COUNT:
            problems.append(Problem(f"{path}.count", "out-of-range", {"least": 1, "most": MOST_COUNT}))
        if marks is None:
            problems.append(Problem(f"{path}.marks", "marks-malformed"))
        if not problems and chapter is not None and count is not None and marks is not None:
            rows.append(BlueprintRow(chapter, values["kind"], count, marks))
    if problems:
        raise Invalid(problems)
    return rows


def _whole(value: Any) -> int | None:
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
