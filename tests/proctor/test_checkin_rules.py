"""What a check-in asks for next, and what is tried when a camera fails: round every boundary."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.proctor.checkin import rules
from exam.proctor.checkin.rules import HELPS, RUNGS, Standing
from exam.proctor.models import CHECK_IN_STATES, CONSENTS, IDENTITY, LEVELS, ROUTES

standings = st.builds(
    Standing,
    level=st.sampled_from(LEVELS),
    route=st.sampled_from(ROUTES),
    identity=st.sampled_from(IDENTITY),
    consent=st.sampled_from(["", *CONSENTS]),
    state=st.sampled_from(CHECK_IN_STATES),
    camera_ok=st.booleans(),
)


def at(**values: object) -> Standing:
    usual = {"level": "camera", "route": "camera", "identity": "before", "consent": "given"}
    return Standing(**{**usual, **values})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("standing", "step"),
    [
        (at(level="none"), "nothing"),
        (at(level="focus"), "nothing"),
        (at(consent=""), "consent"),
        (at(consent="refused"), "consent"),
        (at(consent="withdrawn", camera_ok=True), "consent"),
        (at(), "camera"),
        (at(level="live"), "camera"),
        (at(camera_ok=True), "identity"),
        (at(camera_ok=True, identity="none"), "done"),
        (at(camera_ok=True, state="waiting"), "waiting"),
        (at(camera_ok=True, state="waiting", identity="after"), "later"),
        (at(camera_ok=True, state="again"), "identity"),
        (at(camera_ok=True, state="approved"), "done"),
        (at(route="human"), "ask"),
        (at(route="human", state="again"), "ask"),
        (at(route="human", state="waiting", consent="refused"), "waiting"),
        (at(route="human", state="waiting", identity="after"), "later"),
        (at(route="human", state="approved", consent=""), "done"),
    ],
)
def test_what_comes_next(standing, step):
    assert rules.next_step(standing) == step


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        (at(), "check-in-camera"),
        (at(camera_ok=True), "check-in-identity"),
        (at(camera_ok=True, state="again"), "check-in-identity"),
        (at(camera_ok=True, state="waiting"), "check-in-waiting"),
        (at(camera_ok=True, state="waiting", identity="after"), None),
        (at(camera_ok=True, state="approved"), None),
        (at(consent=""), None),  # consent has a barrier of its own, before this one
        (at(route="human", state="waiting"), None),  # and so has the way by a human
    ],
)
def test_what_keeps_from_the_start(standing, code):
    refusal = rules.bar(standing)
    assert (refusal.code if refusal else None) == code


@given(standings)
def test_whoever_is_barred_has_something_to_do_or_somebody_to_wait_for(standing):
    refusal = rules.bar(standing)
    if refusal:
        assert rules.next_step(standing) in ("camera", "identity", "waiting")
        assert standing.level in ("camera", "live")


@pytest.mark.parametrize(
    ("error", "tried", "cameras", "rung"),
    [
        ("busy", (), 1, "retry"),
        ("busy", ("retry",), 2, "device"),
        ("busy", ("retry",), 1, "resolution"),
        ("busy", ("retry", "device"), 2, "resolution"),
        ("busy", ("retry", "device", "resolution"), 2, "phone"),
        ("busy", RUNGS, 2, "human"),
        ("denied", (), 3, "retry"),
        ("denied", ("retry",), 3, "phone"),
        ("missing", ("retry", "phone"), 0, "human"),
        ("unsupported", (), 0, "phone"),
        ("insecure", (), 2, "human"),
        ("picture", ("retry",), 2, "device"),
        ("never heard of", (), 0, "retry"),
    ],
)
def test_the_ladder(error, tried, cameras, rung):
    assert rules.next_rung(error, tried, cameras) == rung


@given(
    st.sampled_from([*HELPS, "?"]),
    st.integers(0, 3),
)
def test_every_ladder_ends_with_a_human_and_never_before_all_was_tried(error, cameras):
    tried: list[str] = []
    while (rung := rules.next_rung(error, tried, cameras)) != "human":
        assert rung not in tried
        tried.append(rung)
    assert set(tried) | {"device", "human"} >= set(HELPS.get(error, RUNGS))


@pytest.mark.parametrize(
    ("looks", "good"),
    [
        ([(), (), ()], True),
        ([("too-dark",), ("blurred", "too-far"), ("off-centre",)], True),  # advice, no hindrance
        ([("no-model",)] * 3, True),
        ([(), ("covered",), ()], True),
        ([(), ("no-face",), ("several-faces",)], False),
        ([("covered",)] * 4, False),
        ([(), (), ("covered",), ("covered",)], False),
        ([(), ()], False),  # too short a look
    ],
)
def test_when_a_look_into_the_camera_will_do(looks, good):
    assert rules.good_enough(looks) is good


@pytest.mark.parametrize(
    ("side", "yaw", "told"),
    [
        ("left", 40.0, True),
        ("left", 15.0, True),
        ("left", 14.9, None),
        ("left", 8.1, None),
        ("left", 8.0, False),
        ("left", 0.0, False),
        ("left", -40.0, False),
        ("right", -15.0, True),
        ("right", -8.1, None),
        ("right", -8.0, False),
        ("right", 40.0, False),
        ("left", None, None),
        ("right", None, None),
    ],
)
def test_whether_a_head_has_turned(side, yaw, told):
    assert rules.turned(side, yaw) is told


@given(st.floats(-90, 90))
def test_left_and_right_are_mirrored(yaw):
    assert rules.turned("left", yaw) is rules.turned("right", -yaw)


@pytest.mark.parametrize(
    ("state", "started", "code"),
    [
        ("open", False, None),
        ("waiting", False, None),
        ("again", False, None),
        ("approved", False, "check-in-approved"),
        ("open", True, "check-in-over"),
    ],
)
def test_when_a_camera_may_be_tried(state, started, code):
    refusal = rules.may_try(state, started)
    assert (refusal.code if refusal else None) == code


@pytest.mark.parametrize(
    ("standing", "started", "code"),
    [
        (at(camera_ok=True), False, None),
        (at(camera_ok=True, state="again"), False, None),
        (at(camera_ok=True, identity="after"), False, None),
        (at(), False, "check-in-camera"),
        (at(camera_ok=True, state="waiting"), False, "check-in-sent"),
        (at(camera_ok=True, state="waiting", identity="after"), False, "check-in-sent"),
        (at(camera_ok=True, state="approved"), False, "check-in-not-asked"),
        (at(camera_ok=True, identity="none"), False, "check-in-not-asked"),
        (at(camera_ok=True, consent="withdrawn"), False, "check-in-not-asked"),
        (at(camera_ok=True), True, "check-in-over"),
    ],
)
def test_when_pictures_may_be_sent(standing, started, code):
    refusal = rules.may_send(standing, started)
    assert (refusal.code if refusal else None) == code


@pytest.mark.parametrize(
    ("state", "decision", "started", "code"),
    [
        ("waiting", "approve", False, None),
        ("waiting", "approve", True, None),
        ("waiting", "again", False, None),
        ("waiting", "again", True, "check-in-begun"),
        ("waiting", "doubt", True, None),
        ("open", "approve", False, "check-in-decided"),
        ("again", "approve", False, "check-in-decided"),
        ("approved", "again", False, "check-in-decided"),
    ],
)
def test_when_somebody_may_decide(state, decision, started, code):
    refusal = rules.may_decide(state, decision, started)
    assert (refusal.code if refusal else None) == code
