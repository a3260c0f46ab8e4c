"""What each type says is missing or wrong, and where."""

import pytest

from exam.core.errors import Invalid
from exam.itembank import types
from tests.itembank.samples import (
    BLANKS,
    CALCULATION,
    CASE,
    ESSAY,
    MULTIPLE,
    OPTIONS,
    RIGHT,
    SHORT,
    SINGLE,
    TRUE_FALSE,
    changed,
)

FILL = "fill-in-the-blank"
HASH = "b2" * 32


def found(kind, content):
    return [(problem.field, problem.code) for problem in types.problems(kind, content)]


def options(n):
    return [{"id": f"id{i}", "text": f"选项 {i}"} for i in range(n)]


def blank(**settings):
    return {"stem": "{{1}}", "blanks": [{"id": "1", "accept": ["x"], **settings}]}


@pytest.mark.parametrize("kind", list(RIGHT))
def test_the_samples_are_complete(kind):
    assert found(kind, RIGHT[kind][0]) == []


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("single-choice", [("stem", "stem-missing"), ("options", "options-too-few"), ("key", "key-missing")]),
        ("multiple-choice", [("stem", "stem-missing"), ("options", "options-too-few"), ("key", "key-missing")]),
        ("true-false", [("stem", "stem-missing"), ("key", "key-missing")]),
        (FILL, [("stem", "stem-missing"), ("stem", "blanks-missing")]),
        ("calculation", [("stem", "stem-missing"), ("answer", "key-missing")]),
        ("case-analysis", [("stem", "stem-missing"), ("parts", "parts-missing")]),
        ("short-answer", [("stem", "stem-missing"), ("model_answer", "key-missing")]),
        ("essay", [("stem", "stem-missing"), ("model_answer", "key-missing")]),
    ],
)
def test_an_empty_draft_is_kept_and_lists_everything(kind, missing):
    assert found(kind, {}) == missing
    assert not types.is_keyed(kind, {})
    types.normalise(kind, {})
    types.public(kind, {})
    types.search_text(kind, {})


@pytest.mark.parametrize(
    ("kind", "content", "problems"),
    [
        ("single-choice", changed(SINGLE, stem="  \n"), [("stem", "stem-missing")]),
        ("single-choice", changed(SINGLE, stem=f"![](picture:{HASH})"), []),
        ("single-choice", changed(SINGLE, stem="看 ![图](图1.png)"), [("stem", "picture-not-uploaded")]),
        (
            "single-choice",
            changed(SINGLE, explanation="![图](http://x/y.png)"),
            [("explanation", "picture-not-uploaded")],
        ),
        ("single-choice", changed(SINGLE, stem="字" * 20_001), [("stem", "too-long")]),
        ("single-choice", changed(SINGLE, stem="a\0"), [("stem", "characters")]),
        ("single-choice", changed(SINGLE, stem=5), [("stem", "malformed")]),
        ("single-choice", changed(SINGLE, key=None), [("key", "key-missing")]),
        ("single-choice", changed(SINGLE, key="zzzz"), [("key", "key-unknown-option")]),
        ("single-choice", changed(SINGLE, hint="x"), [("hint", "unknown-field")]),
        ("single-choice", changed(SINGLE, options=options(1), key="id0"), [("options", "options-too-few")]),
        ("single-choice", changed(SINGLE, options=options(2), key="id0"), []),
        ("single-choice", changed(SINGLE, options=options(8), key="id0"), []),
        ("single-choice", changed(SINGLE, options=options(9), key="id0"), [("options", "options-too-many")]),
        ("multiple-choice", changed(MULTIPLE, options=options(10), key=["id0"]), []),
        ("multiple-choice", changed(MULTIPLE, options=options(11), key=["id0"]), [("options", "options-too-many")]),
        (
            "single-choice",
            changed(SINGLE, options=[*OPTIONS[:3], {"id": "q1", "text": " "}]),
            [("options.3.text", "option-empty")],
        ),
        (
            "single-choice",
            changed(SINGLE, options=[*OPTIONS[:3], {"id": "q1", "text": "产品　质量"}]),
            [("options.3.text", "option-twice")],
        ),
        (
            "single-choice",
            changed(SINGLE, options=[*OPTIONS[:3], {"id": "k3f9", "text": "其他"}]),
            [("options.3.id", "option-id-twice")],
        ),
        (
            "single-choice",
            changed(SINGLE, options=[*OPTIONS[:3], {"id": "a b", "text": "其他"}]),
            [("options.3.id", "malformed")],
        ),
        (
            "single-choice",
            changed(SINGLE, options=[*OPTIONS[:3], {"id": "q1", "text": "![](x.png)"}]),
            [("options.3.text", "picture-not-uploaded")],
        ),
        ("multiple-choice", changed(MULTIPLE, key=["k3f9", "k3f9"]), [("key", "key-twice")]),
        ("multiple-choice", changed(MULTIPLE, key=["k3f9", "zzzz"]), [("key", "key-unknown-option")]),
        ("multiple-choice", changed(MULTIPLE, key=[]), [("key", "key-missing")]),
        ("multiple-choice", changed(MULTIPLE, partial_share=None), [("partial_share", "number-missing")]),
        ("multiple-choice", changed(MULTIPLE, partial_share="1.01"), [("partial_share", "out-of-range")]),
        ("multiple-choice", changed(MULTIPLE, partial_share="-0.01"), [("partial_share", "out-of-range")]),
        ("multiple-choice", changed(MULTIPLE, partial_share="half"), [("partial_share", "not-a-number")]),
        ("multiple-choice", changed(MULTIPLE, partial_share="1"), []),
        ("multiple-choice", changed(MULTIPLE, partial_share="proportional"), []),
        ("multiple-choice", changed(MULTIPLE, partial_share=0.5), [("partial_share", "malformed")]),
        ("multiple-choice", changed(MULTIPLE, policy="per-option"), [("penalty", "number-missing")]),
        ("multiple-choice", changed(MULTIPLE, policy="per-option", penalty="10.1"), [("penalty", "out-of-range")]),
        ("multiple-choice", changed(MULTIPLE, policy="per-option", penalty="10"), []),
        ("multiple-choice", changed(MULTIPLE, policy="best"), [("policy", "malformed")]),
        ("true-false", changed(TRUE_FALSE, key="true"), [("key", "malformed")]),
        (FILL, changed(BLANKS, stem="{{1}} {{2}}"), [("blanks.2.id", "blank-not-in-stem")]),
        (FILL, changed(BLANKS, stem="{{1}} {{2}} {{3}} {{4}}"), [("blanks", "blank-without-answers")]),
        (FILL, changed(BLANKS, stem="{{1}} {{2}} {{3}} {{3}}"), [("stem", "blank-twice")]),
        (FILL, changed(BLANKS, stem="{{1}} {{2}} `{{3}}`"), [("blanks.2.id", "blank-not-in-stem")]),
        (FILL, blank(accept=[]), [("blanks.0.accept", "blank-without-answers")]),
        (FILL, blank(accept=[" "]), [("blanks.0.accept", "blank-without-answers")]),
        (FILL, blank(accept=[str(n) for n in range(51)]), [("blanks.0.accept", "answers-too-many")]),
        (FILL, blank(weight=0), [("blanks.0.weight", "out-of-range")]),
        (FILL, blank(weight=1001), [("blanks.0.weight", "out-of-range")]),
        (FILL, blank(weight="2"), [("blanks.0.weight", "malformed")]),
        (FILL, blank(numeric={"tolerance": "0.1"}), [("blanks.0.accept", "not-a-number")]),
        (FILL, blank(accept=["1"], numeric={"tolerance": "x"}), [("blanks.0.numeric.tolerance", "not-a-number")]),
        (FILL, blank(accept=["1"], numeric={"tolerance": "-1"}), [("blanks.0.numeric.tolerance", "negative")]),
        (FILL, blank(accept=["1"], numeric={"mode": "loose"}), [("blanks.0.numeric.mode", "malformed")]),
        (FILL, {"stem": "{{2}}", "blanks": [{"id": "2", "accept": ["x"]}]}, [("blanks", "blanks-not-numbered")]),
        (
            FILL,
            {"stem": "{{1}}", "blanks": [{"id": "1", "accept": ["x"]}] * 2},
            [("blanks.1.id", "blank-defined-twice")],
        ),
        ("calculation", changed(CALCULATION, answer="about 5"), [("answer", "not-a-number")]),
        ("calculation", changed(CALCULATION, answer=12), []),
        ("calculation", changed(CALCULATION, answer=12.5), [("answer", "malformed")]),
        ("calculation", changed(CALCULATION, tolerance="-0.1"), [("tolerance", "negative")]),
        ("calculation", changed(CALCULATION, tolerance=""), [("tolerance", "number-missing")]),
        ("calculation", changed(CALCULATION, tolerance="x"), [("tolerance", "not-a-number")]),
        (
            "calculation",
            changed(CALCULATION, answer="0", tolerance_mode="relative"),
            [("tolerance_mode", "relative-to-zero")],
        ),
        ("calculation", changed(CALCULATION, unit=None), [("unit", "unit-missing")]),
        ("calculation", changed(CALCULATION, unit=None, accepted_units={}), []),
        (
            "calculation",
            changed(CALCULATION, unit=None, accepted_units={}, unit_share="0.5"),
            [("unit_share", "unit-missing")],
        ),
        ("calculation", changed(CALCULATION, unit_share="1.5"), [("unit_share", "out-of-range")]),
        ("calculation", changed(CALCULATION, accepted_units={"kg": "2"}), [("accepted_units", "factor-of-own-unit")]),
        ("calculation", changed(CALCULATION, accepted_units={"g": "0"}), [("accepted_units", "factor-not-positive")]),
        ("calculation", changed(CALCULATION, accepted_units={"g": "x"}), [("accepted_units", "factor-not-positive")]),
        ("calculation", changed(CALCULATION, accepted_units={" ": "1"}), [("accepted_units", "unit-malformed")]),
        (
            "calculation",
            changed(CALCULATION, accepted_units={"g": "0.001", "ｇ": "0.001"}),
            [("accepted_units", "unit-twice")],
        ),
        ("short-answer", changed(SHORT, model_answer=""), []),
        ("short-answer", changed(SHORT, model_answer="", rubric=[]), [("model_answer", "key-missing")]),
        ("short-answer", changed(SHORT, max_length=0), [("max_length", "out-of-range")]),
        ("short-answer", changed(SHORT, max_length=10_001), [("max_length", "out-of-range")]),
        ("short-answer", changed(SHORT, min_length=501), [("min_length", "out-of-range")]),
        ("essay", changed(ESSAY, rubric=[{"id": "1", "text": ""}]), [("rubric.0.text", "text-missing")]),
        (
            "essay",
            changed(ESSAY, rubric=[{"id": "1", "text": "x", "weight": 0}]),
            [("rubric.0.weight", "out-of-range")],
        ),
        ("essay", changed(ESSAY, rubric=[{"id": "1", "text": "x"}] * 2), [("rubric.1.id", "criterion-id-twice")]),
    ],
)
def test_one_thing_wrong(kind, content, problems):
    assert found(kind, content) == problems


@pytest.mark.parametrize(
    ("part", "problems"),
    [
        ({"kind": "case-analysis", "content": {}}, [("parts.0.kind", "part-kind-unknown")]),
        ({"kind": "riddle", "content": {}}, [("parts.0.kind", "part-kind-unknown")]),
        ({"kind": "true-false", "content": {"stem": "？"}}, [("parts.0.content.key", "key-missing")]),
        ({"kind": "true-false", "content": {"stem": 1}}, [("parts.0.content.stem", "malformed")]),
        ({"kind": "true-false", "content": TRUE_FALSE, "weight": 0}, [("parts.0.weight", "out-of-range")]),
        ({"kind": "true-false", "content": []}, [("parts.0.content", "malformed")]),
    ],
)
def test_parts_of_a_case(part, problems):
    content = {"stem": "文", "parts": [{"id": "1", **part}]}
    assert found("case-analysis", content) == problems
    assert types.is_keyed("case-analysis", content) is (part.get("weight") == 0)


def test_a_part_twice():
    assert ("parts.1.id", "part-id-twice") in found("case-analysis", changed(CASE, parts=CASE["parts"][:1] * 2))


@pytest.mark.parametrize("ask", [types.problems, types.load, types.public, types.key_text, types.search_text])
def test_an_unknown_kind(ask):
    with pytest.raises(Invalid, match="kind-unknown"):
        ask("riddle", {})


def test_the_registry():
    assert list(types.TYPES) == [
        "single-choice",
        "multiple-choice",
        "true-false",
        "fill-in-the-blank",
        "calculation",
        "short-answer",
        "essay",
        "case-analysis",
    ]
    assert types.OBJECTIVE_KINDS == ("single-choice", "multiple-choice", "true-false")
    assert "case-analysis" not in types.PART_KINDS
    assert all(kind == item_type.kind for kind, item_type in types.TYPES.items())
