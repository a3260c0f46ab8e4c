"""The wall shows the worst first, holds still, and is never flooded."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.core import i18n
from exam.proctor.wall import rules as wall_rules
from exam.proctor.wall.rules import ACT, FEW, RANKS, ROWS, Facts, Filter, Signal

NOW = 10**15
S = wall_rules.SECOND


def ago(seconds: float) -> int:
    return NOW - round(seconds * S)


def signal(severity: int, began: float = 60, ended: float | None = None, kind: str = "covered") -> Signal:
    return Signal(kind, severity, ago(began), None if ended is None else ago(ended))


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (Facts(1), "quiet"),
        (Facts(1, (signal(3),)), "urgent"),
        (Facts(1, (signal(2),)), "serious"),
        (Facts(1, (signal(1),)), "hint"),
        (Facts(1, (signal(1), signal(2))), "serious"),
        (Facts(1, (signal(1), signal(3, ended=5))), "urgent-past"),
        (Facts(1, (signal(2), signal(3, ended=5))), "serious"),
        (Facts(1, (signal(3, 700, ended=600),)), "urgent-past"),
        (Facts(1, (signal(3, 700, ended=600.001),)), "undecided"),
        (Facts(1, (signal(2, ended=5),)), "undecided"),
        (Facts(1, (signal(1, ended=5),)), "undecided"),
        (Facts(1, locked=True), "locked"),
        (Facts(1, (signal(2),), locked=True), "locked"),
        (Facts(1, (signal(3),), locked=True), "urgent"),
        (Facts(1, unread_since=ago(60)), "unread"),
        (Facts(1, unread_since=ago(59.999)), "quiet"),
        (Facts(1, paused_since=ago(600)), "paused-long"),
        (Facts(1, paused_since=ago(599.999)), "paused"),
        (Facts(1, line="lost", lost_since=ago(30)), "line"),
        (Facts(1, line="lost", lost_since=ago(29.999)), "quiet"),
        (Facts(1, line="unknown"), "quiet"),
        (Facts(1, line="up", lost_since=ago(500)), "quiet"),
        (Facts(1, (signal(1),), line="lost", lost_since=ago(500)), "line"),
        (Facts(1, (signal(3),), paused_since=ago(900), unread_since=ago(900)), "urgent"),
    ],
)
def test_a_sitting_stands_where_its_worst_reason_puts_it(facts: Facts, why: str) -> None:
    assert ROWS[wall_rules.rank(facts, NOW)].key == why


def test_a_lost_line_alone_never_asks_anybody_to_act() -> None:
    """A whole town without a line must not look like a hall of cheats."""
    assert RANKS["line"] >= ACT


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_every_reason_has_words(row: wall_rules.Row, locale: str) -> None:
    assert i18n.has(f"wall.why.{row.key}", locale)


def test_the_rest_is_counted() -> None:
    ranks = dict.fromkeys(range(1, 13), RANKS["urgent"])
    ranks |= dict.fromkeys(range(13, 25), RANKS["hint"]) | {30: RANKS["quiet"]}
    found = wall_rules.arrange(ranks)
    assert found.first == tuple(range(1, FEW + 1))
    assert (found.waiting, found.hints, found.quiet) == (12 - FEW, 12, 1)
    assert found.rest == (*range(FEW + 1, 25), 30)


@given(st.dictionaries(st.integers(1, 500), st.integers(0, len(ROWS) - 1), max_size=200))
def test_nobody_is_lost_and_never_more_than_a_few_stand_in_front(ranks: dict[int, int]) -> None:
    found = wall_rules.arrange(ranks)
    assert sorted(found.first + found.rest) == sorted(ranks)
    assert len(found.first) <= FEW and all(ranks[each] < ACT for each in found.first)
    assert found.waiting + found.hints + found.quiet == len(found.rest)


@given(st.dictionaries(st.integers(1, 50), st.integers(0, len(ROWS) - 1), min_size=1), st.data())
def test_one_that_changes_moves_no_other(ranks: dict[int, int], data: st.DataObject) -> None:
    changed = data.draw(st.sampled_from(sorted(ranks)))
    other = {**ranks, changed: data.draw(st.integers(0, len(ROWS) - 1))}
    before, after = wall_rules.arrange(ranks), wall_rules.arrange(other)
    without = [each for each in before.first + before.rest if each != changed]
    assert without == [each for each in after.first + after.rest if each != changed]


TILE: dict[str, Any] = {"id": 7, "room": 2, "line": "up", "signals": [{"kind": "covered"}, {"kind": "away"}]}


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [
        (Filter(), True),
        (Filter(room=2), True),
        (Filter(room=1), False),
        (Filter(line="up"), True),
        (Filter(line="lost"), False),
        (Filter(kind="away"), True),
        (Filter(kind="hidden"), False),
        (Filter(undecided=True), True),
        (Filter(room=2, line="up", kind="covered", undecided=True), True),
        (Filter(room=2, line="lost", kind="covered"), False),
    ],
)
def test_a_wall_is_narrowed(chosen: Filter, shown: bool) -> None:
    assert wall_rules.fits(TILE, chosen) is shown
    assert not wall_rules.fits({**TILE, "signals": []}, replace(chosen, undecided=True))


def test_signals_of_a_kind_are_one_with_a_count() -> None:
    found = wall_rules.folded([signal(1, kind="away"), signal(3, ended=1), signal(3), signal(2, ended=1, kind="print")])
    assert [(each["kind"], each["now"], each["count"]) for each in found] == [
        ("covered", True, 2),
        ("away", True, 1),
        ("print", False, 1),
    ]


tiles = st.dictionaries(
    st.integers(1, 9), st.fixed_dictionaries({"a": st.integers(0, 2), "b": st.text(max_size=1)}), max_size=9
)


@given(tiles, tiles)
def test_differences_lead_from_one_snapshot_to_the_next(before: Any, after: Any) -> None:
    before = {each: {"id": each, **tile} for each, tile in before.items()}
    after = {each: {"id": each, **tile} for each, tile in after.items()}
    told = wall_rules.difference(before, after)
    there = {each: dict(tile) for each, tile in before.items() if each not in told["gone"]}
    for tile in told["tiles"]:
        there[tile["id"]] = {**there.get(tile["id"], {}), **tile}
    assert there == after
    assert wall_rules.difference(after, after) == {"tiles": [], "gone": []}
