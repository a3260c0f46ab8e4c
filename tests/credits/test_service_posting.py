"""The ledger: posted once for each source, taken back by entries of their own, never changed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlmodel import select

from exam.accounts.permissions import Role
from exam.core.audit import AuditEvent, check
from exam.credits import signals
from exam.credits.ledger import repeated, standing, sums
from exam.credits.models import HourEntry, Outcome
from exam.credits.queries_ledger import entries, outcomes
from exam.credits.service_posting import standing_outcome, undo_outcome
from tests.credits.making import NOON, passed

THREADS = 8


@pytest.fixture
def place(world):
    institution = world.institution()
    return institution, world.person(institution, Role.CANDIDATE)


def test_a_passed_subject_posts_what_the_scheme_says(place, db):
    outcome = passed(db, *place, window_closes=NOON + timedelta(days=4), fields={"body": "066"})
    [entry] = entries(db, *place, "changzhou")
    assert (entry.hours, entry.category, entry.year, entry.on) == (Decimal(24), "public", 2026, date(2026, 11, 6))
    assert (entry.source_kind, entry.source_ref, entry.scheme_version) == ("passed", outcome.id, "2011-03-01")
    assert (entry.at, outcome.fields) == (NOON, {"body": "066"})
    assert outcomes(db, *place) == [outcome]
    assert check(db, place[0]) is None


def test_the_year_is_that_of_the_civil_day(place, db):
    passed(db, *place, at=NOON.replace(month=12, day=31, hour=16))  # midnight in Shanghai: the new year
    [entry] = entries(db, *place)
    assert (entry.year, entry.on) == (2027, date(2027, 1, 1))


def test_the_same_again_changes_nothing(place, db):
    first, again = passed(db, *place), passed(db, *place, now=NOON + timedelta(hours=1))
    db.expire_all()
    assert first.id == again.id == passed(db, *place).id
    assert len(entries(db, *place)) == 1


def test_undo_restores_exactly_and_is_idempotent(place, db):
    before = sums(entries(db, *place))
    passed(db, *place)
    for _ in range(2):
        undo_outcome(db, "sitting", 1, "成绩更正", None, NOON)
    rows = entries(db, *place)
    assert sums(rows) == before == {} and standing(rows) == [] and outcomes(db, *place) == []
    assert [row.hours for row in rows] == [Decimal(24), Decimal(-24)]
    assert rows[1].undoes_id == rows[0].id and rows[1].reason == "成绩更正"
    assert standing_outcome(db, "sitting", 1) is None
    assert undo_outcome(db, "sitting", 99, "", None, NOON) is None


def test_posted_undone_posted_again(place, db):
    passed(db, *place)
    undo_outcome(db, "sitting", 1, "成绩更正", None, NOON)
    passed(db, *place)
    assert [row.number for row in db.exec(select(Outcome).order_by("id"))] == [1, 2, 3]
    assert sums(entries(db, *place)) == {("changzhou", 2026, "public"): Decimal(24)}


def test_other_content_takes_back_what_stood_and_posts_anew(place, db):
    passed(db, *place, title="旧")
    kept = passed(db, *place, title="新")
    assert [row.title for row in outcomes(db, *place)] == ["新"]
    assert standing(entries(db, *place))[0].source_ref == kept.id
    assert sums(entries(db, *place)) == {("changzhou", 2026, "public"): Decimal(24)}


@pytest.mark.parametrize(
    ("scheme", "kind", "delivery", "hours", "posted"),
    [
        ("ccaa", "passed", "face-to-face", "8", ["8"]),
        ("ccaa", "finished", "face-to-face", "8", []),  # the exam at its end posts
        ("ccaa", "finished", "online", "8", ["8"]),
        ("ccaa", "finished", "filed", "4", ["4"]),
        ("ccib", "finished", "online", "1", ["1"]),
        ("ptp", "finished", "online", "30", ["30"]),
        ("ptp", "passed", "", None, []),
        ("changzhou", "finished", "online", "22", []),
        ("practice", "passed", "", "5", []),
    ],
)
def test_which_outcomes_earn_hours(place, db, scheme, kind, delivery, hours, posted):
    given = Decimal(hours) if hours else None
    passed(db, *place, scheme_key=scheme, kind=kind, delivery=delivery, hours=given, category="elective")
    assert [entry.hours for entry in entries(db, *place)] == [Decimal(one) for one in posted]


def test_the_same_subject_twice_is_kept_and_recognised(place, db):
    passed(db, *place, 1)
    passed(db, *place, 2)
    passed(db, *place, 3, subject="OTHER")
    passed(db, *place, 4, at=NOON - timedelta(days=365))
    rows = entries(db, *place)
    assert len(rows) == 4
    assert repeated(rows) == {rows[1].id: rows[0].id}


def test_others_hear_of_both(place, db, monkeypatch):
    heard = []
    monkeypatch.setattr(signals, "posted", [lambda db, outcome, now: heard.append(("posted", outcome.id))])
    monkeypatch.setattr(signals, "undone", [lambda db, outcome, now: heard.append(("undone", outcome.id))])
    outcome = passed(db, *place)
    passed(db, *place)
    undo_outcome(db, "sitting", 1, "成绩更正", None, NOON)
    assert heard == [("posted", outcome.id), ("undone", outcome.id)]


def test_eight_who_post_the_same_source_make_one_entry(database, place):
    def post(_: int) -> int:
        with database.transaction() as db:
            return passed(db, *place).id

    with ThreadPoolExecutor(THREADS) as pool:
        ids = set(pool.map(post, range(THREADS)))
    with database.reading() as db:
        assert len(ids) == 1 and len(entries(db, *place)) == 1
        assert check(db, place[0]) is None


def test_eight_who_undo_the_same_source_undo_it_once(database, place):
    with database.transaction() as db:
        passed(db, *place)

    def undo(_: int) -> None:
        with database.transaction() as db:
            undo_outcome(db, "sitting", 1, "成绩更正", None, NOON)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(undo, range(THREADS)))
    with database.reading() as db:
        assert [row.hours for row in entries(db, *place)] == [Decimal(24), Decimal(-24)]


def test_every_posting_is_in_the_audit_log(place, db):
    passed(db, *place, by=place[1])
    undo_outcome(db, "sitting", 1, "成绩更正", place[1], NOON)
    actions = [row.action for row in db.exec(select(AuditEvent).order_by("seq"))]
    assert actions == ["outcome.post", "hours.post", "outcome.undo", "hours.undo"]


def test_no_source_stands_twice(place, db):
    passed(db, *place)
    [entry] = entries(db, *place)
    values = entry.model_dump(exclude={"id"})
    db.add(HourEntry(**values))
    with pytest.raises(Exception, match=r"(?i)unique"):
        db.flush()
