"""Due from an outcome, issued once with a number of its own, taken back, revoked; eight who issue at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import select

from exam.accounts.access import Caller
from exam.accounts.models import Institution, Person
from exam.certificates import jobs, queries, runtime, service_due, service_issue
from exam.certificates.models import Certificate
from exam.core.errors import Invalid, NotFound, Refused
from exam.core.objects import ObjectStore
from exam.credits.service_membership import ensure
from exam.credits.service_posting import post_outcome, undo_outcome

NOON = datetime(2026, 11, 6, 4, 0, tzinfo=UTC)
CLOSES = datetime(2026, 11, 10, 16, 0, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def heard():
    runtime.listen()


@pytest.fixture
def place(database):
    with database.transaction() as db:
        home = Institution(code="C1", name="考试中心", created_at=NOON)
        person = Person(name="欧阳明", username="ouyang", state="active", created_at=NOON)
        db.add_all([home, person])
        db.flush()
        return home.id, person.id


def passed(db, place, ref=1, **more):
    given = {
        "scheme_key": "changzhou",
        "kind": "passed",
        "subject": "QS",
        "title": "质量强国",
        "source_kind": "sitting",
        "source_ref": ref,
        "at": NOON,
        "now": NOON,
        "window_closes": CLOSES,
    }
    return post_outcome(db, institution_id=place[0], person_id=place[1], **{**given, **more})


def certificates(db):
    return list(db.exec(select(Certificate).order_by("id")))


def office(place, **more):
    person = more.get("person_id", place[1])
    return Caller(
        person_id=person,
        institution_id=more.get("institution_id", place[0]),
        institution_name="",
        name="",
        roles=frozenset(),
        permissions=frozenset(),
    )


def test_a_passed_subject_makes_a_certificate_due_with_its_day(place, db):
    passed(db, place)
    (row,) = certificates(db)
    assert (row.kind, row.state, row.due_on, row.provisional) == ("public-subject", "due", date(2026, 12, 1), False)
    assert (row.scheme_version, row.number, row.issued_on) == ("2011-03-01", None, None)


def test_posting_again_makes_no_second_one(place, db):
    passed(db, place)
    passed(db, place)
    assert len(certificates(db)) == 1


def test_an_undone_outcome_withdraws_it_and_a_new_one_is_another(place, db):
    passed(db, place)
    undo_outcome(db, "sitting", 1, "marked anew", None, NOON)
    passed(db, place)
    assert [row.state for row in certificates(db)] == ["withdrawn", "due"]


def test_it_is_issued_on_its_day_and_not_before(place, db):
    passed(db, place)
    (row,) = certificates(db)
    with pytest.raises(Refused) as refused:
        service_issue.issue(db, row.id, DECEMBER - timedelta(days=1), None)
    assert refused.value.refusal.code == "certificate-too-early"
    service_issue.issue(db, row.id, DECEMBER, None)
    assert (row.number, row.name, row.issued_on) == ("CZ-2026-000001", "欧阳明", date(2026, 12, 1))
    again = service_issue.issue(db, row.id, DECEMBER + timedelta(days=9), None)
    assert (again.number, again.issued_on) == ("CZ-2026-000001", date(2026, 12, 1))


def test_an_issued_one_whose_basis_is_undone_waits_for_the_office(place, db):
    passed(db, place)
    (row,) = certificates(db)
    service_issue.issue(db, row.id, DECEMBER, None)
    undo_outcome(db, "sitting", 1, "marked anew", None, DECEMBER)
    assert (row.state, row.problem) == ("issued", "basis-undone")


def test_revoking_needs_a_reason_and_is_final(place, db):
    passed(db, place)
    (row,) = certificates(db)
    who = office(place)
    with pytest.raises(Refused):
        service_issue.revoke(db, who, row.id, "早了", DECEMBER)
    service_issue.issue(db, row.id, DECEMBER, None)
    with pytest.raises(Invalid):
        service_issue.revoke(db, who, row.id, "  ", DECEMBER)
    service_issue.revoke(db, who, row.id, "冒名顶替", DECEMBER)
    assert (row.state, row.reason) == ("revoked", "冒名顶替")
    with pytest.raises(Refused):
        service_issue.revoke(db, who, row.id, "再次", DECEMBER)


def test_nobody_revokes_anothers(place, db):
    passed(db, place)
    (row,) = certificates(db)
    service_issue.issue(db, row.id, DECEMBER, None)
    with pytest.raises(NotFound):
        service_issue.revoke(db, office(place, institution_id=place[0] + 1), row.id, "理由", DECEMBER)


def test_a_corrected_day_moves_what_is_due(place, db):
    passed(db, place)
    (row,) = certificates(db)
    moved = service_due.correct_day(db, place[0], date(2026, 11, 28), True, "调休", None, NOON)
    assert (moved, row.due_on) == (1, date(2026, 11, 30))


def test_the_public_is_told_by_number_and_name_or_token_and_nothing_by_one_alone(place, db):
    passed(db, place)
    (row,) = certificates(db)
    today = date(2026, 12, 2)
    assert queries.by_token(db, row.token, today) is None
    service_issue.issue(db, row.id, DECEMBER, None)
    for answer in (queries.by_number(db, "cz-2026-000001 ", "欧阳 明", today), queries.by_token(db, row.token, today)):
        assert answer is not None and answer.standing == "in-force" and answer.institution == "考试中心"
    assert queries.by_number(db, "CZ-2026-000001", "欧阳", today) is None
    assert queries.by_number(db, "CZ-2026-000002", "欧阳明", today) is None


def test_met_hours_lead_to_a_proof_and_lose_it_again(place, db):
    ensure(db, *place, "ptp", NOON, track="officer")
    for ref, hours in ((1, 20), (2, 9)):
        _trained(db, place, ref, hours)
    assert certificates(db) == []
    _trained(db, place, 3, 1)
    (row,) = certificates(db)
    assert (row.kind, row.state, row.due_on) == ("hour-proof", "due", date(2026, 11, 6))
    undo_outcome(db, "course", 3, "not learned", None, NOON)
    assert row.state == "withdrawn"


def _trained(db, place, ref, hours):
    passed(
        db,
        place,
        ref,
        scheme_key="ptp",
        kind="finished",
        source_kind="course",
        subject=f"T{ref}",
        title=f"培训{ref}",
        track="officer",
        hours=Decimal(hours),
        window_closes=None,
    )


def test_eight_who_issue_at_once_never_give_a_number_twice(database, place):
    with database.transaction() as db:
        for ref in range(1, 41):
            passed(db, place, ref, subject=f"S{ref}")
        ids = [row.id for row in certificates(db)]

    def issue_five(start):
        for certificate_id in ids[start::8] + ids[:3]:
            with database.transaction() as db:
                service_issue.issue(db, certificate_id, DECEMBER, None)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(issue_five, range(8)))
    with database.reading() as db:
        numbers = sorted(row.number for row in certificates(db))
    assert numbers == [f"CZ-2026-{serial:06d}" for serial in range(1, 41)]


def test_an_order_that_is_cut_off_goes_on_without_doubling_a_number(database, place, tmp_path, monkeypatch):
    with database.transaction() as db:
        for ref in range(1, 8):
            passed(db, place, ref, subject=f"S{ref}")
        service_issue.order(db, office(place), date(2026, 12, 1), DECEMBER)
    store, calls = ObjectStore(tmp_path / "objects"), []
    whole = jobs.issue

    def cut_off(*arguments):
        calls.append(1)
        if len(calls) == 4:
            raise RuntimeError("power cut")
        return whole(*arguments)

    monkeypatch.setattr(jobs, "issue", cut_off)
    with pytest.raises(RuntimeError):
        jobs.work(database, store, "http://x", DECEMBER)
    monkeypatch.setattr(jobs, "issue", whole)
    with database.reading() as db:
        before = {row.id: row.number for row in certificates(db) if row.number}
    assert len(before) == 3
    jobs.work(database, store, "http://x", DECEMBER)
    with database.reading() as db:
        rows = certificates(db)
        assert sorted(row.number for row in rows) == [f"CZ-2026-{serial:06d}" for serial in range(1, 8)]
        assert all(row.pdf and store.get(row.pdf).startswith(b"%PDF") for row in rows)
        assert {row.id: row.number for row in rows if row.id in before} == before


def test_one_that_cannot_be_drawn_keeps_its_reason_and_stops_nothing(database, place, tmp_path):
    with database.transaction() as db:
        rare = Person(name="𠮷野", username="rare", state="active", created_at=NOON)
        db.add(rare)
        db.flush()
        passed(db, (place[0], rare.id), 1)
        passed(db, place, 2)
        service_issue.order(db, office(place), date(2026, 12, 1), DECEMBER)
    jobs.work(database, ObjectStore(tmp_path / "objects"), "http://x", DECEMBER)
    with database.reading() as db:
        rows = certificates(db)
    assert [(bool(row.number), bool(row.pdf), row.problem) for row in rows] == [
        (True, False, "characters-not-in-font"),
        (True, True, ""),
    ]
