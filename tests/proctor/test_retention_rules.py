"""How long pictures are kept, round each boundary."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from exam.proctor.evidence import rules_retention as rules
from exam.proctor.evidence.rules_retention import Held
from exam.proctor.watching import service_frames
from exam.proctor.watching.link_bodies import PERSONAL, impersonal, personal_in
from tests.proctor.evidence_story import FACE

NOW = datetime(2026, 11, 6, 4, tzinfo=UTC)
S = timedelta(seconds=1)
D = timedelta(days=1)


@pytest.mark.parametrize(
    ("state", "submitted", "closes", "newest", "ended"),
    [
        ("in-progress", None, NOW + D, NOW, None),
        ("paused", None, NOW + D, NOW, None),
        ("submitted", NOW, NOW + D, NOW + D, NOW),  # what is added later keeps nothing longer
        ("void", NOW, NOW + D, NOW + D, NOW),
        ("void", None, NOW + D, NOW, NOW),
        ("prepared", None, NOW + D, NOW, NOW + D),
        ("prepared", None, NOW, NOW + D, NOW + D),
        ("prepared", None, None, NOW, NOW),
        ("prepared", None, NOW, None, NOW),
    ],
)
def test_when_a_sitting_is_over(
    state: str, submitted: datetime | None, closes: datetime | None, newest: datetime | None, ended: datetime | None
) -> None:
    assert rules.ended_at(state, submitted, closes, newest) == ended


@pytest.mark.parametrize(
    ("ended", "held", "due"),
    [
        (None, Held(), False),
        (NOW - 90 * D + S, Held(), False),
        (NOW - 90 * D, Held(), True),
        (NOW - 90 * D - S, Held(), True),
        (NOW - 900 * D, Held(incidents=1), False),
        (NOW - 900 * D, Held(appeals=1), False),
        (NOW - 900 * D, Held(proposals=1), False),
    ],
)
def test_when_pictures_are_due(ended: datetime | None, held: Held, due: bool) -> None:
    assert rules.due(ended, 90, held, NOW) is due


@pytest.mark.parametrize(
    ("ended", "held", "why"),
    [
        (None, Held(), "evidence-sitting-not-over"),
        (NOW, Held(), None),
        (NOW, Held(incidents=2), "evidence-incidents-undecided"),
        (NOW, Held(appeals=1), "evidence-appeal-open"),
        (NOW, Held(proposals=1), "evidence-void-proposed"),
    ],
)
def test_when_a_request_can_be_carried_out(ended: datetime | None, held: Held, why: str | None) -> None:
    assert rules.refuse_request(ended, held) == why


def test_one_hash_for_all_frames_tells_numbers_and_pictures_apart() -> None:
    frames = [(1, "a"), (2, "b")]
    told = rules.frames_digest(frames)
    assert told[0] == 2 and rules.frames_digest([])[0] == 0
    others = ([(1, "a"), (3, "b")], [(1, "b"), (2, "a")], [(2, "b"), (1, "a")], [(1, "a")], [(1, "a2"), (2, "b")])
    assert len({told[1], *(rules.frames_digest(each)[1] for each in others)}) == 6


def test_a_frame_s_link_does_not_say_how_somebody_looks() -> None:
    """What is in the log stays for ever: a hash of the picture and what was counted, nothing made for comparing."""
    whole = FACE.to_json()
    assert personal_in(whole) == {"points", "fingerprint", "likeness"} <= PERSONAL
    values = {"number": 1, "source": "camera", "taken": None, "picture": "ab" * 32, "size": 1}
    body = json.loads(json.dumps(service_frames.link_of(1, 0, values, whole, ()).body))
    assert personal_in(body) == set()
    assert body["seen"]["faces"] == "one" and body["seen"]["yaw"] == 1.5 and body["picture"] == "ab" * 32
    assert impersonal({"likeness": "x", "count": 1}) == {"count": 1}
