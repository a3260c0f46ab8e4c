"""The authoring form of an item ↔ its content. A form is what a person writes: texts, letters, lines; no ids.

    {"stem": …, "explanation": …,
     "options": ["…", "…"], "key": "ACD", "shuffle": True,                        single and multiple choice
     "policy": "per-option", "partial_share": "0.5", "penalty": "0.5",            multiple choice
     "key": "对",                                                                 true or false
     "blanks": ["质量管理|QMS", "3.14 [±0.01]"],                                  fill in the blank, in order
     "answer": "12.5", "tolerance": "1%", "unit": "kg", "accepted_units": "g=0.001", "unit_share": "0",   calculation
     "model_answer": "…", "rubric": ["…", "… [权重2]"], "min_length": 0, "max_length": 500,     short answer, essay
     "parts": [{"kind": "single-choice", "weight": 2, "stem": …}, …]}             case analysis

Everything may be absent. The lines' grammar is in `authoring_lines`; in their place a blank or a line of the rubric may
also be spelled out as in the content (`{"accept": [...], "weight": 2}`, `{"text": …, "weight": 2}`), the units as a
mapping, and the tolerance with a `tolerance_mode`. Whether the item is complete is for
`types.problems` to say; a form is refused here only when it can't be understood.
"""

import hashlib
import json
import re
import secrets
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from exam.core.errors import Invalid, Problem
from exam.itembank import authoring_lines as lines
from exam.itembank import types
from exam.itembank.content import blank_ids
from exam.itembank.folding import EXACT, parse_number
from exam.itembank.types.engine import prefixed

Form = Mapping[str, Any]
Content = dict[str, Any]

_COMMON = {"stem", "explanation"}
_CHOICE = _COMMON | {"options", "key", "shuffle"}
_WRITTEN = _COMMON | {"model_answer", "rubric", "min_length", "max_length"}
_CALCULATION = {"answer", "tolerance", "tolerance_mode", "unit", "accepted_units", "unit_share"}
FIELDS: Mapping[str, frozenset[str]] = {
    "single-choice": frozenset(_CHOICE),
    "multiple-choice": frozenset(_CHOICE | {"policy", "partial_share", "penalty"}),
    "true-false": frozenset(_COMMON | {"key"}),
    "fill-in-the-blank": frozenset(_COMMON | {"blanks"}),
    "calculation": frozenset(
        _COMMON | {"answer", "tolerance", "tolerance_mode", "unit", "accepted_units", "unit_share"}
    ),
    "short-answer": frozenset(_WRITTEN),
    "essay": frozenset(_WRITTEN),
    "case-analysis": frozenset(_COMMON | {"parts"}),
}
"""The fields that a form of each kind may have."""

_ID_CHARACTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_UNDERLINES = re.compile(r"_{3,}|＿{2,}|(?<=[（(])[\s\u3000]{2,}(?=[)）])")
_WIDE_BRACES = re.compile(r"[{｛]{2}\s*([0-9０-９]{1,2})\s*[}｝]{2}")
_NUMBERS = ("answer", "tolerance", "partial_share", "penalty", "unit_share")


def new_option_id(taken: Sequence[str] = ()) -> str:
    """An opaque token that isn't among `taken`."""
    while True:
        token = "".join(secrets.choice(_ID_CHARACTERS) for _ in range(8))
        if token not in taken:
            return token


def from_form(kind: str, form: Form, previous: Content | None = None) -> Content:
    """Content in its stored form. With `previous`, options whose text hasn't changed keep their ids.

    Raises `Invalid` for a form that can't be understood (a key that names no option, a field of another kind).
    """
    types.item_type(kind)
    unknown = sorted(str(field)[:40] for field in form if field not in FIELDS[kind])
    if unknown:
        raise Invalid([Problem(field, "unknown-field") for field in unknown])
    given = {field: value for field, value in form.items() if value is not None}
    content = {"stem": tidy(given.get("stem", "")), "explanation": tidy(given.get("explanation", ""))}
    return types.normalise(kind, {**content, **_READERS[kind](given, previous or {})})


def to_form(kind: str, content: Content) -> dict[str, Any]:
    """The form that gives this content back (with new ids); only fields that matter for it."""
    full = types.normalise(kind, content)
    common = {"stem": full["stem"], "explanation": full["explanation"]}
    return {**common, **_WRITERS[kind](full)}


def semantic_hash(kind: str, content: Content) -> str:
    """The same for two contents that say the same: ids don't count, nor spelling of numbers, nor trailing spaces."""
    said = json.dumps(_canonical(to_form(kind, content)), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(f"item-1\0{kind}\0{said}".encode()).hexdigest()


def _canonical(value: Any, field: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _canonical(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_canonical(inner) for inner in value]
    if isinstance(value, str):
        number = parse_number(value) if field in _NUMBERS else None
        return str(EXACT.normalize(number)) if number is not None else tidy(value)
    return value


def tidy(text: Any) -> Any:
    """One spelling of line ends and composed accents, nothing at the ends; width is kept as written."""
    if not isinstance(text, str):
        return text
    unix = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(line.rstrip() for line in unix.split("\n")).strip("\n ")


def _read_options(form: Form, previous: Content) -> list[dict[str, str]]:
    """The options with ids: an unchanged text keeps the one it had."""
    kept: dict[str, list[str]] = defaultdict(list)
    for option in previous.get("options", ()):
        kept[tidy(option["text"])].append(option["id"])
    taken = [option["id"] for option in previous.get("options", ())]
    options: list[dict[str, str]] = []
    for text in map(tidy, _listed(form, "options")):
        option_id = kept[text].pop(0) if kept.get(text) else new_option_id(taken)
        taken.append(option_id)
        options.append({"id": option_id, "text": text})
    return options


def _listed(form: Form, field: str) -> list[Any]:
    value = form.get(field, [])
    if not isinstance(value, list):
        raise Invalid([Problem(field, "malformed")])
    return value


def _worded(form: Form, field: str) -> str:
    value = form.get(field, "")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Invalid([Problem(field, "malformed")])
    return str(value).strip()


def _read_single(form: Form, previous: Content) -> Content:
    options = _read_options(form, previous)
    chosen = lines.read_letters(_worded(form, "key"), [option["id"] for option in options])
    if len(chosen) > 1:
        raise Invalid([Problem("key", "key-not-single")])
    return {"options": options, "key": chosen[0] if chosen else None, "shuffle": form.get("shuffle", True)}


def _read_multiple(form: Form, previous: Content) -> Content:
    options = _read_options(form, previous)
    policy = {
        field: form[field] for field in ("policy", "partial_share", "penalty") if form.get(field) not in (None, "")
    }
    key = lines.read_letters(_worded(form, "key"), [option["id"] for option in options])
    return {"options": options, "key": key, "shuffle": form.get("shuffle", True), **policy}


def _read_blanks(form: Form, previous: Content) -> Content:
    stem = tidy(form.get("stem", ""))
    if isinstance(stem, str):
        stem = _WIDE_BRACES.sub(lambda match: f"{{{{{int(match[1])}}}}}", stem)
        if not blank_ids(stem):
            numbers = iter(range(1, len(stem) + 2))
            stem = _UNDERLINES.sub(lambda _: f"{{{{{next(numbers)}}}}}", stem)
    return {
        "stem": stem,
        "blanks": [_read_blank(place + 1, line) for place, line in enumerate(_listed(form, "blanks"))],
    }


def _read_blank(number: int, given: Any) -> Content:
    if isinstance(given, Mapping):
        accept = given.get("accept", [])
        spelled = {"accept": lines.split_alternatives(accept)} if isinstance(accept, str) else {}
        return {**lines.read_blank(number, ""), **given, **spelled, "id": str(number)}
    if not isinstance(given, str):
        raise Invalid([Problem(f"blanks.{number - 1}", "malformed")])
    return lines.read_blank(number, given)


def _read_calculation(form: Form, previous: Content) -> Content:
    tolerance, mode = lines.read_tolerance(_worded(form, "tolerance") or "0")
    units = form.get("accepted_units", "")
    mode = form.get("tolerance_mode", mode)
    return {
        "answer": _worded(form, "answer") or None,
        "tolerance": tolerance,
        "tolerance_mode": mode,
        "unit": _worded(form, "unit") or None,
        "accepted_units": units if isinstance(units, dict) else lines.read_units(_worded(form, "accepted_units")),
        "unit_share": _worded(form, "unit_share") or "0",
    }


def _read_written(form: Form, previous: Content) -> Content:
    guide = [_read_criterion(line) for line in _listed(form, "rubric")]
    lengths = {field: form[field] for field in ("min_length", "max_length") if field in form}
    rubric = [{"id": str(place + 1), "text": text, "weight": weight} for place, (text, weight) in enumerate(guide)]
    return {"model_answer": tidy(form.get("model_answer", "")), "rubric": rubric, **lengths}


def _read_criterion(given: Any) -> tuple[Any, Any]:
    if isinstance(given, Mapping):
        return given.get("text", ""), given.get("weight", 1)
    return lines.read_criterion(str(given))


def _read_case(form: Form, previous: Content) -> Content:
    before = {part["id"]: part for part in previous.get("parts", ())}
    parts, found = [], []
    for place, part in enumerate(_listed(form, "parts")):
        if not isinstance(part, Mapping) or part.get("kind") not in types.PART_KINDS:
            found.append(Problem(f"parts.{place}.kind", "part-kind-unknown"))
            continue
        inner = {field: value for field, value in part.items() if field not in ("kind", "weight")}
        old = before.get(str(place + 1), {})
        try:
            content = from_form(part["kind"], inner, old.get("content") if old.get("kind") == part["kind"] else None)
        except Invalid as invalid:
            found += prefixed(f"parts.{place}", invalid.problems)
            continue
        parts.append({"id": str(place + 1), "kind": part["kind"], "weight": part.get("weight", 1), "content": content})
    if found:
        raise Invalid(found)
    return {"parts": parts}


def _write_choice(content: Content) -> dict[str, Any]:
    ids = [option["id"] for option in content["options"]]
    key = content["key"] if isinstance(content["key"], list) else [content["key"]]
    texts = [option["text"] for option in content["options"]]
    return {"options": texts, "key": lines.write_letters(key, ids), "shuffle": content["shuffle"]}


def _write_multiple(content: Content) -> dict[str, Any]:
    form = {**_write_choice(content), "policy": content["policy"]}
    if content["policy"] == "partial-without-wrong":
        form["partial_share"] = content["partial_share"]
    if content["policy"] == "per-option":
        form["penalty"] = content["penalty"]
    return form


def _write_calculation(content: Content) -> dict[str, Any]:
    return {
        "answer": content["answer"] or "",
        "tolerance": lines.write_tolerance(content["tolerance"], content["tolerance_mode"]),
        "unit": content["unit"] or "",
        "accepted_units": lines.write_units(content["accepted_units"]),
        "unit_share": content["unit_share"],
    }


def _write_written(content: Content) -> dict[str, Any]:
    rubric = [lines.write_criterion(line["text"], line["weight"]) for line in content["rubric"]]
    return {"rubric": rubric, **{field: content[field] for field in ("model_answer", "min_length", "max_length")}}


def _write_case(content: Content) -> dict[str, Any]:
    return {
        "parts": [
            {"kind": part["kind"], "weight": part["weight"], **to_form(part["kind"], part["content"])}
            for part in content["parts"]
        ]
    }


def _write_blanks(content: Content) -> dict[str, Any]:
    return {"blanks": [lines.write_blank(blank) for blank in sorted(content["blanks"], key=lambda b: int(b["id"]))]}


_READERS: Mapping[str, Callable[[Form, Content], Content]] = {
    "single-choice": _read_single,
    "multiple-choice": _read_multiple,
    "true-false": lambda form, previous: {"key": lines.read_true_false(form.get("key"))},
    "fill-in-the-blank": _read_blanks,
    "calculation": _read_calculation,
    "short-answer": _read_written,
    "essay": _read_written,
    "case-analysis": _read_case,
}
_WRITERS: Mapping[str, Callable[[Content], dict[str, Any]]] = {
    "single-choice": _write_choice,
    "multiple-choice": _write_multiple,
    "true-false": lambda content: {"key": lines.write_true_false(content["key"])},
    "fill-in-the-blank": _write_blanks,
    "calculation": _write_calculation,
    "short-answer": _write_written,
    "essay": _write_written,
    "case-analysis": _write_case,
}
