"""From frames to stretches: each rule round its boundary, at 3 and at 30 seconds, with gaps, doubt and late frames."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exam.proctor.camera.rules import MICRO, Seen, Stretch, Track, end, fold, step
from exam.proctor.camera.table import REMEMBERED, RULES
from exam.proctor.detectors import DETECTORS
from exam.vision.fingerprint import SIZE
from exam.vision.observation import Finding, Observation, Quality
from exam.vision.thresholds import HAAR, PIXELS, YUNET

FINE = Finding(False, 50.0)
GOOD = Quality(FINE, FINE, FINE, FINE, FINE, "face")
ONE = Observation(YUNET, "one", GOOD, count=1, score=0.93, yaw=0.0, pitch=0.0, unlike=0.05, whole=True)
BAD = Quality(FINE, FINE, Finding(True, 20.0), FINE, FINE)
FRAMES = {
    "1": ONE,
    "0": Observation(YUNET, "none", GOOD, count=0, score=0.0),
    "2": replace(ONE, faces="several", count=2, second=0.9),
    "A": replace(ONE, yaw=45.0),
    "P": replace(ONE, pitch=25.0),
    "C": Observation(YUNET, "unknown", replace(GOOD, covered=Finding(True, 1.0))),
    "X": replace(ONE, unlike=0.3),
    "?": Observation(YUNET, "unknown", BAD),
    "d": replace(ONE, quality=BAD, unlike=None),  # somebody, in the dark
    "h": replace(ONE, detector=HAAR),
    "n": Observation(HAAR, "several", GOOD, count=3),
}
"""One letter a frame, so that a row of frames reads as a story."""


def row(story, interval=3.0, first=0):
    """The frames of a story, so many seconds apart; `_` is a frame that never came."""
    return [
        Seen(first + n, round((first + n) * interval * MICRO), FRAMES[c], interval)
        for n, c in enumerate(story)
        if c != "_"
    ]


def told(stretches):
    return [(s.kind, s.first, s.last, s.hits, s.of) for s in stretches if not s.note]


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        ("111111", []),
        ("1100111", []),  # two frames without anybody are nothing
        ("11000111", [("no-face", 2, 4, 3, 3)]),
        ("1100010011", [("no-face", 2, 7, 5, 6)]),  # one frame in between does not make two incidents of one
        ("110001100011", [("no-face", 2, 4, 3, 3), ("no-face", 7, 9, 3, 3)]),
        ("1101010111", []),
        ("110?00111", [("no-face", 2, 5, 3, 3)]),  # what can't be told neither counts nor contradicts
        ("110?0?111", []),
        ("11222111", [("several-faces", 2, 4, 3, 3)]),
        ("11212111", [("several-faces", 2, 4, 2, 3)]),
        ("1121121111", []),
        ("1121111111", []),
        ("11AAAA1111", []),  # four frames, but only nine seconds
        ("11AAAAA111", [("away", 2, 6, 5, 5)]),
        ("11AA1AA111", [("away", 2, 6, 4, 5)]),
        ("11AA1A1A11", [("away", 2, 7, 4, 6)]),
        ("11A1A1A1A1", []),
        ("11PPAAP111", [("away", 2, 6, 5, 5)]),
        ("11C1111111", []),
        ("11CC111111", [("covered", 2, 3, 2, 2)]),
        ("11C1C11111", []),
        ("11CCCCCC", [("covered", 2, 7, 6, 6)]),
        ("11XX1XX111", [("other-person", 2, 6, 4, 5)]),
        ("11XX1111", []),
        ("11XXX111", []),  # three probes, but only six seconds
        ("11XXXX11", [("other-person", 2, 5, 4, 4)]),
        ("11CC00022AAAAA11", [
            ("covered", 2, 3, 2, 2), ("no-face", 4, 6, 3, 3), ("several-faces", 7, 8, 2, 2), ("away", 9, 13, 5, 5)
        ]),
        ("hhhhnnnnhhhh", []),  # the cascade flags nobody
    ],
)  # fmt: skip
def test_stories_at_three_seconds(story, expected) -> None:
    assert told(fold(row(story))) == expected


@pytest.mark.parametrize(
    ("story", "kinds"),
    [
        ("1000111", ["no-face"]),
        ("1001111", []),
        ("122111", ["several-faces"]),
        ("1AAAA11", ["away"]),
        ("1CC11", ["covered"]),
    ],
)
@pytest.mark.parametrize("interval", [5.0, 10.0, 30.0])
def test_at_longer_intervals_the_same_number_of_frames_is_needed(story, kinds, interval) -> None:
    assert [s.kind for s in fold(row(story, interval)) if not s.note] == kinds


@pytest.mark.parametrize(
    ("frames", "found"), [("0" * 5, False), ("0" * 6, True), ("A" * 10, False), ("A" * 11, True), ("C" * 2, False)]
)
def test_frames_that_come_every_second_must_still_fill_the_time(frames, found) -> None:
    assert bool(told(fold(row("11" + frames + "11", 1.0)))) is found


def test_frames_at_the_edge_of_the_least_seconds() -> None:
    for seconds, expected in ((2.49, 0), (2.5, 1)):
        frames = [Seen(n, round(n * seconds * MICRO), FRAMES["0"]) for n in range(3)]
        assert len(told(fold(frames))) == expected


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        ("1100_0111", [("no-face", 2, 5, 3, 3)]),
        ("1100____0111", [("no-face", 2, 8, 3, 3)]),  # fifteen seconds of silence
        ("1100_____011", []),  # eighteen: counting begins anew
        ("11000_____0011", [("no-face", 2, 4, 3, 3)]),
        ("11000_____00011", [("no-face", 2, 4, 3, 3), ("no-face", 10, 12, 3, 3)]),
        ("1100?????011", []),  # doubt that goes on for as long is silence too
        ("1100????0111", [("no-face", 2, 8, 3, 3)]),
    ],
)
def test_after_a_long_silence_counting_begins_anew(story, expected) -> None:
    assert told(fold(row(story))) == expected


def test_at_thirty_seconds_three_missing_frames_are_no_silence_and_four_are() -> None:
    assert told(fold(row("100__011", 30.0))) == [("no-face", 1, 5, 3, 3)]
    assert told(fold(row("100___011", 30.0))) == []


def changes_of(frames, muted=frozenset()):
    track, seen = Track(), []
    for frame in frames:
        track, changes = step(track, frame, muted)
        seen += [(frame.number, change.what, change.stretch.kind) for change in changes if not change.stretch.note]
    return track, seen


def test_a_stretch_is_opened_extended_and_closed() -> None:
    track, changes = changes_of(row("1100001"))
    assert changes == [(4, "opened", "no-face"), (5, "extended", "no-face")]
    assert [s.kind for s in track.stretches] == ["no-face"]
    track, closed = step(track, Seen(7, 21 * MICRO, ONE))
    assert [(c.what, c.stretch.last, c.stretch.ended) for c in closed] == [("closed", 5, 15 * MICRO)]
    assert track.stretches == ()


def test_what_is_open_when_the_sitting_ends_is_closed() -> None:
    track, _ = changes_of(row("CC"))
    track, changes = end(track)
    assert [(change.what, change.stretch.kind) for change in changes] == [("closed", "covered")]
    assert track.stretches == () and track.number == 1  # numbers go on from here
    assert step(track, Seen(1, 9 * MICRO, FRAMES["C"])) == (track, ())


def test_muted_kinds_never_count_and_one_that_is_muted_while_open_is_closed() -> None:
    assert told(fold(row("1AAAAAAAA000011"), frozenset({"away"}))) == [("no-face", 9, 12, 4, 4)]
    track, _ = changes_of(row("CCC"))
    track, changes = step(track, Seen(3, 9 * MICRO, FRAMES["C"]), frozenset({"covered"}))
    assert [change.what for change in changes] == ["closed"]
    track, changes = step(track, Seen(4, 12 * MICRO, FRAMES["C"]))
    assert changes == ()  # counting begins anew


@settings(deadline=None)
@given(st.permutations(list(range(12))), st.lists(st.sampled_from("012AC?X"), min_size=12, max_size=12))
def test_late_frames_accuse_nobody_of_more_than_frames_in_order_without_them(order, letters) -> None:
    """What is counted of frames in any order is what is counted of those that were newest when they came."""
    frames = row("".join(letters))
    newest, taken = -1, []
    for n in order:
        if n > newest:
            newest, taken = n, [*taken, frames[n]]
    track = Track()
    found = []
    for n in order:
        track, changes = step(track, frames[n])
        found += [change.stretch for change in changes if change.what == "closed"]
    found += [change.stretch for change in end(track)[1]]
    assert sorted(found, key=lambda s: (s.began, s.kind)) == fold(taken)


def test_a_frame_that_comes_twice_or_with_a_clock_set_back_is_not_counted() -> None:
    track, _ = changes_of(row("00"))
    for number, at in ((1, 3), (1, 99), (0, 99), (2, 3), (2, 1)):
        assert step(track, Seen(number, at * MICRO, FRAMES["0"])) == (track, ())


@settings(deadline=None)
@given(st.lists(st.sampled_from("012APCX?dhn_"), max_size=60), st.sampled_from([3.0, 5.0, 10.0, 30.0]))
def test_every_stretch_has_its_frames_and_its_time_and_doubt_takes_only_away(letters, interval) -> None:
    frames = row("".join(letters), interval)
    for stretch in fold(frames):
        rule = RULES[stretch.kind]
        assert stretch.ended - stretch.began >= rule.seconds * MICRO
        assert rule.frames <= stretch.hits <= stretch.of
        assert stretch.first < stretch.last
        assert (stretch.severity == 0) == stretch.note == (stretch.kind not in DETECTORS)
    doubtful = [replace(f, observation=replace(f.observation, quality=BAD, detector=HAAR)) for f in frames]
    assert told(fold(doubtful)) == []


def test_a_rough_detector_is_noted_and_is_no_incident() -> None:
    stretches = fold(row("h" * 14))
    assert [(s.kind, s.note, s.severity) for s in stretches] == [("camera-degraded", True, 0)]
    assert fold(row("h" * 9)) == []


def test_the_scores_behind_a_stretch_are_kept_from_lowest_to_highest() -> None:
    frames = row("11AAAAA11")
    frames[4] = replace(frames[4], observation=replace(ONE, yaw=-50.0, pitch=3.0))
    [stretch] = fold(frames)
    assert dict(stretch.scores) == {"yaw": (-50.0, 45.0), "pitch": (0.0, 3.0)}
    assert isinstance(stretch, Stretch) and stretch.detector == YUNET


def test_the_table_names_every_camera_detector_once_with_its_severity_and_source() -> None:
    assert {k for k, d in DETECTORS.items() if d.origin == "camera"} == {k for k in RULES if k != "camera-degraded"}
    for kind, rule in RULES.items():
        assert rule.kind == kind and rule.source and rule.detector in (YUNET, PIXELS)
        assert 2 <= rule.frames <= rule.of and rule.seconds > 0
        assert rule.severity == (DETECTORS[kind].severity if kind in DETECTORS else 0)


def picture(level, spot=0):
    blocks = bytearray([level]) * SIZE
    blocks[spot] = 200
    return bytes(blocks)


def watched(pictures, interval=3.0, **changes):
    return [
        Seen(n, round(n * interval * MICRO), replace(ONE, fingerprint=p, **changes), interval)
        for n, p in enumerate(pictures)
        if p is not None
    ]


ALIVE = [picture(100 + 5 * (n % 2), n) for n in range(60)]  # never twice the same
STILL = [picture(90)] * 10
ROUND = [picture(100, n % 5) for n in range(20)]


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        (ALIVE, []),
        (ALIVE[:5] + STILL[:3] + ALIVE[5:9], []),
        (ALIVE[:5] + STILL[:4] + ALIVE[5:9], [("frozen", 5, 8, 4, 4)]),
        (ALIVE[:2] + STILL + ALIVE[2:5], [("frozen", 2, 11, 10, 10)]),
        (STILL[:2] + ALIVE[:1] + STILL[:2] + ALIVE[1:3], []),
        (ALIVE[:5] + [None] * 9 + STILL[:3] + [None] * 9 + STILL[:3], []),  # silence in between
        (ROUND[:7], []),  # two pictures came again
        (ROUND[:8] + ALIVE[8:12], [("loop", 5, 7, 3, 3)]),
        (ROUND, [("loop", 5, 19, 15, 15)]),
        (ALIVE[:6] + ALIVE[:3] + ALIVE[10:13], [("loop", 6, 8, 3, 3)]),
        ([*ALIVE[:6], ALIVE[0], ALIVE[1], ALIVE[3], ALIVE[2], ALIVE[0], *ALIVE[10:13]], []),  # at no common distance
        (ALIVE[:REMEMBERED] + ALIVE[:4], [("loop", REMEMBERED, REMEMBERED + 3, 4, 4)]),
        (ALIVE[: REMEMBERED + 1] + ALIVE[:4], []),  # longer ago than is remembered
    ],
)
def test_standing_and_repeated_pictures(pictures, expected) -> None:
    assert told(fold(watched(pictures))) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"detector": HAAR},
        {"faces": "none", "count": 0},
        {"faces": "unknown"},
        {"quality": replace(GOOD, dark=Finding(None, 70.0))},
        {"quality": replace(GOOD, dark=Finding(True, 20.0))},
        {"quality": replace(GOOD, overexposed=Finding(None, 0.4))},
        {"quality": replace(GOOD, blurred=Finding(True, 0.1))},
    ],
)
def test_pictures_on_which_movement_would_not_show_stand_still_without_blame(changes) -> None:
    for pictures in (STILL, ROUND):
        assert not {s.kind for s in fold(watched(pictures, **changes))} & {"frozen", "loop"}


def test_without_fingerprints_nothing_is_compared() -> None:
    assert told(fold(row("1" * 20))) == []


def test_a_loop_that_loses_frames_on_the_way_is_still_one() -> None:
    pictures = list(ROUND)
    for lost in (6, 11, 13):
        pictures[lost] = None
    assert "loop" in {s.kind for s in fold(watched(pictures))}
