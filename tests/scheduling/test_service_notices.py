"""Recording and withdrawing notices: bookings follow, their candidates are told, what has begun stays."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar
from sqlmodel import Session, select

from exam.accounts.messages import Message, put_away, unread
from exam.accounts.permissions import Role
from exam.core.errors import Invalid, NotFound, Refused
from exam.scheduling import service_exams
from exam.scheduling.models import Booking, Exam
from exam.scheduling.models_notices import CalendarNotice
from exam.scheduling.service_booking import book, cancel_booking, rebook
from exam.scheduling.service_chances import chance_started
from exam.scheduling.service_enrolment import enrol
from exam.scheduling.service_notices import Wanted, effect_of, record, withdraw
from tests.fees.making import place_in
from tests.scheduling.making import paper, settings
from tests.scheduling.test_notices import DEC, JAN, LATER, at

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.fixture
def place(world):
    return place_in(world)


@pytest.fixture
def db(place, database):
    """A writing session, opened only once the place is there."""
    with database.writing(), Session(database.write_engine, expire_on_commit=False) as session:
        yield session


def booked(db, place, who, planned=None, opens=DEC.opens):
    exam = db.exec(select(Exam)).first()
    if exam is None:
        made = service_exams.save_exam(db, place.office, None, settings(paper(db, place.institution, NOW)), NOW)
        exam = service_exams.move_exam(db, place.office, made.id, "open", NOW)
    enrolment = enrol(db, place.office, exam.id, who.person_id, NOW, date(2026, 11, 1))
    return enrolment, book(db, who, enrolment.id, planned, NOW, window_opens=opens)


def wanted(first=date(2026, 12, 20), last=date(2026, 12, 25), opens=DEC.opens, **changes):
    values = {"scheme": "changzhou", "first": first, "last": last, "opens": opens, "number": "2026〔8〕号"}
    return Wanted(**(values | {"reason": "系统维护"} | changes))


def refused(call, *args):
    with pytest.raises(Refused) as error:
        call(*args)
    return error.value.refusal.code


def test_bookings_move_with_the_date_and_their_candidates_are_told(db, place):
    planned = DEC.opens + timedelta(days=2, hours=9)
    _, mine = booked(db, place, place.me, planned)
    late = DEC.opens + timedelta(days=5, hours=20)
    _, other = booked(db, place, place.other, late)
    assert len(effect_of(db, place.office, wanted(), NOW).bookings) == 2
    record(db, place.office, wanted(last=date(2026, 12, 22)), NOW)
    assert (mine.window_opens, mine.window_closes) == (LATER.opens, LATER.opens + timedelta(days=3))
    assert mine.planned_at == LATER.opens + timedelta(days=2, hours=9)
    assert other.planned_at is None  # the hour does not fit into the shorter window
    [message] = unread(db, place.me)
    assert message.code == "booking-moved-by-notice" and (message.params["opens"], message.params["closes"]) == (
        "2026-12-20 00:00",
        "2026-12-22 24:00",
    )
    put_away(db, place.me, message.id, NOW)
    assert not unread(db, place.me)
    with pytest.raises(NotFound):
        put_away(db, place.other, message.id, NOW)


def test_a_cancelled_date_gives_bookings_back_and_the_chance_stays(db, place):
    enrolment, mine = booked(db, place, place.me)
    record(db, place.office, wanted(first=None, last=None), NOW)
    assert mine.state == "cancelled"
    assert [message.code for message in unread(db, place.me)] == ["booking-cancelled-by-notice"]
    assert refused(lambda: book(db, place.me, enrolment.id, None, NOW, window_opens=DEC.opens)) == "no-such-window"
    again = book(db, place.me, enrolment.id, None, NOW)
    assert (again.chance, again.window_opens) == (1, JAN.opens)


def test_withdrawing_moves_bookings_back(db, place):
    _, mine = booked(db, place, place.me, DEC.opens + timedelta(hours=9))
    notice = record(db, place.office, wanted(), NOW)
    withdraw(db, place.office, notice.id, NOW)
    assert (mine.window_opens, mine.planned_at) == (DEC.opens, DEC.opens + timedelta(hours=9))
    assert refused(withdraw, db, place.office, notice.id, NOW) == "notice-withdrawn"
    assert notice.withdrawn_by == place.office.person_id
    assert unread(db, place.me)[0].code == "booking-moved-by-withdrawal"


def test_withdrawing_a_move_of_a_cancelled_date_cancels_it_again(db, place):
    enrolment, _ = booked(db, place, place.me, opens=JAN.opens)
    record(db, place.office, wanted(first=None, last=None), NOW)
    moved = record(db, place.office, wanted(), NOW)
    _, mine = booked(db, place, place.other, opens=LATER.opens)
    withdraw(db, place.office, moved.id, NOW)
    assert mine.state == "cancelled" and enrolment.state == "active"
    assert [message.code for message in unread(db, place.other)] == ["booking-cancelled-by-withdrawal"]
    assert not unread(db, place.me)


def test_a_second_notice_takes_the_place_of_the_first(db, place):
    _, mine = booked(db, place, place.me)
    first = record(db, place.office, wanted(), NOW)
    second = record(db, place.office, wanted(date(2026, 12, 27), date(2026, 12, 28)), NOW)
    assert mine.window_opens == at("2026-12-27T00:00")
    assert refused(withdraw, db, place.office, first.id, NOW) == "notice-not-latest"
    withdraw(db, place.office, second.id, NOW)
    assert mine.window_opens == LATER.opens


def test_what_was_started_is_not_touched(db, place):
    _, mine = booked(db, place, place.me)
    chance_started(db, mine.id, DEC.opens)
    record(db, place.office, wanted(), NOW)
    assert mine.window_opens == DEC.opens and mine.state == "started"
    assert not db.exec(select(Message)).all()


def test_a_booking_can_still_be_moved_by_its_candidate(db, place):
    _, mine = booked(db, place, place.me)
    record(db, place.office, wanted(), NOW)
    assert rebook(db, place.me, mine.id, None, NOW, window_opens=JAN.opens).window_opens == JAN.opens


@pytest.mark.parametrize(
    ("changes", "now", "said"),
    [
        ({"number": " "}, NOW, "required"),
        ({"reason": ""}, NOW, "required"),
        ({"last": None}, NOW, "required"),
        ({"first": date(2026, 12, 25), "last": date(2026, 12, 20)}, NOW, "notice-days"),
        ({"first": date(2026, 11, 1), "last": date(2026, 11, 2)}, NOW, "notice-days"),
        ({"first": date(2026, 12, 1), "last": date(2027, 1, 4)}, NOW, "notice-too-long"),
        ({"first": date(2026, 12, 1), "last": date(2026, 12, 31)}, NOW, None),
        ({"first": date(2026, 12, 31), "last": date(2027, 1, 5)}, NOW, "notice-overlaps"),
        ({"first": date(2026, 12, 31), "last": date(2027, 1, 4)}, NOW, None),
        ({"first": date(2026, 11, 20), "last": date(2026, 11, 21)}, NOW, "notice-not-ahead"),
        ({"first": date(2026, 12, 6), "last": date(2026, 12, 7)}, NOW, None),
    ],
)
def test_what_a_notice_must_say(db, place, changes, now, said):
    if said is None:
        assert record(db, place.office, wanted(**changes), now).id
        return
    with pytest.raises(Invalid) as error:
        record(db, place.office, wanted(**changes), now)
    assert said in {problem.code for problem in error.value.problems}
    assert not db.exec(select(CalendarNotice)).all()


def test_a_date_that_has_begun_or_is_none(db, place):
    assert refused(record, db, place.office, wanted(), DEC.opens) == "notice-window-begun"
    with pytest.raises(NotFound):
        record(db, place.office, wanted(opens=DEC.opens + timedelta(days=1)), NOW)
    with pytest.raises(NotFound):
        record(db, place.office, wanted(scheme="nowhere"), NOW)


def test_only_at_the_institution_that_says_so(db, place):
    notice = record(db, place.office, wanted(), NOW)
    with pytest.raises(NotFound):
        withdraw(db, place.stranger, notice.id, NOW)
    assert effect_of(db, place.stranger, wanted(), NOW).before == DEC


def shown_as(page):
    """The fingerprint of what a page shows before it is confirmed."""
    return re.search(r'name="confirmed" value="(\w+)"', page.text)[1]


def test_what_is_confirmed_is_what_was_shown(world):
    world.clock.at = NOW
    place = place_in(world)
    office = world.client(place.office.person_id, place.institution)
    with world.database.transaction() as db:
        _, mine = booked(db, place, place.me)
    url = "/calendar/changzhou/notice"
    form = {"opens": DEC.opens.isoformat(), "kind": "cancel", "number": "2026〔8〕号", "reason": "系统维护"}
    shown = office.post(url, data=form)
    assert "1 个预约退回" in shown.text
    with world.database.transaction() as db:  # one gives their booking back, another books: still one booking
        cancel_booking(db, place.me, mine.id, NOW)
        booked(db, place, place.other)
    anew = office.post(url, data={**form, "confirmed": shown_as(shown)})
    assert anew.status_code == 200 and shown_as(anew) != shown_as(shown)
    assert office.post(url, data={**form, "confirmed": shown_as(anew)}).status_code == 303
    told = world.client(place.other.person_id, place.institution)
    page = told.get("/").text
    assert "2026〔8〕号：系统维护" in page and "请重新预约" in page
    told.cookies.set("lang", "en")
    assert "2026〔8〕号: 系统维护" in told.get("/").text
    with world.database.reading() as db:
        [message] = db.exec(select(Message)).all()
    mine = world.client(place.me.person_id, place.institution)
    away = f"/me/messages/{message.id}/read"
    assert mine.post(away).status_code == 404
    assert told.post(away).status_code == 303
    assert "系统维护" not in told.get("/").text


@pytest.mark.parametrize("kind", ["replace", "cancel"])
def test_through_the_pages(world, kind):
    world.clock.at = NOW
    here = world.institution()
    office = world.signed_in(Role.REGISTRAR, institution_id=here)
    officer = world.signed_in(Role.OFFICER, institution_id=here)
    assert "2026-12-05" in office.get("/calendar/changzhou").text
    url = "/calendar/changzhou/notice"
    form = {"opens": DEC.opens.isoformat(), "kind": kind, "first": "2026-12-20", "last": "2026-12-25"}
    form |= {"number": "2026〔8〕号", "reason": "系统维护"}
    assert officer.post(url, data=form).status_code == 403
    assert office.get(url, params={"opens": form["opens"]}).status_code == 200
    shown = office.post(url, data=form)
    assert shown.status_code == 200 and "没有人预约" in shown.text
    assert office.post(url, data={**form, "confirmed": "other"}).status_code == 200  # something else was shown
    assert office.post(url, data={**form, "confirmed": shown_as(shown)}).status_code == 303
    page = officer.get("/calendar/changzhou").text
    assert "系统维护" in page and ("已改期" if kind == "replace" else "已取消") in page
    events = list(Calendar.from_ical(officer.get("/calendar/changzhou/file.ics").text).walk("VEVENT"))
    [changed] = [one for one in events if int(one["sequence"])]
    assert str(changed["status"]) == ("CONFIRMED" if kind == "replace" else "CANCELLED")
    if kind == "replace":
        assert changed.decoded("dtstart") == LATER.opens
    assert len({str(one["uid"]) for one in events}) == len(events)
    assert office.post("/calendar/notices/1/withdraw").status_code == 303
    assert "已撤回" in office.get("/calendar/changzhou").text


def test_pages_of_rules(world):
    world.clock.at = NOW
    officer = world.signed_in(Role.OFFICER)
    assert "常州" in officer.get("/schemes").text
    page = officer.get("/schemes/ccaa").text
    assert "S2 annex 1 note 2" in page and "不少于 32 学时" in page
    assert "这一天还没有这套规则" in officer.get("/schemes/ptp?at=2000-01-01").text
    assert officer.get("/schemes/ptp?at=nonsense").status_code == 200
    assert officer.get("/schemes/nowhere").status_code == 404
    officer.cookies.set("lang", "en")
    assert "at least 32 hours" in officer.get("/schemes/ccaa").text


def test_own_bookings_as_a_file(world):
    world.clock.at = NOW
    place = place_in(world)
    with world.database.transaction() as db:
        booked(db, place, place.me, DEC.opens + timedelta(hours=9))
    mine = world.client(place.me.person_id, place.institution)
    [event] = Calendar.from_ical(mine.get("/my/calendar.ics").text).walk("VEVENT")
    assert event.decoded("dtstart") == DEC.opens + timedelta(hours=9)
    assert event.decoded("dtend") == DEC.opens + timedelta(hours=10)
    other = world.client(place.other.person_id, place.institution)
    assert not Calendar.from_ical(other.get("/my/calendar.ics").text).walk("VEVENT")
    with world.database.reading() as db:
        assert db.exec(select(Booking.state)).one() == "booked"
