"""The picture of a sitting: what belongs together is one box, nothing lies outside, and its table says the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.core import i18n
from exam.proctor.wall import timeline
from exam.proctor.wall.timeline import LANES, PAIRS, WIDTH, Item
from exam.sessions.instants import SECOND

T = 1_762_400_000 * SECOND  # 11:33:20 in Shanghai


def at(seconds: float) -> int:
    return T + round(seconds * SECOND)


@pytest.mark.parametrize(
    ("links", "found"),
    [
        ([], []),
        ([("page.hidden", 10), ("page.visible", 14)], [("focus", 10, 14)]),
        ([("page.hidden", 10)], [("focus", 10, None)]),
        ([("page.visible", 10)], []),
        ([("page.hidden", 10), ("page.hidden", 12), ("page.visible", 14)], [("focus", 10, 14)]),
        (
            [("page.blur", 9), ("page.hidden", 10), ("page.visible", 14), ("page.focus", 15)],
            [("focus", 9, 15), ("focus", 10, 14)],
        ),
        (
            [("paused", 1), ("resumed", 61), ("message", 5), ("answer", 6)],
            [("pauses", 1, 61), ("messages", 5, 5), ("answers", 6, 6)],
        ),
        ([("line.lost", 3), ("line.back", 8)], [("line", 3, 8)]),
        ([("started", 0), ("claimed", 1), ("odd", 2)], []),
    ],
)
def test_what_begins_is_joined_to_what_ends_it(
    links: list[tuple[str, int]], found: list[tuple[str, int, int | None]]
) -> None:
    items = timeline.pair([(kind, at(seconds)) for kind, seconds in links])
    told = [(lane, at(began), None if ended is None else at(ended)) for lane, began, ended in found]
    assert [(item.lane, item.began, item.ended) for item in items] == told


@pytest.mark.parametrize(("gap", "stretches"), [(14.999, 1), (15, 1), (15.001, 2)])
def test_frames_are_one_stretch_until_three_of_them_are_missing(gap: float, stretches: int) -> None:
    frames = [(1, at(0)), (2, at(5)), (3, at(5 + gap))]
    found = timeline.runs(frames, 5)
    assert len(found) == stretches and found[0].began == at(0) and found[-1].ended == at(5 + gap)


@pytest.mark.parametrize(
    ("seconds", "labels"),
    [
        (60, ["11:33:20", "11:33:30", "11:33:40", "11:33:50", "11:34:00", "11:34:10", "11:34:20"]),
        (3600, ["11:40", "11:50", "12:00", "12:10", "12:20", "12:30"]),
        (1, []),
    ],
)
def test_the_axis_has_round_times(seconds: int, labels: list[str]) -> None:
    found = timeline.draw([], at(0), at(seconds)).ticks
    assert [label for _, label in found][: len(labels)] == labels and len(found) <= timeline.MOST_TICKS + 1


def item(lane: str, began: int, length: int | None, weight: int) -> Item:
    return Item(lane, "x", at(began), None if length is None else at(began + length), weight)


spans = st.lists(
    st.builds(
        item,
        st.sampled_from(list(LANES)),
        st.integers(-500, 5000),
        st.none() | st.integers(0, 900),
        st.integers(0, 3),
    ),
    max_size=60,
)


@given(spans, st.integers(0, 4000))
def test_nothing_lies_outside_the_picture(items: list[Item], length: int) -> None:
    picture = timeline.draw(items, at(0), at(length))
    for lane in picture.lanes:
        for box in lane.boxes:
            assert box.x >= 0 and box.width >= timeline.LEAST_WIDTH and box.x + box.width <= WIDTH + 0.11
    assert [lane.y for lane in picture.lanes] == [n * timeline.LANE_HEIGHT for n in range(len(picture.lanes))]


@given(spans)
def test_every_weighty_item_in_sight_is_drawn_and_counted(items: list[Item]) -> None:
    picture = timeline.draw(items, at(0), at(6000))
    drawn = {id(box.item) for lane in picture.lanes for box in lane.boxes}
    wanted = [item for item in items if item.weight and (item.ended is None or item.ended >= at(0))]
    assert all(id(item) in drawn for item in wanted)
    assert sum(each.count for each in timeline.sums(items, at(6000))) == len(items)


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_lanes_have_words(locale: str) -> None:
    i18n.current_locale.set(locale)
    assert len({i18n.gettext(label) for label in LANES.values()}) == len(LANES)
    assert {lane for lane, _ in PAIRS.values()} <= set(LANES)
