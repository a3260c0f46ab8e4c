"""Released results post their hours and certificates; what is withdrawn, corrected or voided is taken back, once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import select

from exam.certificates import runtime
from exam.certificates.models import Certificate
from exam.credits.ledger import sums
from exam.credits.models import HourEntry, Outcome
from exam.grading import service, service_credit
from exam.grading.models import Result
from exam.grading.service_credit import credit_results, earning
from exam.grading.service_release import release_due
from tests.grading.build import CLOSES, NOW, Built, build, single

RIGHT, WRONG = {"choice": "aa"}, {"choice": "bb"}


@pytest.fixture(autouse=True)
def heard():
    runtime.listen()


def sat(database, answers, **settings):
    with database.transaction() as db:
        built: Built = build(db, [single(), single()], cut="4", **settings)
        sitting = built.sit(answers)
        service.grade_if_needed(db, sitting.id or 0, NOW)
        return sitting.id or 0


def hours(database):
    with database.reading() as db:
        return dict(sums(db.exec(select(HourEntry))))


def change(database, sitting_id, **values):
    with database.transaction() as db:
        row = db.exec(select(Result).where(Result.sitting_id == sitting_id, Result.current)).one()
        for name, value in values.items():
            setattr(row, name, value)


def test_a_passed_result_posts_once_it_is_released(database):
    later = NOW + timedelta(hours=1)
    sitting = sat(database, [RIGHT, RIGHT], release_rule="on-date", release_at=later)
    assert credit_results(database, NOW) and hours(database) == {}
    with database.transaction() as db:
        release_due(db, later)
    assert credit_results(database, NOW) and credit_results(database, NOW)
    assert hours(database) == {("changzhou", 2026, "public"): Decimal(24)}
    with database.reading() as db:
        (outcome,) = db.exec(select(Outcome)).all()
        (certificate,) = db.exec(select(Certificate)).all()
    assert (outcome.source_kind, outcome.source_ref, outcome.window_closes) == ("sitting", sitting, CLOSES)
    assert (certificate.state, certificate.due_on.isoformat()) == ("due", "2026-12-01")


def test_a_failed_result_posts_nothing(database):
    sat(database, [RIGHT, WRONG])
    with database.transaction() as db:
        release_due(db, NOW)
    assert credit_results(database, NOW) and hours(database) == {}


def test_practice_posts_nothing(database):
    sat(database, [RIGHT, RIGHT], scheme="practice")
    with database.transaction() as db:
        release_due(db, NOW)
    assert credit_results(database, NOW) and hours(database) == {}
    assert "practice" not in earning()


@pytest.mark.parametrize(
    "values",
    [{"withdrawn_at": NOW + timedelta(hours=1)}, {"passed": False}, {"state": "void"}],
    ids=["withdrawn", "failed after all", "void"],
)
def test_what_is_not_so_any_more_is_taken_back_and_comes_again(database, values):
    sitting = sat(database, [RIGHT, RIGHT])
    with database.transaction() as db:
        release_due(db, NOW)
        before = db.exec(select(Result).where(Result.sitting_id == sitting, Result.current)).one()
        kept = {name: getattr(before, name) for name in values}
    credit_results(database, NOW)
    change(database, sitting, **values)
    credit_results(database, NOW)
    assert hours(database) == {}
    with database.reading() as db:
        assert [row.state for row in db.exec(select(Certificate))] == ["withdrawn"]
    change(database, sitting, **kept)
    credit_results(database, NOW)
    credit_results(database, NOW)
    assert hours(database) == {("changzhou", 2026, "public"): Decimal(24)}
    with database.reading() as db:
        assert [row.state for row in db.exec(select(Certificate).order_by("id"))] == ["withdrawn", "due"]
        assert len(db.exec(select(HourEntry)).all()) == 3


def test_one_that_cannot_be_posted_keeps_nobody_else_from_their_hours(database, monkeypatch):
    with database.transaction() as db:
        built: Built = build(db, [single(), single()], cut="4")
        sittings = [built.sit([RIGHT, RIGHT]).id or 0 for _ in range(3)]
        for sitting in sittings:
            service.grade_if_needed(db, sitting, NOW)
        release_due(db, NOW)
    posts = service_credit.post_result

    def broken(db, sitting_id, now):
        posts(db, sitting_id, now)
        if sitting_id == sittings[0]:
            raise RuntimeError("made up")

    monkeypatch.setattr(service_credit, "post_result", broken)
    assert credit_results(database, NOW, 60) and hours(database) == {("changzhou", 2026, "public"): Decimal(48)}
    monkeypatch.undo()
    assert credit_results(database, NOW, 60) and hours(database) == {("changzhou", 2026, "public"): Decimal(72)}
