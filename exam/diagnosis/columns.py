"""One column of numbers with a header line, read from a CSV file with every wrong line named."""

import csv
import math
from collections.abc import Iterable

MAX_VALUES = 1_000_000


class BadColumn(ValueError):
    """The file is no column of numbers; the message says which line and why."""


def read_column(lines: Iterable[str]) -> list[float]:
    """The numbers of a one-column CSV under its header line; blank lines are passed over.

    Raises BadColumn for several columns, a missing header, something that is no finite number, or too many values.
    """
    rows = csv.reader(lines)
    header = next(rows, None)
    if header is None:
        raise BadColumn("the file is empty; a header line and one number a line are needed")
    _one_cell(1, header)
    if _number(header[0] if header else "") is not None:
        raise BadColumn("line 1: a header is needed before the numbers")
    values: list[float] = []
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        _one_cell(rows.line_num, row)
        value = _number(row[0])
        if value is None:
            raise BadColumn(f"line {rows.line_num}: {row[0][:40]!r} is not a number")
        values.append(value)
        if len(values) > MAX_VALUES:
            raise BadColumn(f"more than {MAX_VALUES} values")
    if len(values) < 2:
        raise BadColumn("at least two values are needed")
    return values


def _one_cell(number: int, row: list[str]) -> None:
    if len(row) > 1:
        raise BadColumn(f"line {number}: {len(row)} columns, one is needed")


def _number(text: str) -> float | None:
    try:
        value = float(text.strip())
    except ValueError:
        return None
    return value if math.isfinite(value) else None
