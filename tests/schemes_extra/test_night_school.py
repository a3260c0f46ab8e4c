"""A fifth scheme works by its file alone: from enrolment to both of its certificates."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from sqlmodel import Session, col, select

from exam import schemes
from exam.certificates import runtime, service_due_hours, service_issue
from exam.certificates.models import Certificate
from exam.core.errors import Refused
from exam.credits import service_eligibility, signals
from exam.credits.service_membership import ensure
from exam.credits.service_posting import post_outcome
from exam.credits.signals import Moved
from exam.grading import service as grading
from exam.grading.service_credit import post_result
from exam.scheduling import service as scheduling
from tests.walkthroughs import test_changzhou as steps
from tests.walkthroughs.cast import Browser, Cast, cast, shanghai

from .night_school import SCHEME


@pytest.fixture
def people(db: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    known = {**schemes.SCHEMES, SCHEME.key: SCHEME}
    monkeypatch.setattr(schemes, "SCHEMES", MappingProxyType(known))
    monkeypatch.setattr(steps, "SETTINGS", replace(steps.SETTINGS, scheme=SCHEME.key))
    before = {name: list(getattr(signals, name)) for name in ("posted", "undone", "touching")}
    runtime.listen()
    yield cast(db)
    for name, hooks in before.items():
        getattr(signals, name)[:] = hooks


def test_from_enrolment_to_certificate(db: Session, people: Cast) -> None:
    exam = steps.open_exam(db, people)
    enrolment = steps.enrolled(db, people, exam)
    candidate, office = people.made["candidate"], people.made["registrar"]
    ensure(db, people.institution_id, candidate.person_id, SCHEME.key, shanghai("2026-10-12T10:00:00"))
    opens = shanghai("2026-11-20T00:00:00")
    with pytest.raises(Refused) as refused:
        scheduling.book(db, candidate, enrolment.id or 0, opens, shanghai("2026-10-20T10:00:00"))
    assert refused.value.refusal.code == "course-not-finished"
    steps.finish_course(db, people, enrolment)

    browser = steps.sit(db, people, enrolment, opens, shanghai("2026-11-01T20:00:00"))
    _passes(db, browser, opens + timedelta(hours=9))
    post_result(db, browser.sitting.id or 0, opens + timedelta(hours=11))
    standing = _standing(db, candidate)
    assert [(asked.code, asked.met) for asked in standing.requirements] == [("theory", True), ("workshop", False)]

    _workshop(db, candidate, 1, "2026-11-19T10:00:00")  # before the theory was done
    _workshop(db, candidate, 2, "2026-11-25T10:00:00")
    standing = _standing(db, candidate)
    assert standing.met and standing.track == "learner"
    assert [(one.code, one.hours) for one in standing.not_counted] == [("before-required", 12)]
    assert _numbers(db, office) == {"theory": "YX-2026-0001", "journeyman": "YXJ-2026-0001"}


def _passes(db: Session, browser: Browser, at: Any) -> None:
    assert browser.start(at).status == 200
    browser.open(at + steps.SECOND)
    answers = [
        browser.answer("single", 1, "B"),
        browser.answer("multiple", 1, "ABC"),
        browser.answer("truth", 1, {"value": True}),
        browser.answer("blanks", 1, {"blanks": {"1": "GB", "2": "GB/T"}}),
        browser.answer("sum", 1, {"value": "12.5", "unit": "kg"}),
    ]
    assert browser.submit(at + timedelta(minutes=30), answers).status == 200
    assert grading.grade_sittings(db, [browser.sitting.id or 0], at + timedelta(hours=1)) == 1
    assert steps.result_of(db, browser.sitting).passed


def _workshop(db: Session, candidate: Any, ref: int, at: str) -> None:
    instant = shanghai(at)
    post_outcome(
        db,
        institution_id=candidate.institution_id,
        person_id=candidate.person_id,
        scheme_key=SCHEME.key,
        kind="finished",
        subject="LATHE",
        title="车床",
        source_kind="course",
        source_ref=ref,
        at=instant,
        now=instant,
        category="workshop",
        hours=Decimal(12),
    )


def _standing(db: Session, candidate: Any) -> Any:
    on = date(2026, 11, 26)
    return service_eligibility.standing(db, candidate.institution_id, candidate.person_id, SCHEME.key, on)


def _numbers(db: Session, office: Any) -> dict[str, str | None]:
    """Both are due, three working days after the window and at once; each is given its number."""
    now = shanghai("2026-12-01T10:00:00")
    person = db.exec(select(Certificate.person_id)).first() or 0
    service_due_hours.moved_heard(db, Moved(office.institution_id, person, SCHEME.key, date(2026, 11, 26)), now)
    found = db.exec(select(Certificate).order_by(col(Certificate.id))).all()
    assert {one.kind: one.due_on for one in found}["theory"] == date(2026, 11, 25)
    issued = [service_issue.issue(db, one.id or 0, now, office.person_id) for one in found if one.state == "due"]
    return {one.kind: one.number for one in issued}
