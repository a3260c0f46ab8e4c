"""Issued and taken back at the same moment: one comes first, and the other sees what it did."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from sqlmodel import select

from exam.accounts.models import Institution, Person
from exam.certificates import runtime, service_issue
from exam.certificates.models import Certificate
from exam.core import audit
from exam.core.errors import Refused
from exam.credits.service_posting import post_outcome, undo_outcome

NOON = datetime(2026, 11, 6, 4, 0, tzinfo=UTC)
CLOSES = datetime(2026, 11, 10, 16, 0, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
ROUNDS = 12


@pytest.fixture
def due(database):
    """As many certificates as there are rounds, all due, of one institution."""
    runtime.listen()
    with database.transaction() as db:
        home = Institution(code="C1", name="考试中心", created_at=NOON)
        person = Person(name="欧阳明", username="ouyang", state="active", created_at=NOON)
        db.add_all([home, person])
        db.flush()
        for ref in range(1, ROUNDS + 1):
            post_outcome(
                db,
                institution_id=home.id,
                person_id=person.id,
                scheme_key="changzhou",
                kind="passed",
                subject=f"S{ref}",
                title="质量强国",
                source_kind="sitting",
                source_ref=ref,
                at=NOON,
                now=NOON,
                window_closes=CLOSES,
            )
        rows = db.exec(select(Certificate).order_by("id")).all()
        return home.id, {ref: row.id for ref, row in enumerate(rows, 1)}


def test_issued_and_taken_back_at_once_is_one_of_two_stories(database, due):
    home, ids = due

    def issue(certificate_id, start):
        start.wait(20)
        try:
            with database.transaction() as db:
                service_issue.issue(db, certificate_id, DECEMBER, None)
        except Refused as error:
            return error.refusal.code
        return "issued"

    def undo(ref, start):
        start.wait(20)
        with database.transaction() as db:
            undo_outcome(db, "sitting", ref, "marked anew", None, NOON)

    with ThreadPoolExecutor(2) as pool:
        for ref, certificate_id in ids.items():
            start = Barrier(2)
            told = pool.submit(issue, certificate_id, start)
            pool.submit(undo, ref, start).result(60)
            with database.reading() as db:
                row = db.get_one(Certificate, certificate_id)
                story = (told.result(60), row.state, bool(row.number), row.problem)
            assert story in (
                ("issued", "issued", True, "basis-undone"),
                ("certificate-not-due", "withdrawn", False, ""),
            )
    with database.reading() as db:
        assert audit.check(db, home) is None
        numbers = sorted(row.number for row in db.exec(select(Certificate)) if row.number)
    assert numbers == [f"CZ-2026-{serial:06d}" for serial in range(1, len(numbers) + 1)]
