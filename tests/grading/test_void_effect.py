"""Voiding a sitting shows first what it does to hours, eligibility and certificates; a locked result stays."""

from typing import Any

import pytest
from sqlmodel import select

from exam.accounts.permissions import Role
from exam.certificates import service_issue
from exam.certificates.models import Certificate
from exam.core.clock import FrozenClock
from exam.core.db import Database
from exam.credits.models import HourEntry, Outcome
from exam.credits.queries_ledger import entries
from exam.grading.models import Result
from exam.grading.service_credit import credit_results
from exam.sessions.models import Sitting
from tests.credits.making import confirmed, token

from .build import NOW, sat, single
from .test_routes import graded

REASON = {"reason": "冒名顶替"}


def passed(database: Database, clock: FrozenClock, built: Any, scheme: str = "changzhou") -> tuple[Any, int]:
    exam = built([single()], cut="2", scheme=scheme)
    if scheme == "ccaa":
        with database.transaction() as db:
            exam.bank.delivery = "face-to-face"
            db.add(exam.bank)
    sitting_id = sat(database, exam, [{"choice": "aa"}])
    graded(database, clock)
    assert credit_results(database, clock.now())
    return exam, sitting_id


def state(database: Database) -> tuple[str, str, list[str], int]:
    with database.reading() as db:
        result = db.exec(select(Result.state).where(Result.current)).one()  # type: ignore[arg-type]
        certificates = [one.state for one in db.exec(select(Certificate)).all()]
        return db.exec(select(Sitting.state)).one(), result, certificates, len(db.exec(select(Outcome)).all())


def test_hours_and_certificate_are_named_before_and_gone_after(
    database: Database, clock: FrozenClock, built: Any, staff: Any, app: Any
) -> None:
    exam, sitting_id = passed(database, clock, built)
    office, address = staff(exam.institution_id, Role.REGISTRAR), f"/sittings/{sitting_id}/void"
    before = state(database)
    assert before == ("submitted", "final", ["due"], 1)
    shown = office.post(address, data=REASON)
    assert shown.status_code == 200 and state(database) == before
    for text in ("确认作废这次考试", ">-24<", "公共科目合格证", "待颁发，将取消", "冒名顶替"):
        assert text in shown.text
    office.cookies.set("lang", "en")
    assert "Due, would be called off" in office.post(address, data=REASON).text
    assert confirmed(office, address, REASON).status_code == 303
    assert state(database) == ("void", "void", ["withdrawn"], 2)
    with database.reading() as db:
        person = db.exec(select(Sitting.person_id)).one()
        assert sum(row.hours for row in entries(db, exam.institution_id, person)) == 0
    assert credit_results(database, clock.now())
    assert state(database)[3] == 2  # taken back once
    with database.reading() as db:
        assert len(db.exec(select(HourEntry)).all()) == 2


def test_a_certificate_issued_meanwhile_is_shown_anew(
    database: Database, clock: FrozenClock, built: Any, staff: Any, app: Any
) -> None:
    exam, sitting_id = passed(database, clock, built)
    office, address = staff(exam.institution_id, Role.REGISTRAR), f"/sittings/{sitting_id}/void"
    shown = office.post(address, data=REASON)
    with database.transaction() as db:
        row = db.exec(select(Certificate)).one()
        service_issue.issue(db, row.id or 0, NOW.replace(year=NOW.year + 1), None)
        number = row.number
    again = office.post(address, data={**REASON, "seen": token(shown.text)})
    assert again.status_code == 409 and state(database)[0] == "submitted"
    assert str(number) in again.text and "已颁发，依据将不再成立" in again.text
    assert office.post(address, data={**REASON, "seen": token(again.text)}).status_code == 303
    with database.reading() as db:
        assert db.exec(select(Certificate.problem)).one() == "basis-undone"


@pytest.mark.parametrize("locked", [True, False])
def test_a_locked_result_is_refused_with_its_number(
    database: Database, clock: FrozenClock, built: Any, staff: Any, app: Any, locked: bool
) -> None:
    exam, sitting_id = passed(database, clock, built, "ccaa")
    office, address = staff(exam.institution_id, Role.REGISTRAR), f"/sittings/{sitting_id}/void"
    with database.transaction() as db:
        row = db.exec(select(Certificate)).one()
        row.fields = {"course": "QMS01", "hours": 8, "class_number": "03", "body": "CCAA012"}
        db.add(row)
    if locked:
        with database.transaction() as db:
            service_issue.issue(db, row.id or 0, NOW, None)
    before, shown = state(database), office.post(address, data=REASON)
    assert state(database) == before
    if locked:
        assert shown.status_code == 409 and "CCAA012" in shown.text
        assert office.post(address, data={**REASON, "seen": "0" * 32}).status_code == 409
    else:
        assert shown.status_code == 200 and "待颁发，将取消" in shown.text


def test_a_sitting_that_earned_nothing_is_voided_at_once(
    database: Database, clock: FrozenClock, built: Any, staff: Any, app: Any
) -> None:
    exam = built([single()], cut="2")
    sitting_id = sat(database, exam, [{"choice": "bb"}])
    graded(database, clock)
    office = staff(exam.institution_id, Role.REGISTRAR)
    assert office.post(f"/sittings/{sitting_id}/void", data=REASON).status_code == 303
