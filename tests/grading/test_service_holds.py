"""Every way in which a result becomes public asks whether its sitting is held, and says what it left out."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from exam.accounts.access import Caller
from exam.core.clock import FrozenClock
from exam.core.db import Database
from exam.core.errors import Refused
from exam.grading import jobs, queries, queries_feed, queries_release, service, service_release
from exam.grading.models import Result
from exam.grading.service_release import Released, release_due, release_group, release_one
from exam.proctor.models import Proctored
from exam.proctor.models_incidents import Incident
from exam.scheduling.models import Booking
from exam.sessions.models import Sitting
from tests.grading.build import NOW, Built, sat, single

Make = Callable[..., Built]


def watch(database: Database, sitting_id: int, **terms: Any) -> None:
    """Have a sitting be watched, with one stretch that nobody has decided."""
    with database.transaction() as db:
        sitting = db.get_one(Sitting, sitting_id)
        here = {"institution_id": sitting.institution_id, "sitting_id": sitting_id}
        kept = {"level": "camera", "hold_results": True, "appeal_days": 10, **terms}
        db.add(Proctored(**here, exam_id=sitting.exam_id, terms=kept, made_at=NOW, reviewed_at=NOW))
        when = {"began_at": NOW, "ended_at": NOW + timedelta(seconds=9), "noted_at": NOW}
        db.add(Incident(**here, **when, kind="away", origin="camera", severity=1))


def decide(database: Database) -> None:
    with database.transaction() as db:
        for row in db.exec(select(Incident)):
            row.state = "dismissed"
            db.add(row)


def public(database: Database) -> list[bool]:
    with database.reading() as db:
        rows = db.exec(select(Result.released_at).where(col(Result.current)).order_by(col(Result.sitting_id)))
        return [at is not None for at in rows]


def registrar(built: Built) -> Caller:
    with_person = built.sittings[0].person_id
    return Caller(with_person, "考务", built.institution_id, "机构")


def two(database: Database, built: Make, **exam: Any) -> tuple[Built, int, int]:
    """A watched sitting and one that is not, of the same exam."""
    made = built([single()], cut="2", **exam)
    watched, plain = sat(database, made, [{"choice": "aa"}]), sat(database, made, [{"choice": "aa"}])
    watch(database, watched)
    return made, watched, plain


def test_grading_leaves_a_held_one_and_the_job_lets_it_out_when_it_is_decided(
    database: Database, clock: FrozenClock, built: Make
) -> None:
    two(database, built)
    jobs.grade_pending(database, clock)
    assert public(database) == [False, True]
    with database.reading() as db:
        assert service_release.due_groups(db, clock.now()) == [], "a held one keeps no job busy"
        states = list(db.exec(select(Booking.state).order_by(col(Booking.id))))
        assert states == ["started", "passed"], "the outcome is not told either"
    decide(database)
    with database.transaction() as db:
        assert release_due(db, clock.now()) == 1
    assert public(database) == [True, True]


def test_the_office_releases_the_others_and_is_told_how_many_were_left(
    database: Database, clock: FrozenClock, built: Make
) -> None:
    made, watched, _ = two(database, built, release_rule="on-date")
    jobs.grade_pending(database, clock)
    who, window = registrar(made), made.sittings[0]
    with database.reading() as db:
        opens = db.exec(select(Result.window_opens)).first()
        [group] = queries_release.groups(db, made.institution_id, clock.now())
        assert (group.final, group.held) == (2, 1)
    assert window is not None
    with database.transaction() as db:
        assert release_group(db, who, made.exam_id, opens, clock.now()) == Released(1, 1)
    with database.transaction() as db, pytest.raises(Refused, match="results-held"):
        release_group(db, who, made.exam_id, opens, clock.now())
    with database.reading() as db:
        one = db.exec(select(Result.id).where(Result.sitting_id == watched)).one() or 0
    with database.transaction() as db, pytest.raises(Refused, match="result-held"):
        release_one(db, who, one, clock.now())
    assert public(database) == [False, True]
    with database.reading() as db:
        rows, _, _ = queries_feed.read(db, queries_feed.Query(made.institution_id))
        assert [row["sitting"] for row in rows] != [watched] and len(rows) == 1, "no feed shows a held one"
    decide(database)
    with database.transaction() as db:
        assert release_one(db, who, one, clock.now()).released_at == clock.now()


def test_the_candidate_reads_that_it_waits_and_since_when(database: Database, clock: FrozenClock, built: Make) -> None:
    made, watched, _ = two(database, built)
    jobs.grade_pending(database, clock)
    with database.reading() as db:
        sitting = db.get_one(Sitting, watched)
        who = Caller(sitting.person_id, "考生", made.institution_id, "机构")
        own = queries.own_result(db, who, watched, clock.now())
        assert own.result is None and own.waiting is not None
        assert (own.waiting.waits_for, own.waiting.since) == ("held", sitting.submitted_at)


def test_where_the_policy_does_not_hold_nothing_waits(database: Database, clock: FrozenClock, built: Make) -> None:
    made = built([single()], cut="2")
    watch(database, sat(database, made, [{"choice": "aa"}]), hold_results=False)
    jobs.grade_pending(database, clock)
    assert public(database) == [True]


def test_what_is_public_stays_public_when_something_is_noted_later_and_it_is_graded_anew(
    database: Database, clock: FrozenClock, built: Make
) -> None:
    made = built([single()], cut="2")
    sitting_id = sat(database, made, [{"choice": "aa"}])
    jobs.grade_pending(database, clock)
    watch(database, sitting_id)
    with database.transaction() as db:
        assert service.grade_sittings(db, [sitting_id], clock.now(), "corrected") == 1
    assert public(database) == [True]
