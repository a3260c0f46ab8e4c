"""The editor's form ↔ an item's content. A field's name is its path in the content (`options.2.text`), which is also
the path of the problems that `types.problems` finds, so that each stands beside its field.

Reading never fails: what makes no sense is kept as near as the content's model allows, for `problems` to name.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from exam.itembank import types
from exam.itembank.authoring import new_option_id
from exam.itembank.content import blank_ids
from exam.itembank.exchange.book import cleaned
from exam.itembank.markdown import BLANK

MOST_DEPTH = 8
Node = dict[str, Any]


def nested(fields: Iterable[tuple[str, str]]) -> Node:
    """Dotted names as nested dictionaries; a leaf is the list of all values sent under its name."""
    tree: Node = {}
    for name, value in fields:
        steps = name.split(".")
        node = tree
        for step in steps[:-1][:MOST_DEPTH]:
            inner = node.setdefault(step, {})
            node = inner if isinstance(inner, dict) else {}
        leaf = node.setdefault(steps[-1], [])
        if isinstance(leaf, list):
            leaf.append(value)
    return tree


def read_content(kind: str, fields: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The content that a posted editor holds. Raises `Invalid` for an unknown kind."""
    types.item_type(kind)
    return _content(kind, nested(fields))


def _content(kind: str, node: Node) -> dict[str, Any]:
    common = {"stem": _text(node, "stem"), "explanation": _text(node, "explanation")}
    return {**common, **_READERS[kind](node)}


def _values(node: Node, name: str) -> list[str]:
    found = node.get(name)
    return found if isinstance(found, list) else []


def _text(node: Node, name: str) -> str:
    values = _values(node, name)
    return str(cleaned(values[-1].replace("\r\n", "\n").replace("\r", "\n"))) if values else ""


def _whole(node: Node, name: str) -> int:
    text = _text(node, name)
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else 0


def _rows(node: Node, name: str) -> list[Node]:
    found = node.get(name)
    if not isinstance(found, dict):
        return []
    places = sorted((step for step in found if step.isdecimal() and len(step) < 4), key=int)
    return [found[step] for step in places if isinstance(found[step], dict)]


def _options(node: Node) -> list[dict[str, str]]:
    options: list[dict[str, str]] = []
    for row in _rows(node, "options"):
        given, taken = _text(row, "id"), [option["id"] for option in options]
        known = bool(re.fullmatch(r"[A-Za-z0-9_-]{1,32}", given)) and given not in taken
        options.append({"id": given if known else new_option_id(taken), "text": _text(row, "text")})
    return options


def _choice(node: Node, *, several: bool) -> dict[str, Any]:
    options = _options(node)
    ids = {option["id"] for option in options}
    chosen = [key for key in dict.fromkeys(_values(node, "key")) if key in ids]
    key = chosen if several else (chosen[-1] if chosen else None)
    return {"options": options, "key": key, "shuffle": _text(node, "shuffle") == "yes"}


def _multiple(node: Node) -> dict[str, Any]:
    policy = _text(node, "policy") or "all-or-nothing"
    share = "proportional" if _text(node, "proportional") == "yes" else _text(node, "partial_share") or None
    return {
        **_choice(node, several=True),
        "policy": policy if policy in POLICIES else "all-or-nothing",
        "partial_share": share if policy == "partial-without-wrong" else None,
        "penalty": (_text(node, "penalty") or None) if policy == "per-option" else None,
    }


POLICIES = ("all-or-nothing", "partial-without-wrong", "per-option")


def _true_false(node: Node) -> dict[str, Any]:
    return {"key": {"true": True, "false": False}.get(_text(node, "key"))}


def _mode(node: Node, name: str) -> str:
    return "relative" if _text(node, name) == "relative" else "absolute"


def _fill_in(node: Node) -> dict[str, Any]:
    stem = _text(node, "stem")
    in_stem = list(dict.fromkeys(blank_ids(stem)))
    blanks = {blank["id"]: blank for blank in map(_blank, _rows(node, "blanks"))}
    # Every blank of the stem gets its place to write answers in, in the stem's order; those left over stay behind them
    # while they hold answers. Numbers run from 1 in that order, so that the authoring form can do without them.
    order = [*in_stem, *(number for number, blank in blanks.items() if number not in in_stem and blank["accept"])]
    numbers = {number: str(place) for place, number in enumerate(order, start=1)}
    stem = BLANK.sub(lambda mark: f"{{{{{numbers.get(str(int(mark[1])), mark[1])}}}}}", stem)
    placed = [{**(blanks.get(number) or new_blank(number)), "id": numbers[number]} for number in order]
    return {"stem": stem, "blanks": placed}


def new_blank(number: str) -> dict[str, Any]:
    """A blank without answers."""
    flags = {"fold_width": True, "ignore_case": True, "ignore_space": True}
    return {"id": number, "accept": [], **flags, "numeric": None, "weight": 1}


def _blank(row: Node) -> dict[str, Any]:
    number = _text(row, "id")
    numeric = {"tolerance": _text(row, "tolerance") or "0", "mode": _mode(row, "mode")}
    return {
        "id": number if re.fullmatch("[1-9][0-9]?", number) else "1",
        "accept": [line.strip() for line in _text(row, "accept").split("\n") if line.strip()],
        "fold_width": _text(row, "fold_width") == "yes",
        "ignore_case": _text(row, "ignore_case") == "yes",
        "ignore_space": _text(row, "ignore_space") == "yes",
        "numeric": numeric if _text(row, "is_numeric") == "yes" else None,
        "weight": _whole(row, "weight"),
    }


def _calculation(node: Node) -> dict[str, Any]:
    units = {_text(row, "unit"): _text(row, "factor") for row in _rows(node, "accepted_units")}
    return {
        "answer": _text(node, "answer") or None,
        "tolerance": _text(node, "tolerance") or "0",
        "tolerance_mode": _mode(node, "tolerance_mode"),
        "unit": _text(node, "unit") or None,
        "accepted_units": {unit: factor for unit, factor in units.items() if unit},
        "unit_share": _text(node, "unit_share") or "0",
    }


def _written(node: Node) -> dict[str, Any]:
    rows = [row for row in _rows(node, "rubric") if _text(row, "text") or _text(row, "weight") not in ("", "1")]
    return {
        "model_answer": _text(node, "model_answer"),
        "rubric": [
            {"id": str(place), "text": _text(row, "text"), "weight": _whole(row, "weight")}
            for place, row in enumerate(rows, start=1)
        ],
        "min_length": _whole(node, "min_length"),
        "max_length": _whole(node, "max_length"),
    }


def _case(node: Node) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    for row in _rows(node, "parts"):
        kind, inner, given = _text(row, "kind"), row.get("content"), _text(row, "id")
        if kind not in types.PART_KINDS:
            continue
        taken = {part["id"] for part in parts}
        name = given if re.fullmatch("[A-Za-z0-9]{1,8}", given) and given not in taken else free_id(taken)
        content = _content(kind, inner if isinstance(inner, dict) else {})
        parts.append({"id": name, "kind": kind, "weight": _whole(row, "weight"), "content": content})
    return {"parts": parts}


def free_id(taken: Iterable[str]) -> str:
    """The least number that isn't taken."""
    used = set(taken)
    return next(str(number) for number in range(1, len(used) + 2) if str(number) not in used)


_READERS: Mapping[str, Callable[[Node], dict[str, Any]]] = {
    "single-choice": lambda node: _choice(node, several=False),
    "multiple-choice": _multiple,
    "true-false": _true_false,
    "fill-in-the-blank": _fill_in,
    "calculation": _calculation,
    "short-answer": _written,
    "essay": _written,
    "case-analysis": _case,
}


def new_content(kind: str) -> dict[str, Any]:
    """What the editor begins with: four empty options for a choice, else what the type says. Raises `Invalid`."""
    content = types.normalise(kind, {})
    if kind in ("single-choice", "multiple-choice"):
        ids: list[str] = []
        while len(ids) < 4:
            ids.append(new_option_id(ids))
        content["options"] = [{"id": option, "text": ""} for option in ids]
    return content
