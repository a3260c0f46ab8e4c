"""The demo's content as it lies in its files, for the tests beside it."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

CONTENT = Path(__file__).parents[2] / "exam" / "demo" / "content"
BANKS = ("QS-F2F", "QS-WEB")
OBJECTIVE = {"single-choice", "multiple-choice", "true-false"}
ALL_KINDS = OBJECTIVE | {"fill-in-the-blank", "calculation", "case-analysis", "short-answer", "essay"}
PART_KINDS = ALL_KINDS - {"case-analysis"}

Item = dict[str, Any]


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


BANK = {code: load(CONTENT / code / "bank.json") for code in BANKS}
FILES = {code: sorted((CONTENT / code).glob("[0-9][0-9]-*.json")) for code in BANKS}
ITEMS: dict[str, list[Item]] = {code: [item for file in FILES[code] for item in load(file)] for code in BANKS}
EVERY_ITEM = [item for code in BANKS for item in ITEMS[code]]
BY_CODE = {item["code"]: item for item in EVERY_ITEM}
PAPERS = {paper["code"]: paper for paper in load(CONTENT / "papers.json")["papers"]}


def gradable(item: Item) -> Iterator[tuple[str, Item]]:
    """The item, or the parts of a case, each with a name like `QS-F2F-01-024/1`."""
    if item["kind"] == "case-analysis":
        for number, part in enumerate(item["parts"], 1):
            yield f"{item['code']}/{number}", part
    else:
        yield item["code"], item


def texts(item: Item) -> Iterator[str]:
    yield item["stem"]
    yield from (item[name] for name in ("explanation", "model_answer") if name in item)
    yield from item.get("options", [])
    yield from item.get("rubric", [])
    for part in item.get("parts", []):
        yield from texts(part)


def blank(line: str) -> tuple[list[str], str | None]:
    """The accepted answers of `24|二十四` and, for a number as in `24 [±0]`, the tolerance."""
    match = re.fullmatch(r"(?P<answers>[^\[\]]+?)(?: \[±(?P<tolerance>[0-9.]+)\]| \[区分大小写\])?", line)
    assert match, line
    return match["answers"].split("|"), match["tolerance"]


def criterion(line: str) -> tuple[str, int]:
    """A line of a marking guide, `… [权重2]`, as its text and weight."""
    match = re.fullmatch(r"(?P<text>[^\[\]]+?)(?: \[权重(?P<weight>[1-9])\])?", line)
    assert match, line
    return match["text"], int(match["weight"] or 1)


def tolerance(item: Item) -> tuple[Decimal, bool]:
    """How far from the answer a number may lie, and whether that is a share of the answer."""
    text = item["tolerance"]
    return (Decimal(text[:-1]) / 100, True) if text.endswith("%") else (Decimal(text), False)
