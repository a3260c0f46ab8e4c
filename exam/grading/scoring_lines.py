"""Scoring from lines of JSON, for `exam score`: items and responses in, marks and reasons out (docs/api.md)."""

from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

import orjson

from exam.core.errors import Invalid
from exam.core.texts import problem_text
from exam.itembank.types import as_json, compile_scorer, normalise, problems
from exam.itembank.types.base import Scorer

KEPT = 1000
MAX_LINE = 1024 * 1024

_Scorers: TypeAlias = dict[tuple[str, str, bytes], Scorer]


class BadLine(ValueError):
    """A line that can't be scored, with the reason in words."""


def score_lines(lines: Iterable[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    """For each line that is not blank its number (from 1) and the score, or `{"line", "error"}` when it has none."""
    scorers: _Scorers = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield number, score_line(line, scorers)
        except BadLine as bad:
            yield number, {"line": number, "error": str(bad)}


def score_line(line: bytes, scorers: _Scorers) -> dict[str, Any]:
    """Score one line; `scorers` keeps the items met before. Raises `BadLine`."""
    if len(line) > MAX_LINE:
        raise BadLine(f"longer than {MAX_LINE} bytes")
    try:
        given = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadLine(f"not JSON: {error}") from error
    if not isinstance(given, dict) or not isinstance(given.get("item"), dict) or "response" not in given:
        raise BadLine('a line is {"item": {"kind", "content", "marks"?}, "response": …}')
    scorer = _scorer(given["item"], scorers)
    try:
        return as_json(scorer(given["response"]))
    except Invalid as invalid:
        raise BadLine(_said("response", invalid)) from invalid


def _scorer(item: dict[str, Any], scorers: _Scorers) -> Scorer:
    kind, content = item.get("kind"), item.get("content")
    if not isinstance(kind, str):
        raise BadLine("item.kind is missing")
    marks = _marks(item.get("marks", "1"))
    name = (kind, str(marks), orjson.dumps(content, option=orjson.OPT_SORT_KEYS))
    if name not in scorers:
        try:
            found = problems(kind, content)
            if found:
                raise Invalid(found)
            if len(scorers) >= KEPT:
                scorers.clear()
            scorers[name] = compile_scorer(kind, normalise(kind, content), marks)
        except Invalid as invalid:
            raise BadLine(_said("item", invalid)) from invalid
    return scorers[name]


def _marks(given: Any) -> Decimal:
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise BadLine('item.marks is a text such as "2.5" or a whole number, at most two decimals')
    try:
        marks = Decimal(given)
    except InvalidOperation as error:
        raise BadLine("item.marks is not a number") from error
    if not marks.is_finite() or marks < 0 or marks > 10_000 or marks != marks.quantize(Decimal("0.01")):
        raise BadLine("item.marks is from 0 to 10000 with at most two decimals")
    return marks


def _said(what: str, invalid: Invalid) -> str:
    return "; ".join(f"{what}.{each.field}: {problem_text(each)}".replace(".:", ":") for each in invalid.problems)
