"""What is done alike for every type: reading content and responses, refusing them clearly, scoring them two ways."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from exam.core.errors import Invalid, Problem
from exam.itembank.content import pictures, plain_text
from exam.itembank.types.base import Content, ItemType, Response, Scored, Scorer, whole_marks

_STEP = re.compile(r"[A-Za-z0-9_-]{1,32}")
_CODES = {
    "missing": "missing",
    "extra_forbidden": "unknown-field",
    "string_too_long": "too-long",
    "string_unicode": "characters",
    "characters": "characters",
}


def _problems(error: ValidationError) -> list[Problem]:
    """A model's complaints as ours, without echoing what was sent."""
    found: list[Problem] = []
    for detail in error.errors(include_url=False, include_input=False):
        steps = [str(step) for step in detail["loc"] if step != "[key]"]
        field = ".".join(step if _STEP.fullmatch(step) else "?" for step in steps)
        code = _CODES.get(detail["type"], "malformed")
        params = {"most": detail["ctx"]["max_length"]} if code == "too-long" else {}
        problem = Problem(field, code, params)
        if problem not in found:
            found.append(problem)
    return found


def prefixed(path: str, problems: Iterable[Problem]) -> list[Problem]:
    """The same problems, their fields below `path`."""
    return [Problem(f"{path}.{p.field}".rstrip("."), p.code, p.params) for p in problems]


def load(item_type: ItemType, content: Any) -> Content:
    """Content as the type's model. A draft may lack anything; raises `Invalid` for what isn't such content at all."""
    try:
        return item_type.content_model.model_validate(content)
    except ValidationError as error:
        raise Invalid(_problems(error)) from None


def item_problems(item_type: ItemType, content: Any) -> list[Problem]:
    """Everything that keeps an item from being used, by field. Takes any JSON."""
    try:
        loaded = load(item_type, content)
    except Invalid as invalid:
        return list(invalid.problems)
    found: list[Problem] = []
    if not plain_text(loaded.stem) and not pictures(loaded.stem)[0]:
        found.append(Problem("stem", "stem-missing"))
    for field, text in _own_texts(loaded):
        found += [Problem(field, "picture-not-uploaded", {"address": address[:200]}) for address in pictures(text)[1]]
    return found + list(item_type.problems(loaded))


def _own_texts(content: Content) -> Iterable[tuple[str, str]]:
    """The Markdown texts of an item itself (a case's parts are items of their own)."""
    yield "stem", content.stem
    yield "explanation", content.explanation
    for place, option in enumerate(getattr(content, "options", ())):
        yield f"options.{place}.text", option.text
    yield "model_answer", getattr(content, "model_answer", "")


def read_response(item_type: ItemType, content: Content, response: Any) -> Response | None:
    """A response as the type's model, or `None` where nothing was answered.

    Raises `Invalid` for JSON of another shape, too much text, or what the item doesn't have (an unknown option).
    """
    if response is None:
        return None
    try:
        parsed = item_type.response_model.model_validate(response)
    except ValidationError as error:
        raise Invalid(_problems(error)) from None
    found = list(item_type.check(content, parsed))
    if found:
        raise Invalid(found)
    return parsed if item_type.answered(response) else None


def scorer(item_type: ItemType, content: Content, marks: Decimal, *, fast: bool) -> Scorer:
    """The item's scorer: `fast` with the key prepared, else the plain path through the models. Both give the same.

    Raises `Invalid` when the item has no key to score by, ValueError for marks finer than 0.01.
    """
    if not item_type.is_keyed(content):
        raise Invalid([Problem("key", "key-missing")])
    marks = whole_marks(marks)

    def reference(response: Any) -> Scored:
        parsed = read_response(item_type, content, response)
        return item_type.unanswered(content, marks) if parsed is None else item_type.score(content, parsed, marks)

    return item_type.compile(content, marks, reference) if fast else reference
