"""CCAA through a year: an auditor with two fields, from the first course to the certificate and the year's end."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session, select

from exam.accounts.access import Caller
from exam.accounts.permissions import Role
from exam.certificates import queries, runtime, service_issue
from exam.certificates.models import Certificate
from exam.core.decisions import Refusal
from exam.core.errors import Refused
from exam.credits import effects_service, service_claims, service_eligibility, signals
from exam.credits.calculators import Stated
from exam.credits.eligibility import Standing
from exam.credits.models_claims import ClaimEvidence
from exam.credits.service_membership import ensure
from exam.credits.service_posting import post_outcome, undo_outcome

from .cast import Cast, cast, shanghai


@pytest.fixture
def people(db: Session) -> Iterator[Cast]:
    before = {name: list(getattr(signals, name)) for name in ("posted", "undone", "touching")}
    runtime.listen()
    yield cast(db)
    for name, hooks in before.items():
        getattr(signals, name)[:] = hooks


def learn(db: Session, who: Caller, ref: int, category: str, hours: int, at: str, **more: Any) -> Any:
    """A course finished, or with `kind="passed"` a class whose exam was passed."""
    instant = shanghai(at)
    values: dict[str, Any] = {"kind": "finished", "delivery": "online", "title": f"课程 {ref}", **more}
    return post_outcome(
        db,
        institution_id=who.institution_id,
        person_id=who.person_id,
        scheme_key="ccaa",
        subject=f"K{ref}",
        source_kind="course" if values["kind"] == "finished" else "sitting",
        source_ref=ref,
        at=instant,
        now=instant,
        category=category,
        hours=Decimal(hours),
        **values,
    )


def stands(db: Session, who: Caller, on: str) -> Standing:
    return service_eligibility.standing(db, who.institution_id, who.person_id, "ccaa", date.fromisoformat(on))


def waive(db: Session, office: Caller, who: Caller, row: str, on: str) -> None:
    """The office records a waiver that needs no application."""
    day = date.fromisoformat(on)
    wanted = service_claims.Wanted("ccaa", "waiver", row, "", day.year, Stated(on=day))
    service_claims.record_waiver(db, office, who.person_id, wanted, "协会文件", shanghai(f"{on}T10:00:00"))


def test_a_year_from_the_first_course_to_its_end(db: Session, people: Cast) -> None:
    office, auditor = people.somebody(Role.REGISTRAR), people.somebody(Role.CANDIDATE)
    start = shanghai("2026-01-05T09:00:00")
    ensure(db, people.institution_id, auditor.person_id, "ccaa", start, facts={"fields": 2}, by=office.person_id)
    service_issue.save_issuer(db, office, "常州认证中心", "CCAA012", "CCAA-2026-BA-001", start)
    assert stands(db, auditor, "2026-01-05").hours_missing == 32

    # January and March: eight required hours online; a class of eight with its exam passed.
    learn(db, auditor, 1, "required", 8, "2026-01-20T20:00:00")
    taken = {"course": "QMS01", "hours": 8, "class_number": "03"}
    learn(db, auditor, 2, "elective", 8, "2026-03-12T16:30:00", kind="passed", delivery="face-to-face", fields=taken)
    standing = stands(db, auditor, "2026-03-12")
    assert [asked.met for asked in standing.requirements] == [True, True, False]
    assert standing.hours_missing == 16

    # Waivers: sixteen hours are half of thirty-two; the eight after that are over the cap.
    waive(db, office, auditor, "case-judged", "2026-05-06")
    assert stands(db, auditor, "2026-05-06").met
    waive(db, office, auditor, "items-written", "2026-06-08")
    over = stands(db, auditor, "2026-06-08")
    assert over.met
    assert [(one.code, one.hours, one.source) for one in over.not_counted] == [("over-cap", 8, "S2 annex 1 note 2")]

    # The class's result is taken back: what it had posted goes, and that was shown before.
    changes = effects_service.outcome_undone(db, people.institution_id, [("sitting", 2)])
    effect = effects_service.effect(db, people.institution_id, changes, shanghai("2026-06-09T09:00:00"))
    assert [move.person_id for move in effect.loses] == [auditor.person_id]
    assert [(one.title, one.state) for one in effect.certificates] == [("继续教育培训证书（面授）", "due")]
    undo_outcome(db, "sitting", 2, "答案有误", office.person_id, shanghai("2026-06-09T09:30:00"))
    short = stands(db, auditor, "2026-06-09")
    assert (short.met, short.hours_missing) == (False, 8)
    learn(db, auditor, 2, "elective", 8, "2026-03-12T16:30:00", kind="passed", delivery="face-to-face", fields=taken)
    assert stands(db, auditor, "2026-06-10").met

    _certificate(db, office, auditor)
    _the_year_ends(db, auditor)


def _certificate(db: Session, office: Caller, auditor: Caller) -> None:
    """Its number has the association's form; from then on the result is locked."""
    due = db.exec(
        select(Certificate).where(
            Certificate.person_id == auditor.person_id, Certificate.kind == "face-to-face", Certificate.state == "due"
        )
    ).one()
    assert queries.locks_result(db, "sitting", 2) is None
    issued = service_issue.issue(db, due.id or 0, shanghai("2026-06-10T10:00:00"), office.person_id)
    assert issued.number == "CCAA012-2026-QMS01-08-03-0001"
    locked = queries.locks_result(db, "sitting", 2)
    assert locked == Refusal("certificate-issued", params={"number": issued.number})
    changes = effects_service.outcome_undone(db, office.institution_id, [("sitting", 2)])
    effect = effects_service.effect(db, office.institution_id, changes, shanghai("2026-06-11T09:00:00"))
    assert [(one.number, one.locked) for one in effect.certificates] == [(issued.number, True)]


def _the_year_ends(db: Session, auditor: Caller) -> None:
    """The last instant of December belongs to the year, the first of January to the next, which begins at nothing."""
    learn(db, auditor, 3, "filed", 4, "2026-12-31T23:59:59", delivery="filed")
    learn(db, auditor, 4, "required", 8, "2027-01-01T00:00:00")
    year = stands(db, auditor, "2026-12-31")
    assert year.met and 3 in {int(one.entry.subject[1:]) for one in year.counted if one.entry.subject[:1] == "K"}
    following = stands(db, auditor, "2027-01-01")
    assert not following.met and following.hours_missing == 24
    assert [one.entry.subject for one in following.counted] == ["K4"]
    assert {one.code for one in following.not_counted} == {"out-of-cycle", "undone"}


def test_a_full_waiver_is_applied_for_by_the_tenth_of_december(db: Session, people: Cast) -> None:
    office, auditor = people.somebody(Role.REGISTRAR), people.somebody(Role.CANDIDATE)
    in_time, late = shanghai("2026-12-10T23:59:59"), shanghai("2026-12-11T00:00:00")
    wanted = service_claims.Wanted("ccaa", "waiver", "maternity", "", 2026, Stated(on=date(2026, 4, 1)))
    claim = service_claims.make(db, auditor, wanted, in_time)
    proof = {"kind": "birth-proof", "name": "证明.pdf", "sha256": "0" * 64, "media_type": "application/pdf", "size": 1}
    db.add(ClaimEvidence(claim_id=claim.id, added_at=in_time, added_by=auditor.person_id, **proof))
    db.flush()
    with pytest.raises(Refused) as refused:
        service_claims.send(db, auditor, claim.id or 0, late)
    assert refused.value.refusal.code != "claim-evidence-missing"
    assert not stands(db, auditor, "2026-12-11").met
    service_claims.send(db, auditor, claim.id or 0, in_time)
    service_claims.decide(db, office, claim.id or 0, "approve", late)
    waived = stands(db, auditor, "2026-12-31")
    assert waived.met and waived.waived is not None
    assert {asked.source for asked in waived.requirements} == {"S2 annex 1 §1.2"}
    assert not stands(db, auditor, "2027-01-01").met
