"""What activities and waivers are worth: a table of every row of S3 annex 1 §3 and S2 annex 1, round each boundary."""

from datetime import date
from decimal import Decimal

import pytest

from exam import schemes
from exam.core.decisions import Refusal
from exam.credits.calculators import Stated, Worth, cn, issn, waived, waiver_in_time, waiver_year, worth
from exam.schemes.rows import MonthDay

ON = date(2026, 6, 30)
ACTIVITIES = {rule.value.key: rule.value for rule in schemes.get("changzhou").activities}
WAIVERS = {rule.value.key: rule.value for rule in schemes.get("ccaa").waivers}


def of(activity: str, variant: str, **stated):
    [row] = [one for one in ACTIVITIES[activity].variants if one.key == variant]
    given = {"on": ON, **stated}
    if "quantity" in given:
        given["quantity"] = Decimal(str(given["quantity"]))
    return worth(row, Stated(**given))


PASSED = {"confirmed": frozenset({"passed"})}
READ = {"confirmed": frozenset({"paper-read"})}
REAL = {"confirmed": frozenset({"not-supplement"})}
NUMBERS = {"numbers": {"issn": "0378-5955", "cn": "CN 32-1234/G4"}}


@pytest.mark.parametrize(
    ("activity", "variant", "stated", "hours"),
    [
        ("public-subject", "subject", {}, 24),
        ("certificate-exam", "informatics", {}, 20),
        ("certificate-exam", "english", {}, 20),
        ("certificate-exam", "qualification", {"quantity": 2}, 40),
        ("base-training", "approved", {"quantity": "12.5"}, "12.5"),
        ("training", "full-time", {"quantity": 5, **PASSED}, 30),
        ("training", "half-time", {"quantity": 5, **PASSED}, 15),
        ("degree", "degree", {}, 100),
        ("degree", "degree", {"quantity": 7}, 100),
        ("degree", "single-subject", {"quantity": 3, "confirmed": frozenset({"not-graduated"})}, 30),
        ("degree", "self-study", {"quantity": 2}, 30),
        ("field-study", "days", {"quantity": 4, "confirmed": frozenset({"without-travel"})}, 24),
        ("lecture", "international", {"quantity": 2, **READ}, 20),
        ("lecture", "national", {"quantity": 2, **READ}, 16),
        ("lecture", "provincial", {"quantity": 2, **READ}, 12),
        ("lecture", "municipal", {"quantity": 2, **READ}, 8),
        ("publication", "book", {"quantity": 10_000, "rank": 1}, 10),
        ("publication", "book", {"quantity": 19_999, "rank": 3}, 10),
        ("publication", "book", {"quantity": 20_000, "rank": 3}, 20),
        ("publication", "book", {"quantity": 125_000, "rank": 2}, 120),
        ("publication", "first-class", {"rank": 3, **REAL}, 30),
        ("publication", "provincial", {"rank": 1, **REAL}, 20),
        ("publication", "issn-cn", {"rank": 1, **REAL, **NUMBERS}, 20),
        ("publication", "municipal", {"rank": 1, **REAL}, 10),
        ("patent", "invention", {"rank": 3}, 30),
        ("patent", "utility-or-design", {"rank": 3}, 20),
        ("award", "national", {"rank": 3}, 60),
        ("award", "provincial", {"rank": 3}, 50),
        ("award", "municipal", {"rank": 3}, 40),
        ("project", "national-main", {"rank": 5}, 50),
        ("project", "national-sub", {"rank": 3}, 30),
        ("project", "provincial-main", {"rank": 5}, 40),
        ("project", "provincial-sub", {"rank": 3}, 20),
        ("teaching", "taught", {"quantity": "3.5"}, 7),
        ("aid-work", "year", {}, 50),
        ("in-house", "filed", {"quantity": "6.5", "filed_on": date(2026, 3, 31)}, "6.5"),
        ("in-house", "filed", {"quantity": 6, "filed_on": date(2026, 1, 1)}, 6),
    ],
)
def test_what_each_activity_is_worth(activity, variant, stated, hours):
    found = of(activity, variant, **stated)
    assert isinstance(found, Worth) and found.hours == Decimal(str(hours))


@pytest.mark.parametrize(
    ("activity", "variant", "stated", "code"),
    [
        ("publication", "book", {"quantity": 9_999, "rank": 1}, "claim-too-few-characters"),
        ("publication", "book", {"quantity": "10000.5", "rank": 1}, "claim-whole-units"),
        ("publication", "book", {"quantity": 10_000, "rank": 4}, "claim-rank"),
        ("publication", "book", {"quantity": 10_000}, "claim-rank-needed"),
        ("publication", "book", {"quantity": 10_000, "rank": 0}, "claim-rank-needed"),
        ("publication", "municipal", {"rank": 1}, "claim-confirm-not-supplement"),
        ("publication", "issn-cn", {"rank": 1, **REAL}, "claim-issn"),
        ("publication", "issn-cn", {"rank": 1, **REAL, "numbers": {"issn": "0378-5955"}}, "claim-cn"),
        ("patent", "invention", {"rank": 4}, "claim-rank"),
        ("award", "municipal", {"rank": 4}, "claim-rank"),
        ("project", "national-main", {"rank": 6}, "claim-rank"),
        ("project", "national-sub", {"rank": 4}, "claim-rank"),
        ("training", "full-time", {"quantity": "1.5", **PASSED}, "claim-whole-units"),
        ("training", "full-time", {"quantity": 5}, "claim-confirm-passed"),
        ("training", "full-time", {"quantity": 0, **PASSED}, "claim-quantity"),
        ("training", "full-time", {"quantity": 367, **PASSED}, "claim-quantity"),
        ("lecture", "municipal", {"quantity": 1}, "claim-confirm-paper-read"),
        ("teaching", "taught", {"quantity": "1.25"}, "claim-half-hours"),
        ("in-house", "filed", {"quantity": 6}, "claim-not-filed"),
        ("in-house", "filed", {"quantity": 6, "filed_on": date(2026, 4, 1)}, "claim-filed-late"),
        ("in-house", "filed", {"quantity": 6, "filed_on": date(2025, 12, 31)}, "claim-filed-late"),
        ("in-house", "filed", {"on": date(2026, 2, 1), "filed_on": date(2026, 2, 2)}, "claim-filed-late"),
    ],
)
def test_what_is_refused(activity, variant, stated, code):
    found = of(activity, variant, **stated)
    assert isinstance(found, Refusal) and found.code == code


def test_a_degree_is_registered_over_two_years():
    assert of("degree", "degree").by_year == ((2026, Decimal(50)), (2027, Decimal(50)))


def test_there_are_fourteen_and_only_the_first_is_public():
    assert [one.number for one in ACTIVITIES.values()] == list(range(1, 15))
    assert [one.number for one in ACTIVITIES.values() if one.category == "public"] == [1]
    assert all(one.evidence or all(v.evidence for v in one.variants) for one in ACTIVITIES.values())


@pytest.mark.parametrize(("text", "good"), [("0378-5955", True), ("ISSN 2434-561X", True), ("0378-5956", False)])
def test_issn(text, good):
    assert issn(text) is good


@pytest.mark.parametrize(("text", "good"), [("CN 32-1234/G4", True), ("11-2345", True), ("CN 321234", False)])
def test_cn(text, good):
    assert cn(text) is good


@pytest.mark.parametrize(
    ("key", "hours", "category"),
    [
        ("case-judged", 16, "elective"),
        ("case-presented", 16, "elective"),
        ("case-attended", 8, "elective"),
        ("interviewer-once", 8, "elective"),
        ("interviewer-several", 16, "elective"),
        ("items-written", 8, "elective"),
        ("items-reviewed", 8, "elective"),
        ("assessor-once", 8, "elective"),
        ("assessor-several", 16, "elective"),
        ("standard", 8, "elective"),
        ("book", 8, "elective"),
        ("paper", 8, "elective"),
        ("association-training", 8, "elective"),
        ("foreign-training", 8, "elective"),
        ("other", 8, "elective"),
    ],
)
def test_partial_waivers(key, hours, category):
    assert waived(WAIVERS[key], Stated(ON, rank=1), {}) == hours
    assert WAIVERS[key].category == category


@pytest.mark.parametrize(
    ("key", "ranks"),
    [
        ("award-national-first", 15),
        ("award-national-second", 10),
        ("award-provincial-first", 10),
        ("award-provincial-second", 8),
        ("award-provincial-third", 6),
        ("standard", 3),
        ("book", 3),
        ("paper", 3),
    ],
)
def test_rank_limits_of_waivers(key, ranks):
    assert waived(WAIVERS[key], Stated(ON, rank=ranks), {}) == 8
    late = waived(WAIVERS[key], Stated(ON, rank=ranks + 1), {})
    assert isinstance(late, Refusal) and late.code == "claim-rank"
    assert WAIVERS[key].next_year_too


def test_full_waivers_let_off_everything_and_some_only_foreign_staff():
    full = [one for one in WAIVERS.values() if one.full]
    assert len(full) == 6 and all(one.apply and one.evidence for one in full)
    assert waived(WAIVERS["maternity"], Stated(ON), {}) is None
    refused = waived(WAIVERS["foreign-filed"], Stated(ON), {})
    assert isinstance(refused, Refusal) and refused.code == "waiver-only-foreign"
    assert waived(WAIVERS["foreign-filed"], Stated(ON), {"foreign": 1}) is None


@pytest.mark.parametrize("key", ["required-recorded", "elective-recorded", "course-reviewed", "teacher-reviewed"])
def test_as_many_hours_as_the_course_had(key):
    assert waived(WAIVERS[key], Stated(ON, quantity=Decimal(4)), {}) == 4
    assert not WAIVERS[key].apply
    assert WAIVERS[key].category == ("required" if key == "required-recorded" else "elective")


@pytest.mark.parametrize(
    ("sent", "late"),
    [(date(2026, 1, 1), False), (date(2026, 12, 9), False), (date(2026, 12, 10), False), (date(2026, 12, 11), True)],
)
def test_the_deadline_is_inclusive(sent, late):
    refusal = waiver_in_time(MonthDay(12, 10), 2026, sent)
    assert (refusal is not None) is late
    assert refusal is None or refusal.params == {"last": "2026-12-10"}


@pytest.mark.parametrize(
    ("key", "year", "allowed"),
    [
        ("paper", 2026, True),
        ("paper", 2027, True),
        ("paper", 2028, False),
        ("other", 2026, True),
        ("other", 2027, False),
    ],
)
def test_some_waivers_may_be_taken_in_the_next_year(key, year, allowed):
    assert (waiver_year(WAIVERS[key], ON, year) is None) is allowed
