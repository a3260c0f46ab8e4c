"""States, what must be filled in, what lets in, how long pictures are kept."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from exam import schemes
from exam.applications import rules
from exam.applications.asked import PICTURES
from exam.applications.states import EDITABLE, MOVES, OPEN, STATES

NOW = datetime(2026, 11, 6, 4, tzinfo=UTC)
TODAY = date(2026, 11, 6)
NUMBER = "11010519491231002X"
WHOLE = {
    "name": "王小明",
    "sex": "male",
    "place": "江苏常州",
    "id_number": NUMBER,
    "phone": "13800000000",
    "education": "bachelor",
    "school": "某大学",
}
NEEDED = {picture.key for picture in PICTURES if picture.needed}
EVENTS = ("send", "return", "approve", "refuse", "withdraw")


def test_every_state_and_event():
    allowed = {pair for pair in product(STATES, EVENTS) if pair in MOVES}
    assert allowed == {
        *(("draft", event) for event in ("send", "withdraw")),
        *(("returned", event) for event in ("send", "withdraw")),
        *(("sent", event) for event in ("return", "approve", "refuse", "withdraw")),
        *(("approved", event) for event in ("return", "refuse", "withdraw")),
    }
    assert set(MOVES.values()) <= set(STATES)
    assert set(EDITABLE) < set(OPEN) < set(STATES)


def test_who_asks_for_applications():
    asking = {key for key, scheme in schemes.SCHEMES.items() if rules.asked_by(scheme, TODAY)}
    assert asking == {"ptp"}
    assert [track.key for track in rules.tracks(schemes.get("ptp"), TODAY)] == ["officer", "director", "chief"]


def test_a_scheme_without_tracks_is_applied_for_itself():
    ptp = schemes.get("ptp")
    assert rules.projects(replace(ptp, tracks=()), TODAY) == [("", ptp.title)]
    assert [key for key, _ in rules.projects(ptp, TODAY)] == ["officer", "director", "chief"]
    assert rules.projects(schemes.get("changzhou"), TODAY) == []


@pytest.mark.parametrize(
    ("codes", "verdict"),
    [
        ([], "clean"),
        (["faces-unknown"], "uncounted"),
        (["faces-rough"], "uncounted"),
        (["faces-rough", "ratio"], "faults"),
        (["no-face"], "faults"),
    ],
)
def test_what_the_findings_come_to(codes, verdict):
    assert rules.photo_verdict(codes) == verdict


@pytest.mark.parametrize("missing", list(WHOLE))
def test_every_field_is_asked_for(missing):
    found = rules.answer_problems({**WHOLE, missing: ""}, NUMBER, TODAY)
    assert [(problem.field, problem.code) for problem in found] == [(missing, "required")]


@pytest.mark.parametrize(
    ("changes", "own", "code"),
    [
        ({}, NUMBER, None),
        ({}, None, None),
        ({}, "11010519491231001X", "application-other-id"),
        ({"id_number": "110105194912310021"}, None, "id-number-check"),
        ({"sex": "x"}, NUMBER, "required"),
    ],
)
def test_answers(changes, own, code):
    found = [problem.code for problem in rules.answer_problems(WHOLE | changes, own, TODAY)]
    assert found == ([code] if code else [])


@pytest.mark.parametrize(
    ("kinds", "signed", "agreed", "fields"),
    [
        (NEEDED, "王小明", True, set()),
        (NEEDED - {"photo"}, "王小明", True, {"photo"}),
        (NEEDED - {"id-back", "diploma"}, "王小明", True, {"id-back", "diploma"}),
        (NEEDED, "王晓明", True, {"signed"}),
        (NEEDED, "", True, {"signed"}),
        (NEEDED, "王小明", False, {"agreed"}),
    ],
)
def test_what_stands_in_the_way_of_sending(kinds, signed, agreed, fields):
    found = rules.send_problems(WHOLE, kinds, signed, agreed, NUMBER, TODAY)
    assert {problem.field for problem in found} == fields


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (None, "application-missing"),
        ("withdrawn", "application-missing"),
        ("draft", "application-not-sent"),
        ("sent", "application-waits"),
        ("returned", "application-returned"),
        ("refused", "application-refused"),
        ("approved", None),
    ],
)
def test_what_lets_in(state, code):
    refusal = rules.entry(state, "照片")
    assert (refusal.code if refusal else None) == code


@pytest.mark.parametrize(
    ("kind", "state", "days", "due"),
    [
        ("id-front", "approved", 89, False),
        ("id-front", "approved", 90, True),
        ("photo", "approved", 399, False),
        ("photo", "approved", 400, True),
        ("photo", "refused", 89, False),
        ("photo", "refused", 90, True),
        ("photo", "withdrawn", 0, True),
        ("photo", "sent", 4000, False),
        ("photo", "returned", 179, False),
        ("photo", "returned", 180, True),
        ("id-front", "draft", 179, False),
        ("id-front", "draft", 180, True),
    ],
)
def test_how_long_pictures_are_kept(kind, state, days, due):
    ended = NOW - timedelta(days=days)
    decided = None if state in ("draft", "sent") else ended
    assert rules.due_for_deletion(kind, state, decided, ended, NOW) is due
    if due and days:
        later = ended + timedelta(seconds=1)
        assert not rules.due_for_deletion(kind, state, later if decided else None, later, NOW)


def test_a_return_or_a_new_picture_begins_the_time_anew():
    old, new = NOW - timedelta(days=300), NOW - timedelta(days=10)
    assert rules.due_for_deletion("photo", "returned", old, old, NOW)
    assert not rules.due_for_deletion("photo", "returned", new, old, NOW)
    assert not rules.due_for_deletion("photo", "returned", old, new, NOW)


@pytest.mark.parametrize("state", STATES)
def test_what_a_candidate_may_have_deleted_early(state):
    kinds = {picture.key for picture in PICTURES if rules.erasable(picture.key, state)}
    every = {picture.key for picture in PICTURES}
    assert kinds == {"refused": every, "approved": every - {"photo"}}.get(state, set())
