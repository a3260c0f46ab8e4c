"""Working days: every day of six published years, counting round holidays and make-up days, years not yet published."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from exam.core.workdays import Due, add_working_days, is_published, is_working_day

PUBLISHED = Path(__file__).resolve().parents[3] / "shared/data/interop/china/cn_workdays.json"
needs_published = pytest.mark.skipif(not PUBLISHED.exists(), reason="../shared/data is not here")


def day(text):
    return date.fromisoformat(text)


@needs_published
def test_every_day_from_2018_to_2023_is_as_published():
    given = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    off, made_up = set(given["holidays"]), set(given["workdays"])
    one, worked = date(2018, 1, 1), dict.fromkeys(map(str, range(2018, 2024)), 0)
    while one < date(2024, 1, 1):
        name = one.isoformat()
        expected = name in made_up or (one.weekday() < 5 and name not in off)
        assert is_working_day(one) == expected and is_published(one), name
        worked[name[:4]] += expected
        one += timedelta(days=1)
    assert worked == given["working_days_per_year"]


@pytest.mark.parametrize(
    ("after", "count", "due"),
    [
        ("2026-11-10", 0, "2026-11-10"),
        ("2026-11-10", 1, "2026-11-11"),
        ("2026-11-10", 15, "2026-12-01"),  # after a Changzhou window: 15 working days, two weekends between
        ("2024-08-27", 7, "2024-09-05"),  # after a CCIB batch date
        ("2024-11-10", 7, "2024-11-19"),  # which is a Sunday
        ("2025-03-04", 7, "2025-03-13"),
        ("2018-02-10", 1, "2018-02-11"),  # a Sunday worked for Spring Festival
        ("2018-02-14", 1, "2018-02-22"),  # over Spring Festival
        ("2018-02-14", 3, "2018-02-24"),  # a Saturday worked for it
        ("2023-09-28", 2, "2023-10-08"),  # over National Day, whose first worked days are a weekend
    ],
)
def test_counting_goes_by_published_days(after, count, due):
    assert add_working_days(day(after), count) == Due(day(due), provisional=False)


def test_beyond_the_published_years_a_date_is_provisional():
    assert not is_published(date(2035, 10, 1))
    assert not is_working_day(date(2035, 10, 1))  # National Day, by statute
    assert add_working_days(date(2035, 11, 5), 3) == Due(date(2035, 11, 8), provisional=True)
    assert add_working_days(date(2035, 11, 5), 0) == Due(date(2035, 11, 5), provisional=False)


def test_a_corrected_day_goes_before_anything_published():
    corrections = {date(2026, 11, 11): False, date(2026, 11, 14): True}
    assert add_working_days(date(2026, 11, 10), 3, corrections) == Due(date(2026, 11, 14), provisional=False)
    assert add_working_days(date(2035, 11, 5), 1, {date(2035, 11, 6): True}) == Due(date(2035, 11, 6), False)


@pytest.mark.parametrize("count", [-1, 1001])
def test_absurd_counts_are_an_error(count):
    with pytest.raises(ValueError, match="counted from 0"):
        add_working_days(date(2026, 1, 1), count)
