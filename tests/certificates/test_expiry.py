"""When holders are reminded, which certificate continues which, the next cycle of somebody who renews."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlmodel import select

from exam.accounts.permissions import Role
from exam.certificates import expiry, runtime, service_issue
from exam.certificates.models import Certificate
from exam.core.errors import Refused
from exam.credits.service_membership import current, ensure
from exam.credits.service_posting import post_outcome
from tests.credits.making import confirmed
from tests.fees.making import place_in
from tests.walkthroughs.cast import shanghai

UNTIL = date(2028, 4, 2)


@pytest.mark.parametrize(
    ("today", "days", "told"),
    [
        (UNTIL - timedelta(days=181), 182, False),
        (UNTIL - timedelta(days=180), 181, True),
        (UNTIL - timedelta(days=1), 2, True),
        (UNTIL, 1, True),  # the last day still counts
        (UNTIL + timedelta(days=1), 0, False),
    ],
)
def test_when_a_holder_is_reminded(today, days, told):
    assert expiry.days_left(UNTIL, today) == days
    assert expiry.reminded(UNTIL, today) is told
    assert expiry.reminded(None, today) is False


@pytest.fixture
def place(world):
    runtime.listen()
    return place_in(world)


def learned(database, place, ref, at, hours="40"):
    with database.transaction() as db:
        ensure(db, place.institution, place.me.person_id, "ccib", shanghai(at))
        post_outcome(
            db,
            institution_id=place.institution,
            person_id=place.me.person_id,
            scheme_key="ccib",
            kind="finished",
            subject=f"X{ref}",
            title="课程",
            source_kind="course",
            source_ref=ref,
            at=shanghai(at),
            now=shanghai(at),
            category="elective",
            hours=Decimal(hours),
            delivery="online",
        )
        for row in db.exec(select(Certificate).where(Certificate.state == "due")).all():
            service_issue.issue(db, row.id, shanghai(at), place.office.person_id)


def listed(database, place, today, within=365, **more):
    with database.reading() as db:
        return expiry.expiring(db, place.office, today, within, **more)


def test_from_one_certificate_to_the_next(world, database, place):
    learned(database, place, 1, "2024-04-02T09:00:00")
    (row,), total = listed(database, place, date(2028, 1, 1))
    assert (total, row.days, row.successor) == (1, 93, None)
    assert row.next_cycle == (date(2024, 4, 3), UNTIL)
    assert listed(database, place, date(2027, 4, 1), 365) == ([], 0)
    assert listed(database, place, UNTIL, 30)[1] == 1
    assert listed(database, place, UNTIL + timedelta(days=1), 30)[1] == 0
    assert listed(database, place, UNTIL + timedelta(days=1), 30, over=True)[1] == 1
    with database.transaction() as db:
        expiry.begin_cycle(db, place.office, row.certificate.id, shanghai("2024-05-01T09:00:00"))
        member = current(db, place.institution, place.me.person_id, "ccib")
        assert (member.cycle_from, member.cycle_until) == (date(2024, 4, 3), UNTIL)
        with pytest.raises(Refused):
            expiry.begin_cycle(db, place.office, row.certificate.id, shanghai("2024-05-01T09:00:00"))
    # The hours of the old cycle do not count again; forty new ones bring the next certificate.
    learned(database, place, 2, "2027-11-02T09:00:00", hours="39")
    with database.reading() as db:
        assert [one.id for one, _ in expiry.own_reminders(db, place.me, date(2028, 1, 1))] == [row.certificate.id]
    learned(database, place, 3, "2028-01-05T09:00:00", hours="1")
    (row,), _ = listed(database, place, date(2028, 1, 6))
    assert row.successor is not None and row.next_cycle is None
    with database.reading() as db:
        assert expiry.own_reminders(db, place.me, date(2028, 1, 6)) == []
        new = db.get_one(Certificate, row.successor.id)
        assert expiry.predecessors(db, [new, db.get_one(Certificate, row.certificate.id)])[new.id].number == (
            row.certificate.number
        )


def test_on_the_pages(world, database, place):
    learned(database, place, 1, "2024-04-02T09:00:00")
    world.clock.at = shanghai("2028-01-10T09:00:00")
    office = world.client(place.office.person_id, place.institution)
    mine = world.client(place.me.person_id, place.institution)
    assert "CCIB-2024-000001" in office.get("/certificates/expiring").text
    assert "没有证书到期" in office.get("/certificates/expiring?within=30").text
    assert office.get("/certificates/expiring/file?within=365").status_code == 200
    assert "证书快到期了" in mine.get("/").text
    assert mine.get("/certificates/expiring").status_code == 403
    other = world.signed_in(Role.REGISTRAR)
    assert other.post("/certificates/1/next-cycle").status_code == 404
    assert "确认开始下一周期" in office.post("/certificates/1/next-cycle").text
    assert confirmed(office, "/certificates/1/next-cycle", {}).status_code == 303
    assert office.post("/certificates/1/next-cycle").status_code == 409
    office.cookies.set("lang", "en")
    assert "See the hours" in office.get("/certificates/expiring").text
