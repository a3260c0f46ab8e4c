"""What holds for every type and any response, found by search."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.core.errors import Invalid
from exam.itembank import types
from exam.itembank.order import option_order
from exam.itembank.types import Verdict
from exam.itembank.types.base import divide, share_of
from tests.itembank.samples import MULTIPLE, OPTIONS, RIGHT

IDS = [option["id"] for option in OPTIONS]
words = st.sampled_from(
    ["", " ", "QMS", "ｑｍｓ", "3.14", "3.15", "12.5", "12.5kg", "kg", "g", "x8q1", "nan", "质量管理体系", *IDS]
)
texts = words | st.text(max_size=30)
keys = st.sampled_from(["choice", "choices", "value", "unit", "blanks", "parts", "text", "1", "2", "3", "9"])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys | st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
marks = st.integers(0, 10_000).map(lambda hundredths: Decimal(hundredths).scaleb(-2))
likely = {
    "single-choice": st.fixed_dictionaries({"choice": st.sampled_from(IDS) | st.none()}),
    "multiple-choice": st.fixed_dictionaries({"choices": st.lists(st.sampled_from(IDS), max_size=5)}),
    "true-false": st.fixed_dictionaries({"value": st.booleans() | st.none()}),
    "fill-in-the-blank": st.fixed_dictionaries({"blanks": st.dictionaries(st.sampled_from("123"), texts | st.none())}),
    "calculation": st.fixed_dictionaries({}, optional={"value": texts | st.none(), "unit": texts | st.none()}),
    "short-answer": st.fixed_dictionaries({"text": texts | st.none()}),
    "essay": st.fixed_dictionaries({"text": texts}),
}
likely["case-analysis"] = st.fixed_dictionaries(
    {},
    optional={
        "parts": st.fixed_dictionaries(
            {},
            optional={
                "1": likely["single-choice"] | anything,
                "2": likely["fill-in-the-blank"],
                "3": likely["calculation"] | anything,
            },
        )
    },
)
KINDS = list(RIGHT)


def outcome(run, response):
    """What scoring gives, or the problems it refuses with."""
    try:
        return run(response)
    except Invalid as invalid:
        return invalid.problems


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data(), out_of=marks)
def test_any_json_is_scored_or_refused_and_both_ways_agree(kind, data, out_of):
    content, _ = RIGHT[kind]
    response = data.draw(likely[kind] | anything)
    plain = outcome(lambda given: types.score(kind, content, given, out_of), response)
    assert outcome(types.compile_scorer(kind, content, out_of), response) == plain
    if isinstance(plain, tuple):
        assert plain
        with pytest.raises(Invalid):
            types.check_response(kind, content, response)
        return
    types.check_response(kind, content, response)
    assert 0 <= plain.marks <= plain.out_of == out_of
    assert plain.marks + plain.pending <= out_of
    assert plain.marks == plain.marks.quantize(Decimal("0.01"))
    assert (plain.verdict is Verdict.UNANSWERED) == (not types.answered(kind, response))
    if plain.verdict is Verdict.CORRECT:
        assert plain.marks == out_of
    if plain.verdict in (Verdict.WRONG, Verdict.UNANSWERED):
        assert plain.marks == 0


@pytest.mark.parametrize("kind", KINDS)
@given(out_of=marks)
def test_the_right_answer_gets_all_marks(kind, out_of):
    content, right = RIGHT[kind]
    result = types.score(kind, content, right, out_of)
    assert result.marks + result.pending == out_of


@pytest.mark.parametrize("kind", KINDS)
@given(given=anything)
def test_any_json_as_content_is_judged(kind, given):
    """Content of any shape has problems or is complete; it never breaks what lists the bank."""
    assert isinstance(types.problems(kind, given), list)
    assert types.is_keyed(kind, given) in (True, False)
    types.answered(kind, given)


@given(
    options=st.integers(2, 10),
    data=st.data(),
    out_of=marks,
    seed=st.text(max_size=8),
    policy=st.sampled_from(["all-or-nothing", "partial-without-wrong", "per-option"]),
    share=st.sampled_from(["0", "0.3", "0.5", "1", "proportional"]),
    penalty=st.sampled_from(["0", "0.25", "0.5", "1", "3"]),
)
def test_shuffling_changes_no_score(options, data, out_of, seed, policy, share, penalty):
    ids = [f"id{n}" for n in range(options)]
    key = data.draw(st.sets(st.sampled_from(ids), min_size=1))
    chosen = data.draw(st.lists(st.sampled_from(ids), unique=True))
    content = {
        "stem": "？",
        "options": [{"id": option, "text": option} for option in ids],
        "key": sorted(key),
        "policy": policy,
        "partial_share": share,
        "penalty": penalty,
    }
    assert not types.problems("multiple-choice", content)
    shuffled = {**content, "options": [{"id": o, "text": o} for o in option_order(seed, 1, ids)]}
    first = types.score("multiple-choice", content, {"choices": chosen}, out_of)
    again = types.score("multiple-choice", shuffled, {"choices": chosen[::-1]}, out_of)
    assert first == again


@given(out_of=marks, chosen=st.permutations(["k3f9", "p2m7", "x8q1"]))
def test_more_right_options_never_earn_less(out_of, chosen):
    for policy in (
        {"policy": "all-or-nothing"},
        {"partial_share": "proportional"},
        {"policy": "per-option", "penalty": "1"},
    ):
        run = types.compile_scorer("multiple-choice", {**MULTIPLE, **policy}, out_of)
        got = [run({"choices": list(chosen[:n])}).marks for n in range(4)]
        assert all(less <= more for less, more in pairwise(got))


@given(marks, st.lists(st.integers(1, 1000), min_size=1, max_size=20))
def test_division_loses_nothing(out_of, weights):
    parts = divide(out_of, weights)
    assert sum(parts) == out_of and min(parts) >= 0
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - out_of * weight / sum(weights)) < Decimal("0.01")


@given(marks, st.fractions(-2, 3))
def test_a_share_stays_within_the_marks(out_of, share):
    assert 0 <= share_of(out_of, share) <= out_of
