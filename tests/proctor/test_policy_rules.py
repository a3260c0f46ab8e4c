"""The office's form round each of its bounds, and what can't go together."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.core import i18n
from exam.core.errors import Invalid
from exam.proctor.detectors import DETECTORS
from exam.proctor.models import IDENTITY, LEVELS
from exam.proctor.policy.rules import LIMITS, Settings, conflicts, default, known, read

FORM = {
    "level": "camera",
    "interval_seconds": "5",
    "identity": "none",
    "hold_results": "yes",
    "keep_days": "90",
    "appeal_days": "10",
    "blind_share": "2",
    "room_size": "40",
}


def problems(chosen: tuple[str, ...] = ("hidden",), **changed: str) -> set[tuple[str, str]]:
    try:
        read({**FORM, **changed}, chosen)
    except Invalid as error:
        return {(problem.field, problem.code) for problem in error.problems}
    return set()


@pytest.mark.parametrize("row", LIMITS.values(), ids=lambda row: row.field)
def test_numbers_round_their_bounds(row: Any) -> None:
    wrong = {(row.field, "policy-number")}
    others = {"appeal_days": "1", "keep_days": "400"}
    others.pop(row.field, None)
    assert problems(**others, **{row.field: str(row.least)}) == set()
    assert problems(**others, **{row.field: str(row.most)}) == set()
    for text in (str(row.least - 1), str(row.most + 1), "", "x", "5.0", "-5", "9" * 30, "５"):
        assert problems(**others, **{row.field: text}) == wrong, text


@pytest.mark.parametrize(
    ("changed", "chosen", "found"),
    [
        ({"level": "nothing"}, ("hidden",), {("level", "required")}),
        ({"level": ""}, ("hidden",), {("level", "required")}),
        ({"identity": "maybe"}, ("hidden",), {("identity", "required")}),
        ({}, ("hidden", "telepathy"), {("detectors", "policy-unknown-detector")}),
        ({"level": "focus", "identity": "before"}, ("hidden",), {("identity", "policy-identity-needs-camera")}),
        ({"level": "none", "identity": "after"}, (), {("identity", "policy-identity-needs-camera")}),
        ({"level": "camera"}, (), {("detectors", "policy-nothing-noticed")}),
        ({"level": "focus"}, ("no-face",), {("detectors", "policy-nothing-noticed")}),
        ({"level": "live"}, (), set()),
        ({"level": "none"}, (), set()),
        ({"keep_days": "9"}, ("hidden",), {("keep_days", "policy-keep-shorter-than-appeal")}),
        ({"keep_days": "10"}, ("hidden",), set()),
        ({"level": "focus", "keep_days": "9"}, ("hidden",), set()),
    ],
)
def test_what_can_not_go_together(
    changed: dict[str, str], chosen: tuple[str, ...], found: set[tuple[str, str]]
) -> None:
    assert problems(chosen, **changed) == found


def test_everything_wrong_is_said_at_once() -> None:
    assert len(problems((), level="?", identity="?", interval_seconds="2", keep_days="401")) == 4


def test_what_a_level_does_not_know_is_left_out() -> None:
    assert read({**FORM, "level": "focus"}, ("hidden", "no-face")).detectors == ("hidden",)
    assert read(FORM, ("no-face", "hidden")).detectors == ("no-face", "hidden")
    assert not read({**FORM, "hold_results": ""}, ("hidden",)).hold_results


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_proposed_is_accepted(level: str) -> None:
    settings = default(level)
    assert conflicts(settings) == [] and set(settings.detectors) <= set(known(level))
    fields = {name: str(value) for name, value in settings.values().items() if name != "hold_results"}
    assert read({**fields, "hold_results": "yes"}, settings.detectors) == settings


@given(
    st.fixed_dictionaries(
        {name: st.one_of(st.text(max_size=6), st.integers(-5, 500).map(str)) for name in LIMITS}
        | {"level": st.sampled_from([*LEVELS, "x"]), "identity": st.sampled_from([*IDENTITY, "x"])}
    ),
    st.sets(st.sampled_from([*DETECTORS, "x"])),
)
def test_whatever_is_sent_is_refused_or_within_bounds(fields: dict[str, str], chosen: set[str]) -> None:
    try:
        settings = read(fields, chosen)
    except Invalid as error:
        assert error.problems
        return
    assert conflicts(settings) == [] and isinstance(settings, Settings)
    assert all(row.least <= getattr(settings, row.field) <= row.most for row in LIMITS.values())


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_every_detector_has_its_words(locale: str) -> None:
    assert not [key for key in DETECTORS if not i18n.has(f"detector.{key}", locale)]
