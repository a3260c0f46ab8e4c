"""When a candidate may ask for pictures to be deleted."""

from datetime import UTC, datetime

import pytest

from exam.proctor.consent.rules_privacy import MAX_REQUESTS, Kept, may_ask

OVER = datetime(2026, 11, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kept", "code"),
    [
        (Kept(3, OVER, OVER), None),
        (Kept(1, OVER, OVER, ("refused",)), None),
        (Kept(1, OVER, OVER, ("refused",) * (MAX_REQUESTS - 1)), None),
        (Kept(1, OVER, OVER, ("refused",) * MAX_REQUESTS), "erasure-too-often"),
        (Kept(1, OVER, OVER, ("refused", "open")), "erasure-open"),
        (Kept(0, OVER, OVER), "erasure-nothing-there"),
        (Kept(0, OVER, OVER, ("done",)), "erasure-nothing-there"),
        (Kept(3, None, None), "erasure-not-over"),
    ],
)
def test_when_deletion_may_be_asked_for(kept: Kept, code: str | None) -> None:
    refusal = may_ask(kept)
    assert (refusal.code if refusal else None) == code
