"""Fill in the blank."""

from decimal import Decimal

import pytest

from exam.core.errors import Invalid
from exam.itembank import types
from exam.itembank.types import Verdict
from tests.itembank.samples import BLANKS
from tests.itembank.test_scoring_choices import scored

KIND = "fill-in-the-blank"


def one(accept, **settings):
    """An item with a single blank."""
    return {"stem": "{{1}}", "blanks": [{"id": "1", "accept": accept, **settings}]}


@pytest.mark.parametrize(
    ("typed", "marks", "verdict"),
    [
        ({"1": "质量管理体系", "2": "QMS", "3": "3.14"}, "2.00", Verdict.CORRECT),
        ({"1": "质量 管理 体系", "2": "ｑｍｓ", "3": "３．１５"}, "2.00", Verdict.CORRECT),
        ({"1": "质量管理体系"}, "0.50", Verdict.PARTIAL),
        ({"2": "QMS"}, "1.00", Verdict.PARTIAL),
        ({"1": "错", "2": "QMS", "3": "3.14"}, "1.50", Verdict.PARTIAL),
        ({"1": "错", "2": "错", "3": "错"}, "0.00", Verdict.WRONG),
        ({"1": "错"}, "0.00", Verdict.WRONG),
        ({"1": " ", "2": "　", "3": ""}, "0.00", Verdict.UNANSWERED),
        ({"1": None}, "0.00", Verdict.UNANSWERED),
        ({"1": None, "2": "QMS"}, "1.00", Verdict.PARTIAL),
        ({}, "0.00", Verdict.UNANSWERED),
    ],
)
def test_blanks_are_marked_one_by_one(typed, marks, verdict):
    result = scored(KIND, BLANKS, {"blanks": typed})
    assert (str(result.marks), result.verdict) == (marks, verdict)


def test_each_blank_says_how_it_went():
    result = scored(KIND, BLANKS, {"blanks": {"1": "错", "3": "3.14"}})
    told = [(reason.code, reason.params["blank"]) for reason in result.reasons]
    assert told == [("blank-wrong", "1"), ("blank-empty", "2"), ("blank-right", "3")]


@pytest.mark.parametrize(
    ("settings", "typed", "right"),
    [
        ({}, "iso 9001", True),
        ({}, "ＩＳＯ９００１", True),
        ({"ignore_case": False}, "iso 9001", False),
        ({"ignore_case": False}, "ISO9001", True),
        ({"ignore_space": False}, "ISO9001", False),
        ({"ignore_space": False}, "  iso 9001 ", True),
        ({"ignore_space": False}, "iso  9001", False),
        ({"fold_width": False}, "ＩＳＯ 9001", False),
        ({"fold_width": False}, "ISO 9001", True),
        ({}, "ISO 9001:2015", False),
    ],
)
def test_text_is_compared_as_the_blank_says(settings, typed, right):
    result = scored(KIND, one(["ISO 9001"], **settings), {"blanks": {"1": typed}})
    assert result.verdict is (Verdict.CORRECT if right else Verdict.WRONG)


@pytest.mark.parametrize(
    ("accept", "numeric", "typed", "right"),
    [
        (["3.14"], {"tolerance": "0.01"}, "3.13", True),
        (["3.14"], {"tolerance": "0.01"}, "3.15", True),
        (["3.14"], {"tolerance": "0.01"}, "3.1299", False),
        (["3.14"], {"tolerance": "0.01"}, "3.1501", False),
        (["3.14"], {"tolerance": "0"}, "3.140", True),
        (["3.14"], {"tolerance": "0"}, "314e-2", True),
        (["1000"], {"tolerance": "0"}, "1,000", True),
        (["1000"], {"tolerance": "0"}, "１，０００", True),
        (["1000"], {"tolerance": "0"}, "1e3", True),
        (["1000"], {"tolerance": "0.05", "mode": "relative"}, "950", True),
        (["1000"], {"tolerance": "0.05", "mode": "relative"}, "949.99", False),
        (["-40"], {"tolerance": "0.05", "mode": "relative"}, "－42", True),
        (["5", "8"], {"tolerance": "0"}, "8.0", True),
        (["5"], {"tolerance": "0"}, "nan", False),
        (["5"], {"tolerance": "0"}, "inf", False),
        (["5"], {"tolerance": "0"}, "1e999999999", False),
        (["5"], {"tolerance": "0"}, "5kg", False),
        (["5"], {"tolerance": "0"}, "五", False),
        (["5"], None, "5.0", False),
    ],
)
def test_numbers_in_blanks(accept, numeric, typed, right):
    result = scored(KIND, one(accept, numeric=numeric), {"blanks": {"1": typed}})
    assert result.verdict is (Verdict.CORRECT if right else Verdict.WRONG)


@pytest.mark.parametrize("marks", ["0.01", "0.02", "1", "2", "0.1", "3.33", "99.99"])
@pytest.mark.parametrize("weights", [(1, 1, 1), (1, 2, 4), (5, 3, 3), (1000, 1, 1)])
def test_weights_share_the_marks_to_the_last_hundredth(marks, weights):
    content = {
        "stem": "{{1}}{{2}}{{3}}",
        "blanks": [{"id": str(n + 1), "accept": ["x"], "weight": w} for n, w in enumerate(weights)],
    }
    each = [scored(KIND, content, {"blanks": {str(n + 1): "x"}}, marks).marks for n in range(3)]
    assert sum(each) == Decimal(marks)
    for got, weight in zip(each, weights, strict=True):
        assert abs(got - Decimal(marks) * weight / sum(weights)) < Decimal("0.01")
    assert scored(KIND, content, {"blanks": {"1": "x", "2": "x", "3": "x"}}, marks).verdict is Verdict.CORRECT


@pytest.mark.parametrize(
    ("response", "field", "code"),
    [
        ({"blanks": {"9": "x"}}, "blanks.9", "response-unknown-blank"),
        ({"blanks": {"<b>": "x"}}, "blanks.?", "malformed"),
        ({"blanks": {"1": 5}}, "blanks.1", "malformed"),
        ({"blanks": {"1": ["x"]}}, "blanks.1", "malformed"),
        ({"blanks": ["x"]}, "blanks", "malformed"),
        ({"blanks": {"1": "x" * 501}}, "blanks.1", "too-long"),
        ({"blanks": {"1": "a\0"}}, "blanks.1", "characters"),
        ({"blanks": {"1": "a\ud800"}}, "blanks.1", "characters"),
        ({"text": "x"}, "text", "unknown-field"),
    ],
)
def test_what_is_no_response(response, field, code):
    for ask in (types.score, lambda *given: types.compile_scorer(KIND, BLANKS, Decimal(1))(response)):
        with pytest.raises(Invalid) as refused:
            ask(KIND, BLANKS, response, Decimal(1))
        assert [(p.field, p.code) for p in refused.value.problems] == [(field, code)]


def test_the_longest_text_is_taken():
    assert scored(KIND, BLANKS, {"blanks": {"1": "x" * 500}}).verdict is Verdict.WRONG
