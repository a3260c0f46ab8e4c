"""The demo's items through the item bank's own reading and scoring: complete, and the key earns all the marks."""

from decimal import Decimal
from typing import Any

import pytest

from exam.itembank import authoring, types

from .content import BY_CODE, EVERY_ITEM, PAPERS, Item

MARKS = Decimal(8)


def content_of(item: Item) -> dict[str, Any]:
    fields = authoring.FIELDS[item["kind"]]
    assert item.keys() - fields == {"code", "chapter", "kind", "difficulty", "points"}
    return authoring.from_form(item["kind"], {field: value for field, value in item.items() if field in fields})


def keyed_response(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    """What a candidate who knows everything answers."""
    match kind:
        case "single-choice":
            return {"choice": content["key"]}
        case "multiple-choice":
            return {"choices": content["key"]}
        case "true-false":
            return {"value": content["key"]}
        case "fill-in-the-blank":
            return {"blanks": {blank["id"]: blank["accept"][-1] for blank in content["blanks"]}}
        case "calculation":
            return {"value": content["answer"], "unit": content["unit"]}
        case "case-analysis":
            return {"parts": {part["id"]: keyed_response(part["kind"], part["content"]) for part in content["parts"]}}
        case _:
            return {"text": content["model_answer"]}


@pytest.mark.parametrize("item", EVERY_ITEM, ids=lambda item: item["code"])
def test_an_item_is_complete_and_its_key_earns_all_marks(item: Item) -> None:
    content = content_of(item)
    assert types.problems(item["kind"], content) == []
    scored = types.score(item["kind"], content, keyed_response(item["kind"], content), MARKS)
    assert scored.marks + scored.pending == MARKS
    assert (scored.pending > 0) == (item["kind"] in ("short-answer", "essay", "case-analysis"))


@pytest.mark.parametrize(
    ("code", "value", "marks"),
    [
        ("QS-F2F-04-023", "0.071 mm", "8"),
        ("QS-F2F-04-023", "70.7 μm", "8"),
        ("QS-F2F-04-023", "0.072 mm", "0"),
        ("QS-F2F-04-024", "100 mg", "8"),
        ("QS-F2F-04-024", "100 g", "0"),
        ("QS-F2F-04-025", "0.25 MPa", "8"),
        ("QS-F2F-05-021", "1.26", "8"),
        ("QS-F2F-05-021", "1.27", "0"),
        ("QS-F2F-05-022", "2.5231 cm", "8"),
        ("QS-F2F-06-022", "0.6676", "8"),
    ],
)
def test_calculations_take_other_units_and_less_rounding(code: str, value: str, marks: str) -> None:
    content = content_of(BY_CODE[code])
    assert types.score("calculation", content, {"value": value}, MARKS).marks == Decimal(marks)


@pytest.mark.parametrize("code", ["QS-F2F-A", "QS-F2F-B"])
def test_a_paper_answered_by_its_keys_comes_to_100(code: str) -> None:
    total = pending = Decimal(0)
    for row in PAPERS[code]["items"]:
        item = BY_CODE[row["code"]]
        content = content_of(item)
        scored = types.score(item["kind"], content, keyed_response(item["kind"], content), Decimal(row["marks"]))
        total += scored.marks + scored.pending
        pending += scored.pending
    assert total == 100
    assert 0 < pending <= 30, "what a marker decides on"
