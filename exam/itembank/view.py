"""An item as a candidate sees it: one context for the editor's preview, the sitting page and the review of a result.

`prepare` renders a version's texts once; `PreparedItem.view` then only puts the options into a sitting's order, so many
papers can be shown quickly. A view holds nothing of the key. Its partial is `view["template"]`, included with

    slot       the place in the sitting, from 1 ("3"; a part of a case: "3.1")
    item       the view
    response   the response as JSON, or none
    readonly   whether it is only shown

Every control carries `data-field` ("choice", "choices", "value", "unit", "text", "blanks.1") and stands inside the
item's element with `data-kind` and `data-slot`; a part of a case stands inside an element with `data-part`. Names are
`a3-choice`, for a part `a3-1-choice`: `response_from_form` reads them back where no script does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from exam.itembank import types
from exam.itembank.content import Piece, pieces, render, render_inline
from exam.itembank.order import option_order
from exam.itembank.types.choices import LETTERS

GetAll = Callable[[str], Sequence[str]]
"""All values of a form's field, in order (`form.getlist`)."""

_PASSED_ON = ("policy", "partial_share", "penalty", "has_unit", "min_length", "max_length")


@dataclass(frozen=True, slots=True)
class PreparedItem:
    """A version's texts as HTML, ready to be put into any order.

    `stem` is cut at its blanks, for inputs to stand there; `stem_html` is whole, with blanks drawn as lines.
    """

    kind: str
    template: str
    stem: tuple[Piece, ...]
    stem_html: Markup
    options: Mapping[str, Markup]
    shuffle: bool
    blanks: tuple[str, ...]
    limits: Mapping[str, Any]
    parts: tuple[tuple[str, "PreparedItem"], ...]

    def view(self, seed: str | int, slot: str | int, *, shuffle: bool = True) -> dict[str, Any]:
        """The template's `item` for one slot of a sitting; `shuffle=False` keeps the authored order."""
        order = option_order(seed, slot, tuple(self.options), shuffle=shuffle and self.shuffle)
        return {
            "kind": self.kind,
            "template": self.template,
            "slot": str(slot),
            "name": field_name(slot),
            "stem": self.stem,
            "stem_html": self.stem_html,
            "options": [
                {"letter": letter, "id": option, "html": self.options[option]}
                for letter, option in zip(LETTERS, order, strict=False)
            ],
            "blanks": self.blanks,
            **self.limits,
            "parts": [
                {"id": part, "number": number, "item": item.view(seed, f"{slot}.{part}", shuffle=shuffle)}
                for number, (part, item) in enumerate(self.parts, 1)
            ],
        }


def field_name(slot: str | int) -> str:
    """What the names of a slot's controls begin with."""
    return "a" + str(slot).replace(".", "-")


def prepare(kind: str, content: Any) -> PreparedItem:
    """Render what a candidate may see of the content; drafts too. Raises `Invalid` for what is no such content."""
    shown = types.public(kind, content)
    return _prepare(kind, shown)


def _prepare(kind: str, shown: Mapping[str, Any]) -> PreparedItem:
    stem = pieces(render(shown["stem"]))
    return PreparedItem(
        kind=kind,
        template=types.item_type(kind).template,
        stem=stem,
        stem_html=Markup("____").join(piece.html for piece in stem),
        options={option["id"]: render_inline(option["text"]) for option in shown.get("options", ())},
        shuffle=shown.get("shuffle", True),
        blanks=tuple(blank["id"] for blank in shown.get("blanks", ())),
        limits={field: shown[field] for field in _PASSED_ON if field in shown},
        parts=tuple((part["id"], _prepare(part["kind"], part["content"])) for part in shown.get("parts", ())),
    )


def candidate_view(
    kind: str, content: Any, seed: str | int, slot: str | int, *, shuffle: bool = True
) -> dict[str, Any]:
    """`prepare` and `view` in one, for a single item."""
    return prepare(kind, content).view(seed, slot, shuffle=shuffle)


def response_from_form(item: PreparedItem, slot: str | int, get_all: GetAll) -> dict[str, Any] | None:
    """The response that a posted form holds for one slot, or `None` where nothing was answered.

    Its shape is right by construction; whether the item has such options is for `types.check_response`.
    """
    name = field_name(slot)
    response = _READERS[item.kind](item, slot, lambda field: list(get_all(f"{name}-{field}")), get_all)
    return response if types.answered(item.kind, response) else None


def _last(values: Sequence[str]) -> str | None:
    return values[-1] if values else None


def _read_parts(item: PreparedItem, slot: str | int, own: GetAll, get_all: GetAll) -> dict[str, Any]:
    return {"parts": {part: response_from_form(inner, f"{slot}.{part}", get_all) for part, inner in item.parts}}


def _read_calculation(item: PreparedItem, slot: str | int, own: GetAll, get_all: GetAll) -> dict[str, Any]:
    unit = {"unit": _last(own("unit")) or ""} if item.limits.get("has_unit") else {}
    return {"value": _last(own("value")) or "", **unit}


_TRUTH = {"true": True, "false": False}
_READERS: Mapping[str, Callable[[PreparedItem, str | int, GetAll, GetAll], dict[str, Any]]] = {
    "single-choice": lambda item, slot, own, get_all: {"choice": _last(own("choice"))},
    "multiple-choice": lambda item, slot, own, get_all: {"choices": list(dict.fromkeys(own("choices")))},
    "true-false": lambda item, slot, own, get_all: {
        "value": {"true": True, "false": False}.get(_last(own("value")) or "")
    },
    "fill-in-the-blank": lambda item, slot, own, get_all: {
        "blanks": {blank: _last(own(f"blank-{blank}")) or "" for blank in item.blanks}
    },
    "calculation": _read_calculation,
    "short-answer": lambda item, slot, own, get_all: {"text": _last(own("text")) or ""},
    "essay": lambda item, slot, own, get_all: {"text": _last(own("text")) or ""},
    "case-analysis": _read_parts,
}
