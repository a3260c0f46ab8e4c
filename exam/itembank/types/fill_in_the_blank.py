"""Fill in the blank (填空): blanks `{{1}}`, `{{2}}` … in the stem, each with its accepted answers and its weight.

The marks are divided among the blanks by weight; each blank is right or wrong by itself. Text is compared after folding
what the blank says doesn't matter (width, capitals, spaces); a numeric blank also by value within its tolerance.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from exam.core.errors import Problem
from exam.core.i18n import N_
from exam.itembank.content import blank_ids
from exam.itembank.folding import fold, parse_number, within
from exam.itembank.types.base import (
    MAX_FIELD_TEXT,
    MAX_WEIGHT,
    Content,
    ItemType,
    NumberText,
    Reason,
    Response,
    Scored,
    Scorer,
    Strict,
    TypedText,
    divide,
    judged,
    nothing,
)

MOST_BLANKS, MOST_ANSWERS = 20, 50
BlankId = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]?$")]


class Numeric(Strict):
    """How far a number may be from an accepted one: in its own unit, or as a fraction of it. Bounds count as right."""

    tolerance: NumberText = "0"
    mode: Literal["absolute", "relative"] = "absolute"


class Blank(Strict):
    """A blank: what it accepts and how its text is compared."""

    id: BlankId
    accept: list[TypedText] = Field(default_factory=list)
    fold_width: bool = True
    ignore_case: bool = True
    ignore_space: bool = True
    numeric: Numeric | None = None
    weight: int = 1


class FillIn(Content):
    """Content: a stem with `{{1}}`, `{{2}}` …, and their blanks."""

    blanks: list[Blank] = Field(default_factory=list)


class Filled(Response):
    """Response: a text for each blank."""

    blanks: dict[BlankId, TypedText | None] = Field(default_factory=dict)


def problems(content: FillIn) -> Iterable[Problem]:
    in_stem = Counter(blank_ids(content.stem))
    if not in_stem and not content.blanks:
        yield Problem("stem", "blanks-missing")
    defined = {blank.id for blank in content.blanks}
    for name, count in in_stem.items():
        if count > 1:
            yield Problem("stem", "blank-twice", {"blank": name})
        if name not in defined:
            yield Problem("blanks", "blank-without-answers", {"blank": name})
    if len(content.blanks) > MOST_BLANKS:
        yield Problem("blanks", "blanks-too-many", {"most": MOST_BLANKS})
    if defined != {str(number + 1) for number in range(len(defined))}:
        yield Problem("blanks", "blanks-not-numbered")
    seen: set[str] = set()
    for place, blank in enumerate(content.blanks):
        if blank.id in seen:
            yield Problem(f"blanks.{place}.id", "blank-defined-twice", {"blank": blank.id})
        elif blank.id not in in_stem:
            yield Problem(f"blanks.{place}.id", "blank-not-in-stem", {"blank": blank.id})
        seen.add(blank.id)
        yield from _blank_problems(f"blanks.{place}", blank)


def _blank_problems(path: str, blank: Blank) -> Iterable[Problem]:
    named = {"blank": blank.id}
    if not any(_folded(blank, text) for text in blank.accept):
        yield Problem(f"{path}.accept", "blank-without-answers", named)
    if len(blank.accept) > MOST_ANSWERS:
        yield Problem(f"{path}.accept", "answers-too-many", {**named, "most": MOST_ANSWERS})
    if not 1 <= blank.weight <= MAX_WEIGHT:
        yield Problem(f"{path}.weight", "out-of-range", {"least": 1, "most": MAX_WEIGHT})
    if blank.numeric is None:
        return
    for text in blank.accept:
        if text.strip() and parse_number(text) is None:
            yield Problem(f"{path}.accept", "not-a-number", {"text": text})
    tolerance = parse_number(blank.numeric.tolerance)
    if tolerance is None:
        yield Problem(f"{path}.numeric.tolerance", "not-a-number", {"text": blank.numeric.tolerance})
    elif tolerance < 0:
        yield Problem(f"{path}.numeric.tolerance", "negative")


def check(content: FillIn, response: Filled) -> Iterable[Problem]:
    known = {blank.id for blank in content.blanks}
    for blank in response.blanks:
        if blank not in known:
            yield Problem(f"blanks.{blank}", "response-unknown-blank")


def _folded(blank: Blank, text: str) -> str:
    return fold(text, width=blank.fold_width, case=blank.ignore_case, space=blank.ignore_space)


def _matcher(blank: Blank) -> Callable[[str], bool]:
    """Whether a text is right in this blank."""
    accepted = {folded for text in blank.accept if (folded := _folded(blank, text))}
    if blank.numeric is None:
        return lambda text: _folded(blank, text) in accepted
    tolerance = parse_number(blank.numeric.tolerance) or Decimal(0)
    relative = blank.numeric.mode == "relative"
    numbers = [number for text in blank.accept if (number := parse_number(text)) is not None]

    def match(text: str) -> bool:
        if _folded(blank, text) in accepted:
            return True
        value = parse_number(text)
        return value is not None and any(within(value, key, tolerance, relative) for key in numbers)

    return match


def _judge(
    blanks: Mapping[str, tuple[Decimal, Callable[[str], bool]]], typed: Mapping[str, str | None], marks: Decimal
) -> Scored:
    got, reasons, full = Decimal("0.00"), [], True
    for blank, (worth, matches) in blanks.items():
        text = typed.get(blank) or ""
        if not text.strip():
            verdict, full = "blank-empty", False
        elif matches(text):
            verdict, got = "blank-right", got + worth
        else:
            verdict, full = "blank-wrong", False
        reasons.append(Reason(verdict, {"blank": blank}))
    return judged(got, marks, reasons, full=full)


def _prepared(content: FillIn, marks: Decimal) -> dict[str, tuple[Decimal, Callable[[str], bool]]]:
    shares = divide(marks, [blank.weight for blank in content.blanks])
    return {blank.id: (worth, _matcher(blank)) for blank, worth in zip(content.blanks, shares, strict=True)}


def score(content: FillIn, response: Filled, marks: Decimal) -> Scored:
    return _judge(_prepared(content, marks), response.blanks, marks)


def compile_key(content: FillIn, marks: Decimal, reference: Scorer) -> Scorer:
    blanks, none = _prepared(content, marks), nothing(marks)

    def usual(typed: Any) -> bool:
        if type(typed) is not dict:
            return False
        for blank, text in typed.items():
            if blank not in blanks or type(text) is not str or len(text) > MAX_FIELD_TEXT or "\0" in text:
                return False
            if not text.isascii() and text.encode("utf-8", "ignore").decode() != text:
                return False
        return True

    def run(response: Any) -> Scored:
        if response is None:
            return none
        if type(response) is not dict or len(response) != 1:
            return reference(response)
        typed: Any = response.get("blanks")
        if not usual(typed):
            return reference(response)
        return _judge(blanks, typed, marks) if any(text.strip() for text in typed.values()) else none

    return run


def is_keyed(content: FillIn) -> bool:
    return bool(content.blanks) and all(any(_folded(blank, text) for text in blank.accept) for blank in content.blanks)


def key_text(content: FillIn) -> str:
    return "；".join(f"{blank.id}. {' / '.join(blank.accept)}" for blank in content.blanks)


TYPE = ItemType(
    kind="fill-in-the-blank",
    name=N_("填空题"),
    content_model=FillIn,
    response_model=Filled,
    problems=problems,
    is_keyed=is_keyed,
    key_text=key_text,
    public=lambda content: {"stem": content.stem, "blanks": [{"id": blank.id} for blank in content.blanks]},
    texts=lambda content: [text for blank in content.blanks for text in blank.accept],
    score=score,
    compile=compile_key,
    check=check,
)
