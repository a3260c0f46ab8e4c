"""What a report earns: tables round each boundary of the judge."""

from typing import Any

import pytest

from exam.learning import judging
from exam.learning.judging import AHEAD, AWAY, END, LONGEST, SILENT, TOLERANCE, Gate, Learner
from tests.learning.making import START, Page, a_track, playing


@pytest.mark.parametrize(
    ("passed", "played", "credited", "cut"),
    [
        (10_000, 10_000, 10_000, 0),
        (10_000, 9_999, 9_999, 0),
        (10_000, 10_001, 10_000, 1),  # never more than passed on the server
        (10_000, 500_000, 10_000, 490_000),
        (10_000, 0, 0, 0),
        (0, 5_000, 0, 5_000),
        (LONGEST, LONGEST, LONGEST, 0),
        (LONGEST + 1, LONGEST + 1, LONGEST, 1),  # one report speaks of a minute at most
        (3_600_000, 3_600_000, LONGEST, 3_540_000),
    ],
)
def test_no_more_than_what_passed(passed: int, played: int, credited: int, cut: int) -> None:
    page = playing()
    verdict = page.report(passed, played)
    assert (verdict.credited, page.track.counted, page.player.counted) == (credited, credited, credited)
    assert (page.track.cut, page.player.cut) == (cut, cut)


@pytest.mark.parametrize("how", ["playing", "visible", "focused"])
def test_what_comes_after_a_pause_a_hidden_page_or_another_window_does_not_count(how: str) -> None:
    page = playing()
    why = {"playing": "paused"}.get(how, "away")
    stopped = page.report(4_000, 4_000, **{how: False})
    assert (stopped.credited, stopped.why) == (4_000, why)  # until then it did play
    assert page.report(14_000, 10_000, **{how: False}).credited == 0
    again = page.report(20_000, 6_000)
    assert (again.credited, again.why) == (0, "")
    assert page.report(30_000, 10_000).credited == 10_000
    assert page.track.counted == 14_000


def test_the_first_report_of_a_page_earns_nothing() -> None:
    page = Page(a_track(), Learner(7), "p")
    assert page.report(10_000, 10_000).credited == 0


@pytest.mark.parametrize(
    ("idle", "credited", "why"),
    [
        (599_999, 10_000, ""),
        (600_000, 10_000, ""),
        (600_001, 9_999, "idle"),
        (605_000, 5_000, "idle"),
        (610_000, 0, "idle"),
        (900_000, 0, "idle"),
    ],
)
def test_who_touches_nothing_for_too_long(idle: int, credited: int, why: str) -> None:
    verdict = playing().report(10_000, 10_000, idle=idle)
    assert (verdict.credited, verdict.why) == (credited, why)


def second(page: Page, course: int = 2, opened: int = 0) -> Page:
    """Another course of the same person, opened at an instant and playing."""
    other = Page(a_track(run=2, course=course), page.learner, "second", opened=START + opened)
    other.report(opened)
    return other


@pytest.mark.parametrize(("opened", "credited"), [(0, 0), (1, 1), (4_000, 4_000), (9_999, 9_999), (10_000, 10_000)])
def test_another_course_stops_the_time_from_the_instant_it_is_opened(opened: int, credited: int) -> None:
    page = playing()
    other = second(page, opened=opened)
    verdict = page.report(10_000, 10_000)
    assert verdict.credited == credited
    assert verdict.why == ("other-course" if opened < 10_000 else "")
    assert other.report(10_000, 10_000 - opened).credited == 0


@pytest.mark.parametrize(("closed", "credited"), [(5_000, 15_000), (19_999, 1), (20_000, 0), (1, 19_999)])
def test_time_counts_again_from_the_instant_the_other_course_is_closed(closed: int, credited: int) -> None:
    page = playing()
    second(page).report(closed, closing=True)
    assert page.report(20_000, 20_000).credited == credited
    assert page.report(30_000, 10_000).credited == 10_000


def test_a_course_that_is_closed_and_played_on_is_open() -> None:
    # A page that was left and come back to by the browser's own history goes on with the same player.
    page = playing()
    other = second(page)
    other.report(5_000, closing=True)
    page.report(10_000, 10_000)
    other.report(12_000)
    assert judging.open_courses(page.learner, START + 12_000) == {1, 2}
    assert page.report(20_000, 10_000).credited == 0


@pytest.mark.parametrize(("at", "credited"), [(SILENT - 1, 0), (SILENT, 0), (SILENT + 1, 1), (SILENT + 10_000, 10_000)])
def test_a_silent_course_is_no_longer_open_after_half_a_minute(at: int, credited: int) -> None:
    page = playing()
    second(page)
    assert page.report(at, at).credited == credited
    assert judging.open_courses(page.learner, START + SILENT - 1) == {1, 2}
    assert judging.open_courses(page.learner, START + SILENT) == {1}


def test_two_other_courses_that_overlap_are_taken_off_once() -> None:
    page = playing()
    second(page, 2, opened=2_000).report(6_000, closing=True)
    third = Page(a_track(run=3, course=3), page.learner, "third", opened=START + 4_000)
    third.report(8_000, closing=True)
    assert page.report(10_000, 10_000).credited == 4_000


def test_of_two_pages_of_one_course_the_newer_counts() -> None:
    old = playing()
    new = Page(old.track, old.learner, "new", opened=START + 10_000)
    verdict = old.report(10_000, 10_000)
    assert (verdict.credited, verdict.why, verdict.seek) == (0, "other-tab", None)
    new.report(10_000)
    assert (new.report(20_000, 10_000).credited, old.report(20_000, 10_000).credited) == (10_000, 0)
    assert old.track.counted == 10_000


def test_two_pages_of_one_course_in_different_courses_of_time_earn_once() -> None:
    page = playing()
    page.report(10_000, 10_000)
    twin = Page(a_track(run=9, course=1), page.learner, "twin")  # the same course at another institution's selection
    twin.report(0)
    assert twin.report(10_000, 10_000).credited == 0


def test_queued_reports_that_come_in_a_bunch_count_where_they_were_played() -> None:
    page = playing()
    late = 95_000
    for at in range(10_000, 95_000, 10_000):
        position = min(at, 60_000)
        assert page.report(at, 10_000, arrives=late, position=position).credited == 10_000
    assert page.track.counted == 90_000
    assert page.player.upto == START + 90_000


def test_a_bunch_while_another_course_was_open_counts_only_before_it() -> None:
    page = playing()
    second(page, opened=15_000).report(24_000)
    earned = [page.report(at, 10_000, arrives=65_000).credited for at in range(10_000, 61_000, 10_000)]
    assert earned == [10_000, 5_000, 0, 0, 0, 6_000]  # the other one was open until 24 + 30 s


def test_a_page_clock_that_is_wrong_by_years_makes_no_difference() -> None:
    for skew in (-START + 1, 0, 3 * 10**11):
        page = Page(a_track(), Learner(7), "p", skew=skew)
        page.report(0)
        assert page.report(10_000, 10_000).credited == 10_000


def test_a_report_that_travels_longer_is_not_paid_twice() -> None:
    page = playing()
    assert page.report(10_000, 10_000, arrives=13_000).credited == 10_000
    assert page.report(20_000, 10_000, arrives=20_000).credited == 10_000
    assert page.report(20_000, 10_000, arrives=25_000).credited == 0


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_number_that_was_heard_earns_nothing(number: int) -> None:
    page = playing()
    page.report(10_000, 10_000, position=10_000)
    verdict = page.report(20_000, 10_000, position=20_000, number=number)
    assert (verdict.credited, verdict.why) == (0, "known")
    assert page.track.verified == {1: 10_000, 2: 0}


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
