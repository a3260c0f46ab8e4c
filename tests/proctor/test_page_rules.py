"""What a page does becomes a stretch only beyond its boundary; what can't be known counts for nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.proctor.incidents.rules import Noticed
from exam.proctor.watching.page_table import CUTS, RULES
from exam.proctor.watching.rules_page import TICK, PageEvent, PageTrack, step
from exam.sessions.instants import SECOND

FOREIGN = {"foreign": True}


def played(*events: tuple[Any, ...]) -> list[Noticed]:
    """The changes of a row of (seconds, kind[, detail])."""
    track, found = PageTrack(), []
    for seconds, kind, *detail in events:
        track, changes = step(track, PageEvent(kind, round(seconds * SECOND), detail[0] if detail else {}))
        found += changes
    return found


def told(*events: tuple[Any, ...]) -> list[tuple[str, str]]:
    return [(each.what, each.kind) for each in played(*events)]


def both(kind: str) -> list[tuple[str, str]]:
    return [("opened", kind), ("closed", kind)]


LENGTHS = [
    ("hidden", "hidden", "visible", 5),
    ("unfocused", "blur", "focus", 15),
    ("full-screen", "full-screen-left", "full-screen", 10),
    ("second-screen", "second-screen", "second-screen-gone", 5),
]


@pytest.mark.parametrize(("kind", "begins", "ends", "seconds"), LENGTHS)
def test_a_stretch_counts_from_its_length_on(kind: str, begins: str, ends: str, seconds: int) -> None:
    assert told((0, begins), (seconds - 0.001, ends)) == []
    assert told((0, begins), (seconds, ends)) == both(kind)
    assert told((0, begins), (seconds - 0.001, TICK)) == []
    assert told((0, begins), (seconds, TICK), (seconds + 9, ends)) == [
        ("opened", kind),
        ("closed", kind),
    ]
    opened = played((0, begins), (seconds, ends))[0]
    assert (opened.began, opened.ended, opened.origin) == (0, seconds * SECOND, "page")
    assert opened.reason == {"seconds": seconds, "times": 1}


@pytest.mark.parametrize(
    ("kind", "begins", "ends", "times"), [("hidden", "hidden", "visible", 3), ("unfocused", "blur", "focus", 5)]
)
def test_many_short_ones_count_together(kind: str, begins: str, ends: str, times: int) -> None:
    def flicker(n: int, apart: float) -> list[tuple[Any, ...]]:
        return [(i * apart + late, what) for i in range(n) for late, what in ((0, begins), (1, ends))]

    assert told(*flicker(times - 1, 100)) == []
    assert told(*flicker(times, 600 / (times - 1))) == both(kind)
    assert told(*flicker(times, 600.001 / (times - 1))) == []
    found = played(*flicker(times, 100))
    assert found[-1].reason["times"] == times


POINTS = [
    ("print", "print", {}, 1),
    ("clipboard", "paste", FOREIGN, 2),
    ("context-menu", "context-menu", {}, 6),
    ("second-page", "taken-back", {}, 2),
]


@pytest.mark.parametrize(("kind", "event", "detail", "times"), POINTS)
def test_what_has_no_length_counts_by_its_times(kind: str, event: str, detail: dict[str, Any], times: int) -> None:
    assert told(*((n, event, detail) for n in range(times - 1))) == []
    assert told(*((n, event, detail) for n in range(times))) == both(kind)


def test_what_was_copied_here_may_be_pasted_here() -> None:
    assert told(*((n, "paste", {"foreign": False}) for n in range(20))) == []
    assert told(*((n, "paste") for n in range(20))) == []
    assert told(*((n, "copy") for n in range(20))) == []


NOBODYS_FAULT = {
    "the line was lost after two seconds": [(0, "hidden"), (80, "line.lost", {"since": 2000}), (300, "visible")],
    "it was hidden while the line was lost": [(0, "line.lost", {"since": 0}), (1, "hidden"), (90, "visible")],
    "the browser knew that it was offline": [(0, "offline"), (1, "hidden"), (90, "visible"), (91, "online")],
    "all of it arrived at once when the line came back": [(90, "hidden"), (90, "visible")],
    "the sitting was paused": [(0, "paused"), (1, "hidden"), (90, "visible"), (91, "resumed")],
    "it was paused while the page was hidden": [(0, "hidden"), (4, "paused"), (400, "visible"), (401, "resumed")],
    "another page took over": [(0, "hidden"), (4, "claimed"), (400, "visible")],
    "nobody heard it any more": [(0, "hidden"), (4, TICK), (4, TICK), (4, TICK)],
    "a second screen was unplugged twice": [
        (0, "second-screen"),
        (4, "second-screen-gone"),
        (5, "second-screen"),
        (9, "second-screen-gone"),
    ],
    "a page only came back": [(0, "visible"), (1, "focus"), (90, "visible")],
    "it was opened, reloaded, read": [(0, "opened"), (10, "reload"), (20, "camera-lost"), (60, "camera-back")],
}


@pytest.mark.parametrize("events", NOBODYS_FAULT.values(), ids=NOBODYS_FAULT)
def test_what_is_nobodys_fault_counts_for_nothing(events: list[tuple[Any, ...]]) -> None:
    assert told(*events) == []


def test_a_stretch_long_enough_before_the_line_was_lost_ends_there() -> None:
    found = played((0, "hidden"), (90, "line.lost", {"since": 7000}), (200, "visible"))
    assert [(each.what, each.ended) for each in found] == [("opened", 7 * SECOND), ("closed", 7 * SECOND)]


def test_the_end_of_a_sitting_ends_what_is_open() -> None:
    assert told((0, "hidden"), (6, TICK), (7, TICK), (8, "submitted")) == [
        ("opened", "hidden"),
        ("extended", "hidden"),
        ("closed", "hidden"),
    ]


KINDS = sorted(
    {kind for rule in RULES.values() for kind in rule.begins | rule.ends}
    | CUTS
    | {TICK, "resumed", "offline", "online", "odd"}
)


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(KINDS)), max_size=60))
def test_whatever_a_page_says_stretches_are_sound(steps: list[tuple[int, str]]) -> None:
    """Of each kind one stretch at a time, opened before it is closed; none ends before it began or in the future."""
    track, at, open_ones = PageTrack(), 0, {}
    for seconds, kind in steps:
        at += seconds * SECOND
        detail = {"since": max(0, at // 1000 - 3000)} if kind == "line.lost" else FOREIGN
        before = track
        track, changes = step(track, PageEvent(kind, at, detail))
        assert step(before, PageEvent(kind, at, detail)) == (track, changes)  # nothing but its arguments
        for each in changes:
            assert 0 <= each.began <= each.ended <= at
            if each.what == "opened":
                assert each.kind not in open_ones
                open_ones[each.kind] = each.began
            else:
                assert open_ones[each.kind] == each.began
                if each.what == "closed":
                    del open_ones[each.kind]
    for kind in [*open_ones]:
        _, changes = step(track, PageEvent("submitted", at))
        assert ("closed", kind) in [(each.what, each.kind) for each in changes]
