"""What time a report earns: tables round each boundary of the judge."""

import pytest

from exam.learning import judging
from exam.learning.judging import LONGEST, SILENT, Learner
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
