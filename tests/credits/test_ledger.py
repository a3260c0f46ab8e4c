"""Properties of the ledger: its sums never depend on the order of entries, and an undo restores exactly."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from exam.credits.ledger import repeated, standing, sums
from exam.credits.models import HourEntry
from tests.credits.making import NOON

HOURS = st.decimals(min_value="0.01", max_value="500", places=2)
ROW = st.tuples(
    HOURS,
    st.sampled_from(["ccaa", "changzhou"]),
    st.sampled_from(["public", "professional"]),
    st.sampled_from([None, 2025, 2026]),
    st.sampled_from(["", "A", "B"]),
    st.booleans(),
)


def built(rows):
    """Entries with their ids; those whose last value is true have been undone."""
    entries = []
    for hours, scheme, category, year, subject, undone in rows:
        values = {
            "institution_id": 1,
            "person_id": 1,
            "scheme": scheme,
            "scheme_version": "2011-03-01",
            "category": category,
            "year": year,
            "on": date(2026, 1, 1),
            "subject": subject,
            "title": subject,
            "source_kind": "manual",
            "source_ref": len(entries) + 1,
            "posted_at": NOON,
        }
        entries.append(HourEntry(id=len(entries) + 1, hours=hours, **values))
        if undone:
            before = entries[-1]
            entries.append(HourEntry(id=len(entries) + 1, hours=-hours, undoes_id=before.id, number=2, **values))
    return entries


@given(st.lists(ROW, max_size=20), st.randoms(use_true_random=False))
def test_sums_never_depend_on_order(rows, random):
    entries = built(rows)
    mixed = list(entries)
    random.shuffle(mixed)
    assert sums(mixed) == sums(entries)
    assert [row.id for row in standing(mixed)] == [row.id for row in standing(entries)]
    assert repeated(mixed) == repeated(entries)


@given(st.lists(ROW, max_size=20))
def test_undo_restores_exactly(rows):
    assert sums(built(rows)) == sums(built([row for row in rows if not row[-1]]))
    assert sums(built([(*row[:-1], True) for row in rows])) == {}


@given(st.lists(ROW, max_size=20))
def test_what_stands_comes_to_the_sums(rows):
    entries = built(rows)
    total = sum((row.hours for row in standing(entries)), Decimal(0))
    assert total == sum(sums(entries).values(), Decimal(0))
