"""What a candidate may know: nothing of the key, however deep."""

import json

import pytest

from exam.itembank import types
from tests.itembank.samples import RIGHT

SECRET = ["解析甲", "密钥", "质量管理体系", "QMS", "3.14", "0.01", "12.5", "0.1", "kg", "0.001", "1000"]
SECRET_FIELDS = {"key", "explanation", "accept", "numeric", "tolerance", "answer", "unit", "accepted_units"}
SECRET_FIELDS |= {"unit_share", "tolerance_mode", "model_answer", "rubric"}


def fields(value):
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from fields(inner)
    if isinstance(value, list):
        for inner in value:
            yield from fields(inner)


@pytest.mark.parametrize("kind", list(RIGHT))
def test_nothing_of_the_key_is_public(kind):
    shown = types.public(kind, types.normalise(kind, RIGHT[kind][0]))
    assert not set(fields(shown)) & SECRET_FIELDS
    for secret in SECRET:
        assert secret not in json.dumps(shown, ensure_ascii=False)


@pytest.mark.parametrize("kind", list(RIGHT))
def test_two_keys_look_the_same(kind):
    """The public view is one and the same whatever the key is."""
    other = {
        "single-choice": {"key": "k3f9"},
        "multiple-choice": {"key": ["b5t4"]},
        "true-false": {"key": False},
        "fill-in-the-blank": {"blanks": [{"id": n, "accept": ["其他"]} for n in "123"]},
        "calculation": {"answer": "-1", "tolerance": "5", "unit": "m", "accepted_units": {}},
        "short-answer": {"model_answer": "其他", "rubric": []},
        "essay": {"model_answer": "其他", "rubric": []},
    }
    content = RIGHT[kind][0]
    if kind == "case-analysis":
        parts = [{**part, "content": {**part["content"], **other[part["kind"]]}} for part in content["parts"]]
        changed = {**content, "parts": parts}
    else:
        changed = {**content, **other[kind]}
    assert types.public(kind, changed) == types.public(kind, content)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("single-choice", "体系质量"),
        ("multiple-choice", "产品质量；过程质量；体系质量"),
        ("true-false", "正确"),
        ("fill-in-the-blank", "1. 密钥答案 / 质量管理体系；2. QMS；3. 3.14"),
        ("calculation", "12.5 ± 0.1 kg"),
        ("short-answer", "密钥答案"),
        ("case-analysis", "(1) 体系质量\n(2) 1. 密钥答案 / 质量管理体系；2. QMS；3. 3.14\n(3) 12.5 ± 0.1 kg"),
    ],
)
def test_the_key_in_words(kind, text):
    assert types.key_text(kind, RIGHT[kind][0]) == text


def test_search_text_holds_every_word():
    text = types.search_text("case-analysis", RIGHT["case-analysis"][0])
    for word in ("某公司", "过程质量", "____ 的英文缩写", "密钥答案", "kg", "解析甲"):
        assert word in text


@pytest.mark.parametrize("kind", list(RIGHT))
def test_stored_content_stays_what_it_is(kind):
    stored = types.normalise(kind, RIGHT[kind][0])
    assert types.normalise(kind, json.loads(json.dumps(stored))) == stored
    assert types.problems(kind, stored) == []


def test_option_lists_of_a_case_name_their_parts():
    (options,) = types.option_lists("case-analysis", RIGHT["case-analysis"][0])
    assert (options.part, options.ids, options.shuffle) == ("1", ("k3f9", "p2m7", "x8q1", "b5t4"), True)
    assert types.option_lists("true-false", RIGHT["true-false"][0]) == ()


@pytest.mark.parametrize(
    ("response", "answered"),
    [
        (None, False),
        ({}, False),
        ({"choice": None}, False),
        ({"choices": []}, False),
        ({"value": False}, True),
        ({"blanks": {"1": " "}}, False),
        ({"blanks": {"1": " ", "2": "x"}}, True),
        ({"parts": {"1": None, "2": {"choice": None}}}, False),
        ({"parts": {"1": None, "2": {"choice": "x"}}}, True),
        ({"text": "\n　"}, False),
    ],
)
def test_answered(response, answered):
    assert types.answered("case-analysis", response) is answered


def test_deeply_nested_nothing_is_nothing():
    response = []
    for _ in range(100_000):
        response = [response]
    assert types.answered("essay", response) is False
