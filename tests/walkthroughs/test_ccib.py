"""CCIB, from the first course to the certificate: a holder who begins with electives, and somebody new."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from sqlmodel import Session, select

from exam.accounts.access import Caller
from exam.accounts.permissions import Role
from exam.certificates import queries, runtime, service_issue
from exam.certificates.models import Certificate
from exam.core.decisions import Refusal
from exam.core.errors import Refused
from exam.credits import service_eligibility, signals
from exam.credits.eligibility import Standing
from exam.credits.service_membership import change, ensure
from exam.credits.service_posting import post_outcome, undo_outcome

from .cast import Cast, cast, shanghai


@pytest.fixture
def people(db: Session) -> Iterator[Cast]:
    before = {name: list(getattr(signals, name)) for name in ("posted", "undone", "touching")}
    runtime.listen()
    yield cast(db)
    for name, hooks in before.items():
        getattr(signals, name)[:] = hooks


def learn(db: Session, who: Caller, ref: int, subject: str, category: str, hours: int, at: str) -> None:
    """A course finished: one unit is one hour (S1 §1.4)."""
    instant = shanghai(at)
    post_outcome(
        db,
        institution_id=who.institution_id,
        person_id=who.person_id,
        scheme_key="ccib",
        kind="finished",
        subject=subject,
        title=f"课程 {subject}",
        source_kind="course",
        source_ref=ref,
        at=instant,
        now=instant,
        category=category,
        hours=Decimal(hours),
        delivery="online",
    )


def stands(db: Session, who: Caller, on: str) -> Standing:
    return service_eligibility.standing(db, who.institution_id, who.person_id, "ccib", date.fromisoformat(on))


def counted(standing: Standing) -> dict[str, Decimal]:
    return {asked.code: asked.counted for asked in standing.requirements}


def test_a_holder_from_the_first_course_to_the_new_certificate(db: Session, people: Cast) -> None:
    office, holder = people.somebody(Role.REGISTRAR), people.somebody(Role.CANDIDATE)
    start = shanghai("2024-09-01T09:00:00")
    facts = {"holder": 1, "renewed-before": 1}
    member = ensure(db, people.institution_id, holder.person_id, "ccib", start, facts=facts, by=office.person_id)
    span = {"cycle_from": date(2020, 11, 11), "cycle_until": date(2024, 11, 10)}
    change(db, member, facts=facts, **span, reason="证书到期批次", by=office.person_id, now=start)
    assert (stands(db, holder, "2024-09-01").track, stands(db, holder, "2024-09-01").hours_missing) == ("holder", 40)

    # Electives before the ten required hours do not count (S0 §4(1)), and the page says why.
    learn(db, holder, 1, "X1", "elective", 5, "2024-09-02T20:00:00")
    learn(db, holder, 2, "B1", "required", 6, "2024-09-10T20:00:00")
    early = stands(db, holder, "2024-09-10")
    assert counted(early) == {"required": 6, "elective-holder": 0, "total-holder": 6}
    assert [(one.code, one.hours, one.entry.subject) for one in early.not_counted] == [("before-required", 5, "X1")]
    learn(db, holder, 3, "B2", "required", 4, "2024-09-20T10:00:00")
    learn(db, holder, 4, "X2", "elective", 10, "2024-09-20T10:00:01")
    learn(db, holder, 5, "X3", "elective", 1, "2024-09-20T09:59:59")
    assert counted(stands(db, holder, "2024-09-20"))["elective-holder"] == 10

    # The one that was learned too early counts once it is learned again; a second time it does not.
    learn(db, holder, 6, "X1", "elective", 5, "2024-10-08T20:00:00")
    learn(db, holder, 7, "X1", "elective", 5, "2024-10-09T20:00:00")
    learn(db, holder, 8, "X4", "elective", 14, "2024-10-20T20:00:00")
    short = stands(db, holder, "2024-10-20")
    assert (short.met, short.hours_missing) == (False, 1)
    assert sorted(one.code for one in short.not_counted) == ["before-required", "before-required", "duplicate"]
    assert db.exec(select(Certificate)).all() == []
    learn(db, holder, 9, "X5", "elective", 1, "2024-10-30T20:00:00")
    assert stands(db, holder, "2024-10-30").met
    _seven_working_days_after_the_batch(db, office)
    _something_was_not_learned(db, holder)


def _seven_working_days_after_the_batch(db: Session, office: Caller) -> None:
    """The batch is Sunday, 10 November: 11 to 15, 18 and 19 are seven working days (S0 §3.1)."""
    due = db.exec(select(Certificate)).one()
    assert (due.kind, due.counted_from, due.due_on) == ("ability-level", date(2024, 11, 10), date(2024, 11, 19))
    assert not due.provisional
    with pytest.raises(Refused) as early:
        service_issue.issue(db, due.id or 0, shanghai("2024-11-18T23:59:59"), office.person_id)
    assert early.value.refusal == Refusal("certificate-too-early", allowed_from=shanghai("2024-11-19T00:00:00"))
    issued = service_issue.issue(db, due.id or 0, shanghai("2024-11-19T00:00:00"), office.person_id)
    assert (issued.number, issued.valid_until) == ("NL-2024-000001", date(2028, 11, 10))
    for day, standing in ((date(2028, 11, 10), "in-force"), (date(2028, 11, 11), "expired")):
        answer = queries.by_token(db, issued.token, day)
        assert answer is not None and answer.standing == standing


def _something_was_not_learned(db: Session, holder: Caller) -> None:
    """A required course is taken back: the electives lose their footing, the certificate waits for the office."""
    undo_outcome(db, "course", 3, "代学", None, shanghai("2024-11-25T09:00:00"))
    left = stands(db, holder, "2024-11-25")
    assert counted(left) == {"required": 6, "elective-holder": 0, "total-holder": 6}
    certificate = db.exec(select(Certificate)).one()
    assert (certificate.state, certificate.problem) == ("issued", "basis-undone")


def test_somebody_new_needs_forty_electives_and_has_the_certificate_at_once(db: Session, people: Cast) -> None:
    newcomer = people.somebody(Role.CANDIDATE)
    ensure(db, people.institution_id, newcomer.person_id, "ccib", shanghai("2024-03-01T09:00:00"))
    learn(db, newcomer, 1, "X1", "elective", 39, "2024-03-20T20:00:00")
    assert stands(db, newcomer, "2024-03-20").hours_missing == 1
    learn(db, newcomer, 2, "X2", "elective", 1, "2024-04-02T20:00:00")
    assert stands(db, newcomer, "2024-04-02").met
    due = db.exec(select(Certificate)).one()
    assert (due.kind, due.due_on) == ("continuing-education", date(2024, 4, 2))
    issued = service_issue.issue(db, due.id or 0, shanghai("2024-04-02T20:01:00"), None)
    assert (issued.number, issued.valid_until) == ("CCIB-2024-000001", date(2028, 4, 2))
