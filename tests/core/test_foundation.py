"""The ground everything stands on: transactions, the audit chain, the wrapper round every route."""

import pytest
from sqlmodel import Session, select
from starlette.testclient import TestClient

from exam.accounts.models import Institution
from exam.accounts.permissions import Role
from exam.core import audit
from exam.core.audit import AuditEvent
from exam.core.db import Database


def test_transaction_commits_all_or_nothing(database: Database, world, clock):
    world.institution("A")
    with pytest.raises(RuntimeError), database.transaction() as db:
        db.add(Institution(code="B", name="乙", created_at=clock.now()))
        db.flush()
        raise RuntimeError("something broke on the way")
    with database.reading() as db:
        assert [row.code for row in db.exec(select(Institution))] == ["A"]


def test_audit_log_is_a_chain_that_shows_edits(db: Session, clock):
    for n in range(3):
        audit.record(
            db,
            at=clock.now(),
            action="test.deed",
            subject=("thing", n),
            institution_id=None,
            actor_id=None,
            detail={"n": n},
        )
    assert audit.check(db, 0) is None
    event = db.exec(select(AuditEvent).where(AuditEvent.seq == 2)).one()
    event.detail = {"n": 99}
    db.add(event)
    db.flush()
    assert audit.check(db, 0) == "changed at 2"


def test_a_page_asks_for_a_sign_in_and_then_opens(app, signed_in):
    assert TestClient(app).get("/", follow_redirects=False).headers["location"] == "/sign-in"
    assert signed_in(Role.CANDIDATE).get("/").status_code == 200


@pytest.mark.parametrize("odd", ["99999999999999999999", "-1", "abc", "１２"])
def test_an_id_that_no_row_can_have_is_not_found(signed_in, odd: str):
    assert signed_in(Role.REGISTRAR).get(f"/sittings/{odd}/watch").status_code == 404


def test_a_body_over_the_limit_is_refused_to_somebody_who_stays_signed_in(signed_in):
    answer = signed_in(Role.REGISTRAR).post("/language", data={"lang": "x" * (2 * 1024 * 1024)})
    assert answer.status_code == 413
    assert "/sign-out" in answer.text
