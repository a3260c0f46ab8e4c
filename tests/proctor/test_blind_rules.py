"""What is drawn blindly: the same for the same seed, never a flagged stretch, about as many as the policy says."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.proctor.review.rules_blind import (
    FEWEST_FRAMES,
    MOST_OF_A_SITTING,
    STRETCH_SECONDS,
    Piece,
    drawn,
    light_of,
    masked,
    pieces,
)

BEGAN = datetime(2026, 11, 6, 4, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def frames(until: int, every: int = 5) -> list[tuple[int, datetime]]:
    return [(n + 1, at(n * every)) for n in range(until // every)]


def starts(found: list[Piece]) -> list[float]:
    return [(piece.began - BEGAN).total_seconds() for piece in found]


def test_a_sitting_is_cut_into_whole_pieces() -> None:
    found = pieces(BEGAN, at(190), frames(190), [])
    assert starts(found) == [0, 60, 120]
    assert (found[1].first, found[1].last, found[1].count) == (13, 24, 12)


@pytest.mark.parametrize(
    ("flagged", "expected"),
    [
        ([(at(70), at(80))], [0, 120]),
        ([(at(60), at(60))], [0, 120]),
        ([(at(59.9), at(59.95))], [60, 120]),
        ([(at(50), at(60))], [120]),  # its last instant is the next piece's first
        ([(at(0), at(180))], []),
    ],
)
def test_what_touches_a_flag_is_left_out(flagged: list[tuple[datetime, datetime]], expected: list[float]) -> None:
    assert starts(pieces(BEGAN, at(180), frames(180), flagged)) == expected


def test_a_piece_needs_pictures() -> None:
    few = [(n, at(10 * n)) for n in range(FEWEST_FRAMES - 1)]
    assert pieces(BEGAN, at(60), few, []) == []
    assert len(pieces(BEGAN, at(60), [*few, (9, at(59))], [])) == 1


@given(st.text(min_size=1, max_size=20), st.integers(0, 100), st.integers(0, 40))
def test_drawing_depends_on_the_seed_alone(seed: str, share: int, count: int) -> None:
    found = pieces(BEGAN, at(count * STRETCH_SECONDS), frames(count * STRETCH_SECONDS), [])
    chosen = drawn(seed, found, share)
    assert chosen == drawn(seed, list(reversed(found)), share)
    assert len(chosen) <= MOST_OF_A_SITTING and set(chosen) <= set(found)
    assert not (share == 0 and chosen)
    assert share < 100 or len(chosen) == min(count, MOST_OF_A_SITTING)


def test_about_as_many_are_drawn_as_the_policy_says() -> None:
    found = pieces(BEGAN, at(60 * 60), frames(60 * 60), [])
    count = sum(len(drawn(f"seed-{n}", found, 2)) for n in range(200))
    assert 180 <= count <= 300  # 2 % of 12 000 is 240


def test_blind_ones_are_always_masked_and_some_flags_with_them() -> None:
    assert all(masked("s", n, "blind", 0) for n in range(20))
    assert not any(masked("s", n, "camera", 0) for n in range(200))
    assert not any(masked("s", n, "page", 2) for n in range(200))
    assert 400 <= sum(masked("s", n, "camera", 2) for n in range(2000)) <= 600


@pytest.mark.parametrize(
    ("dark", "looked", "expected"),
    [(0, 0, "unknown"), (0, 1, "ok"), (1, 2, "dark"), (1, 3, "ok"), (2, 3, "dark"), (5, 5, "dark")],
)
def test_light(dark: int, looked: int, expected: str) -> None:
    assert light_of(dark, looked) == expected
