"""Decisions about wrong keys: the preview is the effect, results are appended, outcomes follow. On both databases."""

from collections.abc import Iterator
from decimal import Decimal
from time import monotonic
from typing import Any

import pytest
from sqlmodel import Session, col, select

from exam.accounts.access import Caller
from exam.accounts.models import Person
from exam.core import audit
from exam.core.clock import FrozenClock
from exam.core.db import Database
from exam.core.errors import Invalid, NotFound, Refused
from exam.grading import jobs, service, service_marking, service_regrade
from exam.grading.models import KeyDecision, MarkingTask, Result
from exam.grading.service_regrade import Effect, Proposal
from exam.scheduling.models import Booking, Enrolment
from tests.grading.build import NOW, Built, build, essay, multiple, single, version

CLOCK = FrozenClock(NOW)


@pytest.fixture
def sat(database: Database) -> Iterator[tuple[Database, Built, Caller]]:
    """Three items of 2 marks, cut 4: five candidates with 0 to 3 right ones, graded and released."""
    with database.transaction() as db:
        built = build(db, [single(), multiple(), single("bb")], cut="4")
        choices: list[dict[int, Any]] = [
            {0: {"choice": "aa"}, 1: {"choices": ["aa", "bb"]}, 2: {"choice": "bb"}},
            {0: {"choice": "aa"}, 1: {"choices": ["aa", "bb"]}},
            {0: {"choice": "cc"}, 1: {"choices": ["aa", "bb"]}, 2: {"choice": "aa"}},
            {0: {"choice": "cc"}, 1: {"choices": ["aa"]}},
            {},
        ]
        for answers in choices:
            built.sit(answers)
        person = Person(name="考务", username="office", state="active", created_at=NOW)
        db.add(person)
        db.flush()
        who = Caller(person.id or 0, "考务", built.institution_id, "机构")
    assert jobs.grade_pending(database, CLOCK) == 5
    yield database, built, who


def proposal(
    built: Built, kind: str, item: int = 0, version_id: int | None = None, reason: str = "答案有误"
) -> Proposal:
    return Proposal(built.exam_id, built.items[item].id or 0, kind, version_id, reason)


def apply(database: Database, who: Caller, wanted: Proposal) -> Effect:
    with database.reading() as db:
        effect = service_regrade.preview(db, who, wanted)
    with database.transaction() as db:
        service_regrade.decide(db, who, wanted, effect.token, NOW)
    assert jobs.carry_decisions_through(database, CLOCK, monotonic() + 60)
    return effect


def results(database: Database) -> dict[int, tuple[Decimal, Decimal, bool | None, int]]:
    with database.reading() as db:
        rows = db.exec(select(Result).where(col(Result.current)).order_by(col(Result.sitting_id))).all()
    return {row.sitting_id: (row.marks, row.out_of, row.passed, row.number) for row in rows}


def outcomes(database: Database) -> list[str]:
    with database.reading() as db:
        return list(db.exec(select(Booking.state).order_by(col(Booking.id))))


def another_key(database: Database, built: Built, key: str, options: int = 4) -> int:
    with database.transaction() as db:
        return version(db, built.items[0], *single(key, options), 2).id or 0


def test_another_key(sat: tuple[Database, Built, Caller]) -> None:
    database, built, who = sat
    assert outcomes(database) == ["passed", "passed", "failed", "failed", "failed"]
    before = results(database)
    effect = apply(database, who, proposal(built, "version", version_id=another_key(database, built, "cc")))
    assert (effect.graded, effect.gain, effect.lose, effect.to_pass, effect.to_fail) == (5, 2, 2, 1, 1)
    after = results(database)
    changed = {change.sitting_id: change for change in effect.changes}
    for sitting, (marks, _, passed, number) in after.items():
        if sitting in changed:
            change = changed[sitting]
            assert (change.marks_before, change.passed_before) == (before[sitting][0], before[sitting][2])
            assert (marks, passed, number) == (change.marks_after, change.passed_after, 2)
        else:
            assert after[sitting] == before[sitting]
    assert outcomes(database) == ["passed", "failed", "passed", "failed", "failed"]
    with database.reading() as db:
        assert len(db.exec(select(Result)).all()) == 5 + 4  # appended, never rewritten
        states = list(db.exec(select(Enrolment.state).order_by(col(Enrolment.id))))
        assert states == ["passed", "active", "passed", "active", "active"]
        assert audit.check(db, built.institution_id) is None


def test_full_marks_for_everybody_and_back(sat: tuple[Database, Built, Caller]) -> None:
    database, built, who = sat
    before = results(database)
    effect = apply(database, who, proposal(built, "full-marks"))
    assert (effect.gain, effect.lose, effect.to_pass) == (3, 0, 1)
    assert [marks for marks, *_ in results(database).values()] == [6, 4, 4, 3, 2]
    apply(database, who, proposal(built, "as-set", reason="撤销"))
    assert [row[:3] for row in results(database).values()] == [row[:3] for row in before.values()]
    assert outcomes(database) == ["passed", "passed", "failed", "failed", "failed"]


def test_leaving_an_item_out(sat: tuple[Database, Built, Caller]) -> None:
    database, built, who = sat
    effect = apply(database, who, proposal(built, "exclude"))
    assert len(effect.changes) == 5
    rows = results(database)
    assert {out_of for _, out_of, *_ in rows.values()} == {Decimal(4)}
    assert [passed for _, _, passed, _ in rows.values()] == [True, False, False, False, False]
    with database.reading() as db:
        assert set(db.exec(select(Result.cut_marks).where(col(Result.current)))) == {Decimal("2.66")}


def test_later_sittings_are_graded_by_the_decision(sat: tuple[Database, Built, Caller]) -> None:
    database, built, who = sat
    apply(database, who, proposal(built, "full-marks"))
    with database.transaction() as db:
        built.db = db
        sitting = built.sit({}).id or 0
    jobs.grade_pending(database, CLOCK)
    assert results(database)[sitting] == (2, 6, False, 1)


def test_an_effect_that_changed_is_not_applied(sat: tuple[Database, Built, Caller]) -> None:
    database, built, who = sat
    with database.reading() as db:
        seen = service_regrade.preview(db, who, proposal(built, "full-marks")).token
    with database.transaction() as db:
        built.db = db
        built.sit({})
    jobs.grade_pending(database, CLOCK)
    with pytest.raises(Refused, match="effect-changed"), database.transaction() as db:
        service_regrade.decide(db, who, proposal(built, "full-marks"), seen, NOW)
    with database.reading() as db:
        assert db.exec(select(KeyDecision)).all() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": "guess"}, "decision-missing"),
        ({"item_id": 0}, "item-not-in-exam"),
        ({"kind": "version"}, "version-missing"),
        ({"reason": "  "}, "reason-missing"),
        ({"reason": "字" * 501}, "reason-too-long"),
    ],
)
def test_decisions_that_cannot_be_made(sat: tuple[Database, Built, Caller], changes: dict[str, Any], code: str) -> None:
    database, built, who = sat
    wanted = Proposal(**{**vars(proposal(built, "full-marks")), **changes})
    with database.reading() as db, pytest.raises(Invalid) as caught:
        service_regrade.preview(db, who, wanted)
    assert code in {problem.code for problem in caught.value.problems}


def test_a_version_without_the_options_on_paper_is_refused(sat: tuple[Database, Built, Caller]) -> None:
    database, built, who = sat
    wanted = proposal(built, "version", version_id=another_key(database, built, "bb", options=2))
    with database.reading() as db, pytest.raises(Invalid, match="version-other-options"):
        service_regrade.preview(db, who, wanted)


def test_another_institution_decides_nothing(sat: tuple[Database, Built, Caller]) -> None:
    database, built, who = sat
    stranger = Caller(who.person_id, "别人", built.institution_id + 1000, "别处")
    with database.reading() as db, pytest.raises(NotFound):
        service_regrade.preview(db, stranger, proposal(built, "full-marks"))


def test_a_ruling_on_a_written_item_takes_it_off_the_markers_and_puts_it_back(db: Session) -> None:
    built = build(db, [essay(), single()], cut="1")
    sitting = built.sit([{"text": "作答"}, {"choice": "aa"}]).id or 0
    service.grade_sittings(db, [sitting], NOW)
    for kind, open_, state in (("full-marks", False, "final"), ("as-set", True, "awaiting-marking")):
        db.add(
            KeyDecision(
                institution_id=built.institution_id,
                exam_id=built.exam_id,
                item_id=built.items[0].id or 0,
                kind=kind,
                reason="测试",
                decided_by=built.sittings[0].person_id,
                decided_at=NOW,
            )
        )
        db.flush()
        service.grade_sittings(db, [sitting], NOW, "decision")
        db.expire_all()
        assert db.exec(select(MarkingTask)).one().open is open_
        assert db.exec(select(Result).where(col(Result.current))).one().state == state


def test_marks_given_meanwhile_are_no_effect_of_a_decision(database: Database) -> None:
    """Half marked: only what the decision does is shown and written, not the marks that came since."""
    with database.transaction() as db:
        built = build(db, [single(), essay(), essay()], cut="1")
        sitting = built.sit([{"choice": "bb"}, {"text": "甲"}, {"text": "乙"}])
        service.grade_sittings(db, [sitting.id or 0], NOW)
        who = Caller(sitting.person_id, "考务", built.institution_id, "机构")
        task = service_marking.take_next(db, who, built.exam_id, built.items[1].id or 0, "", NOW)
        assert task
        service_marking.save(db, who, task.number, {"p1": "0.67", "p2": "1.33"}, "", NOW)
    effect = apply(database, who, proposal(built, "full-marks"))
    assert [(change.marks_before, change.marks_after) for change in effect.changes] == [(2, 4)]
    assert results(database)[sitting.id or 0] == (4, 6, None, 2)
    assert len(apply(database, who, proposal(built, "as-set")).changes) == 1
