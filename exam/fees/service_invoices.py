"""Invoices: asked for by who paid, given out by the office, taken back with a reason."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.core import audit
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.fees.invoicing import invoiceable, withdraw_row
from exam.fees.models_cards import INVOICE_KINDS, Invoice, InvoiceDue
from exam.fees.rules import NOTHING

_TAX_NUMBER = re.compile(r"[0-9A-Z]{15,20}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}\.[^@\s.]{2,}")
LONGEST = {"title": 100, "email": 100, "address": 200, "phone": 30, "number": 40}


@dataclass(frozen=True)
class Wanted:
    """To whom an invoice is made out and where it goes. A company has a tax number, a person none."""

    title: str
    tax_number: str
    kind: str
    email: str
    address: str
    phone: str


def read_wanted(fields: Mapping[str, str]) -> Wanted:
    """What the form says. Raises Invalid."""
    text = {name: " ".join(fields.get(name, "").split()) for name in ("title", "kind", "email", "address", "phone")}
    tax_number = "".join(fields.get("tax_number", "").split()).upper()
    problems = [
        Problem(name, "too-long", {"most": most}) for name, most in LONGEST.items() if len(text.get(name, "")) > most
    ]
    if not text["title"]:
        problems.append(Problem("title", "required"))
    if tax_number and not _TAX_NUMBER.fullmatch(tax_number):
        problems.append(Problem("tax_number", "invoice-tax-number"))
    if text["kind"] not in INVOICE_KINDS:
        problems.append(Problem("kind", "required"))
    if text["kind"] == "electronic" and not _EMAIL.fullmatch(text["email"]):
        problems.append(Problem("email", "invoice-email"))
    if text["kind"] == "paper" and not text["address"]:
        problems.append(Problem("address", "invoice-address"))
    if problems:
        raise Invalid(problems)
    return Wanted(text["title"], tax_number, text["kind"], text["email"], text["address"], text["phone"])


def ask(db: Session, who: Caller, wanted: Wanted, due_ids: Sequence[int], now: datetime) -> Invoice:
    """Ask for one invoice over some of one's dues that were paid by transfer. Raises Invalid, NotFound."""
    audit.hold(db, who.institution_id)
    able = {due.id: (due, yuan) for due, yuan in invoiceable(db, who.institution_id, who.person_id)}
    chosen = list(dict.fromkeys(due_ids))
    if not chosen:
        raise Invalid([Problem("due", "invoice-nothing")])
    if any(due_id not in able for due_id in chosen):
        raise NotFound("due")
    invoice = Invoice(
        institution_id=who.institution_id,
        person_id=who.person_id,
        title=wanted.title,
        tax_number=wanted.tax_number,
        kind=wanted.kind,
        email=wanted.email,
        address=wanted.address,
        phone=wanted.phone,
        amount=sum((able[due_id][1] for due_id in chosen), NOTHING),
        asked_at=now,
    )
    db.add(invoice)
    db.flush()
    for due_id in chosen:
        db.add(InvoiceDue(invoice_id=invoice.id or 0, due_id=due_id, amount=able[due_id][1]))
    db.flush()
    detail = {"yuan": f"{invoice.amount:f}", "fees": chosen}
    deeds.record_by(db, who, now, "invoice.ask", ("invoice", invoice.id), detail)
    return invoice


def withdraw_own(db: Session, who: Caller, invoice_id: int, now: datetime) -> Invoice:
    """Take one's own question for an invoice back, while it is not issued. Raises NotFound, Refused."""
    audit.hold(db, who.institution_id)
    invoice = of_institution(db, who, invoice_id)
    if invoice.person_id != who.person_id:
        raise NotFound(str(invoice_id))
    if invoice.state != "asked":
        raise Refused(Refusal("invoice-state"))
    withdraw_row(db, invoice, "", who.person_id, now)
    deeds.record_by(db, who, now, "invoice.withdraw", ("invoice", invoice.id), {})
    return invoice


def issue(db: Session, who: Caller, invoice_id: int, number: str, now: datetime) -> Invoice:
    """The invoice was made out, under its number. Raises NotFound, Invalid, Refused."""
    audit.hold(db, who.institution_id)
    invoice = of_institution(db, who, invoice_id)
    number = number.strip()
    if not number or len(number) > LONGEST["number"]:
        raise Invalid([Problem("number", "invoice-number", {"most": LONGEST["number"]})])
    if invoice.state != "asked":
        raise Refused(Refusal("invoice-state"))
    invoice.state, invoice.number, invoice.decided_at, invoice.decided_by = "issued", number, now, who.person_id
    db.add(invoice)
    db.flush()
    deeds.record_by(db, who, now, "invoice.issue", ("invoice", invoice.id), {"number": number})
    return invoice


def take_back(db: Session, who: Caller, invoice_id: int, reason: str, now: datetime) -> Invoice:
    """The office refuses an invoice, or reverses one that it had issued. Raises NotFound, Invalid, Refused."""
    audit.hold(db, who.institution_id)
    invoice = of_institution(db, who, invoice_id)
    if not reason.strip():
        raise Invalid([Problem("reason", "required")])
    if invoice.state == "withdrawn":
        raise Refused(Refusal("invoice-state"))
    withdraw_row(db, invoice, reason.strip(), who.person_id, now)
    deeds.record_by(db, who, now, "invoice.take-back", ("invoice", invoice.id), {"reason": reason.strip()})
    return invoice


def of_institution(db: Session, who: Caller, invoice_id: int) -> Invoice:
    """An invoice at the caller's institution. Raises NotFound."""
    invoice = db.get(Invoice, invoice_id, populate_existing=True)
    if invoice is None or invoice.institution_id != who.institution_id:
        raise NotFound(str(invoice_id))
    return invoice
