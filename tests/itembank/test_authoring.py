"""The authoring form and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.core.errors import Invalid
from exam.itembank import authoring_lines as lines
from exam.itembank import types
from exam.itembank.authoring import FIELDS, from_form, new_option_id, semantic_hash, to_form
from tests.itembank.samples import RIGHT, SINGLE

FORMS = {
    "single-choice": {"stem": "问", "explanation": "因", "options": ["甲", "乙", "丙"], "key": "B", "shuffle": False},
    "multiple-choice": {
        "stem": "问",
        "explanation": "",
        "options": ["甲", "乙", "丙", "丁"],
        "key": "ACD",
        "shuffle": True,
        "policy": "per-option",
        "penalty": "0.5",
    },
    "true-false": {"stem": "问", "explanation": "", "key": "错"},
    "fill-in-the-blank": {
        "stem": "{{1}}{{2}}{{3}}",
        "explanation": "",
        "blanks": ["质量|QMS", "3.14 [±0.01] [权重2]", r"a\|b\[1\]|x [±1%] [区分大小写] [区分空格] [区分全半角]"],
    },
    "calculation": {
        "stem": "算",
        "explanation": "",
        "answer": "12.50",
        "tolerance": "1%",
        "unit": "kg",
        "accepted_units": "kg=1|g=0.001",
        "unit_share": "0.25",
    },
    "short-answer": {
        "stem": "述",
        "explanation": "",
        "model_answer": "答",
        "rubric": ["要点一", "要点二 [权重3]"],
        "min_length": 10,
        "max_length": 300,
    },
}
FORMS["essay"] = {**FORMS["short-answer"], "max_length": 2000}
FORMS["case-analysis"] = {
    "stem": "文",
    "explanation": "",
    "parts": [{"kind": kind, "weight": n, **FORMS[kind]} for n, kind in enumerate(list(FORMS), 1)],
}


@pytest.mark.parametrize("kind", list(FORMS))
def test_a_form_comes_back_as_it_was(kind):
    content = from_form(kind, FORMS[kind])
    assert to_form(kind, content) == FORMS[kind]
    assert set(FORMS[kind]) <= FIELDS[kind]


@pytest.mark.parametrize("kind", list(RIGHT))
def test_content_survives_its_form(kind):
    """Through the form and back, nothing that scores changes; with the former content, not even an id."""
    content = types.normalise(kind, RIGHT[kind][0])
    again = from_form(kind, to_form(kind, content), content)
    assert again == content
    assert types.problems(kind, from_form(kind, to_form(kind, content))) == []


@pytest.mark.parametrize("kind", list(FORMS))
def test_the_same_item_twice_has_one_hash(kind):
    first, second = from_form(kind, FORMS[kind]), from_form(kind, FORMS[kind])
    assert semantic_hash(kind, first) == semantic_hash(kind, second)
    assert semantic_hash(kind, from_form(kind, {**FORMS[kind], "stem": "别的{{1}}"})) != semantic_hash(kind, first)
    assert semantic_hash(kind, from_form(kind, {**FORMS[kind], "explanation": "别的"})) != semantic_hash(kind, first)


@pytest.mark.parametrize(
    ("kind", "changes", "same"),
    [
        ("single-choice", {"key": "A"}, False),
        ("single-choice", {"key": "ｂ"}, True),
        ("single-choice", {"options": ["甲", "乙 ", "丙"]}, True),
        ("single-choice", {"options": ["甲", "乙", "丁"]}, False),
        ("single-choice", {"options": ["乙", "甲", "丙"], "key": "A"}, False),
        ("single-choice", {"stem": "问\r\n"}, True),
        ("single-choice", {"shuffle": True}, False),
        ("multiple-choice", {"key": "D、C，A"}, True),
        ("multiple-choice", {"penalty": "0.50"}, True),
        ("multiple-choice", {"penalty": "0.6"}, False),
        ("true-false", {"key": "×"}, True),
        ("true-false", {"key": "对"}, False),
        ("calculation", {"answer": "12.5"}, True),
        ("calculation", {"answer": "12.51"}, False),
        ("calculation", {"tolerance": "0.01", "tolerance_mode": "relative"}, True),
        ("calculation", {"accepted_units": {"kg": "1", "g": "0.001"}}, True),
    ],
)
def test_what_counts_as_the_same(kind, changes, same):
    first = semantic_hash(kind, from_form(kind, FORMS[kind]))
    assert (semantic_hash(kind, from_form(kind, {**FORMS[kind], **changes})) == first) is same


def test_option_ids_are_opaque_and_never_repeat():
    content = from_form("multiple-choice", {**FORMS["multiple-choice"], "options": [f"选项{n}" for n in range(10)]})
    ids = [option["id"] for option in content["options"]]
    assert len(set(ids)) == 10 and all(len(option) == 8 and option.isalnum() for option in ids)
    again = from_form("multiple-choice", FORMS["multiple-choice"])
    assert not {option["id"] for option in again["options"]} & set(ids)
    assert new_option_id() != new_option_id()


def test_a_revision_keeps_the_ids_of_unchanged_options():
    before = types.normalise("single-choice", SINGLE)
    form = {**to_form("single-choice", before), "options": ["体系质量", "新选项", "产品质量"], "key": "A"}
    after = from_form("single-choice", form, before)
    ids = {option["text"]: option["id"] for option in after["options"]}
    assert ids["体系质量"] == "x8q1" and ids["产品质量"] == "k3f9"
    assert ids["新选项"] not in {"k3f9", "p2m7", "x8q1", "b5t4"}
    assert after["key"] == "x8q1"


def test_a_revision_keeps_ids_inside_the_parts_of_a_case():
    before = types.normalise("case-analysis", RIGHT["case-analysis"][0])
    form = to_form("case-analysis", before)
    form["parts"][0]["options"][3] = "改过"
    after = from_form("case-analysis", form, before)
    ids = [option["id"] for option in after["parts"][0]["content"]["options"]]
    assert ids[:3] == ["k3f9", "p2m7", "x8q1"] and ids[3] != "b5t4"


@pytest.mark.parametrize(
    ("letters", "ids"),
    [
        ("B", ["b"]),
        ("acd", ["a", "c", "d"]),
        ("Ａ、Ｃ", ["a", "c"]),
        ("A, C；D", ["a", "c", "d"]),
        ("", []),
        ("D C", ["d", "c"]),
    ],
)
def test_letters(letters, ids):
    assert lines.read_letters(letters, ["a", "b", "c", "d"]) == ids


@pytest.mark.parametrize(
    ("kind", "form", "field", "code"),
    [
        ("single-choice", {"options": ["甲", "乙"], "key": "C"}, "key", "key-letter-unknown"),
        ("single-choice", {"options": ["甲", "乙"], "key": "甲"}, "key", "key-letter-unknown"),
        ("single-choice", {"options": ["甲", "乙"], "key": "AB"}, "key", "key-not-single"),
        ("single-choice", {"key": "A"}, "key", "key-letter-unknown"),
        ("multiple-choice", {"options": ["甲", "乙"], "key": "AA"}, "key", "key-twice"),
        ("single-choice", {"options": "甲|乙"}, "options", "malformed"),
        ("single-choice", {"options": ["甲", 3]}, "options.1.text", "malformed"),
        ("single-choice", {"key": ["A"]}, "key", "malformed"),
        ("single-choice", {"stem": 5}, "stem", "malformed"),
        ("single-choice", {"answer": "5"}, "answer", "unknown-field"),
        ("true-false", {"key": "也许"}, "key", "key-not-true-false"),
        ("fill-in-the-blank", {"blanks": [5]}, "blanks.0", "malformed"),
        ("fill-in-the-blank", {"blanks": [{"accept": [5]}]}, "blanks.0.accept.0", "malformed"),
        ("calculation", {"answer": 12.5}, "answer", "malformed"),
        ("case-analysis", {"parts": [{"kind": "case-analysis"}]}, "parts.0.kind", "part-kind-unknown"),
        ("case-analysis", {"parts": ["x"]}, "parts.0.kind", "part-kind-unknown"),
        ("case-analysis", {"parts": [{"kind": "true-false", "key": "?"}]}, "parts.0.key", "key-not-true-false"),
        ("riddle", {}, "kind", "kind-unknown"),
    ],
)
def test_a_form_that_cannot_be_understood(kind, form, field, code):
    with pytest.raises(Invalid) as refused:
        from_form(kind, form)
    assert [(p.field, p.code) for p in refused.value.problems] == [(field, code)]


@pytest.mark.parametrize("kind", list(FORMS))
def test_an_empty_form_is_a_draft(kind):
    assert types.problems(kind, from_form(kind, {}))
    assert types.problems(kind, from_form(kind, dict.fromkeys(FIELDS[kind])))


@pytest.mark.parametrize("word", ["对", "正确", "√", "T", "ｔ", "true", "是", "Y", "1", True])
def test_true(word):
    assert from_form("true-false", {"key": word})["key"] is True


@pytest.mark.parametrize("word", ["错", "错误", "×", "F", "false", "否", "N", "0", False])
def test_false(word):
    assert from_form("true-false", {"key": word})["key"] is False


@pytest.mark.parametrize(
    ("stem", "became"),
    [
        ("甲是____，乙是___。", "甲是{{1}}，乙是{{2}}。"),
        ("甲是（　　）。", "甲是（{{1}}）。"),
        ("甲是( )。", "甲是( )。"),
        ("｛｛１｝｝与{{ 2 }}", "{{1}}与{{2}}"),
        ("{{1}}与____", "{{1}}与____"),
    ],
)
def test_blanks_as_people_draw_them(stem, became):
    assert from_form("fill-in-the-blank", {"stem": stem})["stem"] == became


def test_blanks_may_be_spelled_out():
    given = [{"accept": "甲|乙", "weight": 2}, {"accept": ["1"], "numeric": {"tolerance": "0.5", "mode": "relative"}}]
    content = from_form("fill-in-the-blank", {"stem": "{{1}}{{2}}", "blanks": given})
    assert [blank["accept"] for blank in content["blanks"]] == [["甲", "乙"], ["1"]]
    assert to_form("fill-in-the-blank", content)["blanks"] == ["甲|乙 [权重2]", "1 [±50%]"]


@given(
    st.lists(
        st.text(st.sampled_from("a1质|｜\\[]±% 权重"), min_size=1, max_size=8).map(str.strip).filter(bool), max_size=5
    )
)
def test_any_answers_survive_their_line(texts):
    blank = {
        "accept": texts,
        "numeric": None,
        "weight": 1,
        "ignore_case": True,
        "ignore_space": True,
        "fold_width": True,
    }
    assert lines.read_blank(1, lines.write_blank(blank)) == {"id": "1", **blank}


@given(
    st.sampled_from(["ignore_case", "ignore_space", "fold_width"]).flatmap(lambda flag: st.just({flag: False})),
    st.none()
    | st.fixed_dictionaries({"tolerance": st.just("0.015"), "mode": st.sampled_from(["absolute", "relative"])}),
    st.integers(1, 1000),
)
def test_any_settings_survive_their_line(flags, numeric, weight):
    usual = {"ignore_case": True, "ignore_space": True, "fold_width": True}
    blank = {"accept": ["a [b] c"], "numeric": numeric, "weight": weight, **usual, **flags}
    assert lines.read_blank(1, lines.write_blank(blank)) == {"id": "1", **blank}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("0.1", ("0.1", "absolute")),
        ("±0.1", ("0.1", "absolute")),
        ("1%", ("0.01", "relative")),
        ("±２．５％", ("0.025", "relative")),
    ],
)
def test_tolerances(text, read):
    assert lines.read_tolerance(text) == read
