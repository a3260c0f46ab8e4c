"""Scoring against what Moodle's own tests and QTI engines expect, where the rule is the same as ours.

The tables lie outside the project (`../shared/data/interop`); without them these tests are skipped, visibly.
"""

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest

from exam.itembank import types
from exam.itembank.types import Verdict
from tests.itembank.test_scoring_choices import scored

DATA = Path(__file__).parents[3] / "shared" / "data" / "interop"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the outside tables (../shared/data/interop) are not here")


def moodle(table):
    return json.loads((DATA / "moodle/expected/scoring_tables.json").read_text(encoding="utf-8"))["tables"][table]


def test_moodle_numerical_tolerance():
    rows = [row for row in moodle("numerical_tolerance") if row["type"] in ("nominal", "relative")]
    assert len(rows) > 20
    for row in rows:
        content = {
            "stem": "？",
            "answer": row["answer"],
            "tolerance": row["tolerance"].strip("'") or "0",
            "tolerance_mode": "absolute" if row["type"] == "nominal" else "relative",
        }
        accepted = scored("calculation", content, {"value": row["value"]}).verdict is Verdict.CORRECT
        assert accepted == row["accept"], row["src"]


def test_moodle_short_answers_without_wildcards():
    """Moodle keeps spaces inside an answer, so ours does here. Its wildcards we don't have."""
    rows = [row for row in moodle("shortanswer_wildcard") if not set('*\\"') & set(row["pattern"] + row["string"])]
    assert len(rows) >= 10
    for row in rows:
        blank = {
            "id": "1",
            "accept": [row["pattern"].strip("'")],
            "ignore_case": row["ignorecase"],
            "ignore_space": False,
        }
        content = {"stem": "{{1}}", "blanks": [blank]}
        result = scored("fill-in-the-blank", content, {"blanks": {"1": row["string"][1:-1]}})
        assert (result.verdict is Verdict.CORRECT) == row["match"], row["src"]


@pytest.mark.parametrize(("chosen", "marks"), [("AC", "1.00"), ("A", "0.50"), ("ABC", "0.00"), ("B", "0.00")])
def test_moodle_two_of_four(chosen, marks):
    """question_multi_test.php: A and C are worth a half each, B and D take one off, twice a right option."""
    fractions = {row["response"]: row["fraction"] for row in moodle("multichoice_multi")}
    told = ", ".join(f"'{option}' => 1" for option in chosen)
    expected = fractions[f"$question->prepare_simulated_post_data(array({told}))"]
    assert Decimal(expected) == Decimal(marks)
    options = [{"id": option, "text": option} for option in "ABCD"]
    content = {"stem": "？", "options": options, "key": ["A", "C"], "policy": "per-option", "penalty": "2"}
    assert str(scored("multiple-choice", content, {"choices": list(chosen)}, "1").marks) == marks


QTI_ITEMS = {
    "112505-MR.xml": ("ABCDEF", {"key": ["D", "E", "F"], "policy": "all-or-nothing"}, 1),
    "IMS-examples/choice_multiple.xml": (
        ["H", "He", "C", "O", "N", "Cl"],
        {"key": ["H", "O"], "policy": "per-option", "penalty": "1"},
        2,
    ),
}


@pytest.mark.parametrize("name", QTI_ITEMS)
def test_qti_choices(name):
    with (DATA / "qti/expected_outcomes.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["item"].endswith(name) and row["verdict"] == "agree"]
    assert len(rows) >= 4
    options, rule, marks = QTI_ITEMS[name]
    content = {"stem": "？", "options": [{"id": option, "text": option} for option in options], **rule}
    for row in rows:
        response = {"choices": json.loads(row["responses"]).get("RESPONSE", [])}
        expected = Decimal(str(json.loads(row["expected"])["SCORE"]))
        assert types.score("multiple-choice", content, response, Decimal(marks)).marks == expected, row["source"]
