"""Fees as people click them: how to pay, a transfer with its voucher, a card, an invoice, money back."""

import re
from decimal import Decimal

import cv2
import numpy as np
import pytest
from sqlmodel import select

from exam.accounts.models import Person
from exam.accounts.permissions import Role
from exam.core.xlsx import read_rows
from exam.courses import service as courses
from exam.fees.models import Due, FeePayment, FeeRefund
from exam.fees.models_cards import CardBatch, Invoice
from tests.courses.making import settings
from tests.scheduling.making import caller

PNG = cv2.imencode(".png", np.full((40, 60, 3), 200, np.uint8))[1].tobytes()
ACCOUNT = {
    "payee": "常州学会",
    "bank": "工商银行",
    "account": "1105 0201",
    "note": "附言写姓名",
    "note_en": "Your name",
}


@pytest.fixture
def place(world):
    """An institution that collects fees, its office, a candidate with an unpaid course."""
    here = world.institution()
    office_id, me = world.person(here, Role.REGISTRAR), world.person(here, Role.CANDIDATE, name="王小明")
    office, mine = world.client(office_id, here), world.client(me, here)
    assert office.post("/fees/settings", data=ACCOUNT).status_code == 303
    with world.database.transaction() as db:
        who = caller(office_id, here, Role.REGISTRAR)
        course = courses.save_course(db, who, None, settings(), world.clock.now())
        courses.move_course(db, who, course.id, "open", world.clock.now())
    assert mine.post(f"/my/courses/{course.id}/select").status_code == 303
    return world, here, office, mine


def one(world, table):
    with world.database.reading() as db:
        return db.exec(select(table)).one()


def second_column(book):
    return [row.cells[1] for row in read_rows(book)[1:]]


def pay(office, due_id, yuan="50", **more):
    form = {"due": str(due_id), "yuan": yuan, "paid_on": "2026-11-06", "reference": "ICBC 1", "payer": "王", **more}
    return office.post("/fees/payments/new", data=form, files={"file": ("a.png", PNG, "image/png")})


def test_nothing_is_charged_before_the_institution_says_how_it_is_paid(world):
    here = world.institution()
    office = world.signed_in(Role.REGISTRAR, institution_id=here)
    assert "还没有填写收款账户" in office.get("/fees").text
    answer = office.post("/fees/settings", data={**ACCOUNT, "bank": ""})
    assert answer.status_code == 422 and "常州学会" in answer.text


def test_a_candidate_sees_what_to_pay_and_how(place):
    world, _, _, mine = place
    page = mine.get("/my/fees").text
    assert "待缴 50.00 元" in page and "1105 0201" in page and "附言写姓名" in page
    mine.cookies.set("lang", "en")
    assert "Your name" in mine.get("/my/fees").text
    assert "Fees to pay" in mine.get("/").text
    assert one(world, Due).state == "unpaid"


def test_a_transfer_with_its_voucher_undone_and_recorded_again(place):
    world, _, office, mine = place
    due = one(world, Due)
    assert "王小明" in office.get("/fees").text
    assert 'value="50.00"' in office.get(f"/fees/payments/new?due={due.id}").text
    assert pay(office, due.id).status_code == 303
    payment = one(world, FeePayment)
    assert one(world, Due).state == "paid" and payment.reference == "ICBC1"
    voucher = office.get(f"/fees/payments/{payment.id}/voucher")
    assert voucher.status_code == 200 and voucher.headers["cache-control"] == "no-store"
    assert mine.get(f"/fees/payments/{payment.id}/voucher").status_code == 403
    assert pay(office, due.id).status_code == 409  # the same bank reference
    url = f"/fees/payments/{payment.id}"
    assert office.post(url, data={"do": "undo", "reason": ""}).status_code == 422
    assert office.post(url, data={"do": "undo", "reason": "录错"}).status_code == 303
    assert one(world, Due).state == "unpaid"
    assert pay(office, due.id).status_code == 303
    assert one(world, Due).state == "paid"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"yuan": "五十"}, "请填写金额"),
        ({"yuan": "50.001"}, "请填写金额"),
        ({"yuan": "0"}, "金额应大于 0"),
        ({"reference": " "}, "必须填写"),
        ({"paid_on": "2026-11-07"}, "不能晚于今天"),
        ({"paid_on": ""}, "必须填写"),
    ],
)
def test_bad_transfers_are_said_and_nothing_is_written(place, changes, said):
    world, _, office, _ = place
    due = one(world, Due)
    answer = pay(office, due.id, **changes)
    assert answer.status_code in (409, 422) and said in answer.text
    with world.database.reading() as db:
        assert not db.exec(select(FeePayment)).all()


def test_a_voucher_that_is_no_picture_is_refused(place):
    world, _, office, _ = place
    due = one(world, Due)
    form = {"due": str(due.id), "yuan": "50", "paid_on": "2026-11-06", "reference": "X1"}
    answer = office.post("/fees/payments/new", data=form, files={"file": ("a.png", b"MZ\x90", "image/png")})
    assert answer.status_code == 422
    assert one(world, Due).state == "unpaid"


def test_cards_from_the_batch_to_the_course(place):
    world, _, office, mine = place
    made = office.post("/fees/cards", data={"scheme": "changzhou", "value": "60", "count": "3", "note": "某公司"})
    batch = one(world, CardBatch)
    assert made.headers["location"] == f"/fees/cards/{batch.id}"
    codes = second_column(office.post(f"/fees/cards/{batch.id}/file").content)
    assert len(set(codes)) == 3 and all(re.fullmatch(r"(\w{4}-){3}\w{4}", code) for code in codes)
    page = office.get(f"/fees/cards/{batch.id}").text
    assert not any(code in page for code in codes)
    assert mine.post("/my/fees/card", data={"code": "AAAA-BBBB-CCCC-DDDD"}).status_code == 409
    assert mine.post("/my/fees/card", data={"code": codes[0].lower()}).status_code == 303
    assert one(world, Due).state == "paid"
    assert "剩 10.00 元" in mine.get("/my/fees").text
    assert "王小明" in office.get("/fees/payments?q=小明").text
    again = mine.post("/my/fees/card", data={"code": codes[0]})
    assert again.status_code == 409 and "已经用过" in again.text
    stranger = world.signed_in(Role.CANDIDATE)
    assert "没有这张卡" in stranger.post("/my/fees/card", data={"code": codes[1]}).text
    card = re.search(r'name="card" value="(\d+)"', office.get(f"/fees/cards/{batch.id}").text)[1]
    assert office.post(f"/fees/cards/{batch.id}", data={"card": card, "reason": "遗失"}).status_code == 303
    assert "没有这张卡" in mine.post("/my/fees/card", data={"code": codes[1]}).text


def test_codes_can_not_be_tried_out(place):
    _, _, _, mine = place
    answers = [mine.post("/my/fees/card", data={"code": "x"}).status_code for _ in range(6)]
    assert answers == [409] * 5 + [429]
    assert "秒后再试" in mine.post("/my/fees/card", data={"code": "x"}).text


def test_any_number_of_right_codes_is_taken(place):
    world, _, office, mine = place
    office.post("/fees/cards", data={"scheme": "changzhou", "value": "1", "count": "7"})
    codes = second_column(office.post(f"/fees/cards/{one(world, CardBatch).id}/file").content)
    assert [mine.post("/my/fees/card", data={"code": code}).status_code for code in codes] == [303] * 7


def test_an_invoice_from_the_question_to_its_number(place):
    world, _, office, mine = place
    due = one(world, Due)
    pay(office, due.id)
    asked = {"due": str(due.id), "title": "常州公司", "tax_number": "91320400ma1abcde2x", "kind": "electronic"}
    assert mine.post("/my/fees/invoice", data={**asked, "email": "x"}).status_code == 422
    assert mine.post("/my/fees/invoice", data={**asked, "email": "a@b.cn"}).status_code == 303
    invoice = one(world, Invoice)
    assert (invoice.tax_number, invoice.amount) == ("91320400MA1ABCDE2X", Decimal(50))
    assert second_column(office.get("/fees/invoices/file").content) == ["常州公司"]
    form = {"do": "issue", "invoice": str(invoice.id), "number": "24317000000012345678"}
    assert office.post("/fees/invoices", data=form).status_code == 303
    assert "24317000000012345678" in mine.get("/my/fees").text
    assert mine.post(f"/my/invoices/{invoice.id}/withdraw").status_code == 409
    assert "要冲红" not in office.get("/fees/invoices").text
    assert office.post(f"/fees/{due.id}", data={"do": "void", "reason": "收错"}).status_code == 303
    assert "要冲红" in office.get("/fees/invoices").text and "待冲红" in office.get("/").text
    assert "常州公司" in office.get("/fees/invoices?state=reverse").text
    form = {"do": "take-back", "invoice": str(invoice.id), "reason": "作废"}
    assert office.post("/fees/invoices", data=form).status_code == 303
    assert "没有发票" in office.get("/fees/invoices?state=reverse").text


def test_money_back(place):
    world, _, office, mine = place
    due = one(world, Due)
    pay(office, due.id, yuan="80")
    payment = one(world, FeePayment)
    assert office.post(f"/fees/{due.id}", data={"do": "waive", "reason": ""}).status_code == 422
    assert office.post(f"/fees/{due.id}", data={"do": "void", "reason": "收错"}).status_code == 303
    refund = one(world, FeeRefund)
    assert "80.00 元" in office.get("/fees/payments").text and refund.amount == Decimal(50)
    url = f"/fees/payments/{payment.id}"
    assert "30.00 元" in office.get(url).text
    assert "待退 50.00 元" in mine.get("/my/fees").text
    form = {"do": "refund-done", "refund": str(refund.id), "done_on": "2026-11-06", "reference": " "}
    assert 'aria-invalid="true"' in office.post(url, data=form).text
    form = {"do": "refund-done", "refund": str(refund.id), "done_on": "2026-11-06", "reference": "T1"}
    assert office.post(url, data=form).status_code == 303
    assert one(world, FeeRefund).state == "made"
    page = mine.get("/my/fees").text
    assert "已作废" in page and "已退 50.00 元（2026-11-06）" in page


def test_charging_by_hand(place):
    world, _, office, _ = place
    with world.database.reading() as db:
        name = db.exec(select(Person.username).where(Person.name == "王小明")).one()
    form = {"person": name, "fee": "ccib:hour::", "title": "网络课程", "hours": "8"}
    made = office.post("/fees/charge", data=form)
    assert made.status_code == 303
    assert "120.00 元" in office.get(made.headers["location"]).text
    assert office.post("/fees/charge", data={**form, "person": "nobody"}).status_code == 422
    assert office.post("/fees/charge", data={**form, "hours": "many"}).status_code == 422
    assert office.post("/fees/charge", data={**form, "fee": "ccaa:enrolment::"}).status_code == 409
