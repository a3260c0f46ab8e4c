"""Calculation (计算): a number within a tolerance, and its unit where the item has one.

The unit may be typed in its own field or behind the number. A recognised unit converts the number to the key's unit
before it is compared. Without the right unit there are no marks, unless the item gives the unit a share of its own
(`unit_share`): then the number, taken in the key's unit, earns the rest. A right unit beside a wrong number earns
nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from pydantic import Field

from exam.core.errors import Problem
from exam.core.i18n import N_
from exam.itembank.folding import EXACT, fold_unit, parse_number, split_number, within
from exam.itembank.types.base import (
    MAX_FIELD_TEXT,
    ZERO,
    Content,
    ItemType,
    NumberText,
    Reason,
    Response,
    Scored,
    Scorer,
    TypedText,
    judged,
    nothing,
    share_of,
)

MOST_UNITS = 30
MAX_UNIT = 40


class Calculation(Content):
    """Content: the number with its tolerance, its unit and the units it may be given in."""

    answer: NumberText | None = None
    tolerance: NumberText = "0"
    tolerance_mode: Literal["absolute", "relative"] = "absolute"
    unit: TypedText | None = None
    accepted_units: dict[TypedText, NumberText] = Field(default_factory=dict)
    unit_share: NumberText = "0"


class Calculated(Response):
    """Response: the number as typed, and its unit."""

    value: TypedText | None = None
    unit: TypedText | None = None


def _in_range(field: str, text: str | None, least: int, most: int | None) -> Iterable[Problem]:
    number = parse_number(text or "")
    if not (text or "").strip():
        yield Problem(field, "number-missing")
    elif number is None:
        yield Problem(field, "not-a-number", {"text": text})
    elif number < least or (most is not None and number > most):
        yield Problem(field, "negative") if most is None else Problem(field, "out-of-range", {"least": 0, "most": most})


def problems(content: Calculation) -> Iterable[Problem]:
    if content.answer is None or not content.answer.strip():
        yield Problem("answer", "key-missing")
    elif parse_number(content.answer) is None:
        yield Problem("answer", "not-a-number", {"text": content.answer})
    yield from _in_range("tolerance", content.tolerance, 0, None)
    yield from _in_range("unit_share", content.unit_share, 0, 1)
    answer, tolerance = parse_number(content.answer or ""), parse_number(content.tolerance)
    if content.tolerance_mode == "relative" and answer == 0 and tolerance:
        yield Problem("tolerance_mode", "relative-to-zero")
    yield from _unit_problems(content)


def _unit_problems(content: Calculation) -> Iterable[Problem]:
    unit = fold_unit(content.unit or "")
    if not unit:
        if content.accepted_units:
            yield Problem("unit", "unit-missing")
        if parse_number(content.unit_share):
            yield Problem("unit_share", "unit-missing")
    if len(content.accepted_units) > MOST_UNITS:
        yield Problem("accepted_units", "units-too-many", {"most": MOST_UNITS})
    seen: set[str] = set()
    for name, text in content.accepted_units.items():
        folded, factor, named = fold_unit(name), parse_number(text), {"unit": name}
        if not folded or len(folded) > MAX_UNIT:
            yield Problem("accepted_units", "unit-malformed", named)
        elif folded in seen:
            yield Problem("accepted_units", "unit-twice", named)
        elif factor is None or factor <= 0:
            yield Problem("accepted_units", "factor-not-positive", named)
        elif folded == unit and factor != 1:
            yield Problem("accepted_units", "factor-of-own-unit", named)
        seen.add(folded)


@dataclass(frozen=True, slots=True)
class _Key:
    answer: Decimal
    tolerance: Decimal
    relative: bool
    unit: str
    factors: dict[str, Decimal]
    unit_share: Decimal

    def fits(self, value: Decimal) -> bool:
        return within(value, self.answer, self.tolerance, self.relative)


def _key(content: Calculation) -> _Key:
    answer = parse_number(content.answer or "")
    if answer is None:
        raise ValueError("a calculation without a key can't be scored")
    unit = fold_unit(content.unit or "")
    factors = {fold_unit(name): parse_number(text) or Decimal(1) for name, text in content.accepted_units.items()}
    factors[unit] = Decimal(1)
    factors.pop("", None)
    return _Key(
        answer=answer,
        tolerance=parse_number(content.tolerance) or Decimal(0),
        relative=content.tolerance_mode == "relative",
        unit=unit,
        factors=factors,
        unit_share=parse_number(content.unit_share) or Decimal(0),
    )


def _judge(key: _Key, marks: Decimal, value: str, unit: str) -> Scored:
    found = split_number(value)
    if found is None or (found[1] and not key.unit):
        return judged(ZERO, marks, [Reason("not-a-number")], full=False)
    number, behind = found[0], fold_unit(found[1])
    if not key.unit:
        return _number_only(key, marks, number)
    beside = fold_unit(unit)
    typed = beside or behind
    conflict = bool(beside and behind and beside != behind)
    factor = None if conflict else key.factors.get(typed)
    if factor is not None and key.fits(EXACT.multiply(number, factor)):
        return judged(marks, marks, [Reason("number-right"), Reason("unit-right")], full=True)
    right = key.fits(number) if factor is None or key.unit_share else False
    unit_reason = "unit-right" if factor is not None and not right else "unit-wrong" if typed else "unit-missing"
    reasons = [Reason("number-right" if right else "number-wrong"), Reason(unit_reason)]
    earned = share_of(marks, 1 - Fraction(key.unit_share)) if right and key.unit_share else ZERO
    return judged(earned, marks, reasons, full=False)


def _number_only(key: _Key, marks: Decimal, number: Decimal) -> Scored:
    if key.fits(number):
        return judged(marks, marks, [Reason("number-right")], full=True)
    return judged(ZERO, marks, [Reason("number-wrong")], full=False)


def score(content: Calculation, response: Calculated, marks: Decimal) -> Scored:
    return _judge(_key(content), marks, response.value or "", response.unit or "")


def compile_key(content: Calculation, marks: Decimal, reference: Scorer) -> Scorer:
    key, none = _key(content), nothing(marks)

    def usual(text: Any) -> bool:
        return type(text) is str and len(text) <= MAX_FIELD_TEXT and text.isascii() and "\0" not in text

    def run(response: Any) -> Scored:
        if response is None:
            return none
        if type(response) is not dict or not response.keys() <= {"value", "unit"}:
            return reference(response)
        value, unit = response.get("value", ""), response.get("unit") or ""
        if not usual(value) or not usual(unit) or not value.strip():
            return reference(response)
        return _judge(key, marks, value, unit)

    return run


def key_text(content: Calculation) -> str:
    spread = "" if parse_number(content.tolerance) in (None, 0) else f" ± {content.tolerance}"
    if spread and content.tolerance_mode == "relative":
        spread += " ×"
    return f"{content.answer or ''}{spread} {content.unit or ''}".strip()


TYPE = ItemType(
    kind="calculation",
    name=N_("计算题"),
    content_model=Calculation,
    response_model=Calculated,
    problems=problems,
    is_keyed=lambda content: parse_number(content.answer or "") is not None,
    key_text=key_text,
    public=lambda content: {"stem": content.stem, "has_unit": bool(fold_unit(content.unit or ""))},
    texts=lambda content: [content.answer or "", content.unit or ""],
    score=score,
    compile=compile_key,
)
