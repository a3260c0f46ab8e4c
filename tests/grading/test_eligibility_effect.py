"""Taking a result back, or correcting a key, shows first what it does to hours and eligibility."""

import re
from typing import Any

from sqlmodel import select

from exam.accounts.permissions import Role
from exam.core.clock import FrozenClock
from exam.core.db import Database
from exam.credits.models import Outcome
from exam.grading.models import Result
from exam.grading.service_credit import credit_results

from .build import sat, single
from .test_routes import graded


def test_a_withdrawal_that_takes_hours_is_confirmed_first(
    database: Database, clock: FrozenClock, built: Any, staff: Any
) -> None:
    exam = built([single()], cut="2", release_rule="on-date")
    sat(database, exam, [{"choice": "aa"}])
    graded(database, clock)
    office = staff(exam.institution_id, Role.REGISTRAR)
    with database.reading() as db:
        window = db.exec(select(Result.window_opens)).one()
    form = {"window": window.isoformat() if window else ""}
    assert office.post(f"/releases/{exam.exam_id}/release", data=form).status_code == 303
    assert credit_results(database, clock.now())
    with database.reading() as db:
        assert len(db.exec(select(Outcome)).all()) == 1
    address = f"/releases/{exam.exam_id}/withdraw"
    shown = office.post(address, data={**form, "reason": "复核"})
    assert shown.status_code == 200
    assert "确认撤回成绩" in shown.text and ">-24<" in shown.text
    with database.reading() as db:
        assert db.exec(select(Result.withdrawn_at)).one() is None
    seen = re.search(r'name="seen" value="([0-9a-f]{32})"', shown.text)
    assert seen is not None
    assert office.post(address, data={**form, "reason": "复核", "seen": "0" * 32}).status_code == 409
    assert office.post(address, data={**form, "reason": "复核", "seen": seen[1]}).status_code == 303
    with database.reading() as db:
        assert db.exec(select(Result.withdrawn_at)).one() is not None
