"""What a course must have, and who may select it when."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from exam import schemes
from exam.core.decisions import Refusal
from exam.courses.rules import Selected, finished_instant, may_select, settings_problems
from exam.credits.eligibility_terms import Span
from tests.courses.making import NOON, settings

ON = date(2026, 11, 6)
YEAR = Span("calendar-year", date(2026, 1, 1), date(2026, 12, 31), 2026)
AGAIN = datetime(2026, 12, 31, 16, tzinfo=UTC)


def codes(**changes):
    wanted = settings(**changes)
    return {(p.field, p.code) for p in settings_problems(wanted, schemes.get(wanted.scheme), ON)}


FILED = {"scheme": "ccaa", "delivery": "filed", "category": "filed", "class_number": "01"}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, set()),
        ({"title": "", "code": ""}, {("title", "required"), ("code", "required")}),
        ({"hours": Decimal(0)}, {("hours", "course-hours")}),
        ({"hours": Decimal("0.5")}, set()),
        ({"hours": Decimal("0.25")}, {("hours", "course-hours")}),
        ({"hours": Decimal(500)}, set()),
        ({"hours": Decimal("500.5")}, {("hours", "course-hours")}),
        ({"delivery": "by-post"}, {("delivery", "required")}),
        ({"scheme": "ptp", "track": "officer"}, set()),
        ({"scheme": "ptp", "track": "pilot"}, {("track", "no-such-track")}),
        ({"scheme": "ccib", "category": "required"}, set()),
        ({"scheme": "ccib"}, {("category", "required")}),
        ({"scheme": "ccib", "category": "filed"}, {("category", "required")}),
        # S2 annex 2 §1: filed courses have 4 to 16 hours
        (FILED | {"hours": Decimal(4)}, set()),
        (FILED | {"hours": Decimal(16)}, set()),
        (FILED | {"hours": Decimal("3.5")}, {("hours", "course-hours-of-category"), ("hours", "course-hours-whole")}),
        (FILED | {"hours": Decimal(17)}, {("hours", "course-hours-of-category")}),
        (FILED | {"hours": Decimal(8), "class_number": ""}, {("class_number", "required")}),
        (FILED | {"hours": Decimal(8), "approval": "CNCA-R-2002-001"}, set()),
        (FILED | {"hours": Decimal(8), "approval": "CNCA-R-2002"}, {("approval", "approval-number-form")}),
        (
            {"scheme": "ccaa", "delivery": "face-to-face", "category": "required", "hours": Decimal("8.5")},
            {("hours", "course-hours-whole"), ("class_number", "required")},
        ),
    ],
)
def test_settings(changes, found):
    assert codes(**changes) == found


@pytest.mark.parametrize(
    ("state", "own_staff", "by_office", "latest", "code"),
    [
        ("open", False, False, None, None),
        ("draft", False, False, None, "course-draft"),
        ("closed", False, True, None, "course-closed"),
        ("open", True, False, None, "course-office-enrols"),
        ("open", True, True, None, None),
        ("open", False, False, Selected("cancelled"), None),
        ("open", False, False, Selected("active"), "course-selected-already"),
        ("open", False, False, Selected("finished", date(2026, 3, 1), "waiting"), "course-exam-waits"),
        ("open", False, False, Selected("finished", date(2026, 3, 1), "spent"), None),
        ("open", False, False, Selected("finished", date(2026, 1, 1), "passed"), "course-counted-already"),
        ("open", False, False, Selected("finished", date(2025, 12, 31), "passed"), None),
        ("open", False, True, Selected("finished", date(2026, 3, 1)), "course-counted-already"),
        ("open", False, False, Selected("finished", date(2025, 3, 1)), None),
    ],
)
def test_who_may_select(state, own_staff, by_office, latest, code):
    refusal = may_select(state, own_staff, by_office, latest, YEAR, AGAIN)
    assert (refusal.code if refusal else None) == code
    if code == "course-counted-already":
        assert refusal.allowed_from == AGAIN


@pytest.mark.parametrize(
    ("latest", "since", "code"),
    [
        (date(2026, 3, 5), date(2026, 3, 5), "course-counted-already"),
        (date(2026, 3, 4), date(2026, 3, 5), None),
    ],
)
def test_a_cycle_of_years(latest, since, code):
    refusal = may_select("open", False, False, Selected("finished", latest), Span("years", since), None)
    assert (refusal.code if refusal else None) == code


def test_days_that_a_course_can_be_finished_on():
    assert finished_instant(schemes.get("changzhou"), ON, NOON) == datetime(2026, 11, 5, 16, tzinfo=UTC)
    assert finished_instant(schemes.get("changzhou"), date(2026, 11, 7), NOON) == Refusal("course-date-in-future")
    assert finished_instant(schemes.get("changzhou"), date(1999, 1, 1), NOON) == Refusal("course-date-too-old")
