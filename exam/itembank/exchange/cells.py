"""Rows of the items sheet ↔ authoring forms, cell by cell."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

from exam.core.errors import Problem
from exam.core.xlsx import Cell, as_text, lost_digits
from exam.itembank.authoring import FIELDS
from exam.itembank.exchange import columns
from exam.itembank.exchange.book import cleaned
from exam.itembank.folding import fold
from exam.itembank.types.choices import LETTERS

_ERROR_CELL = re.compile(r"#(REF!|N/A|VALUE!|NAME\?|DIV/0!|NULL!|NUM!)")
_BETWEEN = re.compile(r"[\n,;、，；]+")
Problems = list[tuple[str, Problem]]
"""Problems found, each with the name of its column (a key of `HEADINGS`)."""


def cell_text(name: str, cell: Cell, problems: Problems) -> str:
    """A cell as text; what Excel has made of it against the author's will is a problem, not a guess."""
    if isinstance(cell, date | datetime | time):
        problems.append((name, Problem(name, "cell-is-a-date", {"text": as_text(cell)})))
    elif lost_digits(cell):
        problems.append((name, Problem(name, "cell-digits-lost")))
    text = str(cleaned(as_text(cell))).replace("\r\n", "\n").replace("\r", "\n")
    if _ERROR_CELL.fullmatch(text):
        problems.append((name, Problem(name, "cell-is-an-error", {"text": text})))
    return text


def whole(name: str, text: str, problems: Problems, default: int, *, required: bool = False) -> int:
    """A whole number in a cell, full-width digits and a chapter written as 第3章 included."""
    digits = re.fullmatch(r"第?([0-9]{1,6})章?", fold(text)) if text else None
    if digits:
        return int(digits[1])
    if text:
        problems.append((name, Problem(name, "not-a-whole-number", {"text": text[:20]})))
    elif required:
        problems.append((name, Problem(name, "required")))
    return default


def word(name: str, text: str, words: Mapping[str, Any], problems: Problems, default: Any) -> Any:
    """One of the words that may stand in a column."""
    folded = fold(text)
    if not folded:
        return default
    for known, meaning in words.items():
        if fold(known) == folded:
            return meaning
    named: dict[Any, str] = {}
    for known, meaning in words.items():
        if not known.isascii():
            named.setdefault(meaning, known)
    allowed = "、".join(named.values())
    problems.append((name, Problem(name, "word-unknown", {"text": text[:20], "words": allowed})))
    return default


def split_points(text: str) -> tuple[str, ...]:
    """Codes of knowledge points, on lines or with commas between."""
    return tuple(dict.fromkeys(code.strip() for code in _BETWEEN.split(text) if code.strip()))


def lines_of(text: str) -> list[Any]:
    """One entry a line; a cell that begins with `[` and is a JSON list is taken as that (see `lines_cell`)."""
    if text.startswith("["):
        try:
            spelled = json.loads(text)
        except ValueError:
            spelled = None
        if isinstance(spelled, list) and all(isinstance(line, str) for line in spelled):
            return spelled
    return [line.strip() for line in text.split("\n") if line.strip()]


def lines_cell(lines: list[str]) -> str:
    """Entries one a line; where that would not read back as the same, a JSON list, so that nothing is lost."""
    text = "\n".join(lines)
    return text if lines_of(text.strip()) == lines else json.dumps(lines, ensure_ascii=False)


def read_form(kind: str, texts: Mapping[str, str], problems: Problems) -> dict[str, Any]:
    """The authoring form of one row. A cell that isn't the kind's is a problem: it may hold a misplaced key."""
    form: dict[str, Any] = {"stem": texts["stem"], "explanation": texts["explanation"]}
    fields = FIELDS.get(kind, frozenset())
    used = {"stem", "explanation", *_READERS.get(kind, _nothing)(texts, form, problems)}
    for name, text in texts.items():
        foreign = name not in used and name not in _PLACE and bool(text)
        if foreign and fields:
            problems.append((name, Problem(name, "cell-not-for-kind", {"kind": columns.KIND_NAMES[kind]})))
    return form


_PLACE = frozenset({"code", "kind", "chapter", "difficulty", "points", "part_of", "weight", "state"})
_OPTIONS = tuple(f"options.{place}" for place in range(len(LETTERS)))
Texts = Mapping[str, str]


def _nothing(texts: Texts, form: dict[str, Any], problems: Problems) -> tuple[str, ...]:
    return ()


def _choice(texts: Texts, form: dict[str, Any], problems: Problems) -> tuple[str, ...]:
    options = [texts[name] for name in _OPTIONS]
    while options and not options[-1]:
        options.pop()
    form["options"], form["key"] = options, texts["answer"]
    form["shuffle"] = word("shuffle", texts["shuffle"], columns.YES_WORDS, problems, True)
    return (*_OPTIONS, "answer", "shuffle")


def _multiple(texts: Texts, form: dict[str, Any], problems: Problems) -> tuple[str, ...]:
    used = _choice(texts, form, problems)
    share = texts["partial_share"]
    form["partial_share"] = "proportional" if fold(share) == columns.PROPORTIONAL_WORD else share or None
    form["penalty"] = texts["penalty"] or None
    implied = "per-option" if texts["penalty"] else "partial-without-wrong" if share else "all-or-nothing"
    form["policy"] = word("policy", texts["policy"], columns.POLICY_WORDS, problems, implied)
    return (*used, "policy", "partial_share", "penalty")


def _true_false(texts: Texts, form: dict[str, Any], problems: Problems) -> tuple[str, ...]:
    form["key"] = texts["answer"]
    return ("answer",)


def _fill_in(texts: Texts, form: dict[str, Any], problems: Problems) -> tuple[str, ...]:
    form["blanks"] = lines_of(texts["answer"])
    return ("answer",)


def _calculation(texts: Texts, form: dict[str, Any], problems: Problems) -> tuple[str, ...]:
    used = ("answer", "tolerance", "unit", "accepted_units", "unit_share")
    form |= {name: texts[name] for name in used}
    return used


def _written(texts: Texts, form: dict[str, Any], problems: Problems) -> tuple[str, ...]:
    form["model_answer"], form["rubric"] = texts["answer"], lines_of(texts["rubric"])
    for name in ("min_length", "max_length"):
        if texts[name]:
            form[name] = whole(name, texts[name], problems, 0)
    return ("answer", "rubric", "min_length", "max_length")


_READERS: Mapping[str, Callable[[Texts, dict[str, Any], Problems], tuple[str, ...]]] = {
    "single-choice": _choice,
    "multiple-choice": _multiple,
    "true-false": _true_false,
    "fill-in-the-blank": _fill_in,
    "calculation": _calculation,
    "short-answer": _written,
    "essay": _written,
    "case-analysis": _nothing,
}


def write_form(kind: str, form: Mapping[str, Any]) -> dict[str, str]:
    """The cells of a form, by the names of their columns; what is usual is left blank."""
    cells = {"kind": columns.KIND_NAMES[kind], "stem": form["stem"], "explanation": form["explanation"]}
    for place, text in enumerate(form.get("options", ())):
        cells[f"options.{place}"] = text
    for field in ("key", "answer", "model_answer"):
        if field in form:
            cells["answer"] = form[field]
    if "blanks" in form:
        cells["answer"] = lines_cell(form["blanks"])
    if form.get("shuffle") is False:
        cells["shuffle"] = "否"
    if form.get("policy"):
        cells["policy"] = columns.POLICY_NAMES[form["policy"]]
    if form.get("partial_share"):
        share = form["partial_share"]
        cells["partial_share"] = columns.PROPORTIONAL_WORD if share == "proportional" else share
    if "rubric" in form:
        cells["rubric"] = lines_cell(form["rubric"])
    for field in ("penalty", "tolerance", "unit", "accepted_units", "unit_share", "min_length", "max_length"):
        if form.get(field) not in (None, ""):
            cells[field] = str(form[field])
    return cells
