"""The run-time data of SCORM 1.2: what content is told, what is taken from it, what follows."""

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from exam.courseware.packages.cmi import ENDED, MAX_STATE, accept, begin, initial, outcome
from exam.courseware.packages.cmi_elements import ELEMENTS, READONLY, WRITEONLY, hundredths_of, pattern_of, span_of
from exam.courseware.packages.model import Launch

SCRIPT = Path(__file__).parents[2] / "exam/static/learning/scorm-api.js"
LAUNCH = Launch("I1", "第一课", "a.html", mastery=Decimal("80"), max_time_seconds=5400, launch_data="x=1")
STATUS, RAW, EXIT = "cmi.core.lesson_status", "cmi.core.score.raw", "cmi.core.exit"
SESSION, TOTAL = "cmi.core.session_time", "cmi.core.total_time"
LOCATION, SUSPEND = "cmi.core.lesson_location", "cmi.suspend_data"


def taken(*changes: tuple[str, str], finished: bool = False, stored: Mapping[str, str] | None = None) -> dict[str, str]:
    state, rejected = accept(stored or {}, changes, finished)
    assert rejected == ()
    return state


def test_what_a_first_session_is_told() -> None:
    values = initial(LAUNCH, "u1", "王, 芳", {})
    assert values["cmi.core.student_id"] == "u1" and values["cmi.core.student_name"] == "王, 芳"
    assert values["cmi.core.entry"] == "ab-initio" and values[STATUS] == "not attempted"
    assert values["cmi.core.credit"] == "credit" and values["cmi.core.lesson_mode"] == "normal"
    assert values[TOTAL] == "0000:00:00.00" and values["cmi.launch_data"] == "x=1"
    assert values["cmi.student_data.mastery_score"] == "80"
    assert values["cmi.student_data.max_time_allowed"] == "0001:30:00.00"
    assert values["cmi.objectives._count"] == values["cmi.interactions._count"] == "0"
    assert "session_time" in values["cmi.core._children"]
    assert not values.keys() & set(WRITEONLY)
    assert set(READONLY) - values.keys() == {name for name in READONLY if ".n." in name}


def test_what_a_later_session_is_told() -> None:
    stored = taken(
        (LOCATION, "p3"),
        ("cmi.objectives.0.id", "o1"),
        ("cmi.objectives.0.status", "passed"),
        ("cmi.interactions.0.id", "q1"),
        ("cmi.interactions.0.objectives.0.id", "o1"),
        (EXIT, "suspend"),
        (SESSION, "00:10:00.5"),
        finished=True,
    )
    values = initial(LAUNCH, "u1", "x", stored)
    assert values["cmi.core.entry"] == "resume" and values[LOCATION] == "p3" and values[STATUS] == "incomplete"
    assert values["cmi.objectives._count"] == "1" and values["cmi.objectives.0.status"] == "passed"
    assert values["cmi.interactions._count"] == values["cmi.interactions.0.objectives._count"] == "1"
    assert "cmi.interactions.0.id" not in values and ENDED not in values
    assert values[TOTAL] == "0000:10:00.50"


@pytest.mark.parametrize(
    ("stored", "entry"),
    [
        ({}, "ab-initio"),
        ({EXIT: "suspend"}, "resume"),
        ({EXIT: "", SUSPEND: "x"}, ""),
        ({EXIT: "logout", SUSPEND: "x"}, ""),
        ({SUSPEND: "x"}, "resume"),
        ({LOCATION: "3"}, "resume"),
        ({STATUS: "completed"}, ""),
    ],
)
def test_how_a_session_is_entered(stored: dict[str, str], entry: str) -> None:
    assert initial(LAUNCH, "u", "n", stored)["cmi.core.entry"] == entry


GOOD = [
    (LOCATION, "x" * 1000),
    (SUSPEND, "x" * 65_536),
    *((STATUS, word) for word in ("passed", "completed", "failed", "incomplete", "browsed")),
    *((RAW, value) for value in ("", "0", "100", "85.3333333", ".5", "100.0")),
    *((EXIT, word) for word in ("", "suspend", "logout", "time-out")),
    *((SESSION, value) for value in ("00:00:00", "9999:99:99.99", "0001:02:03.4")),
    ("cmi.student_preference.audio", "-1"),
    ("cmi.student_preference.speed", "-100"),
    ("cmi.student_preference.text", "1"),
    ("cmi.objectives.0.status", "not attempted"),
    ("cmi.interactions.0.id", "第1题"),
    ("cmi.interactions.0.time", "23:59:59.9"),
    ("cmi.interactions.0.type", "choice"),
    ("cmi.interactions.0.result", "0.5"),
    ("cmi.interactions.0.weighting", "-1.5"),
    ("cmi.interactions.0.correct_responses.0.pattern", "a,b"),
]


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_what_is_taken(name: str, value: str) -> None:
    assert taken((name, value)) == {name: value}


BAD = [
    (LOCATION, "x" * 1001, 405),
    (LOCATION, "\0", 405),
    (LOCATION, "\ud800", 405),
    (SUSPEND, "x" * 65_537, 405),
    *((STATUS, word, 405) for word in ("not attempted", "Passed", "", "unknown")),
    *((RAW, value, 405) for value in ("-1", "100.1", "1e2", "NaN", "-", ".", "1,5", "1000")),
    (EXIT, "normal", 405),
    *((SESSION, value, 405) for value in ("", "1:2:3", "00:00", "PT1H", "00:00:00.123", "00:00:00\n")),
    ("cmi.student_preference.audio", "101", 405),
    ("cmi.student_preference.text", "2", 405),
    ("cmi.interactions.0.id", "a b", 405),
    ("cmi.interactions.0.id", "", 405),
    ("cmi.interactions.0.time", "24:00:00", 405),
    ("cmi.interactions.0.type", "essay", 405),
    ("cmi.interactions.1.id", "q", 201),
    ("cmi.interactions.0.objectives.1.id", "q", 201),
    ("cmi.interactions.250.id", "q", 201),
    ("cmi.interactions.n.id", "q", 201),
    ("cmi.interactions.-1.id", "q", 201),
    ("cmi.interactions.٣.id", "q", 201),
    ("cmi.nothing", "q", 201),
    ("exam.ended", "1", 201),
    ("", "q", 201),
    ("cmi.core._children", "q", 402),
    ("cmi.objectives._count", "9", 402),
    ("cmi._version", "9", 402),
    ("cmi.core.student_id", "q", 403),
    (TOTAL, "99:00:00", 403),
    ("cmi.core.credit", "no-credit", 403),
]


@pytest.mark.parametrize(("name", "value", "error"), BAD)
def test_what_is_not_taken(name: str, value: str, error: int) -> None:
    state, rejected = accept({LOCATION: "1"}, [(name, value), (EXIT, "")], False)
    assert state == {LOCATION: "1", EXIT: ""}
    assert [one.error for one in rejected] == [error]


def test_lists_grow_to_their_limit_and_no_further() -> None:
    changes = [(f"cmi.interactions.{at}.id", "q") for at in range(251)]
    state, rejected = accept({}, changes, False)
    assert len(state) == 250 and [one.reason for one in rejected] == ["too-many"]


def test_the_state_as_a_whole_is_bounded() -> None:
    changes = [(f"cmi.interactions.{at}.student_response", "课" * 4096) for at in range(30)]
    state, rejected = accept({}, changes, False)
    assert sum(len(name.encode()) + len(value.encode()) for name, value in state.items()) <= MAX_STATE
    assert {one.reason for one in rejected} == {"state-too-large", "out-of-order"}
    # What is there may be replaced by something smaller even then.
    assert taken((changes[0][0], "x"), stored=state)[changes[0][0]] == "x"


def test_time_is_added_once_a_session() -> None:
    first = taken((SESSION, "00:05:00"), (SESSION, "00:10:00"), finished=True)
    assert first[TOTAL] == "0000:10:00.00" and SESSION not in first
    assert taken(finished=True, stored=first)[TOTAL] == "0000:10:00.00"
    broken = taken((SESSION, "00:01:00"), stored=begin(first))
    assert broken[TOTAL] == "0000:10:00.00"
    again = begin(broken)
    assert again[TOTAL] == "0000:11:00.00" and begin(again) == again
    assert taken((SESSION, "00:00:30.5"), finished=True, stored=again)[TOTAL] == "0000:11:30.50"


@pytest.mark.parametrize(
    ("changes", "finished", "status"),
    [
        ([], True, "completed"),
        ([(EXIT, "suspend")], True, "incomplete"),
        ([(STATUS, "failed")], True, "failed"),
        ([(STATUS, "incomplete")], True, "incomplete"),
        ([(LOCATION, "1")], False, None),
    ],
)
def test_the_status_of_a_lesson_that_ends(changes: list[tuple[str, str]], finished: bool, status: str | None) -> None:
    assert accept({}, changes, finished)[0].get(STATUS) == status


@pytest.mark.parametrize(
    ("stored", "mastery", "expected"),
    [
        ({}, None, "not attempted"),
        ({LOCATION: "1"}, None, "incomplete"),
        ({STATUS: "browsed"}, None, "incomplete"),
        ({STATUS: "incomplete"}, None, "incomplete"),
        ({STATUS: "completed"}, None, "completed"),
        ({STATUS: "passed"}, None, "passed"),
        ({STATUS: "failed"}, None, "failed"),
        ({STATUS: "completed", RAW: "80"}, 80, "passed"),
        ({STATUS: "completed", RAW: "79.99"}, 80, "failed"),
        ({STATUS: "passed", RAW: "10"}, 80, "failed"),
        ({STATUS: "failed", RAW: "90"}, 80, "passed"),
        ({STATUS: "completed", RAW: ""}, 80, "completed"),
        ({STATUS: "completed"}, 80, "completed"),
        ({STATUS: "incomplete", RAW: "90"}, 80, "incomplete"),
        ({STATUS: "incomplete", RAW: "90", ENDED: "1"}, 80, "passed"),
        ({STATUS: "incomplete", RAW: "10", ENDED: "1", EXIT: "suspend"}, 80, "incomplete"),
        ({STATUS: "completed", RAW: "90", ENDED: "1", EXIT: "suspend"}, 80, "passed"),
        ({STATUS: "completed", RAW: "0"}, 0, "passed"),
    ],
)
def test_how_a_launch_stands(stored: dict[str, str], mastery: int | None, expected: str) -> None:
    assert outcome(stored, None if mastery is None else Decimal(mastery)) == expected


@pytest.mark.parametrize("span", ["0000:00:00.00", "0001:02:03.04", "9999:59:59.99"])
def test_lengths_of_time_there_and_back(span: str) -> None:
    assert span_of(hundredths_of(span)) == span


def test_a_length_of_time_beyond_what_can_be_said() -> None:
    assert span_of(10**12) == "9999:59:59.99" and hundredths_of("soon") == 0


def test_the_script_has_the_same_elements() -> None:
    table = SCRIPT.read_text("utf-8").partition("const TABLE = ")[2].partition(".flatMap")[0]
    assert sorted(re.findall(r"cmi\.[a-z_.]+", table)) == sorted(ELEMENTS.keys() - set(READONLY))


def test_patterns() -> None:
    assert pattern_of("cmi.interactions.12.objectives.0.id") == "cmi.interactions.n.objectives.n.id"
