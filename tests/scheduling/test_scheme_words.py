"""Every rule of every scheme has its words, in both languages."""

import pytest

from exam import schemes
from exam.core import i18n
from exam.scheduling.scheme_words import said
from tests.schemes_extra.night_school import SCHEME as NIGHT_SCHOOL

ALL = [*schemes.SCHEMES.values(), NIGHT_SCHOOL]


@pytest.mark.parametrize("locale", i18n.LOCALES)
@pytest.mark.parametrize("scheme", ALL, ids=lambda scheme: scheme.key)
def test_no_rule_is_without_words(scheme, locale):
    i18n.current_locale.set(locale)
    for name, history in scheme.histories():
        for rule in history:
            words = said(scheme, rule)
            shown = " ".join((words.text, *words.lines))
            assert words.text.strip() and "(" + type(rule.value).__name__ not in shown, (name, rule)
            assert "Decimal(" not in shown and "None" not in shown, (name, shown)


@pytest.mark.parametrize(
    ("key", "locale", "text"),
    [
        ("changzhou", "zh", "每月 5 日至 10 日"),
        ("changzhou", "en", "Each enrolment: 50 yuan"),
        ("ptp", "zh", "质量安全总监，每次考试 580 元"),
        ("ccib", "zh", "持证人员，继续教育选修课，不少于 30 学时，继续教育必修课学满以后才计入"),
        ("ccaa", "zh", "备案课程，只供本机构人员，每门 4 至 16 学时"),
        ("ccaa", "en", "12/10 each year, inclusive"),
    ],
)
def test_what_is_said(key, locale, text):
    i18n.current_locale.set(locale)
    scheme = schemes.get(key)
    assert text in [said(scheme, rule).text for _, history in scheme.histories() for rule in history]
