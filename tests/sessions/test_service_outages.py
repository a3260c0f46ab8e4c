"""Outages of the server: written down once, given back to every sitting whose clock ran, deadlines in them included."""

from datetime import timedelta

import pytest
from sqlmodel import select

from exam.core.db import Database
from exam.sessions import outages, service
from exam.sessions.models import Adjustment, Outage, Sitting
from sessions.conftest import Hall, answer


def beat(database: Database, hall: Hall) -> Outage | None:
    with database.transaction() as db:
        return outages.beat(db, hall.clock.now())


@pytest.mark.parametrize(("gap", "given"), [(10_000, 0), (10_001, 11), (60_000, 60), (60_500, 61)])
def test_a_gap_is_given_back_in_whole_seconds(database: Database, hall: Hall, gap: int, given: int) -> None:
    sitting_id = hall.started(hall.person())
    assert beat(database, hall) is None
    with database.reading() as db:
        before = db.get_one(Sitting, sitting_id).deadline
    hall.clock.advance(timedelta(milliseconds=gap))
    beat(database, hall)
    beat(database, hall)
    with database.reading() as db:
        after = db.get_one(Sitting, sitting_id).deadline
        rows = db.exec(select(Adjustment)).all()
        assert service.check_log(db, sitting_id) is None
    assert before is not None
    assert after == before + timedelta(seconds=given)
    assert [row.seconds for row in rows] == ([given] if given else [])


def test_a_deadline_inside_the_outage_is_moved_before_anything_submits(database: Database, hall: Hall) -> None:
    person = hall.person()
    sitting_id = hall.started(person)
    hall.clock.advance(timedelta(minutes=50))
    beat(database, hall)
    hall.clock.advance(timedelta(minutes=30))
    beat(database, hall)
    with database.transaction() as db:
        assert service.submit_due(db, hall.clock.now()) == 0
    told = hall.sync(sitting_id, person, [answer(0, 1, {})])
    assert told.status == 200
    assert told.body["deadline"] - told.body["server_time"] == 10 * 60 * 1000
    assert [notice["kind"] for notice in told.body["notices"]] == ["outage"]


def test_what_was_over_before_the_outage_stays_over(database: Database, hall: Hall) -> None:
    sitting_id = hall.started(hall.person())
    hall.clock.advance(timedelta(minutes=61))
    beat(database, hall)
    hall.clock.advance(timedelta(minutes=5))
    outage = beat(database, hall)
    assert outage is not None
    assert outage.sittings == 0
    with database.transaction() as db:
        assert service.submit_due(db, hall.clock.now()) == 1
        assert db.get_one(Sitting, sitting_id).submitted_by == "deadline"


def test_a_clock_set_back_is_no_outage(database: Database, hall: Hall) -> None:
    hall.started(hall.person())
    beat(database, hall)
    hall.clock.advance(timedelta(hours=-1))
    assert beat(database, hall) is None
    hall.clock.advance(timedelta(seconds=2))
    assert beat(database, hall) is None


@pytest.mark.parametrize("after_beat", [timedelta(milliseconds=1), timedelta(seconds=2), timedelta(seconds=9)])
def test_who_started_after_the_last_beat_gets_the_time_back_too(
    database: Database, hall: Hall, after_beat: timedelta
) -> None:
    beat(database, hall)
    hall.clock.advance(after_beat)
    sitting_id = hall.started(hall.person())
    with database.reading() as db:
        before = db.get_one(Sitting, sitting_id).deadline
    hall.clock.advance(timedelta(minutes=5))
    beat(database, hall)
    with database.reading() as db:
        after = db.get_one(Sitting, sitting_id).deadline
    assert before is not None and after is not None
    assert after - before >= timedelta(minutes=5)
