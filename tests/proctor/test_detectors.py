"""Which detectors count: chosen, known at the level, not muted by what the candidate was granted."""

import pytest

from exam.proctor.detectors import DETECTORS, MUTES, active
from exam.proctor.models import ACCOMMODATIONS, LEVELS

ALL = frozenset(DETECTORS)


def test_every_accommodation_mutes_something_that_exists() -> None:
    assert set(MUTES) == set(ACCOMMODATIONS)
    assert all(muted and muted <= ALL for muted in MUTES.values())
    assert all(row.levels <= set(LEVELS) for row in DETECTORS.values())


@pytest.mark.parametrize(
    ("level", "chosen", "granted", "expected"),
    [
        ("none", ALL, set(), set()),
        ("focus", ALL, set(), {key for key, row in DETECTORS.items() if row.origin == "page"} | {"line-lost"}),
        ("camera", ALL, set(), ALL),
        ("live", {"away"}, set(), {"away"}),
        ("camera", {"away"}, {"head-movement"}, set()),
        ("camera", {"no-face", "away"}, {"head-movement"}, {"no-face"}),
        ("camera", {"unfocused", "no-face"}, {"reading-aid"}, {"no-face"}),
        ("camera", ALL, {"camera-off"}, {key for key, row in DETECTORS.items() if "focus" in row.levels}),
        ("camera", {"no-such-detector"}, set(), set()),
    ],
)
def test_active(level: str, chosen: set[str], granted: set[str], expected: set[str]) -> None:
    assert active(level, frozenset(chosen), frozenset(granted)) == expected
