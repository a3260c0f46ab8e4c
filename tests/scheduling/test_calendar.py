"""Verification days, and the calendar and schemes as the command line tells them."""

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from typer.testing import CliRunner

from exam import schemes
from exam.cli import app
from exam.core.clock import SHANGHAI
from exam.scheduling.windows import next_window, quarter_weekend, window_at, windows_between

PTP = schemes.get("ptp")


@pytest.mark.parametrize(
    ("month", "saturday"),
    [
        ("2024-03-01", "2024-03-30"),  # the quarter ends on a Sunday
        ("2024-06-01", "2024-06-29"),
        ("2024-12-01", "2024-12-28"),
        ("2018-03-01", "2018-03-24"),  # the quarter ends on a Saturday, whose Sunday lies outside
        ("2018-06-01", "2018-06-23"),
        ("2022-12-01", "2022-12-24"),
        ("2023-12-01", "2023-12-30"),
        ("2026-12-01", "2026-12-26"),
        ("2029-03-01", "2029-03-24"),
        ("2030-06-01", "2030-06-29"),
    ],
)
def test_the_verification_day_is_the_last_whole_weekend_of_the_quarter(month, saturday):
    first, last = quarter_weekend(date.fromisoformat(month))
    assert (first.isoformat(), last - first) == (saturday, timedelta(days=1))


def test_no_later_weekend_fits_into_the_quarter():
    for year in range(2011, 2041):
        for month in (3, 6, 9, 12):
            saturday, sunday = quarter_weekend(date(year, month, 1))
            assert (saturday.weekday(), sunday.weekday()) == (5, 6)
            assert (saturday.month, sunday.month) == (month, month)
            assert (sunday + timedelta(days=7)).month != month


def test_the_weekend_is_open_from_its_first_instant_to_its_last():
    opens = datetime(2026, 12, 26, tzinfo=SHANGHAI)
    closes = datetime(2026, 12, 28, tzinfo=SHANGHAI)
    instant = timedelta(microseconds=1)
    assert window_at(PTP, opens - instant) is None and window_at(PTP, closes) is None
    window = window_at(PTP, opens)
    assert window is not None and window == window_at(PTP, closes - instant)
    assert (window.opens, window.closes) == (opens, closes)
    after = next_window(PTP, opens)
    assert after is not None and after.opens == datetime(2027, 3, 27, tzinfo=SHANGHAI)


@pytest.mark.parametrize("key", ["changzhou", "ptp"])
def test_windows_come_in_order_and_never_overlap(key):
    found = windows_between(schemes.get(key), datetime(2024, 1, 1, tzinfo=UTC), datetime(2034, 1, 1, tzinfo=UTC))
    assert len(found) == {"changzhou": 120, "ptp": 40}[key]
    assert all(one.closes < other.opens for one, other in pairwise(found))


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


def calendar(key, start, end):
    done = run("calendar", key, "--from", start, "--to", end, "--json")
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.output.splitlines()]


def test_the_calendar_tells_windows_with_offsets():
    (window,) = calendar("changzhou", "2026-11-10", "2026-12-04")
    assert window == {
        "opens": "2026-11-05T00:00:00+08:00",
        "closes": "2026-11-11T00:00:00+08:00",
        "kind": "window",
        "source": "S3 annex 3 §5",
    }


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        ("2026-11-11", "2026-12-04", 0),
        ("2026-11-11", "2026-12-05", 1),
        ("2026-11-10", "2026-11-10", 1),
        ("2026-11-04", "2026-11-04", 0),
        ("2011-01-01", "2011-03-31", 1),
    ],
)
def test_both_days_are_inclusive(start, end, count):
    assert len(calendar("changzhou", start, end)) == count


def test_the_calendar_tells_verification_days():
    found = calendar("ptp", "2026-01-01", "2026-12-31")
    assert [each["opens"][:10] for each in found] == ["2026-03-28", "2026-06-27", "2026-09-26", "2026-12-26"]
    assert {each["kind"] for each in found} == {"verification-day"}
    assert [each["closes"] for each in found][-1] == "2026-12-28T00:00:00+08:00"


def test_a_scheme_without_windows_has_an_empty_calendar():
    assert calendar("ccib", "2026-01-01", "2026-12-31") == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("calendar", "nowhere", "--from", "2026-01-01", "--to", "2026-12-31"), "no scheme 'nowhere'"),
        (("calendar", "ptp", "--from", "yesterday", "--to", "2026-12-31"), "--from is a day"),
        (("calendar", "ptp", "--from", "2026-01-01", "--to", "2026-02-30"), "--to is a day"),
        (("calendar", "ptp", "--from", "2026-01-02", "--to", "2026-01-01"), "--to is before --from"),
        (("calendar", "ptp", "--from", "1900-01-01", "--to", "2026-01-01"), "50 years"),
        (("schemes", "show", "nowhere"), "no scheme 'nowhere'"),
        (("schemes", "show", "ptp", "--at", "soon"), "--at is a day"),
        (("schemes", "show", "ptp", "--at", "2011-01-01"), "no rules on 2011-01-01"),
    ],
)
def test_what_makes_no_sense_is_told(arguments, message):
    done = run(*arguments)
    assert done.exit_code == 2 and message in done.output


def test_schemes_are_listed_and_shown_with_sources():
    listed = json.loads(run("schemes", "list", "--json").output)
    assert {"ccaa", "ccib", "changzhou", "ptp"} <= {row["key"] for row in listed}
    shown = json.loads(run("schemes", "show", "ptp", "--at", "2026-11-05", "--json").output)
    assert (shown["key"], shown["version"]) == ("ptp", "2023-01-01")
    assert all(rule["source"] and rule["since"] for rule in shown["rules"])
    fees = [rule["value"] for rule in shown["rules"] if rule["name"] == "fees"]
    assert {fee["track"]: fee["yuan"] for fee in fees} == {"officer": "180", "director": "580", "chief": "580"}


def test_a_scheme_is_shown_as_a_table_too():
    assert "S3 annex 3 §5" in run("schemes", "show", "changzhou").output
    assert "changzhou" in run("schemes", "list").output
