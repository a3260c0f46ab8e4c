"""What somebody who knows the subject so well answers: the key as often as their skill says, else a likely mistake."""

import random
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Content = Mapping[str, Any]

HARDER = {"multiple-choice": 0.12, "calculation": 0.1, "fill-in-the-blank": 0.06, "true-false": -0.06}
LEFT_EMPTY = 0.15
"""The share of the items somebody doesn't know that they leave without an answer."""


def response(kind: str, content: Content, skill: float, dice: random.Random) -> dict[str, Any] | None:
    """An answer to an item, None when it is left empty. `skill` is the share of items known, from 0 to 1."""
    if kind == "case-analysis":
        parts = {part["id"]: response(part["kind"], part["content"], skill, dice) for part in content["parts"]}
        given = {part: answer for part, answer in parts.items() if answer is not None}
        return {"parts": given} if given else None
    if kind in ("short-answer", "essay"):
        return _written(content, skill, dice)
    if dice.random() < skill - HARDER.get(kind, 0):
        return known(kind, content)
    return None if dice.random() < LEFT_EMPTY else mistaken(kind, content, dice)


def known(kind: str, content: Content) -> dict[str, Any]:
    """The answer of the key, for items that a machine scores."""
    match kind:
        case "single-choice":
            return {"choice": content["key"]}
        case "multiple-choice":
            return {"choices": list(content["key"])}
        case "true-false":
            return {"value": content["key"]}
        case "fill-in-the-blank":
            return {"blanks": {blank["id"]: blank["accept"][0] for blank in content["blanks"]}}
        case "calculation":
            return {"value": content["answer"], "unit": content["unit"]}
    raise ValueError(kind)


def mistaken(kind: str, content: Content, dice: random.Random) -> dict[str, Any]:
    """A wrong or incomplete answer of the kind that people give."""
    match kind:
        case "single-choice":
            return {"choice": dice.choice([o["id"] for o in content["options"] if o["id"] != content["key"]])}
        case "multiple-choice":
            return {"choices": _other_choices(content, dice)}
        case "true-false":
            return {"value": not content["key"]}
        case "fill-in-the-blank":
            return {"blanks": _other_blanks(content, dice)}
        case "calculation":
            factor = dice.choice([Decimal("0.1"), Decimal(2), Decimal("0.5"), Decimal(10), Decimal("1.25")])
            return {"value": f"{(Decimal(content['answer']) * factor).normalize():f}", "unit": content["unit"]}
    raise ValueError(kind)


def _other_choices(content: Content, dice: random.Random) -> list[str]:
    """One of the key forgotten, or one more taken."""
    key = list(content["key"])
    others = [option["id"] for option in content["options"] if option["id"] not in key]
    if len(key) > 1 and (not others or dice.random() < 0.6):
        key.remove(dice.choice(key))
        return key
    return [*key, dice.choice(others)] if others else key[:1]


def _other_blanks(content: Content, dice: random.Random) -> dict[str, str]:
    """One blank wrong: a number that is off, or the answer of another blank; the others right."""
    blanks = list(content["blanks"])
    given = {blank["id"]: blank["accept"][0] for blank in blanks}
    wrong = dice.choice(blanks)
    right = given[wrong["id"]]
    number = re.fullmatch(r"-?\d+(\.\d+)?", right)
    elsewhere = [text for text in given.values() if text != right]
    if number:
        given[wrong["id"]] = str(Decimal(right) + 1)
    elif elsewhere:
        given[wrong["id"]] = dice.choice(elsewhere)
    else:
        given[wrong["id"]] = "不清楚"
    return given


def _written(content: Content, skill: float, dice: random.Random) -> dict[str, Any] | None:
    """As much of the model answer as somebody remembers, sentence by sentence."""
    sentences = [text for text in re.split(r"(?<=[。；;])|\n", content["model_answer"]) if text.strip()]
    kept = [text.strip() for text in sentences if dice.random() < skill]
    if not kept and dice.random() < LEFT_EMPTY * 2:
        return None
    text = "\n".join(kept or sentences[:1])
    return {"text": text[: int(content.get("max_length") or 2000)]}
