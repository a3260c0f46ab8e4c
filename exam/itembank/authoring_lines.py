"""How authors write keys, blanks, units and marking guides as plain text, in a cell or in a line; and back, losslessly.

- a key: `B`, `ACD`, `A、C`, `ａｃ`; for true or false `对` or `错` (also 正确, √, T, true, 是 and their opposites);
- alternatives: `质量管理|QMS`; a bar or bracket that belongs to the answer has a backslash before it;
- behind them, in brackets, what departs from the usual: `3.14 [±0.01]`, `[±1%]`, `[权重2]`, `[区分大小写]`,
  `[区分空格]`, `[区分全半角]`;
- units with their factors to the key's unit: `kg=1|g=0.001`;
- a line of a marking guide: `说明了适用范围 [权重2]`;
- a tolerance: `0.1`, `±0.1`, or `1%` of the key.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from exam.core.errors import Invalid, Problem
from exam.itembank.folding import EXACT, fold, parse_number
from exam.itembank.types.choices import LETTERS

_TRUE = {"对", "正确", "√", "✓", "✔", "t", "true", "是", "y", "yes", "1"}
_FALSE = {"错", "错误", "×", "✗", "✘", "x", "f", "false", "否", "n", "no", "0"}
_BETWEEN_LETTERS = re.compile(r"[\s,;、/.|·，；]+")
_ALTERNATIVE = re.compile(r"(?:\\.|[^|｜])+", re.DOTALL)
_ESCAPED = re.compile(r"\\([\\|｜\[\]])")
_TO_ESCAPE = re.compile(r"[\\|｜\[\]]")
_NOTE = re.compile(r"\s*(?<!\\)\[([^\[\]\\]+)\]\s*\Z")
_WEIGHT = re.compile(r"权重\s*([0-9]{1,4})")
_FLAGS = {"区分大小写": "ignore_case", "区分空格": "ignore_space", "区分全半角": "fold_width"}
_NO_FLAGS = {"ignore_case": True, "ignore_space": True, "fold_width": True}


def read_letters(text: str, option_ids: Sequence[str]) -> list[str]:
    """The option ids meant by letters. Raises `Invalid` for anything that isn't an option's letter."""
    letters = _BETWEEN_LETTERS.sub("", fold(text)).upper()
    known = LETTERS[: len(option_ids)]
    unknown = sorted({letter for letter in letters if letter not in known})
    if unknown:
        raise Invalid([Problem("key", "key-letter-unknown", {"letters": "".join(unknown)[:20], "last": known[-1:]})])
    if len(set(letters)) < len(letters):
        raise Invalid([Problem("key", "key-twice")])
    return [option_ids[known.index(letter)] for letter in letters]


def write_letters(key: Sequence[str], option_ids: Sequence[str]) -> str:
    """The key of a choice as its letters: `ACD`."""
    return "".join(letter for letter, option in zip(LETTERS, option_ids, strict=False) if option in key)


def read_true_false(value: Any) -> bool | None:
    """对 or 错 in the ways people write them; `None` for nothing. Raises `Invalid`."""
    if value is None or isinstance(value, bool):
        return value
    word = fold(str(value))
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    if word:
        raise Invalid([Problem("key", "key-not-true-false", {"text": str(value)[:20]})])
    return None


def write_true_false(key: bool | None) -> str:
    """The key of a true-false item as 对 or 错, "" while it has none."""
    return "" if key is None else "对" if key else "错"


def split_alternatives(text: str) -> list[str]:
    """`a|b` as its texts, without empty ones."""
    return [_ESCAPED.sub(r"\1", part.strip()) for part in _ALTERNATIVE.findall(text) if part.strip()]


def join_alternatives(texts: Sequence[str]) -> str:
    """Texts as `a|b`, so that `split_alternatives` gives them back."""
    return "|".join(_TO_ESCAPE.sub(lambda match: "\\" + match[0], text) for text in texts)


def read_tolerance(text: str) -> tuple[str, str]:
    """A tolerance and its mode. `1%` is relative 0.01. What is no number is kept for `problems` to name."""
    plain = fold(text).lstrip("±").strip()
    if plain.endswith("%"):
        number = parse_number(plain[:-1])
        return (format(EXACT.scaleb(number, -2), "f") if number is not None else plain[:-1]), "relative"
    return plain, "absolute"


def write_tolerance(tolerance: str, mode: str) -> str:
    """A tolerance as people write it: `0.1`, or `1%` of the key."""
    number = parse_number(tolerance)
    if mode == "absolute" or number is None:
        return tolerance + ("%" if mode == "relative" else "")
    return _plain(EXACT.scaleb(number, 2)) + "%"


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def read_blank(number: int, line: str) -> dict[str, Any]:
    """One line of answers as the blank of that number."""
    blank: dict[str, Any] = {"id": str(number), "numeric": None, "weight": 1, **_NO_FLAGS}
    while (note := _NOTE.search(line)) and _apply(note[1].strip(), blank):
        line = line[: note.start()]
    return {**blank, "accept": split_alternatives(line)}


def _apply(note: str, blank: dict[str, Any]) -> bool:
    """Whether a note in brackets is one of ours; if so it is taken."""
    weight = _WEIGHT.fullmatch(fold(note))
    if weight:
        blank["weight"] = int(weight[1])
    elif note in _FLAGS:
        blank[_FLAGS[note]] = False
    elif note.startswith("±"):
        tolerance, mode = read_tolerance(note)
        blank["numeric"] = {"tolerance": tolerance, "mode": mode}
    else:
        return False
    return True


def write_blank(blank: Mapping[str, Any]) -> str:
    """A blank as one line: what it accepts, then what departs from the usual."""
    notes = [note for note, flag in _FLAGS.items() if not blank[flag]]
    if blank["numeric"]:
        notes.insert(0, "±" + write_tolerance(blank["numeric"]["tolerance"], blank["numeric"]["mode"]))
    if blank["weight"] != 1:
        notes.append(f"权重{blank['weight']}")
    return join_alternatives(blank["accept"]) + "".join(f" [{note}]" for note in notes)


def read_units(text: str) -> dict[str, str]:
    """`kg=1|g=0.001` as factors; a unit without one counts as the key's own."""
    units: dict[str, str] = {}
    for part in split_alternatives(text):
        name, _, factor = part.replace("＝", "=").partition("=")
        units[name.strip()] = factor.strip() or "1"
    return units


def write_units(units: Mapping[str, str]) -> str:
    """The accepted units as `kg=1|g=0.001`."""
    return join_alternatives([f"{name}={factor}" for name, factor in units.items()])


def read_criterion(line: str) -> tuple[str, int]:
    """A line of a marking guide as its text and weight."""
    note = _NOTE.search(line)
    weight = _WEIGHT.fullmatch(fold(note[1])) if note else None
    return (line[: note.start()].strip(), int(weight[1])) if note and weight else (line.strip(), 1)


def write_criterion(text: str, weight: int) -> str:
    """A line of a marking guide as one line."""
    return text if weight == 1 else f"{text} [权重{weight}]"
