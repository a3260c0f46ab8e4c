"""A file of items with values of every wrong kind is reported row by row, never an error of the server."""

import json
from typing import Any

import pytest

from exam.itembank.exchange.json_form import read_json
from exam.itembank.exchange.plan import compile_book

ODD: list[Any] = [None, True, 5, 1.5, "", "x", [], ["a"], {}, {"a": 1}]
FIELDS = ["code", "kind", "chapter", "difficulty", "points", "state", "stem", "options", "key", "parts", "blanks"]


@pytest.mark.parametrize("field", FIELDS)
def test_values_of_the_wrong_kind(field: str) -> None:
    good = {"code": "A-1", "kind": "single-choice", "chapter": 1, "stem": "?", "options": ["甲", "乙"], "key": "A"}
    items = [{**good, "code": f"A-{n}", field: odd} for n, odd in enumerate(ODD)] + ODD
    book = read_json(json.dumps({"items": items}).encode())
    assert compile_book(book) is not None
