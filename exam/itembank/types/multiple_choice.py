"""Multiple choice (多选): several options may be right, marked by one of three policies.

- `all-or-nothing`: exactly the right options, or nothing.
- `partial-without-wrong` (少选得部分分，错选不得分): with a wrong option nothing; with some of the right ones
  `partial_share` of the marks, a fraction, or "proportional": the part of the right options that was chosen.
- `per-option`: each right option is worth marks / (number of right options), each wrong one takes `penalty` times that;
  never below nothing.
"""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from pydantic import Field

from exam.core.errors import Problem
from exam.core.i18n import N_
from exam.itembank.folding import parse_number
from exam.itembank.types.base import (
    ZERO,
    Id,
    ItemType,
    NumberText,
    Reason,
    Response,
    Scored,
    Scorer,
    judged,
    nothing,
    share_of,
)
from exam.itembank.types.choices import (
    ChoiceContent,
    option_ids,
    option_key_text,
    option_lists,
    option_problems,
    public_options,
)

LEAST_OPTIONS, MOST_OPTIONS = 2, 10
MAX_PENALTY = 10
PROPORTIONAL = "proportional"


class MultipleChoice(ChoiceContent):
    """Content: options, the ids of the right ones, and what an incomplete choice is worth."""

    key: list[Id] = Field(default_factory=list)
    policy: Literal["all-or-nothing", "partial-without-wrong", "per-option"] = "all-or-nothing"
    partial_share: NumberText | None = None
    penalty: NumberText | None = None


class ChosenSet(Response):
    """Response: the ids of the chosen options."""

    choices: list[Id] = Field(default_factory=list)


def problems(content: MultipleChoice) -> Iterable[Problem]:
    yield from option_problems(content.options, LEAST_OPTIONS, MOST_OPTIONS)
    if not content.key:
        yield Problem("key", "key-missing")
    elif not option_ids(content).issuperset(content.key):
        yield Problem("key", "key-unknown-option")
    elif len(set(content.key)) < len(content.key):
        yield Problem("key", "key-twice")
    if content.policy == "partial-without-wrong" and content.partial_share != PROPORTIONAL:
        yield from _number_problems("partial_share", content.partial_share, 1)
    if content.policy == "per-option":
        yield from _number_problems("penalty", content.penalty, MAX_PENALTY)


def _number_problems(field: str, text: str | None, most: int) -> Iterable[Problem]:
    if text is None or not text.strip():
        yield Problem(field, "number-missing")
        return
    number = parse_number(text)
    if number is None:
        yield Problem(field, "not-a-number")
    elif not 0 <= number <= most:
        yield Problem(field, "out-of-range", {"least": 0, "most": most})


def check(content: MultipleChoice, response: ChosenSet) -> Iterable[Problem]:
    if not option_ids(content).issuperset(response.choices):
        yield Problem("choices", "response-unknown-option")
    elif len(set(response.choices)) < len(response.choices):
        yield Problem("choices", "response-option-twice")


def score(content: MultipleChoice, response: ChosenSet, marks: Decimal) -> Scored:
    key, chosen = set(content.key), set(response.choices)
    right, wrong = len(key & chosen), len(chosen - key)
    if chosen == key:
        return judged(marks, marks, [Reason("right")], full=True)
    reasons = []
    if right < len(key):
        reasons.append(Reason("options-missed", {"count": len(key) - right}))
    if wrong:
        reasons.append(Reason("options-wrong", {"count": wrong}))
    return judged(share_of(marks, _share(content, right, wrong, len(key))), marks, reasons, full=False)


def _share(content: MultipleChoice, right: int, wrong: int, keyed: int) -> Fraction | Decimal:
    """The fraction of the marks for an answer that isn't exactly the key."""
    if content.policy == "partial-without-wrong" and not wrong:
        if content.partial_share == PROPORTIONAL:
            return Fraction(right, keyed)
        return parse_number(content.partial_share or "") or ZERO
    if content.policy == "per-option":
        penalty = Fraction(parse_number(content.penalty or "") or 0)
        return (right - penalty * wrong) / keyed
    return ZERO


def compile_key(content: MultipleChoice, marks: Decimal, reference: Scorer) -> Scorer:
    bits = {option.id: 1 << place for place, option in enumerate(content.options)}
    scored: dict[int, Scored] = {0: nothing(marks)}

    def run(response: Any) -> Scored:
        if response is None:
            return scored[0]
        if type(response) is not dict or len(response) != 1 or type(response.get("choices")) is not list:
            return reference(response)
        mask = 0
        for choice in response["choices"]:
            bit = bits.get(choice, 0) if type(choice) is str else 0
            if not bit or mask & bit:
                return reference(response)
            mask |= bit
        if mask not in scored:
            scored[mask] = reference(response)
        return scored[mask]

    return run


def public(content: MultipleChoice) -> dict[str, Any]:
    """The marking policy is no secret: whoever answers should know what a guess may cost."""
    shown = {"stem": content.stem, "options": public_options(content), "shuffle": content.shuffle}
    return {**shown, "policy": content.policy, "partial_share": content.partial_share, "penalty": content.penalty}


TYPE = ItemType(
    kind="multiple-choice",
    name=N_("多选题"),
    objective="multiple-choice",
    content_model=MultipleChoice,
    response_model=ChosenSet,
    problems=problems,
    is_keyed=lambda content: bool(content.key) and option_ids(content).issuperset(content.key),
    key_text=lambda content: option_key_text(content, content.key),
    public=public,
    texts=lambda content: [option.text for option in content.options],
    score=score,
    compile=compile_key,
    check=check,
    options=option_lists,
)
