"""Certificates that rest on met hours follow them however they change: by hand, by a claim, by what is known of a
person; one for each cycle, counted from the day on which the hours were complete."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlmodel import select

from exam.accounts.models import Institution, Person, RoleGrant
from exam.accounts.permissions import Role
from exam.certificates import expiry, runtime, service_issue
from exam.certificates.models import Certificate
from exam.credits import service_manual, service_membership
from exam.credits.service_manual import ByHand
from exam.credits.service_membership import change, ensure
from exam.credits.service_posting import post_outcome, undo_outcome
from tests.scheduling.making import caller

NOON = datetime(2026, 11, 6, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 6)


@pytest.fixture(autouse=True)
def heard():
    runtime.listen()


@pytest.fixture
def place(database):
    with database.transaction() as db:
        home = Institution(code="C1", name="考试中心", created_at=NOON)
        people = [Person(name=name, username=name, state="active", created_at=NOON) for name in ("欧阳明", "考务")]
        db.add_all([home, *people])
        db.flush()
        db.add(RoleGrant(person_id=people[0].id, institution_id=home.id, role=Role.CANDIDATE, granted_at=NOON))
        return home.id, people[0].id, people[1].id


def office(place):
    return caller(place[2], place[0])


def by_hand(db, place, category, hours, on="2026-05-05", scheme="ccib", track="", subject=""):
    entry = ByHand(scheme, category, Decimal(hours), date.fromisoformat(on), subject, "课程", "核对", "证 1", track)
    return service_manual.enter(db, office(place), place[1], entry, NOON)


def learned(db, place, ref, hours, at, scheme="ccib", category="elective", track=""):
    return post_outcome(
        db,
        institution_id=place[0],
        person_id=place[1],
        scheme_key=scheme,
        kind="finished",
        subject=f"L{ref}",
        title=f"课程{ref}",
        source_kind="course",
        source_ref=ref,
        at=at,
        now=NOON,
        hours=Decimal(hours),
        category=category,
        track=track,
    )


def member(db, place, scheme="ccib", track=None, **known):
    row = ensure(db, place[0], place[1], scheme, NOON, track=track)
    if known:
        know(db, row, **known)
    return row


def know(db, row, holder=0, since=None, until=None):
    first, last = (date.fromisoformat(day) if day else None for day in (since, until))
    change(db, row, facts={"holder": holder}, cycle_from=first, cycle_until=last, reason="核对", by=None, now=NOON)


def rows(db):
    return list(db.exec(select(Certificate).order_by("id")))


def told(db):
    return [(row.kind, row.state) for row in rows(db)]


def test_hours_by_hand_lead_to_the_proof_and_lose_it_again(place, db):
    entry = by_hand(db, place, "training", 30, scheme="ptp", track="officer")
    assert told(db) == [("hour-proof", "due")]
    service_manual.take_back(db, office(place), place[1], entry.id, "误登", NOON)
    assert told(db) == [("hour-proof", "withdrawn")]
    by_hand(db, place, "training", 30, scheme="ptp", track="officer")
    (_, again) = rows(db)
    service_issue.issue(db, again.id, NOON, None)
    last = by_hand(db, place, "training", "0.5", scheme="ptp", track="officer")
    service_manual.take_back(db, office(place), place[1], last.id, "误登", NOON)
    assert again.problem == ""  # the thirty hours still stand


def test_a_speciality_that_is_chosen_later_counts_what_was_learned_before(place, db):
    member(db, place, "ptp")
    learned(db, place, 1, 30, NOON, scheme="ptp", category="training")
    assert rows(db) == []
    member(db, place, "ptp", track="officer")
    assert told(db) == [("hour-proof", "due")]


def test_what_is_known_of_a_person_decides_which_certificate(place, db):
    row = member(db, place)
    learned(db, place, 1, 40, NOON)
    assert told(db) == [("continuing-education", "due")]
    know(db, row, holder=1)  # the required hours are missing now
    assert told(db) == [("continuing-education", "withdrawn")]
    by_hand(db, place, "required", 10, on="2026-01-05")
    assert told(db) == [("continuing-education", "withdrawn"), ("ability-level", "due")]
    know(db, row, holder=0)
    assert [state for _, state in told(db)] == ["withdrawn", "withdrawn", "due"]


def test_it_is_counted_from_the_day_on_which_the_hours_were_complete(place, db):
    member(db, place)
    learned(db, place, 1, 35, datetime(2026, 10, 20, 4, tzinfo=UTC))
    learned(db, place, 2, 5, datetime(2026, 3, 3, 4, tzinfo=UTC))  # posted late; the last of them came in October
    (row,) = rows(db)
    assert (row.counted_from, row.due_on) == (date(2026, 10, 20), date(2026, 10, 20))


def test_a_corrected_cycle_moves_what_is_due_and_doubles_nothing(place, db):
    row = member(db, place, holder=1, since="2020-08-28", until="2024-08-27")
    learned(db, place, 1, 10, datetime(2024, 2, 1, 4, tzinfo=UTC), category="required")
    learned(db, place, 2, 30, datetime(2024, 3, 1, 4, tzinfo=UTC))
    assert [(one.state, one.counted_from) for one in rows(db)] == [("due", date(2024, 8, 27))]
    know(db, row, holder=1, since="2020-11-11", until="2024-11-10")
    standing = [one for one in rows(db) if one.state == "due"]
    assert [one.counted_from for one in standing] == [date(2024, 11, 10)]
    service_issue.issue(db, standing[0].id, NOON, None)
    know(db, row, holder=1, since="2020-11-11", until="2024-11-12")
    assert [one.state for one in rows(db)] == ["withdrawn", "issued"]


def test_the_next_cycle_has_its_own_and_leaves_the_old_one_alone(place, db):
    member(db, place, holder=1, since="2020-08-28", until="2024-08-27")
    learned(db, place, 1, 10, datetime(2024, 2, 1, 4, tzinfo=UTC), category="required")
    learned(db, place, 2, 30, datetime(2024, 3, 1, 4, tzinfo=UTC))
    (old,) = rows(db)
    service_issue.issue(db, old.id, NOON, None)
    expiry.begin_cycle(db, office(place), old.id, NOON)
    assert (old.state, old.problem) == ("issued", "")
    learned(db, place, 3, 10, datetime(2026, 2, 1, 4, tzinfo=UTC), category="required")
    learned(db, place, 4, 30, datetime(2026, 3, 1, 4, tzinfo=UTC))
    assert [one.state for one in rows(db)] == ["issued", "due"]
    undo_outcome(db, "course", 4, "误登", None, NOON)
    assert [one.state for one in rows(db)] == ["issued", "withdrawn"] and old.problem == ""


def test_whoever_is_registered_anew_gets_no_second_certificate(place, db):
    row = member(db, place, "ptp", track="officer")
    learned(db, place, 1, 30, NOON, scheme="ptp", category="training", track="officer")
    (proof,) = rows(db)
    service_issue.issue(db, proof.id, NOON, None)
    service_membership.end(db, row, "离职", None, NOON)
    member(db, place, "ptp", track="officer")
    learned(db, place, 2, 1, NOON, scheme="ptp", category="training", track="officer")
    assert told(db) == [("hour-proof", "issued")]


def test_an_issued_one_is_no_longer_doubted_when_its_hours_are_back(place, db):
    member(db, place, "ptp", track="officer")
    learned(db, place, 1, 30, NOON, scheme="ptp", category="training", track="officer")
    (proof,) = rows(db)
    service_issue.issue(db, proof.id, NOON, None)
    undo_outcome(db, "course", 1, "核对", None, NOON)
    assert proof.problem == "basis-undone"
    learned(db, place, 1, 31, NOON, scheme="ptp", category="training", track="officer")
    assert proof.problem == "" and told(db) == [("hour-proof", "issued")]


def test_hours_learned_before_the_notice_of_2024_belong_to_the_cycle(place, db):
    member(db, place, holder=1, since="2020-11-11", until="2024-11-10")
    learned(db, place, 1, 10, datetime(2023, 2, 1, 4, tzinfo=UTC), category="required")
    learned(db, place, 2, 30, datetime(2023, 12, 31, 4, tzinfo=UTC))
    (row,) = rows(db)
    assert (row.kind, row.counted_from) == ("ability-level", date(2024, 11, 10))
    service_issue.issue(db, row.id, NOON, None)
    assert row.number
