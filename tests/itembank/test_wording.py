"""Every code that scoring and the problems of items use has its words in both languages."""

import re
from pathlib import Path

import pytest

from exam.core.i18n import LOCALES, current_locale, gettext, has
from exam.core.texts import problem_text
from exam.itembank import types
from exam.itembank.types.engine import _CODES
from tests.itembank.samples import CASE, RIGHT
from tests.itembank.test_scoring_choices import scored

SOURCES = [path.read_text() for path in Path(types.__file__).parent.glob("*.py")]


@pytest.mark.parametrize("locale", LOCALES)
def test_every_reason_and_structural_problem_has_words(locale):
    codes = {code for source in SOURCES for code in re.findall(r'Reason\(\s*"([a-z-]+)"', source)}
    codes |= {"blank-empty", "blank-right", "blank-wrong", "number-wrong", "unit-missing", "unit-right", "unit-wrong"}
    assert not [code for code in codes if not has(f"score.{code}", locale)]
    assert not [code for code in {*_CODES.values(), "malformed"} if not has(f"problem.{code}", locale)]


@pytest.mark.parametrize("locale", LOCALES)
def test_the_words_take_what_the_code_gives(locale):
    token = current_locale.set(locale)
    try:
        for kind, (content, response) in RIGHT.items():
            assert gettext(types.item_type(kind).name) != kind
            for given in (response, None):
                for reason in scored(kind, content, given).reasons:
                    assert "%(" not in gettext(f"score.{reason.code}", **reason.params)
            for draft in ({}, {"stem": 5}, {"x": 1}, {**content, "options": [{"id": "a"}], "blanks": [{"id": "4"}]}):
                for problem in types.problems(kind, draft):
                    assert "%(" not in problem_text(problem)
        (first, *_) = scored("case-analysis", CASE, None, "7").reasons
        assert gettext(f"score.{first.code}", **first.params) in (
            "第 1 小题：0.00 / 2.00 分",
            "Part 1: 0.00 of 2.00 marks",
        )
    finally:
        current_locale.reset(token)
