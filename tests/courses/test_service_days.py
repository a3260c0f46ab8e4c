"""Days on which courses were finished: those before a scheme began are refused, one of which only the day is known
counts for the whole day."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session, select

from exam.core.pasted import Line
from exam.courses import service_finishing, service_selecting
from exam.credits.models import HourEntry
from exam.credits.service_eligibility import standing
from exam.credits.service_membership import change, ensure
from tests.courses.making import NOON, opened
from tests.fees.making import place_in


@pytest.fixture
def place(world):
    return place_in(world)


@pytest.fixture
def db(place, database):
    with database.writing(), Session(database.write_engine, expire_on_commit=False) as session:
        yield session


def course(db, place, code, hours, scheme="ccib", **more):
    return opened(db, place.office, code=code, scheme=scheme, hours=Decimal(hours), **more)


def both(db, place):
    """The required course and the elective one, whose hours count only after the former's."""
    return course(db, place, "R", 10, category="required"), course(db, place, "E", 30, category="elective")


def by_list(db, place, made, on):
    line = Line(1, "考生", on=on)
    return service_finishing.finish_people(db, place.office, made.id, [(line, place.me.person_id)], NOON)


@pytest.mark.parametrize(("on", "refused"), [(date(2022, 12, 31), True), (date(2023, 1, 1), False)])
def test_a_day_before_the_scheme_began_is_refused(db, place, on, refused):
    made = course(db, place, "T1", 30, "ptp", track="officer", category="training")
    service_selecting.select_course(db, place.me, made.id, NOON)
    [row] = by_list(db, place, made, on)
    assert (row.refusal.code if row.refusal else None) == ("course-date-too-old" if refused else None)
    assert len(db.exec(select(HourEntry)).all()) == (0 if refused else 1)


def test_a_list_of_the_same_day_is_not_before_the_required_hours(db, place):
    member = ensure(db, place.institution, place.me.person_id, "ccib", NOON)
    change(db, member, facts={"holder": 1}, cycle_from=None, cycle_until=None, reason="核对", by=None, now=NOON)
    required, elective = (
        course(db, place, "R", 10, category="required"),
        course(db, place, "E", 30, category="elective"),
    )
    first = service_selecting.select_course(db, place.me, required.id, NOON)
    service_selecting.select_course(db, place.me, elective.id, NOON)
    service_finishing.finish(db, first, NOON, None, NOON)
    [row] = by_list(db, place, elective, NOON.date())
    assert row.refusal is None
    assert standing(db, place.institution, place.me.person_id, "ccib", NOON.date()).met


def test_an_instant_that_is_known_still_decides(db, place):
    member = ensure(db, place.institution, place.me.person_id, "ccib", NOON)
    change(db, member, facts={"holder": 1}, cycle_from=None, cycle_until=None, reason="核对", by=None, now=NOON)
    required, elective = (
        course(db, place, "R", 10, category="required"),
        course(db, place, "E", 30, category="elective"),
    )
    first = service_selecting.select_course(db, place.me, required.id, NOON)
    second = service_selecting.select_course(db, place.me, elective.id, NOON)
    service_finishing.finish(db, second, NOON - timedelta(minutes=1), None, NOON)
    service_finishing.finish(db, first, NOON, None, NOON)
    assert not standing(db, place.institution, place.me.person_id, "ccib", NOON.date()).met
