"""Windows at each boundary, at year's ends, in other zones' eyes, and against a naive day-by-day model."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam import schemes
from exam.scheduling.windows import Window, next_window, window_at, windows_between, windows_from
from exam.schemes.kinds import MonthlyWindow, Rule

CHANGZHOU, PRACTICE = schemes.get("changzhou"), schemes.get("practice")
SHANGHAI = ZoneInfo("Asia/Shanghai")


def sh(text: str) -> datetime:
    """A Shanghai clock reading."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def month(text: str) -> Window:
    """The window of a month "2026-11"."""
    return Window(sh(f"{text}-05"), sh(f"{text}-11"))


@pytest.mark.parametrize(
    ("now", "at", "following"),
    [
        ("2026-11-01 00:00:00", None, "2026-11"),
        ("2026-11-04 23:59:59.999", None, "2026-11"),
        ("2026-11-05 00:00:00", "2026-11", "2026-12"),
        ("2026-11-10 23:59:59.999", "2026-11", "2026-12"),
        ("2026-11-11 00:00:00", None, "2026-12"),
        ("2026-12-11 00:00:00", None, "2027-01"),
        ("2026-12-31 23:59:59.999", None, "2027-01"),
        ("2027-01-05 00:00:00", "2027-01", "2027-02"),
        ("2027-02-10 23:59:59.999", "2027-02", "2027-03"),
        ("2027-02-28 23:59:59.999", None, "2027-03"),
        ("2028-02-29 12:00:00", None, "2028-03"),
        ("2028-03-04 23:59:59.999", None, "2028-03"),
    ],
)
def test_boundaries(now, at, following):
    assert window_at(CHANGZHOU, sh(now)) == (month(at) if at else None)
    assert next_window(CHANGZHOU, sh(now)) == month(following)


@pytest.mark.parametrize(
    ("instant", "inside"),
    [
        (datetime(2026, 11, 4, 16, 30, tzinfo=UTC), True),  # 5th 00:30 in Shanghai, still the 4th in UTC
        (datetime(2026, 11, 4, 15, 59, 59, 999999, tzinfo=UTC), False),
        (datetime(2026, 11, 10, 23, 59, tzinfo=ZoneInfo("America/New_York")), False),  # the 11th in Shanghai
        (datetime(2026, 11, 10, 10, 59, 59, tzinfo=ZoneInfo("America/New_York")), True),
        (datetime(2026, 11, 10, 11, 0, tzinfo=ZoneInfo("America/New_York")), False),
        (datetime(2026, 12, 31, 23, 0, tzinfo=ZoneInfo("Pacific/Honolulu")), False),
        (datetime(2026, 11, 11, 5, 59, tzinfo=ZoneInfo("Pacific/Kiritimati")), True),  # the 10th, 23:59, in Shanghai
        (datetime(2026, 11, 11, 6, 0, tzinfo=ZoneInfo("Pacific/Kiritimati")), False),
    ],
)
def test_a_month_in_another_zones_eyes(instant, inside):
    assert (window_at(CHANGZHOU, instant) is not None) is inside


def test_a_window_is_kept_in_utc():
    window = window_at(CHANGZHOU, sh("2026-11-07 12:00"))
    assert window is not None
    assert (window.opens.isoformat(), window.closes.isoformat()) == (
        "2026-11-04T16:00:00+00:00",
        "2026-11-10T16:00:00+00:00",
    )


def test_windows_between_takes_what_overlaps():
    year = windows_between(CHANGZHOU, sh("2026-01-01"), sh("2027-01-01"))
    assert len(year) == 12 and year[0] == month("2026-01") and year[-1] == month("2026-12")
    assert windows_between(CHANGZHOU, sh("2026-11-10 23:59:59.999"), sh("2026-12-05")) == [month("2026-11")]
    assert windows_between(CHANGZHOU, sh("2026-11-11"), sh("2026-12-05")) == []
    assert windows_between(CHANGZHOU, sh("2026-12-05"), sh("2026-12-05")) == []


def test_windows_from_counts_the_open_one_first():
    assert windows_from(CHANGZHOU, sh("2026-11-10"), 3) == [month("2026-11"), month("2026-12"), month("2027-01")]
    assert windows_from(CHANGZHOU, sh("2026-11-11"), 1) == [month("2026-12")]


def test_practice_has_no_windows():
    assert window_at(PRACTICE, sh("2026-11-05")) is None
    assert next_window(PRACTICE, sh("2026-11-05")) is None
    assert windows_from(PRACTICE, sh("2026-11-05"), 5) == []


def test_there_is_none_before_the_notice_took_effect():
    assert next_window(CHANGZHOU, sh("2011-01-20")) == month("2011-03")


def test_a_replaced_window_goes_by_the_day_it_opens():
    change = date(2027, 1, 1)
    old = replace(CHANGZHOU.windows[0], until=change)
    changed = replace(CHANGZHOU, windows=(old, Rule(MonthlyWindow(20, 22), "Settled: test", change)))
    found = windows_between(changed, sh("2026-12-01"), sh("2027-02-01"))
    assert found == [month("2026-12"), Window(sh("2027-01-20"), sh("2027-01-23"))]
    ended = replace(CHANGZHOU, windows=(old,))
    assert next_window(ended, sh("2026-12-06")) is None


def naive_open(instant: datetime) -> bool:
    """By the calendar on the wall."""
    return 5 <= instant.astimezone(SHANGHAI).day <= 10


instants = st.datetimes(datetime(2011, 4, 1), datetime(2099, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(instants)
def test_window_at_agrees_with_the_calendar_on_the_wall(now):
    window = window_at(CHANGZHOU, now)
    assert (window is not None) is naive_open(now)
    assert window is None or window.holds(now)


@given(instants)
def test_next_window_agrees_with_counting_days(now):
    window = next_window(CHANGZHOU, now)
    day = now.astimezone(SHANGHAI).date() + timedelta(days=1)
    while day.day != 5:
        day += timedelta(days=1)
    assert window is not None and window.opens.astimezone(SHANGHAI).date() == day
    assert window.closes - window.opens == timedelta(days=6)


@given(instants, st.integers(0, 400 * 24 * 60))
def test_windows_between_agrees_with_counting_days(start, minutes):
    end = start + timedelta(minutes=minutes)
    found = windows_between(CHANGZHOU, start, end)
    days = {window.opens.astimezone(SHANGHAI).strftime("%Y-%m") for window in found}
    expected, at = set(), start
    while at < end:
        if naive_open(at):
            expected.add(at.astimezone(SHANGHAI).strftime("%Y-%m"))
        at = min(end, (at.astimezone(SHANGHAI) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0))
    assert days == expected
