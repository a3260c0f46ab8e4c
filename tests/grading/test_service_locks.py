"""Once a CCAA certificate is issued its result can no longer be changed, whichever way (S2 annex 2 §4.3)."""

from datetime import timedelta
from time import monotonic

import pytest
from sqlmodel import col, select

from exam.accounts.access import Caller
from exam.accounts.models import Person
from exam.certificates import runtime, service_issue
from exam.certificates.models import Certificate
from exam.core.clock import FrozenClock
from exam.core.errors import Refused
from exam.credits.models import Outcome
from exam.grading import jobs, service_regrade, service_release
from exam.grading.models import Result
from exam.grading.runtime import void_result
from exam.grading.service_credit import credit_results
from exam.grading.service_regrade import Proposal
from tests.grading.build import NOW, Built, build, single

CLOCK = FrozenClock(NOW)
RIGHT, WRONG = {"choice": "aa"}, {"choice": "bb"}
TAUGHT = {"course": "QMS01", "hours": 8, "class_number": "03"}


@pytest.fixture(autouse=True)
def heard():
    runtime.listen()


@pytest.fixture
def sat(database):
    """Two who passed a class of CCAA; the certificate of the first is due and has all that its number needs."""
    with database.transaction() as db:
        built: Built = build(db, [single(), single(), single()], cut="4", scheme="ccaa")
        built.bank.delivery = "face-to-face"
        db.add(built.bank)
        built.sit([RIGHT, RIGHT, WRONG])
        built.sit([RIGHT, RIGHT, RIGHT])
        person = Person(name="考务", username="office", state="active", created_at=NOW)
        db.add(person)
        db.flush()
        who = Caller(person.id or 0, "考务", built.institution_id, "机构")
        service_issue.save_issuer(db, who, "培训机构", "CCAA012", "", NOW)
    assert jobs.grade_pending(database, CLOCK) == 2
    with database.transaction() as db:
        service_release.release_due(db, NOW)
    assert credit_results(database, NOW)
    with database.transaction() as db:
        for one in db.exec(select(Certificate)).all():
            one.fields, one.hours = TAUGHT, 8
            db.add(one)
    return database, built, who


def issue(database, sitting_id):
    with database.transaction() as db:
        of_it = select(Certificate.id).join(Outcome, col(Outcome.id) == col(Certificate.outcome_id))
        found = db.exec(of_it.where(Outcome.source_ref == sitting_id)).one()
        return service_issue.issue(db, found, NOW, None).number


def result_of(db, sitting_id):
    return db.exec(select(Result).where(Result.sitting_id == sitting_id, col(Result.current))).one()


def refused(deed):
    with pytest.raises(Refused) as caught:
        deed()
    return caught.value.refusal


def decide(db, built, who, item=2):
    proposal = Proposal(built.exam_id, built.items[item].id or 0, "full-marks", None, "答案有误")
    effect = service_regrade.preview(db, who, proposal)
    return service_regrade.decide(db, who, proposal, effect.token, NOW)


def test_every_way_is_refused_with_the_number(sat):
    database, built, who = sat
    first = built.sittings[0].id or 0
    number = issue(database, first)
    with database.transaction() as db:
        window = result_of(db, first).window_opens
        ways = (
            lambda: service_release.withdraw_one(db, who, result_of(db, first).id, "复核", NOW),
            lambda: service_release.withdraw_group(db, who, built.exam_id, window, "复核", NOW),
            lambda: void_result(db, first, NOW),
            lambda: decide(db, built, who),
        )
        for way in ways:
            refusal = refused(way)
            assert (refusal.code, refusal.params) == ("certificate-issued", {"number": number})
    with database.reading() as db:
        row = result_of(db, first)
        assert (row.number, row.state, row.withdrawn_at) == (1, "final", None)


def test_others_results_are_not_locked_and_a_revoked_certificate_locks_nothing(sat):
    database, built, who = sat
    first, second = (sitting.id or 0 for sitting in built.sittings[:2])
    issue(database, first)
    with database.transaction() as db:
        service_release.withdraw_one(db, who, result_of(db, second).id, "复核", NOW)
        number = db.exec(select(Certificate).where(Certificate.state == "issued")).one()
        service_issue.revoke(db, who, number.id, "成绩有误", NOW)
        service_release.withdraw_one(db, who, result_of(db, first).id, "复核", NOW)
    with database.reading() as db:
        assert result_of(db, first).withdrawn_at == NOW and result_of(db, second).withdrawn_at == NOW


def test_a_decision_that_changes_no_locked_result_is_carried_through(sat):
    database, built, who = sat
    issue(database, built.sittings[1].id or 0)
    with database.transaction() as db:
        decide(db, built, who)
    assert jobs.carry_decisions_through(database, CLOCK, monotonic() + 60)
    with database.reading() as db:
        assert [result_of(db, sitting.id or 0).number for sitting in built.sittings] == [2, 1]


def test_a_certificate_issued_after_the_decision_keeps_its_result_and_stops_nobody_else(sat):
    database, built, who = sat
    first, second = (sitting.id or 0 for sitting in built.sittings[:2])
    with database.transaction() as db:
        proposal = Proposal(built.exam_id, built.items[0].id or 0, "exclude", None, "题目有误")
        effect = service_regrade.preview(db, who, proposal)
        assert {change.sitting_id for change in effect.changes} == {first, second}
        service_regrade.decide(db, who, proposal, effect.token, NOW + timedelta(seconds=1))
    issue(database, first)
    assert jobs.carry_decisions_through(database, CLOCK, monotonic() + 60)
    with database.reading() as db:
        assert (result_of(db, first).number, result_of(db, second).number) == (1, 2)
