"""Calculation: numbers, tolerances, units."""

from decimal import Decimal

import pytest

from exam.core.errors import Invalid
from exam.itembank import types
from exam.itembank.types import Verdict
from tests.itembank.samples import CALCULATION, changed
from tests.itembank.test_scoring_choices import scored

KIND = "calculation"
PLAIN = {"stem": "求值", "answer": "12.5", "tolerance": "0.1"}
RIGHT, WRONG, NONE = Verdict.CORRECT, Verdict.WRONG, Verdict.UNANSWERED


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        ("12.5", RIGHT),
        ("１２．５", RIGHT),
        ("12.4", RIGHT),
        ("12.6", RIGHT),
        ("12.39999999999999999999999999999", WRONG),
        ("12.60000000000000000000000000001", WRONG),
        ("1.25e1", RIGHT),
        ("1.25×10^1", RIGHT),
        ("0,012.5", WRONG),
        ("12.5kg", WRONG),
        ("25/2", WRONG),
        ("nan", WRONG),
        ("inf", WRONG),
        ("1e9999999999", WRONG),
        ("", NONE),
        ("  ", NONE),
        (None, NONE),
    ],
)
def test_a_number_without_unit(value, verdict):
    assert scored(KIND, PLAIN, {"value": value}).verdict is verdict


@pytest.mark.parametrize(
    ("answer", "tolerance", "value", "verdict"),
    [
        ("200", "0.05", "190", RIGHT),
        ("200", "0.05", "210", RIGHT),
        ("200", "0.05", "189.999", WRONG),
        ("200", "0.05", "210.001", WRONG),
        ("-200", "0.05", "-190", RIGHT),
        ("-200", "0.05", "190", WRONG),
        ("0", "0", "0.0", RIGHT),
    ],
)
def test_relative_tolerance(answer, tolerance, value, verdict):
    content = {"stem": "求值", "answer": answer, "tolerance": tolerance, "tolerance_mode": "relative"}
    assert scored(KIND, content, {"value": value}).verdict is verdict


@pytest.mark.parametrize(
    ("response", "verdict", "reasons"),
    [
        ({"value": "12.5", "unit": "kg"}, RIGHT, ["number-right", "unit-right"]),
        ({"value": "12.5kg"}, RIGHT, ["number-right", "unit-right"]),
        ({"value": "12.5 ｋｇ", "unit": None}, RIGHT, ["number-right", "unit-right"]),
        ({"value": "12.5㎏", "unit": "kg"}, RIGHT, ["number-right", "unit-right"]),
        ({"value": "12500", "unit": "g"}, RIGHT, ["number-right", "unit-right"]),
        ({"value": "1.25e4", "unit": "ｇ"}, RIGHT, ["number-right", "unit-right"]),
        ({"value": "12,400", "unit": "g"}, RIGHT, ["number-right", "unit-right"]),
        ({"value": "12399", "unit": "g"}, WRONG, ["number-wrong", "unit-right"]),
        ({"value": "0.0125", "unit": "t"}, RIGHT, ["number-right", "unit-right"]),
        ({"value": "12.5", "unit": "g"}, WRONG, ["number-wrong", "unit-right"]),
        ({"value": "12.5"}, WRONG, ["number-right", "unit-missing"]),
        ({"value": "12.5", "unit": "  "}, WRONG, ["number-right", "unit-missing"]),
        ({"value": "12.5", "unit": "mg"}, WRONG, ["number-right", "unit-wrong"]),
        ({"value": "12.5", "unit": "KG"}, WRONG, ["number-right", "unit-wrong"]),
        ({"value": "12.5kg", "unit": "g"}, WRONG, ["number-right", "unit-wrong"]),
        ({"value": "abc", "unit": "kg"}, WRONG, ["not-a-number"]),
        ({"value": "", "unit": "kg"}, WRONG, ["not-a-number"]),
        ({"unit": "kg"}, WRONG, ["not-a-number"]),
        ({"value": "", "unit": ""}, NONE, ["unanswered"]),
        ({}, NONE, ["unanswered"]),
    ],
)
def test_a_number_with_unit(response, verdict, reasons):
    result = scored(KIND, CALCULATION, response)
    assert result.verdict is verdict
    assert [reason.code for reason in result.reasons] == reasons


@pytest.mark.parametrize(
    ("response", "marks", "verdict"),
    [
        ({"value": "12.5", "unit": "kg"}, "2.00", RIGHT),
        ({"value": "12500", "unit": "g"}, "2.00", RIGHT),
        ({"value": "12.5"}, "1.50", Verdict.PARTIAL),
        ({"value": "12.5", "unit": "mg"}, "1.50", Verdict.PARTIAL),
        ({"value": "12.5", "unit": "g"}, "1.50", Verdict.PARTIAL),
        ({"value": "12.5kg", "unit": "g"}, "1.50", Verdict.PARTIAL),
        ({"value": "99", "unit": "kg"}, "0.00", WRONG),
        ({"value": "12500"}, "0.00", WRONG),
    ],
)
def test_a_unit_with_a_share_of_its_own(response, marks, verdict):
    result = scored(KIND, changed(CALCULATION, unit_share="0.25"), response)
    assert (str(result.marks), result.verdict) == (marks, verdict)


def test_the_key_unit_counts_even_when_it_is_not_listed():
    content = changed(CALCULATION, accepted_units={"g": "0.001"})
    assert scored(KIND, content, {"value": "12.5", "unit": "kg"}).verdict is RIGHT


@pytest.mark.parametrize(
    ("response", "field", "code"),
    [
        ({"value": 12.5}, "value", "malformed"),
        ({"value": "1" * 501}, "value", "too-long"),
        ({"value": "1", "unit": ["kg"]}, "unit", "malformed"),
        ({"value": "1", "note": "x"}, "note", "unknown-field"),
        ("12.5", "", "malformed"),
    ],
)
def test_what_is_no_response(response, field, code):
    with pytest.raises(Invalid) as refused:
        types.compile_scorer(KIND, CALCULATION, Decimal(1))(response)
    assert [(p.field, p.code) for p in refused.value.problems] == [(field, code)]
