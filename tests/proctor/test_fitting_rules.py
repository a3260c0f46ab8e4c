"""Which accommodations an exam can keep, at every level."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.core import i18n
from exam.proctor.detectors import DETECTORS, MUTES
from exam.proctor.models import ACCOMMODATIONS, IDENTITY, LEVELS
from exam.proctor.policy.fitting import misfits

ALL = tuple(DETECTORS)
BREAKS, OFF, LEFT = "accommodation-breaks-nobody", "accommodation-camera-off-nobody", "accommodation-nothing-left"


@pytest.mark.parametrize(
    ("level", "identity", "chosen", "granted", "codes"),
    [
        # Not watched: everything fits.
        ("none", "none", (), ACCOMMODATIONS, []),
        # Breaks: somebody has to stop the clock and start it again.
        ("focus", "none", ALL, ("breaks",), [BREAKS]),
        ("camera", "none", ALL, ("breaks",), [BREAKS]),
        ("camera", "before", ALL, ("breaks",), [BREAKS]),
        ("live", "none", ALL, ("breaks",), []),
        # Camera off: a human in its place.
        ("focus", "none", ALL, ("camera-off",), []),
        ("camera", "none", ALL, ("camera-off",), [OFF]),
        ("camera", "before", ALL, ("camera-off",), []),
        ("camera", "after", ALL, ("camera-off",), []),
        ("live", "none", ALL, ("camera-off",), []),
        # Muting fits while something is left, or somebody watches.
        ("camera", "none", ALL, ("head-movement",), []),
        ("camera", "none", ("away",), ("head-movement",), [LEFT]),
        ("camera", "none", ("away", "print"), ("head-movement",), []),
        ("live", "none", ("away",), ("head-movement",), []),
        ("focus", "none", ("unfocused", "clipboard"), ("reading-aid",), [LEFT]),
        ("focus", "none", ("unfocused", "print"), ("reading-aid",), []),
        ("camera", "none", ("away", "clipboard"), ("head-movement", "reading-aid"), [LEFT]),
        # Each reason is told.
        ("camera", "none", ("away",), ("breaks", "camera-off", "head-movement"), [BREAKS, OFF, LEFT]),
        ("camera", "none", ALL, (), []),
    ],
)
def test_what_fits(level: str, identity: str, chosen: tuple[str, ...], granted: tuple[str, ...], codes: list[str]):
    assert [misfit.code for misfit in misfits(level, identity, chosen, granted)] == codes


@given(st.sets(st.sampled_from(ALL)), st.sets(st.sampled_from(ACCOMMODATIONS)), st.sampled_from(IDENTITY))
def test_a_live_proctor_can_keep_everything(chosen: set[str], granted: set[str], identity: str) -> None:
    assert misfits("live", identity, chosen, granted) == []


def test_more_granted_never_fits_better() -> None:
    for level, identity in itertools.product(LEVELS, IDENTITY):
        for size in range(len(ACCOMMODATIONS)):
            for granted in itertools.combinations(ACCOMMODATIONS, size):
                found = {misfit.code for misfit in misfits(level, identity, ALL, granted)}
                for more in set(ACCOMMODATIONS) - set(granted):
                    assert found <= {misfit.code for misfit in misfits(level, identity, ALL, (*granted, more))}


@pytest.mark.parametrize("locale", i18n.LOCALES)
@pytest.mark.parametrize("code", [BREAKS, OFF, LEFT])
def test_every_reason_has_its_words(locale: str, code: str) -> None:
    assert i18n.has(f"problem.{code}", locale) and i18n.has(f"refusal.{code}", locale)


def test_every_accommodation_mutes_something() -> None:
    assert set(MUTES) == set(ACCOMMODATIONS) and all(MUTES.values())
