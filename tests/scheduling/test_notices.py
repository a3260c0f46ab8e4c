"""What notices make of windows: pure tables round each boundary."""

from datetime import UTC, date, datetime, timedelta

import pytest

from exam import schemes
from exam.scheduling.calendar import after_notices
from exam.scheduling.service_notices import days, may_notice
from exam.scheduling.standing import Standing, Taken, bookable_windows, has_lapsed, retake_until
from exam.scheduling.windows import Notice, Window, next_window, window_at, windows_between, windows_from

CZ, PTP = schemes.get("changzhou"), schemes.get("ptp")
TICK = timedelta(microseconds=1)


def at(text):
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


def window(first, after):
    return Window(at(f"{first}T00:00"), at(f"{after}T00:00"))


NOV, DEC, JAN, FEB = (window(f"{m}-05", f"{m}-11") for m in ("2026-11", "2026-12", "2027-01", "2027-02"))
LATER = window("2026-12-20", "2026-12-26")
ACROSS = window("2026-12-30", "2027-01-03")
BEHIND = window("2027-01-20", "2027-01-26")
SOON = window("2026-11-20", "2026-11-26")
BEFORE = window("2026-10-20", "2026-10-26")
MOVED = (Notice(DEC, LATER),)
GONE = (Notice(DEC, None),)


@pytest.mark.parametrize(
    ("now", "notices", "found"),
    [
        (NOV.opens - TICK, (), NOV),
        (NOV.opens, (), DEC),
        (NOV.opens, MOVED, LATER),
        (DEC.opens, MOVED, LATER),
        (LATER.opens - TICK, MOVED, LATER),
        (LATER.opens, MOVED, JAN),
        (NOV.opens, GONE, JAN),
        (NOV.opens, (*GONE, Notice(JAN, None)), FEB),
        (NOV.opens, (Notice(DEC, ACROSS),), ACROSS),
        (NOV.opens, (*MOVED, Notice(DEC, None)), JAN),  # the later notice about the same date counts
        (NOV.opens, (*GONE, Notice(DEC, LATER)), LATER),
    ],
)
def test_the_next_window(now, notices, found):
    assert next_window(CZ, now, notices) == found


@pytest.mark.parametrize(
    ("now", "notices", "found"),
    [
        (DEC.opens, (), DEC),
        (DEC.opens, MOVED, None),
        (LATER.opens - TICK, MOVED, None),
        (LATER.opens, MOVED, LATER),
        (LATER.closes - TICK, MOVED, LATER),
        (LATER.closes, MOVED, None),
        (DEC.opens, GONE, None),
        (at("2027-01-01T12:00"), (Notice(DEC, ACROSS),), ACROSS),  # it had opened in the month before
    ],
)
def test_the_window_that_is_open(now, notices, found):
    assert window_at(CZ, now, notices) == found


def test_windows_in_a_row_stay_in_order():
    assert windows_from(CZ, NOV.opens, 4, MOVED) == [NOV, LATER, JAN, FEB]
    assert windows_between(CZ, NOV.opens, FEB.closes, GONE) == [NOV, JAN, FEB]


def test_after_notices():
    assert after_notices(DEC, ()) == DEC
    assert after_notices(DEC, MOVED) == LATER
    assert after_notices(DEC, (*MOVED, *GONE)) is None
    assert after_notices(JAN, MOVED) == JAN


def standing(notices, finished=None, **more):
    failed = Taken(1, 1, "failed", NOV, finished or at("2026-11-07T12:00"))
    return Standing(CZ, "open", "active", NOV.opens, (failed,), notices=notices, **more)


@pytest.mark.parametrize(
    ("notices", "until"),
    [
        ((), DEC.closes),
        (MOVED, LATER.closes),  # the next window is the one that was moved
        (GONE, JAN.closes),  # a cancelled window is not the next one
        ((*GONE, Notice(JAN, ACROSS)), ACROSS.closes),
        ((Notice(DEC, BEHIND),), BEHIND.closes),  # moved behind January's, it is still the next one of the rule
        ((Notice(DEC, SOON),), SOON.closes),
        ((Notice(NOV, BEFORE), Notice(DEC, None)), JAN.closes),
    ],
)
def test_a_retake_counts_windows_as_they_are_now(notices, until):
    found = standing(notices)
    assert retake_until(found) == until
    assert not has_lapsed(found, until - TICK)
    assert has_lapsed(found, until)
    assert bookable_windows(found, NOV.closes)[-1].closes == until


def test_the_window_after_a_failed_chance_s_that_was_moved_itself():
    failed = Taken(1, 1, "failed", BEHIND, at("2027-01-22T12:00"))
    found = Standing(CZ, "open", "active", NOV.opens, (failed,), notices=(Notice(DEC, BEHIND),))
    assert retake_until(found) == FEB.closes  # January's is the rule's next one but was over before


@pytest.mark.parametrize(
    ("before", "new", "now", "code"),
    [
        (DEC, None, DEC.opens - TICK, None),
        (DEC, None, DEC.opens, "notice-window-begun"),
        (DEC, LATER, DEC.closes, "notice-window-begun"),
        (LATER, None, DEC.opens, None),  # moved away already: it has not begun
        (LATER, LATER, NOV.opens, "notice-changes-nothing"),
        (None, None, NOV.opens, "notice-changes-nothing"),
        (None, LATER, NOV.opens, None),
        (None, LATER, DEC.opens, "notice-window-begun"),
    ],
)
def test_until_when_a_date_can_be_changed(before, new, now, code):
    refusal = may_notice(DEC, before, new, now)
    assert (refusal.code if refusal else None) == code


def test_whole_days_in_the_scheme_s_zone():
    assert days(PTP, date(2026, 12, 19), date(2026, 12, 20)) == window("2026-12-19", "2026-12-21")
    assert days(PTP, date(2026, 12, 19), date(2026, 12, 19)) == window("2026-12-19", "2026-12-20")
