"""How often a password may be guessed: an attacker is slowed, an exam hall never is."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from exam.accounts.throttle import ACCOUNTS_AT_AN_ADDRESS, Attempt, Throttle

START = datetime(2026, 11, 6, 1, 0, tzinfo=UTC)
HALL = "203.0.113.7"


@pytest.fixture
def now():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def fail(throttle: Throttle, times: int, **attempt: object) -> list[int]:
    return [throttle.begin(Attempt(**{"account": "a", "address": HALL, **attempt})) for _ in range(times)]


@pytest.mark.parametrize(
    ("failures", "after", "waits"),
    [
        (4, timedelta(0), False),
        (5, timedelta(0), True),
        (5, timedelta(seconds=59), True),
        (5, timedelta(seconds=61), False),
    ],
)
def test_a_handful_of_tries_then_a_wait(now, failures: int, after: timedelta, waits: bool):
    throttle = Throttle()
    assert fail(throttle, failures) == [0] * failures
    now.shift(after)
    assert (throttle.begin(Attempt("a", HALL)) > 0) is waits


def test_the_waits_grow(now):
    throttle, allowed = Throttle(), []
    for minute in range(24 * 60):
        if throttle.begin(Attempt("a", HALL)) == 0:
            allowed.append(minute)
        now.shift(timedelta(minutes=1))
    assert len(allowed) == 40  # of 1440 tries in a day
    assert len([minute for minute in allowed if minute < 15]) == 10
    assert len([minute for minute in allowed if minute < 120]) == 20


def test_a_refused_try_is_not_counted_and_says_how_long_to_wait(now):
    throttle = Throttle()
    fail(throttle, 5)
    assert fail(throttle, 50) == [60] * 50
    now.shift(timedelta(seconds=60, milliseconds=1))
    assert fail(throttle, 1) == [0]


def test_a_right_password_forgets_the_failures(now):
    throttle = Throttle()
    fail(throttle, 4)
    throttle.succeeded(Attempt("a", HALL))
    assert fail(throttle, 5) == [0] * 5


def test_a_hall_behind_one_address_is_never_locked_out(now):
    """Five hundred people, each mistyping the number once and the password three times, all within a minute."""
    throttle = Throttle()
    for person in range(500):
        assert throttle.begin(Attempt(f"typo{person}", HALL)) == 0
        attempt = Attempt(f"person{person}", HALL)
        assert [throttle.begin(attempt) for _ in range(4)] == [0] * 4
        throttle.succeeded(attempt)
    assert throttle.begin(Attempt("late", HALL)) == 0


def test_spraying_one_password_over_many_accounts_ends_at_the_bound(now):
    throttle = Throttle()
    for person in range(ACCOUNTS_AT_AN_ADDRESS):
        assert throttle.begin(Attempt(f"p{person}", HALL)) == 0
    assert throttle.begin(Attempt("one more", HALL)) == 3600
    assert throttle.begin(Attempt("one more", "198.51.100.1")) == 0
    assert throttle.begin(Attempt("one more", HALL, known=True)) == 0
    now.shift(timedelta(hours=1))
    assert throttle.begin(Attempt("one more", HALL)) == 0


def test_those_who_got_in_do_not_count_at_the_address(now):
    throttle = Throttle()
    for person in range(ACCOUNTS_AT_AN_ADDRESS + 1):
        attempt = Attempt(f"p{person}", HALL)
        assert throttle.begin(attempt) == 0
        throttle.succeeded(attempt)


def test_guessing_from_many_addresses_ends_but_not_where_the_person_is_known(now):
    throttle = Throttle()
    waits = [throttle.begin(Attempt("a", f"198.51.100.{n}")) for n in range(61)]
    assert waits[:60] == [0] * 60 and waits[60] > 0
    assert throttle.begin(Attempt("a", "192.0.2.1", known=True)) == 0
    assert throttle.begin(Attempt("a", "192.0.2.2", device="d", known=True)) == 0
    throttle.forget("a")
    assert throttle.begin(Attempt("a", "198.51.100.99")) == 0


def test_a_neighbour_cannot_use_up_the_tries_of_somebody_on_their_own_device(now):
    throttle = Throttle()
    fail(throttle, 5)
    assert throttle.begin(Attempt("a", HALL)) > 0
    assert throttle.begin(Attempt("a", HALL, device="own", known=True)) == 0


def test_many_at_once_cannot_slip_through(now):
    """A try counts before its password is looked at."""
    throttle = Throttle()
    assert sum(wait == 0 for wait in fail(throttle, 100)) == 5


def test_registrations(now):
    throttle = Throttle()
    assert all(throttle.registering(HALL) == 0 for _ in range(1000))
    assert throttle.registering(HALL) > 0
