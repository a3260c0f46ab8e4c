"""What comes next before the start, and which answers are taken when."""

import itertools
from pathlib import Path

import pytest

from exam.core import i18n
from exam.proctor.consent import about
from exam.proctor.consent import rules as consent_rules
from exam.proctor.consent import texts as consent
from exam.proctor.consent.rules import MAX_ANSWERS, Stand, may_answer, next_step
from exam.proctor.models import CHECK_IN_STATES, CONSENTS, IDENTITY, LEVELS, ROUTES
from tests.proctor.conftest import some_terms


@pytest.mark.parametrize(
    ("stand", "step"),
    [
        (Stand("none", "camera", "none"), "on"),
        (Stand("focus", "camera", "none"), "on"),
        (Stand("camera", "camera", "none"), "consent"),
        (Stand("live", "camera", "before"), "consent"),
        (Stand("camera", "camera", "none", "refused"), "consent"),
        (Stand("camera", "camera", "none", "withdrawn"), "consent"),
        (Stand("camera", "camera", "none", "given"), "on"),
        (Stand("camera", "human", "none", "refused"), "ask"),
        (Stand("camera", "human", "none", "refused", "open"), "ask"),
        (Stand("camera", "human", "none", "refused", "again"), "ask"),
        (Stand("camera", "human", "none", "refused", "waiting"), "wait"),
        (Stand("live", "human", "before", "refused", "waiting"), "wait"),
        (Stand("live", "human", "after", "refused", "waiting"), "later"),
        (Stand("camera", "human", "before", "withdrawn", "approved"), "on"),
        (Stand("camera", "human", "none", "", "waiting"), "wait"),  # the camera is off by an accommodation
    ],
)
def test_what_comes_next(stand: Stand, step: str) -> None:
    assert next_step(stand) == step


def test_nobody_is_left_without_a_step() -> None:
    """Whatever was answered and checked, there is a way on, and only a human's word or a consent bars the start."""
    places = itertools.product(LEVELS, ROUTES, IDENTITY, ("", *CONSENTS), ("", *CHECK_IN_STATES))
    for place in places:
        stand = Stand(*place)
        step = next_step(stand)
        assert step in {"consent", "ask", "wait", "later", "on"}
        if stand.level in ("camera", "live") and stand.route == "camera" and step == "on":
            assert stand.answer == "given"
        assert (step in consent_rules.BARS) == (step in {"consent", "ask", "wait"})


@pytest.mark.parametrize(
    ("answer", "state", "kept", "camera", "code"),
    [
        ("given", "prepared", 0, True, None),
        ("refused", "prepared", 3, True, None),
        ("given", "prepared", MAX_ANSWERS - 1, True, None),
        ("given", "prepared", MAX_ANSWERS, True, "consent-too-often"),
        ("withdrawn", "prepared", MAX_ANSWERS, True, None),
        ("given", "in-progress", 1, True, "consent-too-late"),
        ("refused", "paused", 1, True, "consent-too-late"),
        ("withdrawn", "in-progress", 1, True, None),
        ("withdrawn", "submitted", 1, True, None),
        ("given", "prepared", 0, False, "consent-not-asked"),
    ],
)
def test_which_answers_are_taken(answer: str, state: str, kept: int, camera: bool, code: str | None) -> None:
    refusal = may_answer(answer, state, kept, camera=camera)
    assert (refusal.code if refusal else None) == code


@pytest.mark.parametrize("locale", i18n.LOCALES)
@pytest.mark.parametrize("level", ["camera", "live"])
@pytest.mark.parametrize("identity", IDENTITY)
def test_the_text_says_what_holds_for_the_exam(locale: str, level: str, identity: str) -> None:
    shown = consent.shown(some_terms(level=level, identity=identity, interval_seconds=7, keep_days=33), locale)
    said = "\n".join(line for _, lines in shown.parts for line in lines)
    assert len(shown.parts) == 5 and all(lines for _, lines in shown.parts)
    assert "7" in said and "33" in said and "%" not in said
    assert (("身份证" if locale == "zh" else "ID card") in shown.parts[0][1][1]) == (identity != "none")
    live = "实时" if locale == "zh" else "live"
    assert (live in said) == (level == "live")


def test_versions_are_days_in_order_and_whole_in_both_languages() -> None:
    days = [version.version for version in consent.VERSIONS]
    assert days == sorted(set(days))
    for version in consent.VERSIONS:
        zh, en = version.texts["zh"], version.texts["en"]
        assert [len(lines) for _, lines in zh.parts] == [len(lines) for _, lines in en.parts]
        assert [[line.when for line in lines] for _, lines in zh.parts] == [
            [line.when for line in lines] for _, lines in en.parts
        ]


def test_what_is_told_about_proctoring_is_the_same_in_both_languages() -> None:
    zh, en = about.TEXTS["zh"], about.TEXTS["en"]
    assert [len(paragraphs) for _, paragraphs in zh.sections] == [len(paragraphs) for _, paragraphs in en.sections]


def test_the_document_for_candidates_is_the_page() -> None:
    """Written anew by: python -c "from exam.proctor.consent.about import as_markdown; print(as_markdown(), end='')"."""
    document = Path(__file__).parent.parent.parent / "docs" / "proctoring-candidates.md"
    assert document.read_text(encoding="utf-8") == about.as_markdown()
