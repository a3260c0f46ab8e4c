"""CCIB paid: a renewer's ten free hours, electives by learning card and transfer, a course given back, the invoice."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from sqlmodel import Session

from exam.accounts.access import Caller
from exam.accounts.permissions import Role
from exam.core.errors import Refused
from exam.core.secrets import derive
from exam.courses import service as courses
from exam.courses import service_finishing, service_selecting
from exam.courses.models import CourseEnrolment
from exam.courses.rules import Settings
from exam.credits import service_eligibility
from exam.credits.service_membership import change, ensure
from exam.fees import codes, grants, service_cards, service_dues, service_invoices, service_payments
from exam.fees.gateways import Transfer
from exam.fees.invoicing import invoiceable
from exam.fees.models import Due
from exam.fees.queries import due_of
from exam.schemes import get

from .cast import Cast, cast, shanghai

KEY = derive(b"walk", codes.PURPOSE)


@pytest.fixture
def people(db: Session) -> Iterator[Cast]:
    yield cast(db)


def course(db: Session, office: Caller, code: str, category: str, hours: str) -> int:
    settings = Settings(code, f"课程 {code}", "", "", "ccib", "", category, Decimal(hours), "online", "", "")
    made = courses.save_course(db, office, None, settings, shanghai("2024-01-02T09:00:00"))
    courses.move_course(db, office, made.id or 0, "open", shanghai("2024-01-02T09:00:00"))
    return made.id or 0


def charged(db: Session, selection: CourseEnrolment) -> Due:
    found = due_of(db, "course-enrolment", selection.id or 0)
    assert found is not None
    return found


def test_forty_hours_of_which_ten_are_free(db: Session, people: Cast) -> None:
    office, me = people.somebody(Role.REGISTRAR), people.somebody(Role.CANDIDATE)
    at = shanghai("2024-03-01T09:00:00")
    service_dues.instruct(db, office, "协会", "工商银行", "1105", "", "", at)
    member = ensure(db, people.institution_id, me.person_id, "ccib", at)
    facts = {"holder": 1, "renewed-before": 1}
    cycle = {"cycle_from": date(2020, 8, 28), "cycle_until": date(2024, 8, 27)}
    change(db, member, facts=facts, **cycle, reason="登记", by=office.person_id, now=at)
    required, first, second = (
        course(db, office, *each)
        for each in (("B1", "required", "10"), ("X1", "elective", "12"), ("X2", "elective", "18"))
    )

    free = service_selecting.select_course(db, me, required, at)
    assert (charged(db, free).state, charged(db, free).free_hours) == ("waived", Decimal(10))
    assert [rest for _, rest in grants.left(db, people.institution_id, me.person_id, get("ccib"), at.date())] == [0]
    service_finishing.finish(db, free, at, None, at)

    one, two = (service_selecting.select_course(db, me, each, at) for each in (first, second))
    assert [charged(db, each).amount for each in (one, two)] == [Decimal(180), Decimal(270)]
    with pytest.raises(Refused) as unpaid:
        service_finishing.finish(db, one, at, None, at)
    assert unpaid.value.refusal.code == "fee-unpaid"

    # A card of 20 hours pays the first course and 8 hours of the second; 10 hours are left to be paid by transfer.
    batch = service_cards.make(db, office, KEY, "ccib", Decimal(20), 1, "", at)
    _, [(_, code)] = service_cards.export(db, office, KEY, batch.id or 0, at)
    service_cards.redeem(db, me, code, at)
    assert (charged(db, one).state, charged(db, two).state) == ("paid", "unpaid")
    paid = Transfer(people.institution_id, "某公司", Decimal(150), date(2024, 3, 1), "R1", office.person_id)
    service_payments.settle(db, office, paid, [charged(db, two).id or 0], at)
    assert charged(db, two).state == "paid"
    later = shanghai("2024-05-01T20:00:00")
    for each in (one, two):
        service_finishing.finish(db, each, later, None, later)
    standing = service_eligibility.standing(db, people.institution_id, me.person_id, "ccib", date(2024, 5, 1))
    assert standing.met

    # Only what came by transfer is invoiced to the payer; the card was invoiced to whoever bought it.
    assert [(due.id, yuan) for due, yuan in invoiceable(db, people.institution_id, me.person_id)] == [
        (charged(db, two).id, Decimal(150))
    ]
    wanted = service_invoices.read_wanted({"title": "某公司", "kind": "electronic", "email": "a@b.cn"})
    invoice = service_invoices.ask(db, me, wanted, [charged(db, two).id or 0], later)
    assert service_invoices.issue(db, office, invoice.id or 0, "24317", later).amount == Decimal(150)
