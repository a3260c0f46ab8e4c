"""Sign-ins are kept for ninety days after they are over, and no longer."""

from datetime import timedelta

import pytest
from sqlmodel import select

from exam.accounts.models import BrowserSession
from exam.accounts.permissions import Role
from exam.accounts.retention import KEPT, forget_old_sign_ins

MOMENT = timedelta(milliseconds=1)


@pytest.mark.parametrize(("after", "left"), [(KEPT, 1), (KEPT + MOMENT, 0)])
def test_old_sign_ins_are_forgotten(database, world, clock, after: timedelta, left: int) -> None:
    world.signed_in(Role.CANDIDATE)
    with database.transaction() as db:
        session = db.exec(select(BrowserSession)).one()
        forget_old_sign_ins(db, session.expires_at + after)
        assert len(db.exec(select(BrowserSession)).all()) == left
