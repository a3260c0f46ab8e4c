"""How far a report leads: tables round each boundary of the judge."""

from typing import Any

import pytest

from exam.learning import judging
from exam.learning.judging import AHEAD, AWAY, END, TOLERANCE, Gate
from tests.learning.making import START, playing


@pytest.mark.parametrize(
    ("position", "verified", "seek"),
    [
        (10_000, 10_000, None),
        (9_000, 9_000, None),
        (10_000 + TOLERANCE - 1, 10_000, None),
        (10_000 + TOLERANCE, 10_000, None),
        (10_000 + TOLERANCE + 1, 10_000, (1, 10_000)),
        (50_000, 10_000, (1, 10_000)),
        (60_000, 10_000, (1, 10_000)),
        (10**9, 10_000, (1, 10_000)),
    ],
)
def test_nobody_is_further_than_they_have_learned(position: int, verified: int, seek: Any) -> None:
    page = playing()
    verdict = page.report(10_000, 10_000, position=position)
    assert (page.track.verified[1], verdict.seek) == (verified, seek)
    assert page.track.position == min(position, verified)


@pytest.mark.parametrize(
    ("position", "played", "verified"),
    [
        (60_000, 60_000, 60_000),
        (60_000 - END, 60_000, 60_000),  # players stop a little before the end
        (60_000 - END - 1, 60_000, 60_000 - END - 1),
        (60_000, 60_000 - END, 60_000),
        (60_000, 60_000 - END - 1, 60_000 - END - 1),
    ],
)
def test_the_end_of_a_chapter(position: int, played: int, verified: int) -> None:
    page = playing()
    page.report(60_000, played, position=position)
    assert page.track.verified[1] == verified
    assert page.track.whole(1) is (verified == 60_000)


@pytest.mark.parametrize(("lacks", "seek"), [(END, None), (END + 1, (1, 60_000 - END - 1))])
def test_a_page_that_came_to_the_end_too_soon_is_put_back_to_play_the_rest(lacks: int, seek: Any) -> None:
    verdict = playing().report(60_000, 60_000 - lacks, position=60_000)
    assert verdict.seek == seek


@pytest.mark.parametrize(
    ("position", "verified", "asking"),
    [
        (20_000, 20_000, 5),
        (25_000, 20_000, 5),
        (20_000 - END, 20_000, 5),
        (20_000 - END - 1, 20_000 - END - 1, 0),
    ],
)
def test_a_quiz_stops_the_learner(position: int, verified: int, asking: int) -> None:
    page = playing(gates=[Gate(1, 20_000, 5)])
    verdict = page.report(25_000, 25_000, position=position)
    assert (page.track.verified[1], page.track.asking, verdict.seek) == (verified, asking, None)


def test_while_a_quiz_waits_nothing_counts_and_nobody_moves_on() -> None:
    page = playing(gates=[Gate(1, 20_000, 5), Gate(1, 40_000, 6)])
    page.report(20_000, 20_000, position=20_000)
    verdict = page.report(30_000, 10_000, position=30_000)
    assert (verdict.credited, verdict.why, verdict.seek) == (0, "quiz", None)
    assert (page.track.counted, page.track.verified[1], page.track.learned()) == (20_000, 20_000, False)


@pytest.mark.parametrize(("silence", "away"), [(AWAY - 1, False), (AWAY, False), (AWAY + 1, True)])
def test_who_is_silent_during_a_quiz_was_away(silence: int, away: bool) -> None:
    page = playing(gates=[Gate(1, 20_000, 5)])
    page.report(20_000, 20_000, position=20_000)
    page.report(20_000 + silence)
    assert page.track.left_at == (START + 20_000 if away else 0)
    page.report(30_000 + silence)
    assert page.track.left_at == (START + 20_000 if away else 0)


def test_watching_again_counts_as_time_but_leads_nowhere() -> None:
    page = playing()
    page.report(30_000, 30_000, position=30_000)
    verdict = page.report(40_000, 10_000, position=10_000)
    assert (verdict.credited, verdict.seek) == (10_000, None)
    assert (page.track.verified[1], page.track.position) == (30_000, 10_000)


@pytest.mark.parametrize(
    ("chapter", "seek", "credited"), [(1, None, 10_000), (2, (1, 10_000), 0), (3, (1, 10_000), 0), (99, (1, 10_000), 0)]
)
def test_chapters_are_learned_in_order(chapter: int, seek: Any, credited: int) -> None:
    page = playing(lengths=(60_000, 40_000, 40_000))
    page.report(10_000, 10_000, position=10_000)
    verdict = page.report(20_000, 10_000, chapter=chapter, position=10_000)
    assert (verdict.seek, verdict.credited) == (seek, credited)
    assert page.track.verified == {1: 10_000, 2: 0, 3: 0}


def test_the_next_chapter_after_the_one_before_is_whole() -> None:
    page = playing(unfinished={1})
    page.report(60_000, 60_000, position=60_000)
    assert page.report(61_000, chapter=2).seek == (1, 60_000)  # its package is not completed
    page.track.unfinished.clear()
    assert page.report(62_000, chapter=2).seek is None
    page.report(72_000, 10_000, chapter=2, position=10_000)
    assert page.track.verified == {1: 60_000, 2: 10_000}
    assert page.report(73_000, 1_000, chapter=1, position=3_000).seek is None
    assert page.track.verified == {1: 60_000, 2: 10_000}


@pytest.mark.parametrize(("rate", "verified"), [(1.0, 20_000), (1.5, 30_000), (1.25, 25_000)])
def test_films_that_may_be_played_faster_are_learned_faster(rate: float, verified: int) -> None:
    page = playing(rate=rate)
    assert page.report(20_000, 20_000, position=45_000).seek == (1, verified)
    assert (page.track.counted, page.track.verified[1]) == (20_000, verified)


@pytest.mark.parametrize(("position", "told"), [(20_000 - 1, None), (20_000, 20_000 + AHEAD), (30_000, 20_000 + AHEAD)])
def test_the_page_is_told_of_a_quiz_only_shortly_before(position: int, told: int | None) -> None:
    page = playing(gates=[Gate(1, 20_000 + AHEAD, 5)])
    page.report(30_000, 30_000, position=position)
    assert judging.stop_at(page.track) == told


def test_all_is_learned_when_all_was_watched_passed_and_completed() -> None:
    page = playing(gates=[Gate(2, 40_000, 5)])
    page.report(60_000, 60_000, position=60_000)
    assert (page.track.passed_points(), page.track.now_at(), page.track.learned()) == (1, 2, False)
    page.report(60_000, 0, chapter=2)
    page.report(100_000, 40_000, chapter=2, position=40_000)
    assert (page.track.asking, page.track.learned()) == (5, False)
    page.track.gates, page.track.asking, page.track.unfinished = [], 0, {2}
    assert not page.track.learned()
    page.track.unfinished = set()
    assert page.track.learned()
    assert (page.track.passed_points(), page.track.now_at()) == (2, 2)


@pytest.mark.parametrize("played", [864_000_000, 10**9])
def test_hostile_claims_never_outgrow_the_database(played: int) -> None:
    page = playing()
    for at in range(1, 40):
        page.report(at * 1000, played)
    assert page.track.counted == 39_000
    assert page.track.cut < 2**31 and page.player.cut < 2**31
