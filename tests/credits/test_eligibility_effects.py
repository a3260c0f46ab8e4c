"""What a change would do is shown before it is made: who gains, who loses, which certificates are touched."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session, select

from exam import schemes
from exam.accounts import service as accounts
from exam.accounts.models import Person
from exam.credits import effects_service, service_eligibility, signals
from exam.credits.effects import Change, Concern, Touched, changed, moved, moves
from exam.credits.facts import Bar, Facts, Let
from exam.credits.models import HourEntry, Outcome
from exam.credits.service_posting import post_outcome, undo_outcome

from .facts_made import entry

NOW = datetime(2026, 11, 6, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 6)
FULL = (entry("public", 24), entry("professional", 48))


def test_what_is_taken_added_barred_and_let_off() -> None:
    changzhou, ccaa = schemes.get("changzhou"), schemes.get("ccaa")
    facts = Facts(entries=FULL)
    (lost,) = moves(changzhou, 1, facts, [Change(1, "changzhou", take=frozenset({FULL[0].id}))], TODAY)
    assert (lost.loses, lost.gains, lost.hours) == (True, False, -24)
    (won,) = moves(changzhou, 1, Facts(entries=FULL[:1]), [Change(1, "changzhou", add=FULL[1:])], TODAY)
    assert (won.gains, won.hours) == (True, 48)
    (barred,) = moved(changzhou, 1, facts, Facts(entries=FULL, bars=(Bar(2026, "伪造", TODAY),)), TODAY)
    assert barred.loses and barred.after.barred is not None
    (let,) = moved(ccaa, 1, Facts(), Facts(waived=(Let(2026, "生育", "S2 annex 1 §1"),)), TODAY)
    assert let.gains and let.after.waived is not None


def test_a_change_to_an_earlier_year_moves_that_year_only() -> None:
    last = entry("public", 24, "2025-05-05")
    facts = Facts(entries=(last, entry("professional", 48, "2025-06-06"), *FULL))
    (lost,) = moves(schemes.get("changzhou"), 1, facts, [Change(1, "changzhou", take=frozenset({last.id}))], TODAY)
    assert (lost.loses, lost.before.cycle.year) == (True, 2025)


def test_what_counts_nothing_moves_nobody() -> None:
    twice = (*FULL, entry("public", 24, subject=FULL[0].subject))
    take = Change(1, "changzhou", take=frozenset({twice[2].id}))
    assert moves(schemes.get("changzhou"), 1, Facts(entries=twice), [take], TODAY) == []
    assert changed(Facts(entries=twice), take).entries == FULL


@pytest.fixture
def home(db: Session) -> int:
    return accounts.add_institution(db, code="CZ", name="常州", now=NOW).id or 0


def _passed(db: Session, home: int, ref: int) -> int:
    person = Person(name=f"考生{ref}", state="active", created_at=NOW)
    db.add(person)
    db.flush()
    post_outcome(
        db,
        institution_id=home,
        person_id=person.id or 0,
        scheme_key="changzhou",
        kind="passed",
        subject="QM",
        title="公共科目",
        source_kind="sitting",
        source_ref=ref,
        at=NOW,
        now=NOW,
    )
    db.add(
        HourEntry(
            institution_id=home,
            person_id=person.id,
            scheme="changzhou",
            scheme_version="2011-03-01",
            category="professional",
            hours=Decimal(48),
            year=2026,
            on=TODAY,
            subject="P",
            title="专业培训",
            source_kind="proof",
            source_ref=ref,
            posted_at=NOW,
        )
    )
    db.flush()
    return person.id or 0


def test_taking_back_results_shows_who_loses_and_writes_nothing(db: Session, home: int, monkeypatch: Any) -> None:
    people = [_passed(db, home, ref) for ref in (1, 2)]
    asked: list[Concern] = []

    def touched(_db: Session, _home: int, concern: Concern) -> list[Touched]:
        asked.append(concern)
        return [Touched(7, people[0], "考生1", "公共科目合格证", "", "due")]

    monkeypatch.setattr(signals, "touching", [touched])
    before = len(db.exec(select(HourEntry)).all()), len(db.exec(select(Outcome)).all())
    changes = effects_service.outcome_undone(db, home, [("sitting", 1), ("sitting", 2), ("sitting", 3)])
    effect = effects_service.effect(db, home, changes, NOW)
    assert sorted(move.person_id for move in effect.loses) == people
    assert effect.gains == () and [one.certificate_id for one in effect.certificates] == [7]
    assert asked[0].sources == {("sitting", 1), ("sitting", 2)} and len(asked[0].lost) == 2
    assert effect.names[people[0]] == "考生1"
    assert (len(db.exec(select(HourEntry)).all()), len(db.exec(select(Outcome)).all())) == before
    undo_outcome(db, "sitting", 1, "撤回", None, NOW)
    after = service_eligibility.standing(db, home, people[0], "changzhou", TODAY)
    shown = next(move.after for move in effect.loses if move.person_id == people[0])
    assert (after.met, after.hours_missing) == (shown.met, shown.hours_missing)
    again = effects_service.effect(db, home, effects_service.outcome_undone(db, home, [("sitting", 1)]), NOW)
    assert again.nothing and again.token != effect.token


def test_an_outcome_that_would_be_posted_shows_what_posting_does(db: Session, home: int) -> None:
    person = _passed(db, home, 1)
    undo_outcome(db, "sitting", 1, "改判", None, NOW)
    would = effects_service.Would(person, "changzhou", "passed", "QM", "公共科目", "sitting", 1, NOW)
    effect = effects_service.effect(db, home, [effects_service.outcome_posted(would)], NOW)
    assert [move.person_id for move in effect.gains] == [person]
    assert effect.gains[0].hours == 24


def test_nobody_elses_results_are_looked_at(db: Session, home: int) -> None:
    other = accounts.add_institution(db, code="XX", name="别处", now=NOW).id or 0
    _passed(db, other, 1)
    assert effects_service.outcome_undone(db, home, [("sitting", 1)]) == []
