"""The examples of docs/item-types.md are scored as the page says."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from exam.itembank import types

PAGE = (Path(__file__).parents[2] / "docs" / "item-types.md").read_text(encoding="utf-8")
EXAMPLES = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


def test_every_type_has_an_example():
    assert {example["kind"] for example in EXAMPLES} >= set(types.TYPES) - {"essay"}


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{n}-{example['kind']}" for n, example in enumerate(EXAMPLES)])
def test_an_example(example):
    assert types.problems(example["kind"], example["content"]) == []
    result = types.score(example["kind"], example["content"], example["response"], Decimal(example["marks"]))
    assert (str(result.marks), result.verdict) == (example["score"], example["verdict"])
