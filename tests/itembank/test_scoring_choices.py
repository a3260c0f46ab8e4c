"""Single choice, multiple choice under its three policies, true or false."""

from decimal import Decimal
from itertools import combinations, permutations

import pytest

from exam.core.errors import Invalid
from exam.itembank import types
from exam.itembank.types import Verdict
from tests.itembank.samples import MULTIPLE, OPTIONS, SINGLE, TRUE_FALSE, changed

A, B, C, D = (option["id"] for option in OPTIONS)


def scored(kind, content, response, marks="2"):
    """Both ways of scoring, which must agree."""
    plain = types.score(kind, content, response, Decimal(marks))
    assert types.compile_scorer(kind, content, Decimal(marks))(response) == plain
    return plain


@pytest.mark.parametrize(
    ("response", "marks", "verdict"),
    [
        ({"choice": C}, "2.00", Verdict.CORRECT),
        ({"choice": A}, "0.00", Verdict.WRONG),
        ({"choice": None}, "0.00", Verdict.UNANSWERED),
        ({}, "0.00", Verdict.UNANSWERED),
        (None, "0.00", Verdict.UNANSWERED),
    ],
)
def test_single(response, marks, verdict):
    result = scored("single-choice", SINGLE, response)
    assert (str(result.marks), str(result.out_of), result.verdict) == (marks, "2.00", verdict)


@pytest.mark.parametrize(
    ("response", "verdict"),
    [
        ({"value": True}, Verdict.CORRECT),
        ({"value": False}, Verdict.WRONG),
        ({"value": None}, Verdict.UNANSWERED),
        (None, Verdict.UNANSWERED),
    ],
)
def test_true_false(response, verdict):
    assert scored("true-false", TRUE_FALSE, response).verdict is verdict
    opposite = {Verdict.CORRECT: Verdict.WRONG, Verdict.WRONG: Verdict.CORRECT}.get(verdict, verdict)
    assert scored("true-false", changed(TRUE_FALSE, key=False), response).verdict is opposite


ALL = {"policy": "all-or-nothing"}
HALF = {"policy": "partial-without-wrong", "partial_share": "0.5"}
NONE = {"policy": "partial-without-wrong", "partial_share": "0"}
PROPORTIONAL = {"policy": "partial-without-wrong", "partial_share": "proportional"}
PENALTY = {"policy": "per-option", "penalty": "0.5"}
FREE = {"policy": "per-option", "penalty": "0"}
HARSH = {"policy": "per-option", "penalty": "10"}


@pytest.mark.parametrize(
    ("policy", "chosen", "marks", "verdict"),
    [
        (ALL, [A, B, C], "2.00", Verdict.CORRECT),
        (ALL, [C, A, B], "2.00", Verdict.CORRECT),
        (ALL, [A, B], "0.00", Verdict.WRONG),
        (ALL, [A, B, C, D], "0.00", Verdict.WRONG),
        (ALL, [D], "0.00", Verdict.WRONG),
        (ALL, [], "0.00", Verdict.UNANSWERED),
        (HALF, [A, B, C], "2.00", Verdict.CORRECT),
        (HALF, [A, B], "1.00", Verdict.PARTIAL),
        (HALF, [A], "1.00", Verdict.PARTIAL),
        (HALF, [A, D], "0.00", Verdict.WRONG),
        (HALF, [A, B, C, D], "0.00", Verdict.WRONG),
        (HALF, [D], "0.00", Verdict.WRONG),
        (HALF, [], "0.00", Verdict.UNANSWERED),
        (NONE, [A], "0.00", Verdict.WRONG),
        (PROPORTIONAL, [A, B, C], "2.00", Verdict.CORRECT),
        (PROPORTIONAL, [A, B], "1.33", Verdict.PARTIAL),
        (PROPORTIONAL, [A], "0.67", Verdict.PARTIAL),
        (PROPORTIONAL, [A, B, D], "0.00", Verdict.WRONG),
        (PENALTY, [A, B, C], "2.00", Verdict.CORRECT),
        (PENALTY, [A, B], "1.33", Verdict.PARTIAL),
        (PENALTY, [A, B, C, D], "1.67", Verdict.PARTIAL),
        (PENALTY, [A, D], "0.33", Verdict.PARTIAL),
        (PENALTY, [D], "0.00", Verdict.WRONG),
        (FREE, [A, B, C, D], "2.00", Verdict.PARTIAL),
        (HARSH, [A, B, C, D], "0.00", Verdict.WRONG),
    ],
)
def test_multiple(policy, chosen, marks, verdict):
    content = {**changed(MULTIPLE, policy=None, partial_share=None), **policy}
    result = scored("multiple-choice", content, {"choices": chosen})
    assert (str(result.marks), result.verdict) == (marks, verdict)


@pytest.mark.parametrize(
    ("marks", "share", "got"),
    [
        ("1", "0.5", "0.50"),
        ("0.01", "0.5", "0.01"),
        ("0.01", "0.49", "0.00"),
        ("0.03", "0.5", "0.02"),
        ("0.05", "0.5", "0.03"),
        ("1", "0.125", "0.13"),
        ("1", "0.1249999999999999999999999999999999999999", "0.12"),
        ("0", "0.5", "0.00"),
        ("99999.99", "0.5", "50000.00"),
        ("2", "1", "2.00"),
    ],
)
def test_a_share_is_rounded_half_up(marks, share, got):
    content = changed(MULTIPLE, partial_share=share)
    assert str(scored("multiple-choice", content, {"choices": [A]}, marks).marks) == got


def test_score_goes_by_the_option_never_by_its_place():
    """Every authored order of the options, every response: the same marks."""
    responses = [list(some) for size in range(5) for some in combinations((A, B, C, D), size)]
    for policy in (ALL, HALF, PROPORTIONAL, PENALTY):
        expected = None
        for order in permutations(OPTIONS):
            content = {**changed(MULTIPLE, policy=None, partial_share=None), **policy, "options": list(order)}
            run = types.compile_scorer("multiple-choice", content, Decimal(3))
            found = [run({"choices": response}) for response in responses]
            expected = expected or found
            assert found == expected
    for order in permutations(OPTIONS):
        run = types.compile_scorer("single-choice", changed(SINGLE, options=list(order)), Decimal(1))
        assert [run({"choice": option}).marks for option in (A, B, C, D)] == [0, 0, 1, 0]


def test_the_order_of_choosing_does_not_count():
    run = types.compile_scorer("multiple-choice", MULTIPLE, Decimal(2))
    for order in permutations((A, B, C)):
        assert run({"choices": list(order)}).verdict is Verdict.CORRECT


@pytest.mark.parametrize(
    ("kind", "content", "response", "field", "code"),
    [
        ("single-choice", SINGLE, {"choice": "zzzz"}, "choice", "response-unknown-option"),
        ("single-choice", SINGLE, {"choice": "A B"}, "choice", "malformed"),
        ("single-choice", SINGLE, {"choice": 1}, "choice", "malformed"),
        ("single-choice", SINGLE, {"choice": [C]}, "choice", "malformed"),
        ("single-choice", SINGLE, {"choices": [C]}, "choices", "unknown-field"),
        ("single-choice", SINGLE, C, "", "malformed"),
        ("single-choice", SINGLE, [], "", "malformed"),
        ("single-choice", SINGLE, 0, "", "malformed"),
        ("multiple-choice", MULTIPLE, {"choices": [A, A]}, "choices", "response-option-twice"),
        ("multiple-choice", MULTIPLE, {"choices": [A, "zzzz"]}, "choices", "response-unknown-option"),
        ("multiple-choice", MULTIPLE, {"choices": A}, "choices", "malformed"),
        ("multiple-choice", MULTIPLE, {"choices": [[A]]}, "choices.0", "malformed"),
        ("multiple-choice", MULTIPLE, {"choices": None}, "choices", "malformed"),
        ("true-false", TRUE_FALSE, {"value": "true"}, "value", "malformed"),
        ("true-false", TRUE_FALSE, {"value": 1}, "value", "malformed"),
        ("true-false", TRUE_FALSE, {"value": True, "x": 1}, "x", "unknown-field"),
    ],
)
def test_what_is_no_response_is_refused_in_every_way(kind, content, response, field, code):
    for ask in (
        lambda: types.score(kind, content, response, Decimal(1)),
        lambda: types.compile_scorer(kind, content, Decimal(1))(response),
        lambda: types.check_response(kind, content, response),
    ):
        with pytest.raises(Invalid) as refused:
            ask()
        assert [(p.field, p.code) for p in refused.value.problems] == [(field, code)]


@pytest.mark.parametrize("kind", ["single-choice", "multiple-choice", "true-false"])
def test_without_a_key_nothing_is_scored(kind):
    for content in ({"stem": "？", "options": OPTIONS} if kind != "true-false" else {"stem": "？"},):
        with pytest.raises(Invalid, match="key-missing"):
            types.score(kind, content, None, Decimal(1))
        with pytest.raises(Invalid, match="key-missing"):
            types.compile_scorer(kind, content, Decimal(1))


@pytest.mark.parametrize("marks", ["0.001", "-1", "NaN", "Infinity"])
def test_marks_are_hundredths(marks):
    with pytest.raises(ValueError, match="must be multiples"):
        types.compile_scorer("true-false", TRUE_FALSE, Decimal(marks))
