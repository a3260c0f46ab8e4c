"""Reports on the wire: what is malformed, and what is told."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exam.learning import heartbeat, runtime
from exam.learning.desk import Desk
from exam.learning.heartbeat import MOST_BEATS, MOST_MS, Malformed, perform, understand
from exam.learning.judging import Beat, Learner, Player, open_courses
from tests.learning.making import NOON, a_track

GOOD: dict[str, Any] = {
    "number": 1,
    "at": 0,
    "played": 0,
    "chapter": 1,
    "position": 0,
    "idle": 0,
    "playing": True,
    "visible": True,
    "focused": True,
}
MS = runtime.millis(NOON)


def body(*beats: Any, **more: Any) -> bytes:
    return orjson.dumps({"player": "p", "beats": list(beats), **more})


def desk(person: int = 7) -> Desk:
    made = Desk()
    made.open(lambda: a_track(person=person), 1, Player("p", 1, 1, MS, MS, MS, MS))
    return made


def test_a_report_as_the_player_writes_it() -> None:
    token, [beat] = understand(body(GOOD | {"position": 3, "more": "ignored"}))
    assert (token, beat) == ("p", Beat(1, 0, 0, 1, 3, True, True, True, 0))
    assert understand(body(GOOD | {"closing": True, "focused": 1, "visible": "true"}))[1] == [
        Beat(1, 0, 0, 1, 0, True, False, False, 0, closing=True)
    ]
    assert len(understand(body(*[GOOD] * MOST_BEATS))[1]) == MOST_BEATS


BAD = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"1",
    b'"x"',
    b"\xff\xfe",
    b"[" * 5000,
    b'{"player": "\\ud800", "beats": []}',
    body(),
    body(GOOD, player=None),
    body(GOOD, player=1),
    body(GOOD, beats=GOOD),
    body(GOOD, beats=None),
    body(None),
    body([GOOD]),
    body(*[GOOD] * (MOST_BEATS + 1)),
    *[
        body(GOOD | {name: bad})
        for name in heartbeat.NUMBERS
        for bad in (-1, MOST_MS + 1, 1.0, "1", None, True, [], {})
    ],
    *[body({key: value for key, value in GOOD.items() if key != name}) for name in heartbeat.NUMBERS],
    body(GOOD).replace(b'"played":0', b'"played":' + b"9" * 400),
    body(GOOD).replace(b'"played":0', b'"played":NaN'),
]


@pytest.mark.parametrize("given_body", BAD, ids=lambda each: str(each[:40]))
def test_what_is_no_report(given_body: bytes) -> None:
    here = desk()
    with pytest.raises(Malformed):
        perform(here, 7, given_body, NOON)
    assert here.tracks[1].counted == 0 and here.players["p"][0].number == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
FIELDS = dict.fromkeys(GOOD, st.integers(-1, MOST_MS + 1) | st.booleans() | JSON)
NEARLY = st.fixed_dictionaries(
    {"player": st.just("p") | JSON},
    optional={"beats": st.lists(st.fixed_dictionaries({}, optional=FIELDS), max_size=3) | JSON},
)


@given(st.binary(max_size=60) | JSON.map(orjson.dumps) | NEARLY.map(orjson.dumps))
@settings(max_examples=400, deadline=None)
def test_whatever_comes_it_is_malformed_or_answered(anything: bytes) -> None:
    try:
        status, answer = perform(desk(), 7, anything, NOON)
    except Malformed:
        return
    assert status in (200, 409)
    orjson.dumps(answer)
    assert answer.get("credited", 0) == 0


def test_what_a_page_is_told() -> None:
    here = desk()
    perform(here, 7, body(GOOD), NOON)
    at = {"number": 2, "at": 10_000, "played": 9_000, "position": 9_000}
    status, told = perform(here, 7, body(GOOD | at), NOON + timedelta(seconds=10))
    assert (status, told) == (
        200,
        {
            "credited": 9_000,
            "counted": 9_000,
            "why": "",
            "others": False,
            "chapter": 1,
            "verified": 9_000,
            "whole": [],
            "passed": 0,
            "stop_at": None,
            "seek": None,
            "quiz": None,
            "learned": False,
            "exercise": False,
        },
    )
    queued = [GOOD | {"number": n, "at": n * 10_000 - 10_000, "played": 10_000, "position": 0} for n in (3, 4, 5)]
    assert perform(here, 7, body(*queued), NOON + timedelta(seconds=40))[1]["credited"] == 30_000


def test_a_page_that_is_not_known_or_is_somebody_elses_opens_anew() -> None:
    here = desk()
    for person, token in ((8, "p"), (7, "q"), (8, "q")):
        assert perform(here, person, body(GOOD, player=token), NOON) == (409, {"error": "reopen"})
    assert here.players["p"][0].number == 0


def test_pages_may_come_and_go_while_others_are_told() -> None:
    learner = Learner(7)

    class Busy(Player):
        def open_until(self) -> int:
            learner.players[f"x{len(learner.players)}"] = Player("x", 3, 3, MS, MS, MS, MS)
            return super().open_until()

    learner.players["p"] = Busy("p", 1, 1, MS, MS, MS, MS)
    assert open_courses(learner, MS) == {1}
    assert open_courses(learner, MS) == {1, 3}
