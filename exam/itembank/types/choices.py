"""Options: what single and multiple choice share."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import Field

from exam.core.errors import Problem
from exam.itembank.content import plain_text
from exam.itembank.folding import fold
from exam.itembank.types.base import Content, Id, OptionList, ShortText, Strict

LETTERS = "ABCDEFGHIJ"


class Option(Strict):
    """`id` is an opaque token; it stays with the text and says nothing of its place."""

    id: Id
    text: ShortText = ""


class ChoiceContent(Content):
    """`shuffle: false` keeps the authored order for every candidate (an option such as 以上都对 needs its place)."""

    options: list[Option] = Field(default_factory=list)
    shuffle: bool = True


def option_problems(options: Sequence[Option], least: int, most: int) -> Iterable[Problem]:
    """What is wrong with the options themselves: how many, empty, twice."""
    if len(options) < least:
        yield Problem("options", "options-too-few", {"count": len(options), "least": least})
    if len(options) > most:
        yield Problem("options", "options-too-many", {"count": len(options), "most": most})
    texts: dict[str, int] = {}
    ids: set[str] = set()
    for place, option in enumerate(options):
        letter = LETTERS[place % len(LETTERS)]
        folded = fold(option.text, case=False, space=True)
        if not folded:
            yield Problem(f"options.{place}.text", "option-empty", {"letter": letter})
        elif folded in texts:
            same = {"letter": letter, "other": LETTERS[texts[folded] % len(LETTERS)]}
            yield Problem(f"options.{place}.text", "option-twice", same)
        if option.id in ids:
            yield Problem(f"options.{place}.id", "option-id-twice", {"letter": letter})
        texts.setdefault(folded, place)
        ids.add(option.id)


def option_ids(content: ChoiceContent) -> frozenset[str]:
    """The ids of all options."""
    return frozenset(option.id for option in content.options)


def option_lists(content: ChoiceContent) -> tuple[OptionList, ...]:
    """The one list of options, for whoever puts it in order."""
    return (OptionList(None, tuple(option.id for option in content.options), content.shuffle),)


def public_options(content: ChoiceContent) -> list[dict[str, Any]]:
    """The options as candidates may know them: ids and texts."""
    return [{"id": option.id, "text": option.text} for option in content.options]


def option_key_text(content: ChoiceContent, key: Iterable[str]) -> str:
    """The right options by their texts, for pages where the shown letters differ from one candidate to the next."""
    right = set(key)
    return "；".join(plain_text(option.text) for option in content.options if option.id in right)
