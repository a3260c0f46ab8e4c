"""What each scheme asks, round each boundary: met, or what is missing, with every hour counted or explained."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from exam import schemes
from exam.credits.eligibility import Standing, assess
from exam.credits.facts import Bar, Entry, Facts, Let

from .facts_made import entry

DAY = date(2026, 11, 20)


def why(standing: Standing) -> list[tuple[str, Decimal]]:
    return [(one.code, one.hours) for one in standing.not_counted]


def lacks(standing: Standing) -> list[tuple[str, object]]:
    return [(one.code, one.params.get("category", one.params.get("hours"))) for one in standing.missing]


@pytest.mark.parametrize(
    ("public", "professional", "met", "missing"),
    [
        ("24", "48", True, "0"),
        ("23.5", "48.5", False, "0.5"),
        ("24.5", "47.5", False, "0.5"),
        ("48", "24", False, "24"),
        ("0", "72", False, "24"),
        ("24", "47.99", False, "0.01"),
        ("24", "0", False, "48"),
        ("0", "0", False, "72"),
        ("100", "100", True, "0"),
    ],
)
def test_a_changzhou_year(public: str, professional: str, met: bool, missing: str) -> None:
    entries = (entry("public", public), entry("professional", professional, source_kind="activity"))
    standing = assess(schemes.get("changzhou"), Facts(entries=entries), DAY)
    assert standing.met is met
    assert standing.hours_missing == Decimal(missing)
    assert {asked.source for asked in standing.requirements} == {"S3 annex 2 §10"}


@pytest.mark.parametrize(("on", "counts"), [("2025-12-31", False), ("2026-01-01", True), ("2026-12-31", True)])
def test_a_year_has_two_ends(on: str, counts: bool) -> None:
    standing = assess(schemes.get("changzhou"), Facts(entries=(entry("public", 24, on),)), DAY)
    assert bool(standing.counted) is counts
    assert why(standing) == ([] if counts else [("out-of-cycle", 24)])
    assert counts or standing.not_counted[0].source.startswith("S3 annex 2 §10")


def test_hours_registered_in_another_year_belong_to_that_year() -> None:
    degree = entry("professional", 50, "2026-06-30", year=2027, source_kind="activity")
    scheme, facts = schemes.get("changzhou"), Facts(entries=(degree,))
    assert why(assess(scheme, facts, DAY)) == [("out-of-cycle", 50)]
    assert [one.hours for one in assess(scheme, facts, date(2027, 1, 1)).counted] == [50]


def test_a_subject_counts_once_a_year() -> None:
    twice = (entry("public", 24, "2026-03-01", subject="GX"), entry("public", 24, "2026-08-01", subject="GX"))
    standing = assess(schemes.get("changzhou"), Facts(entries=twice), DAY)
    assert [(one.entry.id, one.hours) for one in standing.counted] == [(twice[0].id, 24)]
    assert [(one.entry.id, one.code, one.hours) for one in standing.not_counted] == [(twice[1].id, "duplicate", 24)]
    next_year = (twice[0], replace(twice[1], on=date(2027, 1, 5)))
    assert len(assess(schemes.get("changzhou"), Facts(entries=next_year), date(2027, 6, 1)).counted) == 1


def test_a_longer_course_of_the_same_subject_counts_by_what_it_is_longer() -> None:
    twice = (entry("elective", 4, "2026-03-01", subject="X"), entry("elective", 6, "2026-04-01", subject="X"))
    standing = assess(schemes.get("ccaa"), Facts(entries=twice), DAY)
    assert [one.hours for one in standing.counted] == [4, 2]
    assert why(standing) == [("duplicate", 4)]


def test_activities_of_one_kind_are_not_the_same_subject() -> None:
    papers = tuple(entry("professional", 20, source_kind="activity", subject="publication") for _ in range(2))
    assert len(assess(schemes.get("changzhou"), Facts(entries=papers), DAY).counted) == 2


def test_a_forged_claim_bars_its_year_and_no_other() -> None:
    entries = (entry("public", 24), entry("professional", 48))
    facts = Facts(entries=entries, bars=(Bar(2026, "伪造证书", date(2026, 9, 1)),))
    standing = assess(schemes.get("changzhou"), facts, DAY)
    assert not standing.met
    assert [(one.code, one.source) for one in standing.missing] == [("barred", "S3 annex 2 §15")]
    assert standing.barred is not None and standing.hours_missing == 0
    moved = replace(facts, entries=tuple(replace(one, on=date(2027, 2, 2)) for one in entries))
    assert assess(schemes.get("changzhou"), moved, date(2027, 3, 1)).met
    assert assess(schemes.get("ccaa"), replace(facts, entries=ccaa(8, 8, 8)), DAY).met  # knows no such rule


def ccaa(required: int | str, elective: int | str, filed: int | str) -> tuple[Entry, ...]:
    return entry("required", required), entry("elective", elective), entry("filed", filed)


@pytest.mark.parametrize(
    ("member", "hours", "met", "missing"),
    [
        ({}, (8, 8, 8), True, "0"),
        ({}, (8, 16, 0), True, "0"),
        ({}, (16, 8, 0), True, "0"),
        ({}, ("7.5", 8, 16), False, "0.5"),
        ({}, (8, "7.5", 16), False, "0.5"),
        ({}, (8, 8, "7.5"), False, "0.5"),
        ({}, (0, 0, 24), False, "16"),
        ({}, (0, 0, 0), False, "24"),
        ({"fields": 1, "roles": 1}, (8, 8, 8), True, "0"),
        ({"fields": 2}, (8, 8, 8), False, "8"),
        ({"fields": 2}, (8, 8, 16), True, "0"),
        ({"fields": 2}, (8, 8, "15.5"), False, "0.5"),
        ({"roles": 2}, (8, 8, "15.5"), False, "0.5"),
        ({"roles": 2}, (12, 12, 8), True, "0"),
    ],
)
def test_a_ccaa_year(member: dict[str, int], hours: tuple[int, int, int], met: bool, missing: str) -> None:
    standing = assess(schemes.get("ccaa"), Facts(member=member, entries=ccaa(*hours)), DAY)
    assert (standing.met, standing.hours_missing) == (met, Decimal(missing))
    assert standing.track == ("several" if max(member.values(), default=0) > 1 else "single")


@pytest.mark.parametrize(
    ("member", "let_off", "counted", "over"),
    [
        ({}, (8,), 8, 0),
        ({}, (8, 4), 12, 0),
        ({}, (8, "4.5"), 12, "0.5"),
        ({}, (16,), 12, 4),
        ({}, (8, 8), 12, 4),
        ({"fields": 2}, (16,), 16, 0),
        ({"fields": 2}, (8, 8), 16, 0),
        ({"fields": 2}, (16, 8), 16, 8),
    ],
)
def test_partial_waivers_come_to_half_a_year_at_most(member, let_off, counted, over) -> None:
    entries = tuple(entry("elective", hours, source_kind="waiver", waiver="partial") for hours in let_off)
    standing = assess(schemes.get("ccaa"), Facts(member=member, entries=entries), DAY)
    assert sum(one.hours for one in standing.counted) == counted
    assert sum(one.hours for one in standing.not_counted) == Decimal(over)
    assert {(one.code, one.source) for one in standing.not_counted} <= {("over-cap", "S2 annex 1 note 2")}


def test_the_cap_serves_the_category_that_lacks_hours_first() -> None:
    let_off = (
        entry("elective", 12, "2026-02-01", source_kind="waiver", waiver="partial"),
        entry("required", 8, "2026-03-01", source_kind="waiver", waiver="partial"),
    )
    learned = (entry("elective", 12),)
    standing = assess(schemes.get("ccaa"), Facts(entries=(*let_off, *learned)), DAY)
    assert standing.met
    assert why(standing) == [("over-cap", 8)]


def test_a_full_waiver_meets_the_year() -> None:
    facts = Facts(waived=(Let(2026, "生育", "S2 annex 1 §1 2"),))
    standing = assess(schemes.get("ccaa"), facts, DAY)
    assert standing.met and all(asked.waived and asked.missing == 0 for asked in standing.requirements)
    assert {asked.source for asked in standing.requirements} == {"S2 annex 1 §1 2"}
    assert not assess(schemes.get("ccaa"), facts, date(2027, 1, 1)).met


def test_a_filed_course_is_for_ones_own_staff() -> None:
    standing = assess(schemes.get("ccaa"), Facts(entries=(entry("filed", 8, own_staff=False),)), DAY)
    assert [(one.code, one.source) for one in standing.not_counted] == [("not-own-staff", "S2 annex 2 §1, §2")]
    elective = (entry("elective", 8, own_staff=False),)
    assert assess(schemes.get("ccaa"), Facts(entries=elective), DAY).counted


HOLDER = Facts(member={"holder": 1}, cycle_until=date(2027, 3, 4))


@pytest.mark.parametrize(
    ("hours", "met", "missing"),
    [
        ((10, 30), True, "0"),
        (("9.5", 30), False, "30.5"),
        ((10, "29.5"), False, "0.5"),
        ((20, 20), False, "10"),
        ((0, 40), False, "40"),
        ((40, 0), False, "30"),
        ((12, 30), True, "0"),
    ],
)
def test_a_ccib_holder(hours: tuple[int, int], met: bool, missing: str) -> None:
    entries = (entry("required", hours[0], "2026-01-05"), entry("elective", hours[1], "2026-02-01"))
    standing = assess(schemes.get("ccib"), replace(HOLDER, entries=entries), DAY)
    assert (standing.met, standing.hours_missing) == (met, Decimal(missing))


@pytest.mark.parametrize(
    ("on", "at", "counts"),
    [
        ("2026-05-09", "23:00", False),
        ("2026-05-10", "08:59", False),
        ("2026-05-10", "09:00", True),
        ("2026-05-10", None, True),
        ("2026-05-11", "00:00", True),
        ("2026-05-09", None, False),
    ],
)
def test_electives_count_from_the_instant_the_required_hours_were_complete(on, at, counts) -> None:
    required = (entry("required", 5, "2026-05-01", at="10:00"), entry("required", 5, "2026-05-10", at="09:00"))
    elective = entry("elective", 30, on, at=at)
    standing = assess(schemes.get("ccib"), replace(HOLDER, entries=(*required, elective)), DAY)
    assert standing.met is counts
    if not counts:
        (refused,) = standing.not_counted
        assert (refused.code, refused.hours) == ("before-required", 30)
        assert refused.source.startswith("S0 §4(1)")


def test_an_elective_learned_too_early_counts_when_learned_again() -> None:
    early, again = entry("elective", 30, "2026-01-01", subject="E"), entry("elective", 30, "2026-06-01", subject="E")
    entries = (early, entry("required", 10, "2026-05-01"), again)
    standing = assess(schemes.get("ccib"), replace(HOLDER, entries=entries), DAY)
    assert standing.met
    assert [(one.entry.id, one.code) for one in standing.not_counted] == [(early.id, "before-required")]


@pytest.mark.parametrize(("hours", "met"), [(40, True), ("39.5", False)])
def test_a_new_entrant_to_ccib_takes_electives_only(hours, met) -> None:
    facts = Facts(entries=(entry("elective", hours), entry("required", 10)))
    standing = assess(schemes.get("ccib"), facts, DAY)
    assert (standing.met, standing.track) == (met, "new")
    assert why(standing) == [("wrong-category", 10)]


@pytest.mark.parametrize(
    ("on", "counts"), [("2023-03-04", False), ("2023-03-05", True), ("2027-03-04", True), ("2027-03-05", True)]
)
def test_a_ccib_cycle_is_four_years_up_to_the_expiry_and_late_hours_still_renew(on: str, counts: bool) -> None:
    standing = assess(schemes.get("ccib"), replace(HOLDER, entries=(entry("required", 10, on),)), date(2027, 4, 1))
    assert (standing.cycle.since, standing.cycle.until) == (date(2023, 3, 5), date(2027, 3, 4))
    assert bool(standing.counted) is counts
    assert counts or why(standing) == [("out-of-cycle", 10)]


@pytest.mark.parametrize(("track", "hours"), [("officer", 30), ("director", 40), ("chief", 60)])
@pytest.mark.parametrize("short", [Decimal(0), Decimal("0.5")])
def test_the_hours_of_a_ptp_speciality(track: str, hours: int, short: Decimal) -> None:
    learned = entry("training", hours - short, "2019-05-05", track=track)
    standing = assess(schemes.get("ptp"), Facts(track=track, entries=(learned,)), DAY)
    assert (standing.met, standing.hours_missing, standing.track) == (short == 0, short, track)
    other = assess(schemes.get("ptp"), Facts(track=track, entries=(replace(learned, track="none"),)), DAY)
    assert why(other) == [("other-track", hours - short)]
    proof = assess(schemes.get("ptp"), Facts(track=track, entries=(replace(learned, track=""),)), DAY)
    assert proof.met is (short == 0)


def test_without_a_chosen_speciality_nobody_is_eligible() -> None:
    standing = assess(schemes.get("ptp"), Facts(entries=(entry("training", 99),)), DAY)
    assert not standing.met and lacks(standing) == [("track", None)]


def test_undone_hours_are_shown_and_not_counted() -> None:
    posted = entry("public", 24)
    undo = replace(posted, id=posted.id + 10_000, hours=-posted.hours, undoes=posted.id)
    standing = assess(schemes.get("changzhou"), Facts(entries=(posted, undo)), DAY)
    assert standing.counted == () and why(standing) == [("undone", 24)]


def test_what_is_missing_names_categories_then_the_rest() -> None:
    standing = assess(schemes.get("ccaa"), Facts(entries=(entry("required", 6),)), DAY)
    assert lacks(standing) == [("hours", "required"), ("hours", "elective"), ("hours-any", 8)]
    assert standing.categories_missing == ("required", "elective", "")
    assert standing.missing[0].params["until"] == date(2026, 12, 31)


def test_practice_asks_for_nothing_and_makes_nobody_eligible() -> None:
    standing = assess(schemes.get("practice"), Facts(), DAY)
    assert (standing.met, standing.missing, standing.requirements) == (False, (), ())
