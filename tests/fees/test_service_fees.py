"""Charging, paying, waiving, undoing: what follows for dues, payments and free hours."""

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from sqlmodel import Session, func, select

from exam.core.audit import AuditEvent
from exam.core.errors import Invalid, NotFound, Refused
from exam.credits.service_membership import change
from exam.fees import queries, service, service_dues, service_payments
from exam.fees.allocating import open_yuan, received, rest_of
from exam.fees.models import Due, FeeAllocation, FeePayment, FeeRefund, GrantUse
from tests.fees.making import NOON, by_hour, charged, pay, place_in, renewer


@pytest.fixture
def place(world):
    return place_in(world)


@pytest.fixture
def db(place, database):
    """A writing session, opened only once the place is there."""
    with database.writing(), Session(database.write_engine, expire_on_commit=False) as session:
        yield session


def code_of(call, *args, **more):
    with pytest.raises(Refused) as error:
        call(*args, **more)
    return error.value.refusal.code


@pytest.mark.parametrize(
    ("scheme", "per", "track", "hours", "amount"),
    [
        ("changzhou", "enrolment", None, None, "50"),
        ("ptp", "try", "officer", None, "180"),
        ("ptp", "try", "director", None, "580"),
        ("ptp", "try", "chief", None, "580"),
        ("ccib", "hour", None, "30", "450"),
        ("ccib", "hour", None, "0.5", "7.5"),
        ("ccaa", "enrolment", None, None, None),
        ("changzhou", "try", None, None, None),
    ],
)
def test_what_is_charged(db, place, scheme, per, track, hours, amount):
    counted = Decimal(hours) if hours else None
    due = charged(db, place.me, scheme_key=scheme, per=per, track=track, hours=counted, category="elective")
    assert (due.amount if due else None) == (Decimal(amount) if amount else None)
    if due:
        assert due.state == "unpaid" and due.scheme_version


def test_a_thing_is_charged_once_and_anew_after_it_was_void(db, place):
    first = charged(db, place.me, subject_id=7)
    assert charged(db, place.me, subject_id=7) is first
    assert charged(db, place.me, subject_id=7, subject_kind="application").id != first.id
    service.void(db, "enrolment", 7, "退选", None, NOON)
    assert queries.due_of(db, "enrolment", 7).state == "void"
    second = charged(db, place.me, subject_id=7)
    assert second.id != first.id and queries.due_of(db, "enrolment", 7).id == second.id


@pytest.mark.parametrize("hours", [None, Decimal(0), Decimal(-1)])
def test_a_fee_by_the_hour_needs_hours(db, place, hours):
    with pytest.raises(ValueError):
        charged(db, place.me, scheme_key="ccib", per="hour", hours=hours)


def test_entry_is_refused_until_paid_and_says_how_to_pay(db, place):
    due = charged(db, place.me, subject_id=3)
    assert queries.entry_refusal(db, "enrolment", 4) is None
    refusal = queries.entry_refusal(db, "enrolment", 3)
    assert refusal.code == "fee-unpaid" and refusal.params["open"] == "50.00"
    service_dues.instruct(db, place.office, "常州学会", "工商银行", "1105 0201", "", "", NOON)
    assert "1105 0201" in queries.entry_refusal(db, "enrolment", 3).params["how"]
    pay(db, place, "20", due)
    assert queries.entry_refusal(db, "enrolment", 3).params["open"] == "30.00"
    pay(db, place, "30", due)
    assert queries.entry_refusal(db, "enrolment", 3) is None and due.settled_at == NOON


@pytest.mark.parametrize(
    ("yuan", "states", "rest", "still"),
    [
        ("99.99", ("paid", "unpaid"), "0", "0.01"),
        ("100", ("paid", "paid"), "0", "0"),
        ("100.01", ("paid", "paid"), "0.01", "0"),
        ("49.99", ("unpaid", "unpaid"), "0", "50"),
    ],
)
def test_one_transfer_for_two_people(db, place, yuan, states, rest, still):
    mine, others = charged(db, place.me), charged(db, place.other)
    payment = pay(db, place, yuan, mine, others)
    assert (mine.state, others.state) == states
    assert rest_of(db, payment) == Decimal(rest) and open_yuan(db, others) == Decimal(still)


def test_what_is_left_of_a_transfer_settles_more_or_is_paid_back(db, place):
    payment = pay(db, place, "120", charged(db, place.me))
    later = charged(db, place.other)
    service_payments.use_rest(db, place.office, payment.id, [later.id], NOON)
    assert later.state == "paid" and rest_of(db, payment) == Decimal(20)
    note = service_payments.refund_rest(db, place.office, payment.id, "多付", NOON)
    assert note.amount == Decimal(20) and rest_of(db, payment) == 0
    assert code_of(service_payments.use_rest, db, place.office, payment.id, [later.id], NOON) == "payment-used-up"
    service_payments.refund_dropped(db, place.office, note.id, NOON)
    assert rest_of(db, payment) == Decimal(20)
    note = service_payments.refund_rest(db, place.office, payment.id, "多付", NOON)
    service_payments.refund_done(db, place.office, note.id, NOON.date(), "T1", NOON)
    assert rest_of(db, payment) == 0 and note.state == "made"
    assert code_of(service_payments.refund_dropped, db, place.office, note.id, NOON) == "refund-done"
    assert code_of(service_payments.undo, db, place.office, payment.id, "错", NOON) == "payment-refunded"


def test_undoing_a_transfer_restores_everything(db, place):
    mine, others = charged(db, place.me), charged(db, place.other)
    payment = pay(db, place, "100", mine, others, reference="ICBC-1")
    assert code_of(pay, db, place, "100", mine, reference="ICBC-1") == "payment-recorded-already"
    with pytest.raises(Invalid):
        service_payments.undo(db, place.office, payment.id, " ", NOON)
    service_payments.undo(db, place.office, payment.id, "金额录错", NOON)
    assert (mine.state, others.state, mine.settled_at) == ("unpaid", "unpaid", None)
    assert not received(db, [mine.id, others.id]) and rest_of(db, payment) == 0
    assert code_of(service_payments.undo, db, place.office, payment.id, "再撤", NOON) == "payment-undone"
    assert pay(db, place, "50", mine, reference="ICBC-1").id != payment.id
    assert mine.state == "paid"


def test_a_transfer_that_only_paid_a_part_is_undone_alone(db, place):
    due = charged(db, place.me)
    first, second = pay(db, place, "20", due), pay(db, place, "30", due)
    service_payments.undo(db, place.office, first.id, "录错", NOON)
    assert due.state == "unpaid" and open_yuan(db, due) == Decimal(20) and rest_of(db, second) == 0


def test_voiding_what_was_paid_notes_a_refund(db, place):
    due = charged(db, place.me, subject_id=12)
    payment = pay(db, place, "50", due)
    service.void(db, "enrolment", 12, "考试取消", place.office.person_id, NOON)
    [refund] = db.exec(select(FeeRefund)).all()
    assert (refund.amount, refund.due_id, refund.state, refund.reason) == (Decimal(50), due.id, "noted", "考试取消")
    assert due.state == "void" and rest_of(db, payment) == 0
    service.void(db, "enrolment", 12, "再来", None, NOON)  # a second time changes nothing
    assert db.exec(select(func.count()).select_from(FeeRefund)).one() == 1
    assert service.void(db, "enrolment", 999, "没有", None, NOON) is None


def test_waiving_and_taking_that_back(db, place):
    due = charged(db, place.me)
    payment = pay(db, place, "20", due)
    with pytest.raises(Invalid):
        service_dues.waive(db, place.office, due.id, "", NOON)
    service_dues.waive(db, place.office, due.id, "困难减免", NOON)
    assert due.state == "waived" and queries.entry_refusal(db, due.subject_kind, due.subject_id) is None
    assert db.exec(select(FeeRefund.amount)).one() == Decimal(20)
    assert code_of(service_dues.waive, db, place.office, due.id, "再来", NOON) == "fee-state"
    service_dues.unwaive(db, place.office, due.id, "不符合条件", NOON)
    assert due.state == "unpaid" and open_yuan(db, due) == Decimal(50) and rest_of(db, payment) == 0


def test_ten_required_hours_are_free_for_renewers_once_a_cycle(db, place):
    cycle = (date(2023, 3, 5), date(2027, 3, 4))
    member = renewer(db, place.me, cycle)
    first, second, third = (by_hour(db, place.me, hours) for hours in ("4", "8", "5"))
    assert [due.free_hours for due in (first, second, third)] == [Decimal(4), Decimal(6), Decimal(0)]
    assert [due.amount for due in (first, second, third)] == [Decimal(0), Decimal(30), Decimal(75)]
    assert first.state == "waived" and first.granted
    assert by_hour(db, place.me, "10", category="elective").free_hours == 0
    assert by_hour(db, place.other, "10").free_hours == 0  # renews for the first time
    change(
        db,
        member,
        facts=member.facts,
        cycle_from=date(2027, 3, 5),
        cycle_until=date(2031, 3, 4),
        reason="换证",
        by=None,
        now=NOON,
    )
    later = NOON + timedelta(days=200)
    assert by_hour(db, place.me, "12", now=later).free_hours == Decimal(10)


def test_without_dates_of_the_cycle_free_hours_are_given_once(db, place):
    renewer(db, place.me)
    assert by_hour(db, place.me, "10").free_hours == Decimal(10)
    assert by_hour(db, place.me, "10", now=NOON + timedelta(days=3000)).free_hours == 0


def test_free_hours_come_back_with_a_void_due_and_the_book_is_only_appended_to(db, place):
    renewer(db, place.me)
    due = by_hour(db, place.me, "6")
    service.void(db, due.subject_kind, due.subject_id, "退选", None, NOON)
    rows = db.exec(select(GrantUse).order_by("id")).all()
    assert [(row.hours, row.undoes_id) for row in rows] == [(Decimal(6), None), (Decimal(-6), rows[0].id)]
    assert by_hour(db, place.me, "10").free_hours == Decimal(10)


def test_charging_free_hours_after_all(db, place):
    renewer(db, place.me)
    due = by_hour(db, place.me, "6")
    service_dues.unwaive(db, place.office, due.id, "并非换证人员", NOON)
    assert (due.state, due.amount, due.free_hours, due.granted) == ("unpaid", Decimal(90), Decimal(0), False)
    assert by_hour(db, place.me, "10").free_hours == Decimal(10)


def test_nothing_of_another_institution(db, place):
    due = charged(db, place.me)
    payment = pay(db, place, "50", due)
    for call, args in (
        (service_dues.waive, (due.id, "x")),
        (service_dues.make_void, (due.id, "x")),
        (service_payments.undo, (payment.id, "x")),
        (service_payments.use_rest, (payment.id, [due.id])),
        (service_payments.refund_rest, (payment.id, "x")),
    ):
        with pytest.raises(NotFound):
            call(db, place.stranger, *args, NOON)
    with pytest.raises(NotFound):
        pay(db, place, "5", due, charged(db, place.stranger, institution_id=place.stranger.institution_id))


def test_the_office_charges_by_hand(db, place):
    wanted = service_dues.ByHand("ccib", "hour", None, "elective", "网络课程", Decimal(8))
    due = service_dues.charge_by_hand(db, place.office, place.me.person_id, wanted, NOON)
    again = service_dues.charge_by_hand(db, place.office, place.me.person_id, wanted, NOON)
    assert due.amount == Decimal(120) and again.id != due.id
    assert service_dues.make_void(db, place.office, again.id, "重复", NOON).state == "void"
    with pytest.raises(NotFound):
        service_dues.charge_by_hand(db, place.office, place.stranger.person_id, wanted, NOON)
    none = service_dues.ByHand("ccaa", "enrolment", None, None, "课程", None)
    assert code_of(service_dues.charge_by_hand, db, place.office, place.me.person_id, none, NOON) == "fee-none"
    for wrong in (
        service_dues.ByHand("nowhere", "hour", None, None, "", None),
        service_dues.ByHand("ccib", "hour", None, None, "课", Decimal(1001)),
    ):
        with pytest.raises(Invalid):
            service_dues.charge_by_hand(db, place.office, place.me.person_id, wrong, NOON)


def test_every_deed_is_in_the_log(db, place):
    due = charged(db, place.me)
    payment = pay(db, place, "50", due)
    service_payments.undo(db, place.office, payment.id, "录错", NOON)
    service_dues.waive(db, place.office, due.id, "减免", NOON)
    actions = db.exec(select(AuditEvent.action).where(AuditEvent.institution_id == place.institution)).all()
    assert {"fee.charge", "payment.record", "payment.undo", "fee.waive"} <= set(actions)


def books(db, institution):
    """Every payment is what it settles, what is to be paid back and its rest; every due what came in for it."""
    payments = db.exec(select(FeePayment).where(FeePayment.institution_id == institution)).all()
    live = db.exec(select(FeeAllocation).where(FeeAllocation.released_at.is_(None))).all()
    for payment in payments:
        taken = sum((row.value for row in live if row.payment_id == payment.id), Decimal(0))
        refunds = db.exec(select(FeeRefund).where(FeeRefund.payment_id == payment.id, FeeRefund.state != "dropped"))
        back = sum((row.amount for row in refunds), Decimal(0))
        rest = rest_of(db, payment)
        assert rest >= 0
        assert taken + back + rest == (0 if payment.undone_at else payment.value)
    for due in db.exec(select(Due).where(Due.institution_id == institution)):
        came = sum((row.yuan for row in live if row.due_id == due.id), Decimal(0))
        assert came == received(db, [due.id]).get(due.id, Decimal(0))
        assert came <= due.amount and (due.state == "paid") == (came == due.amount and due.state != "waived")
        assert not came or due.state in ("unpaid", "paid")


@pytest.mark.parametrize("seed", range(4))
def test_the_books_always_agree(db, place, seed):
    """Sixty deeds at random: what is settled is the sum of what payments were allocated for it."""
    luck = Random(seed)
    dues = [charged(db, luck.choice([place.me, place.other])) for _ in range(4)]
    dues += [by_hour(db, luck.choice([place.me, place.other]), str(luck.randint(1, 40))) for _ in range(4)]
    payments: list[FeePayment] = []

    def deed():
        some = luck.sample(dues, luck.randint(1, 4))
        match luck.randint(0, 8):
            case 0 | 1 | 2:
                payments.append(pay(db, place, str(Decimal(luck.randint(1, 60000)) / 100), *some))
            case 3 if payments:
                service_payments.undo(db, place.office, luck.choice(payments).id, "录错", NOON)
            case 4:
                service_dues.waive(db, place.office, some[0].id, "减免", NOON)
            case 5:
                service_dues.unwaive(db, place.office, some[0].id, "恢复", NOON)
            case 6 if payments:
                service_payments.use_rest(db, place.office, luck.choice(payments).id, [due.id for due in some], NOON)
            case 7 if payments:
                service_payments.refund_rest(db, place.office, luck.choice(payments).id, "多付", NOON)
            case 8 if luck.random() < 0.2:
                service_dues.make_void(db, place.office, some[0].id, "退选", NOON)

    for _ in range(60):
        with suppress(Refused):
            deed()
        books(db, place.institution)
