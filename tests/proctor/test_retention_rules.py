"""How long pictures are kept, round each boundary."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from exam.proctor.evidence import rules_retention as rules
from exam.proctor.evidence.rules_retention import Held
from exam.proctor.review.rules import Against, appeal_until, may_appeal
from exam.proctor.watching import service_frames
from exam.proctor.watching.link_bodies import PERSONAL, impersonal, personal_in
from tests.proctor.evidence_story import FACE

NOW = datetime(2026, 11, 6, 4, tzinfo=UTC)
S = timedelta(seconds=1)
D = timedelta(days=1)
END = appeal_until(NOW, 10)


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
        (NOW - 900 * D, Held(unseen=True), False),
        # a decision late in the days, that can still be appealed when they are over
        (NOW - 90 * D, Held(appeal_until=NOW + S), False),
        (NOW - 90 * D, Held(appeal_until=NOW), True),
        (NOW - 90 * D + S, Held(appeal_until=NOW), False),
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
        (NOW, Held(unseen=True), "evidence-identity-waiting"),
        (NOW, Held(appeal_until=NOW + S), None),  # the candidate's own wish
    ],
)
def test_when_a_request_can_be_carried_out(ended: datetime | None, held: Held, why: str | None) -> None:
    assert rules.refuse_request(ended, held) == why


@pytest.mark.parametrize(
    ("against", "earlier", "until"),
    [
        (Against(), [], None),
        (Against(NOW), [], END),
        (Against(voided_at=NOW), [], END),
        (Against(ended_by_proctor_at=NOW), [], END),
        (Against(NOW - D, voided_at=NOW), [], END),
        (Against(NOW), [NOW - S], END),  # something was decided since
        (Against(NOW), [NOW], None),
    ],
)
def test_until_when_an_appeal_may_come(against: Against, earlier: list[datetime], until: datetime | None) -> None:
    assert rules.open_to_appeal_until(against, earlier, 10) == until
    if until is not None:
        before = [("refused", each) for each in earlier]
        assert may_appeal(against, before, False, 10, until - S) is None, "the same rule as the candidate's"
        assert may_appeal(against, before, False, 10, until) is not None


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
