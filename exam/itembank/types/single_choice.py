"""Single choice (单选): one option is right; all marks or none."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from exam.core.errors import Problem
from exam.core.i18n import N_
from exam.itembank.types.base import ZERO, Id, ItemType, Reason, Response, Scored, Scorer, judged, nothing
from exam.itembank.types.choices import (
    ChoiceContent,
    option_ids,
    option_key_text,
    option_lists,
    option_problems,
    public_options,
)

LEAST_OPTIONS, MOST_OPTIONS = 2, 8


class SingleChoice(ChoiceContent):
    """Content: options, and the id of the right one."""

    key: Id | None = None


class Chosen(Response):
    """Response: the id of the chosen option."""

    choice: Id | None = None


def problems(content: SingleChoice) -> Iterable[Problem]:
    yield from option_problems(content.options, LEAST_OPTIONS, MOST_OPTIONS)
    if content.key is None:
        yield Problem("key", "key-missing")
    elif content.key not in option_ids(content):
        yield Problem("key", "key-unknown-option")


def check(content: SingleChoice, response: Chosen) -> Iterable[Problem]:
    if response.choice is not None and response.choice not in option_ids(content):
        yield Problem("choice", "response-unknown-option")


def score(content: SingleChoice, response: Chosen, marks: Decimal) -> Scored:
    if response.choice == content.key:
        return judged(marks, marks, [Reason("right")], full=True)
    return judged(ZERO, marks, [Reason("wrong")], full=False)


def compile_key(content: SingleChoice, marks: Decimal, reference: Scorer) -> Scorer:
    scored = {option.id: score(content, Chosen(choice=option.id), marks) for option in content.options}
    none = nothing(marks)

    def run(response: Any) -> Scored:
        if response is None:
            return none
        if type(response) is dict and len(response) == 1:
            choice = response.get("choice")
            if type(choice) is str and choice in scored:
                return scored[choice]
        return reference(response)

    return run


def public(content: SingleChoice) -> dict[str, Any]:
    return {"stem": content.stem, "options": public_options(content), "shuffle": content.shuffle}


TYPE = ItemType(
    kind="single-choice",
    name=N_("单选题"),
    objective="single-choice",
    content_model=SingleChoice,
    response_model=Chosen,
    problems=problems,
    is_keyed=lambda content: content.key in option_ids(content),
    key_text=lambda content: option_key_text(content, [content.key]),
    public=public,
    texts=lambda content: [option.text for option in content.options],
    score=score,
    compile=compile_key,
    check=check,
    options=option_lists,
)
