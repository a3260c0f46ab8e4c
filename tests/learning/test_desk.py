"""The judge's table: opened, dropped, put away."""

from dataclasses import replace
from typing import Any

import pytest

from exam.learning.desk import GONE, Desk
from exam.learning.judging import AWAY, SILENT, Beat, Gate, Player
from tests.learning.making import START, a_track


def a_player(token: str = "p", run: int = 1, course: int = 1, at: int = START) -> Player:
    return Player(token, run, course, at, at, at, at)


def a_beat(number: int, at: int, **says: Any) -> Beat:
    beat = Beat(number, at, 10_000 if number > 1 else 0, 1, at, True, True, True, 0)
    return replace(beat, **says)


def opened(desk: Desk, run: int = 1, course: int = 1, token: str = "p", at: int = START, **more: Any) -> Any:
    return desk.open(lambda: a_track(run=run, course=course, **more), run, a_player(token, run, course, at))


def written(desk: Desk) -> None:
    desk.take_dirty()


def test_a_run_is_loaded_once_and_its_newest_page_counts():
    desk = Desk()
    track = opened(desk)
    assert desk.open(lambda: pytest.fail("loaded again"), 1, a_player("q")) is track
    assert (track.player, set(desk.players), set(desk.learners[7].players)) == ("q", {"p", "q"}, {"p", "q"})
    assert desk.track(1) is track and desk.track(2) is None


def test_a_report_for_nobody_or_of_somebody_else_is_not_judged():
    desk = Desk()
    track = opened(desk)
    assert desk.beat("no-such", 7, a_beat(1, 0), START) is None
    assert desk.beat("p", 8, a_beat(1, 0), START) is None
    assert track.counted == 0
    assert desk.beat("p", 7, a_beat(1, 0), START) is not None


def test_dropped_runs_are_forgotten_with_their_pages_only():
    desk = Desk()
    opened(desk, 1, token="a"), opened(desk, 1, token="b"), opened(desk, 2, 2, token="c")
    desk.drop(1)
    assert (set(desk.tracks), set(desk.players), set(desk.learners[7].players)) == ({2}, {"c"}, {"c"})
    desk.drop(1)
    assert desk.beat("a", 7, a_beat(1, 0), START) is None


@pytest.mark.parametrize(
    ("silent", "closed", "newest", "dirty", "stays"),
    [
        (GONE, False, True, False, True),
        (GONE + 1, False, True, False, False),
        (GONE + 1, False, True, True, True),  # what is not written yet stays
        (SILENT, True, False, False, True),
        (SILENT + 1, True, False, False, False),
        (SILENT + 1, True, False, True, True),
        (SILENT + 1, True, True, False, True),  # the newest page may be come back to
        (SILENT + 1, False, False, False, True),
    ],
)
def test_silent_pages_are_put_away(silent: int, closed: bool, newest: bool, dirty: bool, stays: bool):
    desk = Desk()
    track = opened(desk)
    if not newest:
        opened(desk, token="newer", at=START + silent)
    if closed:
        desk.players["p"][0].closed = START
    written(desk)
    track.dirty = dirty
    desk.put_away(START + silent)
    assert ("p" in desk.players) is stays
    assert (1 in desk.tracks) is (stays or not newest)
    assert (7 in desk.learners) is (stays or not newest)


def test_what_could_not_be_written_is_taken_again():
    desk = Desk()
    track = opened(desk)
    player = desk.players["p"][0]
    track.dirty = True
    taken = desk.take_dirty()
    assert (taken, desk.take_dirty()) == (([track], [player]), ([], []))
    desk.give_back(*taken)
    assert desk.take_dirty() == taken


def asking(desk: Desk) -> Any:
    track = opened(desk, gates=[Gate(1, 10_000, 5), Gate(1, 20_000, 6)])
    track.verified[1], track.asking = 10_000, 5
    return track


def test_a_passed_quiz_no_longer_stands_in_the_way():
    desk = Desk()
    track = asking(desk)
    track.left_at = START
    desk.deadline(1, 5, START + 60_000)
    assert (track.asking, track.deadline, track.left_at) == (5, START + 60_000, 0)
    desk.quiz_over(1, 5)
    assert (track.asking, track.deadline, [gate.quiz for gate in track.gates]) == (0, 0, [6])


def test_a_quiz_that_was_passed_before_does_not_end_the_one_that_is_asked():
    desk = Desk()
    track = asking(desk)
    desk.quiz_over(1, 5)
    track.asking = 6
    desk.deadline(1, 6, START + 60_000)
    desk.quiz_over(1, 5)  # its answer was sent once more
    assert (track.asking, track.deadline) == (6, START + 60_000)


def test_what_is_not_on_the_table_is_not_told():
    desk = Desk()
    desk.quiz_over(1, 5), desk.deadline(1, 5, 9), desk.completed(1, 1), desk.drop(1)
    assert (desk.heard(1), desk.was_away(1, START), desk.tracks) == (0, False, {})


def test_a_completed_package_is_no_longer_open():
    desk = Desk()
    track = opened(desk, unfinished={1, 2})
    desk.completed(1, 1)
    desk.completed(1, 1)
    assert (track.unfinished, track.dirty) == ({2}, True)


def test_coming_back_to_a_quiz_is_leaving_it_once():
    times = [START]
    desk = Desk(clock=lambda: times[0])
    track = asking(desk)
    desk.deadline(1, 5, START + 60_000)
    assert not desk.was_away(1, START + AWAY)
    back = times[0] = START + 50_000
    assert (desk.was_away(1, back), desk.heard(1)) == (True, START)
    desk.deadline(1, 5, back + 30_000)  # the line is back, and the quiz says until when
    assert not desk.was_away(1, back + 1)
    desk.beat("p", 7, a_beat(1, 0), back + 100)
    assert (desk.was_away(1, back + 200), track.left_at) == (False, 0)


def test_opening_the_page_again_is_coming_back_once():
    desk = Desk()
    track = asking(desk)
    track.deadline = START + 60_000
    back = START + 50_000
    assert desk.was_away(1, back)
    opened(desk, token="again", at=back)
    assert (track.seen, desk.heard(1)) == (back, back)
    desk.beat("again", 7, a_beat(1, 0), back + 100)
    assert not desk.was_away(1, back + 200)
