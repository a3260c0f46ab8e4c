"""Grading, release and marking as pure rules: tables and properties."""

from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.core.errors import Problem
from exam.grading.rules import Given, Grading, Line, grade, scaled_cut, to_mark
from exam.grading.rules_marking import TOTAL, Criterion, judge, read_marks
from exam.grading.rules_release import release
from exam.itembank.order import permutation
from exam.itembank.types import Verdict, compile_scorer
from tests.grading.build import NOW, case, essay, multiple, single

D = Decimal


def line(
    item: tuple[str, dict[str, Any]], marks: str = "2", chapter: int = 1, ruling: str = "", number: int = 1
) -> Line:
    kind, content = item
    score = compile_scorer(kind, content, D(marks))
    return Line(number, number * 10, kind, D(marks), chapter, (f"P{chapter}",), score, ruling)


def run(lines: list[Line], answers: dict[int, Any], human: Any = None, cut: str = "3") -> Grading:
    responses = {slot: Given(1, response) for slot, response in answers.items()}
    return grade(lines, range(len(lines)), responses, human or {}, D(cut))


@pytest.mark.parametrize(
    ("response", "marks", "verdict"),
    [
        ({"choices": ["aa", "bb"]}, "2.00", "correct"),
        ({"choices": ["bb", "aa"]}, "2.00", "correct"),
        ({"choices": ["aa"]}, "1.00", "partial"),
        ({"choices": ["aa", "cc"]}, "0.00", "wrong"),
        ({"choices": []}, "0.00", "unanswered"),
        (None, "0.00", "unanswered"),
        ({"choices": ["zz"]}, "0.00", "wrong"),  # not an option: can't be the right answer
        ({"value": True}, "0.00", "wrong"),
        ("nonsense", "0.00", "wrong"),
    ],
)
def test_a_response_brings_its_marks(response: Any, marks: str, verdict: str) -> None:
    grading = run([line(multiple())], {1: response})
    assert (str(grading.marks), grading.slots[0].scored.verdict.value) == (marks, verdict)


@pytest.mark.parametrize(
    ("right", "cut", "passed"),
    [(0, "0", True), (1, "2", True), (1, "2.01", False), (1, "1.99", True), (0, "0.01", False)],
)
def test_the_cut_score_itself_passes(right: int, cut: str, passed: bool) -> None:
    grading = run([line(single())], {1: {"choice": "aa"}} if right else {}, cut=cut)
    assert grading.passed is passed


def test_nobody_passes_or_fails_while_marking_is_open() -> None:
    lines = [line(single(), "90"), line(essay(), "10", number=2)]
    grading = run(lines, {1: {"choice": "aa"}, 2: {"text": "作答"}}, cut="60")
    assert (grading.passed, grading.state, grading.marks) == (None, "awaiting-marking", D("90.00"))
    assert [(each.slot, each.part, each.out_of) for each in to_mark(grading)] == [(2, "", D("10.00"))]
    assert run(lines, {1: {"choice": "aa"}}, cut="60").passed is True  # nothing written: nothing to mark


@pytest.mark.parametrize(
    ("marks", "verdict", "state"),
    [
        ("2", "correct", "final"),
        ("0.5", "partial", "final"),
        ("0", "wrong", "final"),
        ("2.01", "needs-marking", "awaiting-marking"),
    ],
)
def test_human_marks_are_put_in(marks: str, verdict: str, state: str) -> None:
    grading = run([line(essay())], {1: {"text": "作答"}}, {(1, ""): D(marks)})
    assert (grading.slots[0].scored.verdict.value, grading.state) == (verdict, state)


def test_a_case_waits_for_its_written_part_only() -> None:
    answers = {1: {"parts": {"1": {"choice": "bb"}, "2": {"text": "作答"}}}}
    grading = run([line(case(), "4")], answers)
    assert [(each.part, each.out_of) for each in to_mark(grading)] == [("2", D("3.00"))]
    assert grading.marks == D("1.00")
    done = run([line(case(), "4")], answers, {(1, "2"): D("2.5")})
    assert (done.marks, done.passed, done.slots[0].scored.verdict) == (D("3.50"), True, Verdict.PARTIAL)


@pytest.mark.parametrize(
    ("ruling", "response", "marks", "out_of", "cut"),
    [
        ("", {"choice": "bb"}, "2.00", "4.00", "3"),
        ("full-marks", {"choice": "bb"}, "4.00", "4.00", "3"),
        ("full-marks", None, "4.00", "4.00", "3"),
        ("exclude", {"choice": "aa"}, "2.00", "2.00", "1.50"),
        ("exclude", None, "2.00", "2.00", "1.50"),
    ],
)
def test_decisions_of_the_exam_office(ruling: str, response: Any, marks: str, out_of: str, cut: str) -> None:
    grading = run([line(single()), line(single(), ruling=ruling, number=2)], {1: {"choice": "aa"}, 2: response})
    assert (str(grading.marks), str(grading.out_of), str(grading.cut)) == (marks, out_of, cut)


def test_a_written_item_that_is_ruled_on_waits_for_nobody() -> None:
    for ruling, marks in (("full-marks", "2.00"), ("exclude", "0.00")):
        grading = run([line(essay(), ruling=ruling)], {1: {"text": "作答"}}, cut="1")
        assert (str(grading.marks), grading.state, to_mark(grading)) == (marks, "final", [])


@pytest.mark.parametrize(
    ("cut", "out_of", "full", "scaled"),
    [("60", "100", "100", "60"), ("60", "98", "100", "58.80"), ("1", "2", "3", "0.66"), ("60", "0", "0", "60")],
)
def test_the_cut_shrinks_with_the_total_and_is_rounded_down(cut: str, out_of: str, full: str, scaled: str) -> None:
    assert str(scaled_cut(D(cut), D(out_of), D(full))) == scaled


MARKS = st.integers(1, 1000).map(lambda n: D(n) / 100)


@given(st.lists(st.tuples(MARKS, st.integers(1, 4), st.sampled_from(["aa", "bb", None])), min_size=1, max_size=40))
def test_chapters_sum_to_the_total_exactly(drawn: list[tuple[Decimal, int, str | None]]) -> None:
    lines = [line(single(), str(marks), chapter, number=n) for n, (marks, chapter, _) in enumerate(drawn, 1)]
    answers = {n: {"choice": choice} for n, (_, _, choice) in enumerate(drawn, 1) if choice}
    grading = run(lines, answers, cut="0")
    expected = sum((int(marks * 100) for marks, _, choice in drawn if choice == "aa"), 0)
    assert grading.marks == D(expected) / 100
    assert sum(sums.marks for sums in grading.chapters.values()) == grading.marks
    assert sum(sums.out_of for sums in grading.chapters.values()) == grading.out_of == sum(marks for marks, *_ in drawn)
    assert sum(sums.items for sums in grading.chapters.values()) == len(drawn)
    assert grading.marks.as_tuple().exponent == -2


def test_the_order_in_which_items_are_shown_changes_nothing() -> None:
    lines = [line(single("aa"), "1"), line(multiple(), "2", number=2), line(single("bb"), "3", number=3)]
    by_line = {0: {"choice": "aa"}, 1: {"choices": ["aa"]}, 2: {"choice": "cc"}}
    for order in permutations(range(3)):
        given_ = {slot: Given(1, by_line[place]) for slot, place in enumerate(order, 1)}
        grading = grade(lines, order, given_, {}, D(2))
        assert (grading.marks, grading.passed) == (D("2.00"), True)
        assert {slot.item_id: slot.scored.marks for slot in grading.slots} == {1: D(1), 2: D(1), 3: D(0)}


def test_every_order_of_options_scores_alike() -> None:
    ids = [option["id"] for option in single()[1]["options"]]
    scorer = compile_scorer(*single("cc"), D(2))
    for seed in range(50):
        shown = [ids[i] for i in permutation(seed, "options:1", len(ids))]
        for place, option in enumerate(shown):
            assert (scorer({"choice": shown[place]}).marks == 2) is (option == "cc")


BEFORE, AFTER = NOW - timedelta(microseconds=1), NOW + timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("rule", "at", "state", "others", "withdrawn", "now", "due", "waits_for"),
    [
        ("at-once", None, "final", True, False, NOW, True, ""),
        ("at-once", None, "awaiting-marking", False, False, NOW, False, "marking"),
        ("when-marked", None, "final", False, False, NOW, True, ""),
        ("when-marked", None, "final", True, False, NOW, False, "others-marking"),
        ("when-marked", None, "awaiting-marking", True, False, NOW, False, "marking"),
        ("on-date", NOW, "final", False, False, BEFORE, False, "date"),
        ("on-date", NOW, "final", True, False, NOW, True, ""),
        ("on-date", NOW, "final", False, False, AFTER, True, ""),
        ("on-date", NOW, "awaiting-marking", False, False, AFTER, False, "marking"),
        ("on-date", None, "final", False, False, AFTER, False, "office"),
        ("at-once", None, "final", False, True, NOW, False, "withdrawn"),
        ("on-date", NOW, "final", False, True, AFTER, False, "withdrawn"),
        ("at-once", None, "void", False, False, NOW, False, "void"),
    ],
)
def test_release(
    rule: str, at: Any, state: str, others: bool, withdrawn: bool, now: Any, due: bool, waits_for: str
) -> None:
    found = release(rule, at, state, others, withdrawn, now)
    assert (found.due, found.waits_for) == (due, waits_for)
    # Held, it is never due; what comes before in the order of reasons stays the reason.
    since = now - timedelta(hours=1)
    kept = release(rule, at, state, others, withdrawn, now, since)
    before = waits_for in ("void", "withdrawn", "marking")
    assert (kept.due, kept.waits_for) == (False, waits_for if before else "held")
    assert kept.since == (None if before else since)


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("2", "2.00"),
        (" 1.5 ", "1.50"),
        ("０．５", "0.50"),
        ("1。5", "1.50"),
        ("0", "0.00"),
        ("1.255", None),
        ("-1", None),
        ("", None),
        ("1e1", None),
        ("NaN", None),
        ("1,5", None),
        ("99999", None),
        (".5", None),
    ],
)
def test_marks_as_typed(text: str, marks: str | None) -> None:
    found = read_marks(text)
    assert (None if found is None else str(found)) == marks


CRITERIA = (Criterion("p1", "要点一", D("0.67")), Criterion("p2", "要点二", D("1.33")))


@pytest.mark.parametrize(
    ("given_", "problems"),
    [
        ({"p1": "0.67", "p2": "1.33"}, []),
        ({"p1": "0.68", "p2": "1.33"}, [("marks.p1", "marks-above")]),
        ({"p1": "0.67"}, [("marks.p2", "marks-missing")]),
        ({"p1": "x", "p2": " "}, [("marks.p1", "marks-no-number"), ("marks.p2", "marks-missing")]),
    ],
)
def test_a_markers_form(given_: dict[str, str], problems: list[tuple[str, str]]) -> None:
    marked, found = judge(CRITERIA, given_, "评语")
    assert [(problem.field, problem.code) for problem in found] == problems
    assert (marked is None) is bool(problems)
    if marked:
        assert (marked.marks, dict(marked.rubric)) == (D("2.00"), {"p1": "0.67", "p2": "1.33"})


def test_a_comment_has_its_limit() -> None:
    whole = (Criterion(TOTAL, "", D(2)),)
    assert judge(whole, {TOTAL: "1"}, "字" * 2000)[0] is not None
    problem = Problem("comment", "comment-too-long", {"most": 2000})
    assert judge(whole, {TOTAL: "1"}, "字" * 2001) == (None, [problem])
