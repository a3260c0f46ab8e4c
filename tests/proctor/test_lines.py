"""What a process remembers of a sitting's frames when another camera takes over."""

from dataclasses import replace

from exam.proctor.watching import lines
from exam.proctor.watching import rules_intake as intake_rules
from exam.proctor.watching.lines import FIRST_CLEAR, Line
from exam.proctor.watching.standing import Standing
from exam.sessions.instants import SECOND
from exam.vision.observe import baseline_of
from tests.proctor.checking_in import NOBODY, STRAIGHT
from tests.proctor.conftest import some_terms

STANDING = Standing(1, 1, 1, "in-progress", some_terms(), True, None)
TURNED = replace(STRAIGHT, yaw=50.0)


def line_of_a_computer() -> Line:
    line = Line(STANDING, 0.0, intake_rules.full(0))
    line.baseline = baseline_of([STRAIGHT] * FIRST_CLEAR)
    assert line.baseline is not None
    return line


def show(line: Line, number: int, seen: object, source: str) -> list[tuple[str, str]]:
    changes = lines.step(line, STANDING, number, number * 5 * SECOND, seen, source)  # type: ignore[arg-type]
    return [(each.what, each.kind) for each in changes]


def test_another_camera_is_held_against_its_own_pictures_only() -> None:
    line = line_of_a_computer()
    first = line.baseline
    show(line, 1, STRAIGHT, "camera")
    assert lines.baseline_for(line, "camera") is first
    assert lines.baseline_for(line, "phone") is None
    for number in range(2, 2 + FIRST_CLEAR):
        assert lines.baseline_for(line, "phone") is None
        assert show(line, number, STRAIGHT, "phone") == []
    assert line.baseline is not None and line.baseline is not first
    assert lines.baseline_for(line, "camera") is None


def test_what_the_first_camera_saw_does_not_go_on_with_the_second() -> None:
    line = line_of_a_computer()
    told = [change for number in range(1, 4) for change in show(line, number, NOBODY, "camera")]
    assert told == [("opened", "no-face")]
    assert show(line, 4, NOBODY, "phone") == [("closed", "no-face")]
    assert show(line, 5, NOBODY, "phone") == []
    assert show(line, 6, NOBODY, "phone") == [("opened", "no-face")]  # three frames of its own, and it counts


def test_a_head_half_turned_away_by_one_camera_counts_for_nothing_with_the_next() -> None:
    line = line_of_a_computer()
    for number in range(1, 4):
        assert show(line, number, TURNED, "camera") == []
    for number in range(4, 6):
        assert show(line, number, TURNED, "phone") == []


def test_a_new_process_takes_the_frames_of_the_camera_that_is_now() -> None:
    line = lines.make(lines.Found(replace(STANDING, source="phone")), 0)
    assert (line.source, line.baseline) == ("phone", None)
