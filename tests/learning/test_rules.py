"""Deadlines, returns, what passes, what is drawn: round each boundary."""

import random
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.courseware.rules import needed_right
from exam.learning import rules
from tests.learning.making import NOON, after


@pytest.mark.parametrize(
    ("seconds", "factor", "left"),
    [(60, "1", 60), (60, "1.25", 75), (60, "1.01", 60.6), (10, "1.5", 15), (900, "2", 1800)],
)
def test_the_deadline_with_extra_time(seconds: int, factor: str, left: float) -> None:
    assert rules.deadline(NOON, seconds, Decimal(factor)) == after(left)


@pytest.mark.parametrize(
    ("deadline", "heard", "now", "left"),
    [
        (60, 10, 500, 50),  # what was left when the line dropped
        (60, 29, 500, 31),
        (60, 30, 500, 30),
        (60, 31, 500, 30),  # at least 30 s
        (60, 60, 60, 30),
        (60, 300, 300, 30),  # the deadline had passed
        (60, 59.999, 60, 30),
    ],
)
def test_the_deadline_of_who_comes_back(deadline: float, heard: float, now: float, left: float) -> None:
    assert rules.deadline_on_return(after(deadline), after(heard), after(now)) == after(now + left)


@pytest.mark.parametrize(("late_ms", "counts"), [(-1, True), (0, True), (4999, True), (5000, True), (5001, False)])
def test_an_answer_on_its_way_at_the_deadline_counts(late_ms: int, counts: bool) -> None:
    assert rules.in_time(NOON, NOON + timedelta(milliseconds=late_ms)) is counts


@pytest.mark.parametrize(
    ("items", "accuracy", "needed"),
    [
        *((5, 60, 3), (5, 61, 4), (3, 60, 2), (3, 66, 2), (3, 67, 3), (1, 1, 1), (2, 50, 1), (2, 51, 2), (20, 99, 20)),
        *((20, 95, 19), (10, 100, 10), (7, 100, 7), (4, 0, 0), (0, 60, 0)),
    ],
)
def test_how_many_must_be_right(items: int, accuracy: int, needed: int) -> None:
    assert needed_right(items, accuracy) == needed
    assert rules.passed(needed, items, accuracy)
    assert needed == 0 or not rules.passed(needed - 1, items, accuracy)


@given(st.integers(0, 50), st.integers(0, 100))
def test_never_less_than_the_accuracy_and_never_one_more_than_it_needs(items: int, accuracy: int) -> None:
    needed = needed_right(items, accuracy)
    assert 0 <= needed <= items
    assert needed * 100 >= items * accuracy
    assert needed == 0 or (needed - 1) * 100 < items * accuracy


def test_a_quiz_stands_where_it_is_fixed_or_somewhere_in_its_stretch() -> None:
    assert rules.place("fixed", 5000, 9000, lambda n: n - 1) == 5000
    assert rules.place("random", 5000, 9000, lambda n: 0) == 5000
    assert rules.place("random", 5000, 9000, lambda n: n - 1) == 9000
    assert rules.place("random", 5000, 5000, lambda n: n - 1) == 5000


@given(
    st.lists(st.integers(0, 40), unique=True),
    st.dictionaries(st.integers(0, 40), st.integers(0, 9)),
    st.integers(0, 12),
    st.randoms(use_true_random=False),
)
def test_what_was_never_drawn_comes_first_then_what_was_longest_ago(
    pool: list[int], used: dict[int, int], wanted: int, dice: random.Random
) -> None:
    chosen = rules.choose(pool, wanted, used, dice.shuffle)
    assert len(chosen) == len(set(chosen)) == min(wanted, len(pool))
    assert set(chosen) <= set(pool)
    left = [used.get(item, -1) for item in pool if item not in chosen]
    assert max((used.get(item, -1) for item in chosen), default=-1) <= min(left, default=99)


def test_the_same_pool_is_not_drawn_in_the_same_order() -> None:
    orders = {tuple(rules.choose(range(12), 4, {}, random.Random(seed).shuffle)) for seed in range(20)}
    assert len(orders) > 10


@pytest.mark.parametrize(("fetched", "begins"), [(None, 60), (60, 60), (45, 60), (44, 59), (0, 15)])
def test_time_begins_when_a_quiz_is_shown_or_soon_after_its_items_were_sent(fetched, begins):
    first = NOON + timedelta(seconds=fetched) if fetched is not None else None
    assert rules.begins(first, NOON + timedelta(seconds=60)) == NOON + timedelta(seconds=begins)


@pytest.mark.parametrize(
    ("same_page", "known", "away", "meaning"),
    [
        (True, True, False, "stays"),
        (True, True, True, "left"),
        (True, False, False, "interrupted"),
        (True, False, True, "interrupted"),
        (False, True, False, "left"),
        (False, True, True, "left"),
        (False, False, False, "left"),
        (False, False, True, "left"),
    ],
)
def test_what_opening_a_page_means_for_a_quiz(same_page, known, away, meaning):
    assert rules.opening(same_page, known, away) == meaning
