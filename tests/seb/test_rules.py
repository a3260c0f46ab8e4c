"""When a request locks a sitting and when an exam's requirement may be changed: tables round each boundary."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.seb.keys import Finding
from exam.seb.rules import MOST_OUTSIDE, SECOND, TOLERATED_SECONDS, hear, may_change, may_start

AT = 1_000 * SECOND
LIMIT = TOLERATED_SECONDS * SECOND
P, A, U = Finding.PRESENT, Finding.ABSENT, Finding.UNKNOWN


@pytest.mark.parametrize(
    ("finding", "silent", "silent_after", "lock"),
    [
        (P, None, None, None),
        (P, AT - LIMIT, None, None),  # one proof, and the silence before it is forgotten
        (A, None, None, "other-config"),
        (A, AT - 1, AT - 1, "other-config"),
        (U, None, AT, None),  # the first unproven request never locks
        (U, AT - LIMIT + 1, AT - LIMIT + 1, None),
        (U, AT - LIMIT, AT - LIMIT, "silent"),
        (U, AT - LIMIT - 1, AT - LIMIT - 1, "silent"),
    ],
)
def test_what_a_request_means(finding: Finding, silent: int | None, silent_after: int | None, lock: str | None) -> None:
    heard = hear(finding, silent, AT)
    assert (heard.silent, heard.lock) == (silent_after, lock)


@pytest.mark.parametrize(
    ("finding", "answers", "proven", "before", "proven_after", "counted", "lock"),
    [
        (U, True, True, 0, False, True, None),  # answers without a proof right after one: counted
        (U, True, False, 0, False, False, None),  # and up to the next proof only once
        (U, False, True, 0, True, False, None),  # a heartbeat that lost its headers is nothing
        (U, True, True, MOST_OUTSIDE - 2, False, True, None),
        (U, True, True, MOST_OUTSIDE - 1, False, True, "outside"),
        (U, True, False, MOST_OUTSIDE, False, False, None),  # unlocked, told anew with the next
        (P, True, False, MOST_OUTSIDE - 1, True, False, None),
        (A, True, True, 0, True, False, "other-config"),
    ],
)
def test_answers_from_outside_beside_seb(
    finding: Finding, answers: bool, proven: bool, before: int, proven_after: bool, counted: bool, lock: str | None
) -> None:
    heard = hear(finding, None, AT, answers=answers, proven=proven, outside=before)
    assert (heard.proven, heard.outside, heard.lock) == (proven_after, counted, lock)


def test_a_long_silence_locks_for_silence_whatever_it_brings() -> None:
    heard = hear(U, AT - LIMIT, AT, answers=True, proven=True, outside=MOST_OUTSIDE - 1)
    assert (heard.lock, heard.outside) == ("silent", True)


@given(st.lists(st.booleans(), max_size=40))
def test_taking_turns_is_never_possible_for_long(turns: list[bool]) -> None:
    """Whatever the order of SEB's heartbeats and answers without proof: never more than three stretches of these."""
    proven, outside, stretches, last = True, 0, 0, True
    for seb in turns:
        heard = hear(P if seb else U, None, AT, answers=not seb, proven=proven, outside=outside)
        stretches += last and not seb
        proven, outside, last = heard.proven, outside + heard.outside, seb
        assert outside == stretches
        assert (heard.lock == "outside") == (heard.outside and outside >= MOST_OUTSIDE)


@given(st.lists(st.tuples(st.integers(0, TOLERATED_SECONDS * SECOND - 1), st.sampled_from([P, U])), max_size=30))
def test_who_proves_sooner_or_later_within_the_time_is_never_locked(requests: list[tuple[int, Finding]]) -> None:
    at, silent = AT, None
    for wait, finding in requests:
        if silent is not None and at + wait - silent >= LIMIT:
            finding = P  # the next heartbeat's headers came through
        at += wait
        heard = hear(finding, silent, at)
        assert heard.lock is None
        silent = heard.silent


@pytest.mark.parametrize(("finding", "code"), [(P, None), (A, "seb-other-config"), (U, "seb-needed")])
def test_a_start_needs_the_proof(finding: Finding, code: str | None) -> None:
    refusal = may_start(finding)
    assert (refusal.code if refusal else None) == code


@pytest.mark.parametrize(
    ("change", "free", "while_running"),
    [
        ("off", True, True),
        ("key-more", True, True),
        ("key-last", True, True),  # without any key every version will do
        ("on", True, False),
        ("config", True, False),
        ("key-first", True, False),
        ("key-less", True, False),
    ],
)
def test_while_somebody_writes_only_what_loosens_may_change(change: str, free: bool, while_running: bool) -> None:
    assert (may_change(change, 0) is None) == free  # type: ignore[arg-type]
    refusal = may_change(change, 1)  # type: ignore[arg-type]
    assert (refusal is None) == while_running
    if refusal:
        assert (refusal.code, refusal.params) == ("seb-sittings-running", {"n": 1})
