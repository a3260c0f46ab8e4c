"""Facts as the database has them: the ledger judged for one person and for thousands, on SQLite and PostgreSQL."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session

from exam.accounts import service as accounts
from exam.accounts.models import Person
from exam.credits import service_eligibility
from exam.credits.models import HourEntry
from exam.credits.service_membership import ensure
from exam.credits.service_posting import post_outcome, undo_outcome

NOW = datetime(2026, 11, 6, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 6)


@pytest.fixture
def home(db: Session) -> int:
    return accounts.add_institution(db, code="CZ", name="常州", now=NOW).id or 0


def somebody(db: Session, name: str = "考生") -> int:
    person = Person(name=name, state="active", created_at=NOW)
    db.add(person)
    db.flush()
    return person.id or 0


def finished(db: Session, home: int, person: int, ref: int, scheme: str, category: str, hours: int, **more: Any) -> Any:
    at = more.pop("at", NOW)
    values: dict[str, Any] = {"kind": "finished", "delivery": "online", "subject": f"K{ref}", "title": "课程", **more}
    return post_outcome(
        db,
        institution_id=home,
        person_id=person,
        scheme_key=scheme,
        source_kind="course",
        source_ref=ref,
        at=at,
        now=NOW,
        category=category,
        hours=Decimal(hours),
        **values,
    )


def test_a_standing_follows_what_is_posted_and_undone(db: Session, home: int) -> None:
    person = somebody(db)
    ensure(db, home, person, "ccaa", NOW, facts={"fields": 1})
    for ref, category in enumerate(("required", "elective", "elective"), 1):
        finished(db, home, person, ref, "ccaa", category, 8)
    standing = service_eligibility.standing(db, home, person, "ccaa", TODAY)
    assert standing.met and standing.track == "single"
    undo_outcome(db, "course", 2, "登记有误", None, NOW)
    after = service_eligibility.standing(db, home, person, "ccaa", TODAY)
    assert (after.met, after.hours_missing) == (False, 8)
    assert [(one.code, one.hours) for one in after.not_counted] == [("undone", 8)]


def test_electives_are_judged_by_the_instant_of_finishing(db: Session, home: int) -> None:
    person = somebody(db)
    ensure(db, home, person, "ccib", NOW, facts={"holder": 1})
    finished(db, home, person, 1, "ccib", "required", 10, at=NOW)
    finished(db, home, person, 2, "ccib", "elective", 10, at=NOW - timedelta(minutes=1))
    finished(db, home, person, 3, "ccib", "elective", 30, at=NOW + timedelta(minutes=1))
    standing = service_eligibility.standing(db, home, person, "ccib", TODAY)
    assert standing.met
    assert [(one.code, one.hours) for one in standing.not_counted] == [("before-required", 10)]


def test_a_filed_course_of_another_institutions_staff_does_not_count(db: Session, home: int) -> None:
    person = somebody(db)
    ensure(db, home, person, "ccaa", NOW)
    finished(db, home, person, 1, "ccaa", "filed", 8, delivery="filed", fields={"own_staff": False})
    standing = service_eligibility.standing(db, home, person, "ccaa", TODAY)
    assert [one.code for one in standing.not_counted] == ["not-own-staff"]


def test_a_speciality_counts_its_own_hours(db: Session, home: int) -> None:
    person = somebody(db)
    for track in ("officer", "chief"):
        ensure(db, home, person, "ptp", NOW, track=track)
    finished(db, home, person, 1, "ptp", "training", 30, track="officer")
    officer = service_eligibility.standing(db, home, person, "ptp", TODAY, "officer")
    chief = service_eligibility.standing(db, home, person, "ptp", TODAY, "chief")
    assert (officer.met, chief.met, chief.hours_missing) == (True, False, 60)


def test_hours_at_another_institution_are_not_seen(db: Session, home: int) -> None:
    person, other = somebody(db), accounts.add_institution(db, code="XX", name="别处", now=NOW).id or 0
    finished(db, other, person, 1, "ccaa", "required", 8)
    assert service_eligibility.standing(db, home, person, "ccaa", TODAY).counted == ()
    assert list(service_eligibility.standings(db, home, "ccaa", TODAY)) == []
    assert [line.person_id for line in service_eligibility.standings(db, other, "ccaa", TODAY)] == [person]


def _crowd(db: Session, home: int, count: int) -> None:
    for number in range(count):
        person = somebody(db, f"人{number:04d}")
        ensure(db, home, person, "changzhou", NOW)
        for part in range(3):
            db.add(
                HourEntry(
                    institution_id=home,
                    person_id=person,
                    scheme="changzhou",
                    scheme_version="2011-03-01",
                    category="public" if part == 0 else "professional",
                    hours=Decimal(24),
                    year=2026,
                    on=TODAY,
                    subject=f"S{part}",
                    title="课程",
                    source_kind="proof",
                    source_ref=number,
                    part=part,
                    posted_at=NOW,
                )
            )
    db.flush()


def _queries(db: Session, home: int) -> int:
    seen: list[str] = []
    engine = db.get_bind().engine

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        lines = list(service_eligibility.standings(db, home, "changzhou", TODAY))
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert all(line.standing.met for line in lines)
    return len(seen)


def test_a_table_asks_as_often_for_many_as_for_few(db: Session, home: int) -> None:
    _crowd(db, home, 3)
    few = _queries(db, home)
    for number in range(60):
        person = somebody(db, f"新{number}")
        ensure(db, home, person, "changzhou", NOW)
        post_outcome(
            db,
            institution_id=home,
            person_id=person,
            scheme_key="changzhou",
            kind="passed",
            subject="QM",
            title="公共科目",
            source_kind="sitting",
            source_ref=1000 + number,
            at=NOW,
            now=NOW,
        )
        finished_hours(db, home, person, 5000 + number)
    assert _queries(db, home) == few <= 5


def finished_hours(db: Session, home: int, person: int, ref: int) -> None:
    db.add(
        HourEntry(
            institution_id=home,
            person_id=person,
            scheme="changzhou",
            scheme_version="2011-03-01",
            category="professional",
            hours=Decimal(48),
            year=2026,
            on=TODAY,
            subject="P",
            title="专业培训",
            source_kind="activity",
            source_ref=ref,
            posted_at=NOW,
        )
    )
    db.flush()
