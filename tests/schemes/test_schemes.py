"""Schemes as data: sources and dates on every row, histories without gaps or overlaps, versions by date."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from exam import schemes
from exam.core import i18n
from exam.schemes.kinds import ROWS, MonthlyWindow, Rule, certificates_for, fee_at, rule_at, value_at

ALL = list(schemes.SCHEMES.values())
CHANGZHOU = schemes.get("changzhou")


@pytest.mark.parametrize("scheme", ALL, ids=lambda scheme: scheme.key)
def test_every_value_has_a_source_and_a_date_and_no_day_has_two(scheme):
    for name, history in scheme.histories():
        assert history, name
        for rule in history:
            assert rule.source.startswith(("S0 ", "S1 ", "S2 ", "S3 ", "S4 ", "Settled")), name
            assert rule.since >= date(2011, 1, 1)
        for before, after in () if name in ROWS else pairwise(history):
            assert before.until is not None and before.until <= after.since, name


@pytest.mark.parametrize("scheme", ALL, ids=lambda scheme: scheme.key)
def test_every_text_is_there_in_both_languages(scheme):
    codes = [f"scheme-rule.{name}" for name, _ in scheme.histories()]
    for code in codes:
        assert i18n.has(code, "zh") and i18n.has(code, "en"), code
    for text in (scheme.title, scheme.summary):
        assert i18n.has(text, "en"), text


def test_changzhou_says_what_the_notice_says():
    on = date(2026, 11, 5)
    assert value_at(CHANGZHOU.windows, on) == MonthlyWindow(5, 10)
    assert value_at(CHANGZHOU.chances, on) == 2
    assert value_at(CHANGZHOU.retake_windows, on) == 1
    fee = fee_at(CHANGZHOU, on, "enrolment")
    assert fee and fee.value.yuan == 50
    assert value_at(CHANGZHOU.learning_hours, on) + value_at(CHANGZHOU.exam_hours, on) == Decimal(24)
    (certificate,) = certificates_for(CHANGZHOU, on, "passed")
    assert (certificate.value.issue.after, certificate.value.issue.working_days) == ("window", 15)
    assert value_at(CHANGZHOU.late_grace_seconds, on) == 0


def test_an_unknown_scheme_is_an_error():
    with pytest.raises(LookupError):
        schemes.get("nowhere")


def test_a_value_is_dated():
    history = (Rule(1, "Settled", date(2020, 1, 1), date(2024, 1, 1)), Rule(2, "Settled", date(2024, 1, 1)))
    assert value_at(history, date(2023, 12, 31)) == 1
    assert value_at(history, date(2024, 1, 1)) == 2
    with pytest.raises(LookupError):
        rule_at(history, date(2019, 12, 31))


def test_a_version_is_the_last_change_up_to_a_day_and_names_the_values_in_force():
    change = date(2027, 1, 1)
    first = replace(CHANGZHOU.chances[0], until=change)
    changed = replace(CHANGZHOU, chances=(first, Rule(3, "Settled: test", change)))
    assert changed.version_at(change - timedelta(days=1)) == "2011-03-01"
    assert changed.version_at(change) == changed.version_at(date(2030, 5, 5)) == "2027-01-01"
    version = date.fromisoformat(changed.version_at(date(2030, 5, 5)))
    assert dict(changed.in_force(version))["chances"].value == 3
    with pytest.raises(LookupError):
        CHANGZHOU.version_at(date(2011, 1, 31))


@pytest.mark.parametrize("days", [(0, 5), (6, 5), (5, 29)])
def test_a_monthly_window_exists_in_every_month(days):
    with pytest.raises(ValueError, match="within"):
        MonthlyWindow(*days)
