"""What a course must have, where points and cues may stand: tables round each boundary."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.courseware import rules
from exam.courseware.rules import ChapterFact, CueFact
from exam.courseware.times import clock_text, read_time
from exam.itembank.rules import Check
from exam.schemes.ccaa_courseware import courseware_rules

WANTED = courseware_rules(date(2026, 11, 6))
MINUTE = 60_000
HOUR = 60 * MINUTE
MET = (Check("chapter-items", "1", 10, 10), Check("chapter-kinds", "1", 2, 2))


def cue(at=20_000, until=None, items=2, kind="fixed", accuracy=60, seconds=60):
    return CueFact(kind, at, at if until is None else until, items, accuracy, seconds)


def fact(length=HOUR, points=(), cues=(), number=1, **changes):
    stated = {"bank": MET, "has_bank": True, "has_content": True, "drawable": 10}
    return ChapterFact(number, "video", length, tuple(points), tuple(cues), **{**stated, **changes})


def codes(problems):
    return [problem.code for problem in problems]


def evenly(number, length=100 * MINUTE):
    return [length * n // number for n in range(1, number + 1)]


@pytest.mark.parametrize(
    ("number", "length", "found"),
    [
        (9, 100 * MINUTE, ["points-number"]),
        (10, 100 * MINUTE, []),
        (20, 100 * MINUTE, []),
        (21, 105 * MINUTE, ["points-number"]),
        (0, 100 * MINUTE, ["points-number", "points-end"]),
    ],
)
def test_ten_to_twenty_points(number, length, found):
    assert codes(rules.point_problems([fact(length, evenly(number, length))], WANTED)) == found


@pytest.mark.parametrize(("gap", "found"), [(299_999, ["points-too-close"]), (300_000, [])])
def test_five_minutes_apart(gap, found):
    points = [10 * MINUTE * n for n in range(1, 10)]
    points = [*points[:-1], points[-2] + gap, 100 * MINUTE]
    assert codes(rules.point_problems([fact(100 * MINUTE, points)], WANTED)) == found


def test_points_of_two_chapters_are_apart_along_the_course():
    first = [8 * MINUTE * n for n in range(1, 6)]
    close = [fact(40 * MINUTE, first), fact(40 * MINUTE, [4 * MINUTE, *first[1:]], number=2)]
    assert codes(rules.point_problems(close, WANTED)) == ["points-too-close"]
    apart = [fact(40 * MINUTE, first), fact(40 * MINUTE, first, number=2)]
    assert rules.point_problems(apart, WANTED) == []


@pytest.mark.parametrize(
    ("length", "chapters", "least", "between"),
    [
        (50 * MINUTE, 1, 10, 300_000),
        (50 * MINUTE - 1, 1, 9, 0),
        (10 * MINUTE, 3, 3, 0),
        (3 * MINUTE, 3, 3, 0),
        (30_000, 1, 1, 0),
        (40 * MINUTE, 30, 10, 0),
    ],
)
def test_short_courses_need_fewer(length, chapters, least, between):
    assert rules.points_wanted(length, chapters, WANTED) == (least, between)


@pytest.mark.parametrize(
    ("points", "found"),
    [
        ([30_000], []),
        ([29_999], ["points-end"]),
        ([0, 30_000], ["points-outside"]),
        ([30_000, 30_000], ["points-too-close"]),
        ([20_000, 10_000, 30_000], ["points-too-close"]),
        ([30_000, 30_001], ["points-outside", "points-end"]),
    ],
)
def test_where_points_may_stand(points, found):
    assert codes(rules.point_problems([fact(30_000, points)], WANTED)) == found


@given(st.lists(st.integers(5_000, 4 * HOUR), min_size=1, max_size=20))
def test_points_spread_evenly_are_always_right(lengths):
    spread = rules.spread_points(lengths, WANTED)
    facts = [fact(length, points, number=n) for n, (length, points) in enumerate(zip(lengths, spread, strict=True), 1)]
    assert rules.point_problems(facts, WANTED) == []


@pytest.mark.parametrize(
    ("cues", "found"),
    [
        ([cue(2_999)], ["cue-outside"]),
        ([cue(3_000)], []),
        ([cue(57_000)], []),
        ([cue(57_001)], ["cue-outside"]),
        ([cue(10_000, 57_001, kind="random")], ["cue-outside"]),
        ([cue(10_000), cue(12_999)], ["cues-too-close"]),
        ([cue(13_000), cue(10_000)], []),
        ([cue(10_000, 20_000, kind="random"), cue(22_999)], ["cues-too-close"]),
        ([cue(10_000, 20_000, kind="random"), cue(23_000)], []),
        ([cue(items=10)], []),
        ([cue(items=11)], ["cue-too-many-items"]),
    ],
)
def test_cues_of_a_chapter(cues, found):
    assert codes(rules.cue_problems(fact(60_000, cues=cues), "chapter.1")) == found


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"at": 3_000}, None),
        ({"at": 2_000}, "from"),
        ({"at": 57_000}, None),
        ({"at": 58_000}, "from"),
        ({"at": 20_000, "until": 20_000, "kind": "random"}, "until"),
        ({"at": 20_000, "until": 21_000, "kind": "random"}, None),
        ({"items": 0}, "items"),
        ({"items": 1}, None),
        ({"items": 20}, None),
        ({"items": 21}, "items"),
        ({"accuracy": 0}, "accuracy"),
        ({"accuracy": 1}, None),
        ({"accuracy": 100}, None),
        ({"accuracy": 101}, "accuracy"),
        ({"seconds": 9}, "seconds"),
        ({"seconds": 10}, None),
        ({"seconds": 900}, None),
        ({"seconds": 901}, "seconds"),
    ],
)
def test_a_cue_as_typed(changes, field):
    assert [problem.field for problem in rules.cue_field_problems(cue(**changes), 60_000)] == ([field] if field else [])


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"has_content": False}, ["courseware-no-content"]),
        ({"length": 0}, ["courseware-no-content"]),
        ({"has_bank": False, "bank": ()}, ["courseware-no-bank-chapter"]),
        ({"bank": (Check("chapter-items", "1", 9, 10),)}, ["courseware-chapter-items"]),
        ({"bank": (Check("chapter-kinds", "1", 1, 2),)}, ["courseware-chapter-kinds"]),
        ({"bank": (Check("kinds-allowed", "1", 11, 12),)}, ["courseware-kinds-allowed"]),
        ({"bank": (Check("keyed", "1", 11, 12),)}, ["courseware-keyed"]),
    ],
)
def test_what_a_chapter_lacks(changes, found):
    assert codes(rules.chapter_problems(fact(**changes), 0)) == found


@pytest.mark.parametrize(("items", "found"), [(0, []), (10, []), (11, ["courseware-exercise-items"])])
def test_an_exercise_has_items_to_draw_from(items, found):
    assert codes(rules.chapter_problems(fact(), items)) == found


def test_a_course_of_nothing():
    assert codes(rules.course_problems([], 0, WANTED)) == ["courseware-no-chapters"]
    half = [fact(100 * MINUTE, evenly(10)), fact(0, number=2)]
    assert [(problem.field, problem.code) for problem in rules.course_problems(half, 0, WANTED)] == [
        ("chapter.2", "courseware-no-content")
    ]
    assert rules.course_problems([fact(100 * MINUTE, evenly(10))], 0, WANTED) == []


@pytest.mark.parametrize(
    ("items", "accuracy", "right"), [(2, 50, 1), (2, 51, 2), (3, 60, 2), (3, 66, 2), (3, 67, 3), (5, 100, 5), (1, 1, 1)]
)
def test_never_less_right_than_asked(items, accuracy, right):
    assert rules.needed_right(items, accuracy) == right


@pytest.mark.parametrize(("drawable", "asked", "runs"), [(10, [], 0), (10, [5], 2), (10, [3, 4], 1), (10, [11], 0)])
def test_for_how_many_runs_a_bank_lasts(drawable, asked, runs):
    assert rules.fresh_runs(drawable, asked) == runs


@pytest.mark.parametrize(
    ("state", "learners", "code"),
    [("draft", 0, "courseware-draft"), ("published", 1, "courseware-has-learners"), ("published", 0, None)],
)
def test_who_keeps_a_course_from_being_withdrawn(state, learners, code):
    refusal = rules.may_withdraw(state, learners)
    assert (refusal.code if refusal else None) == code


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("0:00", 0),
        ("12:30", 750_000),
        ("１:00", None),
        (" 1：05 ", 65_000),
        ("90:00", 5_400_000),
        ("1:02:09", 3_729_000),
        ("1:60:00", None),
        ("1:60", None),
        ("5", None),
        ("", None),
        ("-1:00", None),
        ("1000:00", None),
    ],
)
def test_times_as_typed(text, ms):
    assert read_time(text) == ms


@given(st.integers(0, 50 * HOUR))
def test_a_time_as_shown_can_be_typed(ms):
    assert read_time(clock_text(ms)) == ms // 1000 * 1000
