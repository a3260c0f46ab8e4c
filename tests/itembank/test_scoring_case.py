"""Case analysis by its parts, and written answers, which wait for a person."""

from decimal import Decimal

import pytest

from exam.core.errors import Invalid
from exam.itembank import types
from exam.itembank.types import Scored, Verdict, as_json, combine
from tests.itembank.samples import CASE, ESSAY, RIGHT, SHORT, SINGLE, changed
from tests.itembank.test_scoring_choices import scored

KIND = "case-analysis"
MIXED = {
    "stem": "某公司……",
    "parts": [
        {"id": "1", "kind": "single-choice", "weight": 1, "content": SINGLE},
        {"id": "2", "kind": "short-answer", "weight": 2, "content": SHORT},
    ],
}


@pytest.mark.parametrize(
    ("parts", "marks", "verdict", "of_parts"),
    [
        (RIGHT[KIND][1]["parts"], "7.00", Verdict.CORRECT, "correct correct correct"),
        ({"1": {"choice": "x8q1"}}, "2.00", Verdict.PARTIAL, "correct unanswered unanswered"),
        ({"1": {"choice": "k3f9"}}, "0.00", Verdict.WRONG, "wrong unanswered unanswered"),
        ({"2": {"blanks": {"2": "QMS"}}}, "1.50", Verdict.PARTIAL, "unanswered partial unanswered"),
        ({"1": {"choice": None}, "2": None, "3": {}}, "0.00", Verdict.UNANSWERED, "unanswered unanswered unanswered"),
        ({}, "0.00", Verdict.UNANSWERED, "unanswered unanswered unanswered"),
    ],
)
def test_parts_are_scored_by_their_own_types(parts, marks, verdict, of_parts):
    result = scored(KIND, CASE, {"parts": parts}, "7")
    assert (str(result.marks), result.verdict) == (marks, verdict)
    assert [part.verdict for _, part in result.parts] == of_parts.split()
    assert sum(part.out_of for _, part in result.parts) == 7


def test_no_answer_at_all_still_lists_the_parts():
    result = scored(KIND, CASE, None, "7")
    assert result.verdict is Verdict.UNANSWERED
    assert [part for part, _ in result.parts] == ["1", "2", "3"]


@pytest.mark.parametrize("marks", ["0.01", "1", "2", "5", "9.99", "10"])
def test_the_parts_sum_to_the_item(marks):
    result = scored(KIND, CASE, RIGHT[KIND][1], marks)
    assert sum(part.out_of for _, part in result.parts) == result.marks == Decimal(marks)


def test_a_part_for_a_person_keeps_the_case_open():
    result = scored(KIND, MIXED, {"parts": {"1": {"choice": "x8q1"}, "2": {"text": "停止销售"}}}, "3")
    assert (result.verdict, result.marks, result.pending) == (Verdict.NEEDS_MARKING, 1, 2)
    marked = Scored(Decimal("1.50"), Decimal("2.00"), Verdict.PARTIAL)
    whole = combine([("1", result.parts[0][1]), ("2", marked)], Decimal("3.00"))
    assert (whole.marks, whole.verdict, whole.pending) == (Decimal("2.50"), Verdict.PARTIAL, 0)


def test_an_empty_part_for_a_person_needs_none():
    result = scored(KIND, MIXED, {"parts": {"1": {"choice": "x8q1"}, "2": {"text": "  "}}}, "3")
    assert (result.verdict, result.marks, result.pending) == (Verdict.PARTIAL, 1, 0)


@pytest.mark.parametrize(
    ("response", "field", "code"),
    [
        ({"parts": {"9": {"choice": "x8q1"}}}, "parts.9", "response-unknown-part"),
        ({"parts": {"1": {"choice": "zzzz"}}}, "parts.1.choice", "response-unknown-option"),
        ({"parts": {"2": {"blanks": {"1": 7}}}}, "parts.2.blanks.1", "malformed"),
        ({"parts": {"1": "x8q1"}}, "parts.1", "malformed"),
        ({"parts": []}, "parts", "malformed"),
        ({"parts": {"1": {"parts": {}}}}, "parts.1.parts", "unknown-field"),
    ],
)
def test_what_is_no_response(response, field, code):
    for ask in (
        lambda: types.score(KIND, CASE, response, Decimal(7)),
        lambda: types.compile_scorer(KIND, CASE, Decimal(7))(response),
        lambda: types.check_response(KIND, CASE, response),
    ):
        with pytest.raises(Invalid) as refused:
            ask()
        assert [(p.field, p.code) for p in refused.value.problems] == [(field, code)]


@pytest.mark.parametrize(("kind", "content"), [("short-answer", SHORT), ("essay", ESSAY)])
def test_written_answers_wait_for_a_person(kind, content):
    result = scored(kind, content, {"text": "停止销售"})
    assert (result.marks, result.verdict, result.pending) == (0, Verdict.NEEDS_MARKING, 2)
    for empty in (None, {}, {"text": None}, {"text": ""}, {"text": " \n　"}):
        result = scored(kind, content, empty)
        assert (result.marks, result.verdict, result.pending) == (0, Verdict.UNANSWERED, 0)


@pytest.mark.parametrize(
    ("length", "codes"),
    [
        (9, ["needs-marking", "shorter-than-asked"]),
        (10, ["needs-marking"]),
        (20, ["needs-marking"]),
        (21, ["needs-marking", "longer-than-asked"]),
        (20_000, ["needs-marking", "longer-than-asked"]),
    ],
)
def test_length_is_told_never_refused(length, codes):
    content = changed(SHORT, min_length=10, max_length=20)
    assert [reason.code for reason in scored("short-answer", content, {"text": "字" * length}).reasons] == codes


@pytest.mark.parametrize("text", ["字" * 20_001, "a\0b", "\udfff", 5])
def test_what_is_no_text(text):
    with pytest.raises(Invalid):
        types.score("essay", ESSAY, {"text": text}, Decimal(1))


def test_as_json():
    told = as_json(scored(KIND, CASE, {"parts": {"1": {"choice": "x8q1"}}}, "7"))
    assert told["marks"] == "2.00" and told["out_of"] == "7.00" and told["verdict"] == "partial"
    assert told["reasons"][0] == {
        "code": "part",
        "params": {"part": "1", "verdict": "correct", "marks": "2.00", "out_of": "2.00"},
    }
    assert told["parts"]["1"]["reasons"] == [{"code": "right", "params": {}}]
