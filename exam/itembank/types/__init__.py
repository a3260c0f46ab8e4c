"""The eight item types (S2 annex 5), one file each, and what the rest of the platform asks of them.

A new type is one file and one line in `TYPES`. Content and responses come in and go out as JSON here; the forms of both
are in the types' files. A kind that isn't known raises `Invalid`.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from exam.core.errors import Invalid, Problem
from exam.itembank.content import joined
from exam.itembank.types import (
    calculation,
    engine,
    essay,
    fill_in_the_blank,
    multiple_choice,
    short_answer,
    single_choice,
    true_false,
)
from exam.itembank.types.base import (
    Content,
    ItemType,
    OptionList,
    Reason,
    Scored,
    Scorer,
    Verdict,
    as_json,
    whole_marks,
)
from exam.itembank.types.case_analysis import case_type, combine

_PARTS = {
    item_type.kind: item_type
    for item_type in (
        single_choice.TYPE,
        multiple_choice.TYPE,
        true_false.TYPE,
        fill_in_the_blank.TYPE,
        calculation.TYPE,
        short_answer.TYPE,
        essay.TYPE,
    )
}
_CASE = case_type(MappingProxyType(_PARTS))

TYPES: Mapping[str, ItemType] = MappingProxyType({**_PARTS, _CASE.kind: _CASE})
"""Every type by its kind, in the order in which they are offered."""

PART_KINDS = tuple(_PARTS)
"""The kinds that a part of a case may have."""

OBJECTIVE_KINDS = tuple(item_type.kind for item_type in TYPES.values() if item_type.objective)
"""The three objective types, the only ones of an online course's chapters (S2 annex 5)."""


def item_type(kind: str) -> ItemType:
    """The type called `kind`; raises `Invalid`."""
    try:
        return TYPES[kind]
    except KeyError:
        raise Invalid([Problem("kind", "kind-unknown", {"kind": kind[:40]})]) from None


def load(kind: str, content: Any) -> Content:
    """Content as the model of its type, drafts included; raises `Invalid` for what is no such content."""
    return engine.load(item_type(kind), content)


def normalise(kind: str, content: Any) -> dict[str, Any]:
    """Content as it is stored: every field there, nothing else. Raises `Invalid`."""
    full = load(kind, content).model_dump(mode="json")
    for part in full.get("parts", ()):
        part["content"] = normalise(part["kind"], part["content"])
    return full


def problems(kind: str, content: Any) -> list[Problem]:
    """Everything that keeps an item from being used, each with its field; empty when it is complete."""
    return engine.item_problems(item_type(kind), content)


def is_keyed(kind: str, content: Any) -> bool:
    """Whether the item comes with its answer (S2 annex 5); for written answers, a model answer or a marking guide."""
    found = item_type(kind)
    try:
        return found.is_keyed(engine.load(found, content))
    except Invalid:
        return False


def key_text(kind: str, content: Any) -> str:
    """The right answer in words, for pages that may show it."""
    return item_type(kind).key_text(load(kind, content))


def search_text(kind: str, content: Any) -> str:
    """All words of an item on one line, key included: for those who may see the bank only."""
    loaded = load(kind, content)
    return joined([loaded.stem, *item_type(kind).texts(loaded), loaded.explanation])


def public(kind: str, content: Any) -> dict[str, Any]:
    """What a candidate may know of the item before release: no key, explanation, tolerance or marking guide."""
    return item_type(kind).public(load(kind, content))


def option_lists(kind: str, content: Any) -> tuple[OptionList, ...]:
    """The lists of options that a sitting may shuffle: none, one, or one for each such part of a case."""
    return tuple(item_type(kind).options(load(kind, content)))


def answered(kind: str, response: Any) -> bool:
    """Whether a response answers anything. Takes any JSON."""
    return item_type(kind).answered(response)


def check_response(kind: str, content: Any, response: Any) -> None:
    """Raises `Invalid` when a response can't be one to this item. Works for items without a key."""
    found = item_type(kind)
    engine.read_response(found, engine.load(found, content), response)


def score(kind: str, content: Any, response: Any, marks: Decimal) -> Scored:
    """The marks of one response (JSON or `None`), exactly. Raises `Invalid` for no such response or no key."""
    return engine.scorer(item_type(kind), load(kind, content), marks, fast=False)(response)


def compile_scorer(kind: str, content: Any, marks: Decimal) -> Scorer:
    """The same as `score` with the key prepared once, for many responses to one item."""
    return engine.scorer(item_type(kind), load(kind, content), marks, fast=True)


__all__ = [
    "OBJECTIVE_KINDS",
    "PART_KINDS",
    "TYPES",
    "ItemType",
    "OptionList",
    "Reason",
    "Scored",
    "Scorer",
    "Verdict",
    "answered",
    "as_json",
    "check_response",
    "combine",
    "compile_scorer",
    "is_keyed",
    "item_type",
    "key_text",
    "load",
    "normalise",
    "option_lists",
    "problems",
    "public",
    "score",
    "search_text",
    "whole_marks",
]
