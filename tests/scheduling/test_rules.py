"""Chances, retakes, starts and deadlines: both sides of each boundary."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam import schemes
from exam.core import i18n
from exam.scheduling import rules
from exam.scheduling.standing import Standing, Taken, bookable_windows, has_lapsed, retake_until, state_from_bookings
from exam.scheduling.steps import next_step
from tests.scheduling.test_windows import month, sh

CHANGZHOU, PRACTICE = schemes.get("changzhou"), schemes.get("practice")
COURSE = sh("2026-10-20")


def standing(*bookings: Taken, **changes: object) -> Standing:
    """An enrolment with a finished course in an open exam, unless said otherwise."""
    base = Standing(CHANGZHOU, "open", "active", COURSE, bookings)
    return replace(base, **changes)


def taken(chance: int, state: str, of: str, known: str = "") -> Taken:
    """A booking in the window of a month, its outcome known at a time."""
    finished = sh(known) if known else sh(f"{of}-06 12:00") if state in ("passed", "failed") else None
    return Taken(chance, chance, state, month(of), finished)


FAILED_IN_NOVEMBER = taken(1, "failed", "2026-11")


def code(refusal):
    return refusal and refusal.code


@pytest.mark.parametrize(
    ("now", "expected", "allowed_from"),
    [
        ("2026-11-04 23:59:59.999", "window-not-open", "2026-11-05"),
        ("2026-11-05 00:00:00", None, None),
        ("2026-11-10 23:59:59.999", None, None),
        ("2026-11-11 00:00:00", "window-over", "2026-12-05"),
        ("2026-12-06 00:00:00", "window-over", "2027-01-05"),
    ],
)
def test_a_first_chance_starts_within_its_window_only(now, expected, allowed_from):
    refusal = rules.may_start(standing(taken(1, "booked", "2026-11")), 1, sh(now))
    assert code(refusal) == expected
    assert (refusal and refusal.allowed_from) == (sh(allowed_from) if allowed_from else None)


def test_a_retake_that_is_too_late_names_no_later_date():
    late = standing(FAILED_IN_NOVEMBER, taken(2, "booked", "2026-12"))
    assert rules.may_start(late, 2, sh("2026-12-10 23:59:59.999")) is None
    refusal = rules.may_start(late, 2, sh("2026-12-11"))
    assert (code(refusal), refusal.allowed_from) == ("window-over", None)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"exam_state": "draft"}, "exam-draft"),
        ({"exam_state": "closed"}, "exam-closed"),
        ({"enrolment_state": "cancelled"}, "enrolment-cancelled"),
        ({"enrolment_state": "passed"}, "enrolment-passed"),
        ({"enrolment_state": "exhausted"}, "enrolment-exhausted"),
        ({"enrolment_state": "forfeited"}, "enrolment-forfeited"),
        ({"course_finished_at": None}, "course-not-finished"),
        ({"course_finished_at": sh("2026-11-07 00:00:00.001")}, "course-not-finished"),
        ({"course_finished_at": sh("2026-11-07")}, None),
    ],
)
def test_what_stands_in_the_way_of_any_chance(changes, expected):
    now = sh("2026-11-07")
    assert code(rules.may_start(standing(taken(1, "booked", "2026-11"), **changes), 1, now)) == expected
    assert code(rules.may_book(standing(**changes), month("2026-11"), None, now)) == expected
    retake = standing(FAILED_IN_NOVEMBER, **changes)
    assert code(rules.may_take_another(retake, now)) == expected


@pytest.mark.parametrize("state", ["started", "passed", "failed", "cancelled", "missed", "void"])
def test_only_a_live_booking_starts(state):
    refusal = rules.may_start(standing(taken(1, state, "2026-11")), 1, sh("2026-11-06"))
    assert code(refusal) == ("already-started" if state == "started" else "booking-not-live")
    assert code(rules.may_cancel_booking(standing(taken(1, state, "2026-11")), 1)) == code(refusal)
    assert code(rules.may_start(standing(), 9, sh("2026-11-06"))) == "booking-not-live"


@pytest.mark.parametrize(
    ("now", "window", "expected"),
    [
        ("2026-11-06 12:00", "2026-11", None),  # the same window
        ("2026-11-10 23:59:59.999", "2026-11", None),
        ("2026-11-11 00:00", "2026-11", "window-over"),
        ("2026-11-11 00:00", "2026-12", None),  # the next one
        ("2026-12-10 23:59:59.999", "2026-12", None),
        ("2026-12-11 00:00", "2026-12", "retake-forfeited"),
        ("2026-11-06 12:00", "2027-01", "retake-too-late"),
        ("2026-12-11 00:00", "2027-01", "retake-forfeited"),
    ],
)
def test_a_retake_is_taken_in_the_same_window_or_the_next(now, window, expected):
    assert code(rules.may_book(standing(FAILED_IN_NOVEMBER), month(window), None, sh(now))) == expected


def test_a_retake_over_the_years_end():
    failed = standing(taken(1, "failed", "2026-12"))
    assert retake_until(failed) == sh("2027-01-11")
    assert rules.may_take_another(failed, sh("2027-01-10 23:59:59.999")) is None
    assert code(rules.may_take_another(failed, sh("2027-01-11"))) == "retake-forfeited"
    assert bookable_windows(failed, sh("2026-12-20")) == [month("2027-01")]


@pytest.mark.parametrize(
    ("known", "until"),
    [
        ("2026-11-06 12:00", "2026-12-11"),
        ("2026-11-30 12:00", "2026-12-11"),
        ("2026-12-10 23:59:59.999", "2026-12-11"),
        ("2026-12-11 00:00:00", "2027-01-11"),  # marked too late to use December
        ("2027-01-05 09:00", "2027-01-11"),
    ],
)
def test_slow_marking_costs_nobody_the_retake(known, until):
    assert retake_until(standing(taken(1, "failed", "2026-11", known))) == sh(until)


def test_a_retake_needs_a_failed_chance():
    now = sh("2026-11-06")
    assert code(rules.may_take_another(standing(taken(1, "started", "2026-11")), now)) == "already-started"
    assert rules.may_take_another(standing(FAILED_IN_NOVEMBER), now) is None
    booked = standing(FAILED_IN_NOVEMBER, taken(2, "booked", "2026-11"))
    assert code(rules.may_take_another(booked, now)) == "already-booked"
    twice = standing(FAILED_IN_NOVEMBER, taken(2, "failed", "2026-11"))
    assert code(rules.may_take_another(twice, now)) == "chances-used"


def test_a_voided_retake_is_not_too_late():
    voided = standing(FAILED_IN_NOVEMBER, taken(2, "void", "2026-12", "2026-12-09 10:00"))
    assert retake_until(voided) == sh("2027-01-11")
    assert voided.next_chance == 2


def test_a_voided_first_chance_is_free_again_beside_a_failed_second():
    mixed = standing(taken(1, "void", "2026-11"), taken(2, "failed", "2026-11"))
    assert (mixed.next_chance, mixed.chances_left(sh("2026-11-07"))) == (1, 1)


@pytest.mark.parametrize(
    ("window", "planned", "now", "expected"),
    [
        ("2026-11", "2026-11-05 00:00", "2026-11-01", None),
        ("2026-11", "2026-11-04 23:59:59.999", "2026-11-01", "planned-outside-window"),
        ("2026-11", "2026-11-10 23:59:59.999", "2026-11-01", None),
        ("2026-11", "2026-11-11 00:00", "2026-11-01", "planned-outside-window"),
        ("2026-11", "2026-11-06 09:00", "2026-11-06 09:00:00.001", "planned-in-the-past"),
        ("2026-11", "2026-11-06 09:00", "2026-11-06 09:00", None),
        (None, None, "2026-11-01", "window-needed"),
        ("2026-10", None, "2026-11-01", "window-over"),
        ("2027-10", None, "2026-11-01", None),
        ("2027-11", None, "2026-11-01", "window-too-far"),
    ],
)
def test_a_booking_lies_within_a_window_that_is_offered(window, planned, now, expected):
    refusal = rules.may_book(standing(), month(window) if window else None, sh(planned) if planned else None, sh(now))
    assert code(refusal) == expected


def test_one_booking_at_a_time():
    now = sh("2026-11-06")
    assert (
        code(rules.may_book(standing(taken(1, "booked", "2026-11")), month("2026-12"), None, now)) == "already-booked"
    )
    assert (
        code(rules.may_book(standing(taken(1, "started", "2026-11")), month("2026-12"), None, now)) == "already-started"
    )


def test_practice_needs_no_window_no_course_and_has_no_limit():
    now = sh("2026-11-20")
    failed = tuple(Taken(n, n, "failed", None, now) for n in range(1, 30))
    many = Standing(PRACTICE, "open", "active", None, failed)
    assert rules.may_book(many, None, None, now) is None
    assert many.chances_left(now) is None and many.next_chance == 30
    assert state_from_bookings(replace(many, bookings=(Taken(1, 1, "passed", None, now),)), now) == "active"
    assert not has_lapsed(many, now + timedelta(days=400))
    booked = replace(many, bookings=(Taken(1, 1, "booked"),))
    assert rules.may_start(booked, 1, now) is None


@pytest.mark.parametrize(
    ("bookings", "now", "lapsed"),
    [
        ((), "2027-06-01", False),  # a first chance has no deadline
        ((taken(1, "missed", "2026-11"),), "2027-06-01", False),
        ((FAILED_IN_NOVEMBER,), "2026-12-10 23:59:59.999", False),
        ((FAILED_IN_NOVEMBER,), "2026-12-11", True),
        ((FAILED_IN_NOVEMBER, taken(2, "missed", "2026-11")), "2026-12-10 23:59:59.999", False),
        ((FAILED_IN_NOVEMBER, taken(2, "missed", "2026-12")), "2026-12-11", True),
        ((FAILED_IN_NOVEMBER, taken(2, "booked", "2026-12")), "2026-12-10 23:59:59.999", False),
        ((FAILED_IN_NOVEMBER, taken(2, "booked", "2026-12")), "2026-12-11", True),
        ((FAILED_IN_NOVEMBER, taken(2, "started", "2026-12")), "2026-12-12", False),
        ((FAILED_IN_NOVEMBER, taken(2, "failed", "2026-12")), "2027-12-12", False),
    ],
)
def test_forfeited_is_a_retake_not_taken_in_time(bookings, now, lapsed):
    assert has_lapsed(standing(*bookings), sh(now)) is lapsed


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((), "active"),
        (("failed",), "active"),
        (("passed",), "passed"),
        (("failed", "passed"), "passed"),
        (("passed", "failed"), "passed"),
        (("failed", "started"), "active"),
        (("failed", "failed"), "exhausted"),
        (("failed", "void"), "active"),
    ],
)
def test_the_enrolments_state_follows_from_its_chances(states, expected):
    bookings = tuple(taken(n, state, "2026-11") for n, state in enumerate(states, 1))
    assert state_from_bookings(standing(*bookings), sh("2026-11-07")) == expected


HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)


@pytest.mark.parametrize(
    ("start", "extra", "ends"),
    [
        ("2026-11-05 09:00", timedelta(0), "2026-11-05 10:00"),
        ("2026-11-05 09:00", QUARTER, "2026-11-05 10:15"),
        ("2026-11-10 23:00", timedelta(0), "2026-11-11 00:00"),
        ("2026-11-10 23:00:00.001", timedelta(0), "2026-11-11 00:00"),
        ("2026-11-10 22:50", QUARTER, "2026-11-11 00:00"),
        ("2026-11-10 23:59:59.999", QUARTER, "2026-11-11 00:00"),
    ],
)
def test_a_late_starter_has_until_the_windows_end(start, extra, ends):
    assert rules.deadline(sh(start), HOUR, extra, month("2026-11").closes) == sh(ends)
    assert rules.deadline(sh(start), HOUR, extra, None) == sh(start) + HOUR + extra
    assert rules.full_time_until(month("2026-11"), HOUR, QUARTER) == sh("2026-11-10 22:45")


@pytest.mark.parametrize(
    ("factor", "minutes", "seconds"),
    [
        (Decimal("1.25"), None, 900),
        (Decimal("1.33"), None, 1188),
        (None, 15, 900),
        (None, None, 0),
        (Decimal("1.01"), None, 36),
    ],
)
def test_extra_time(factor, minutes, seconds):
    assert rules.extra_seconds(3600, factor, minutes) == seconds


def test_extra_time_rounds_up_to_a_second():
    assert rules.extra_seconds(50, Decimal("1.25"), None) == 13


@pytest.mark.parametrize(
    ("standing_", "now", "step"),
    [
        (standing(course_finished_at=None), "2026-11-06", "finish-course"),
        (standing(exam_state="draft"), "2026-11-06", "wait"),
        (standing(exam_state="closed"), "2026-11-06", "wait"),
        (standing(), "2026-11-06", "book"),
        (standing(taken(1, "booked", "2026-12")), "2026-11-06", "wait-window"),
        (standing(taken(1, "booked", "2026-12"), course_finished_at=None), "2026-12-06", "finish-course"),
        (standing(taken(1, "booked", "2026-11")), "2026-11-06", "start"),
        (standing(taken(1, "booked", "2026-11")), "2026-11-11", "book"),  # missed, the job has not been there yet
        (standing(taken(1, "started", "2026-11")), "2026-11-06", "started"),
        (standing(FAILED_IN_NOVEMBER), "2026-11-06", "book"),
        (standing(FAILED_IN_NOVEMBER), "2026-12-11", "select-anew"),
        (standing(FAILED_IN_NOVEMBER, enrolment_state="forfeited"), "2026-12-11", "select-anew"),
        (standing(enrolment_state="exhausted"), "2026-12-11", "select-anew"),
        (standing(taken(1, "passed", "2026-11"), enrolment_state="passed"), "2026-12-11", "passed"),
        (standing(enrolment_state="cancelled"), "2026-12-11", "cancelled"),
    ],
)
def test_the_next_step(standing_, now, step):
    found = next_step(standing_, sh(now))
    assert found.step == step
    if found.refusal:
        key = f"refusal.{found.refusal.code}"
        assert i18n.has(key, "zh") and i18n.has(key, "en"), key


def test_a_retakes_step_says_until_when_and_in_which_windows():
    found = next_step(standing(FAILED_IN_NOVEMBER), sh("2026-11-07"))
    assert (found.retake, found.chance, found.chances_left) == (True, 2, 1)
    assert found.windows == (month("2026-11"), month("2026-12")) and found.until == sh("2026-12-11")


def naive_retake_allowed(failed_month: datetime, now: datetime) -> bool:
    """By walking the days: the retake may be taken until the tenth of the month after the failed one."""
    following = (failed_month.replace(day=28) + timedelta(days=4)).replace(day=10)
    return now.date() <= following.date()


@given(st.integers(2012, 2098), st.integers(1, 12), st.integers(0, 100), st.integers(0, 86399))
def test_retakes_agree_with_a_model_that_walks_the_days(year, month_number, days, seconds):
    opens = sh(f"{year}-{month_number:02}-05")
    booking = Taken(1, 1, "failed", month(f"{year}-{month_number:02}"), opens + timedelta(hours=2))
    now = opens + timedelta(days=days, seconds=seconds)
    refusal = rules.may_take_another(standing(booking, course_finished_at=sh("2011-05-01")), now)
    assert (refusal is None) is naive_retake_allowed(opens, now)
