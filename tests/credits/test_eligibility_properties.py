"""What holds for any ledger: order never matters, more is never worse, every hour is accounted for."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from exam import schemes
from exam.credits.eligibility import Standing, assess
from exam.credits.facts import Entry, Facts
from exam.schemes.kinds import Scheme
from tests.schemes_extra.night_school import SCHEME as NIGHT_SCHOOL

DAY = date(2026, 12, 31)
START = datetime(2022, 6, 1, tzinfo=UTC)
MEMBERS: list[dict[str, int]] = [{}, {"fields": 2}, {"holder": 1}, {"roles": 2, "holder": 1}]


@st.composite
def entries(draw: st.DrawFn, scheme: Scheme) -> list[Entry]:
    categories = [rule.value.key for rule in scheme.categories] or ["any"]
    found = []
    for number in range(draw(st.integers(0, 12))):
        at = START + timedelta(hours=draw(st.integers(0, 40_000)))
        kind = draw(st.sampled_from(["finished", "passed", "activity", "waiver"]))
        found.append(
            Entry(
                id=number + 1,
                category=draw(st.sampled_from(categories)),
                hours=Decimal(draw(st.integers(1, 40))) / 2,
                on=at.date(),
                source_kind=kind,
                source_ref=number,
                subject=draw(st.sampled_from(["", "A", "B", "C"])),
                at=draw(st.sampled_from([at, None])),
                track=draw(st.sampled_from(["", "officer"])),
                waiver="partial" if kind == "waiver" else "",
                own_staff=draw(st.booleans()),
            )
        )
    return found


@st.composite
def cases(draw: st.DrawFn) -> tuple[Scheme, Facts]:
    scheme = draw(st.sampled_from([*schemes.SCHEMES.values(), NIGHT_SCHOOL]))
    track = "officer" if scheme.key == "ptp" else ""
    facts = Facts(track, draw(st.sampled_from(MEMBERS)), None, date(2027, 3, 4), tuple(draw(entries(scheme))))
    return scheme, facts


def met(standing: Standing) -> set[str]:
    return {asked.code for asked in standing.requirements if asked.met}


@settings(deadline=None)
@given(cases(), st.randoms())
def test_the_order_of_facts_never_matters(case, random) -> None:
    scheme, facts = case
    shuffled = list(facts.entries)
    random.shuffle(shuffled)
    assert assess(scheme, replace(facts, entries=tuple(shuffled)), DAY) == assess(scheme, facts, DAY)


@settings(max_examples=400, deadline=None)
@given(cases())
def test_a_further_entry_never_makes_anybody_worse_off(case) -> None:
    scheme, facts = case
    for place in range(len(facts.entries)):
        fewer = assess(scheme, replace(facts, entries=facts.entries[:place] + facts.entries[place + 1 :]), DAY)
        more = assess(scheme, facts, DAY)
        assert more.hours_missing <= fewer.hours_missing
        assert more.met >= fewer.met
        if not facts.entries[place].waiver:
            assert met(fewer) <= met(more)


@settings(deadline=None)
@given(cases())
def test_every_hour_is_counted_or_explained(case) -> None:
    scheme, facts = case
    standing = assess(scheme, facts, DAY)
    shown = sum(one.hours for one in (*standing.counted, *standing.not_counted))
    assert shown == sum(entry.hours for entry in facts.entries)
    assert all(one.hours > 0 for one in (*standing.counted, *standing.not_counted))
    assert all(one.source for one in standing.not_counted) or not standing.requirements


@settings(deadline=None)
@given(cases())
def test_an_undo_restores_exactly(case) -> None:
    scheme, facts = case
    before = assess(scheme, facts, DAY)
    extra = Entry(99, "elective", Decimal(20), date(2026, 5, 5), "finished", 99, "Z")
    undo = replace(extra, id=100, hours=-extra.hours, undoes=99)
    after = assess(scheme, replace(facts, entries=(*facts.entries, extra, undo)), DAY)
    assert (after.met, after.requirements, after.counted, after.missing) == (
        before.met,
        before.requirements,
        before.counted,
        before.missing,
    )
