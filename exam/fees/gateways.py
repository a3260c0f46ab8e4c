"""The ways in which payments come in. Each is a `Gateway`; what follows (settling dues) is the same for all.

There are two: a bank transfer that the office records, and a learning card that its holder redeems. An online gateway
would be a third: it would return the payment that its provider has confirmed.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from sqlmodel import Session, col, select, update

from exam.core.clock import SHANGHAI
from exam.core.decisions import Refusal
from exam.core.errors import Refused
from exam.fees.codes import hash_of, read
from exam.fees.models import FeePayment
from exam.fees.models_cards import CardBatch, LearningCard
from exam.fees.rules import may_transfer


class Gateway(Protocol):
    """A way in which a payment comes in."""

    def collect(self, db: Session, now: datetime) -> FeePayment:
        """Write down a payment that is there, once. Raises Refused when it is not, or was written down before."""


@dataclass(frozen=True)
class Transfer:
    """A bank transfer of `yuan` that the office found on the account's statement, or was shown the voucher of."""

    institution_id: int
    payer: str
    yuan: Decimal
    paid_on: date
    reference: str
    by: int
    voucher: str | None = None
    voucher_type: str = ""

    def collect(self, db: Session, now: datetime) -> FeePayment:
        """Write the transfer down; each bank reference once. Raises Refused."""
        refusal = may_transfer(self.paid_on, self.yuan, now.astimezone(SHANGHAI).date())
        if refusal is not None:
            raise Refused(refusal)
        query = select(FeePayment.id).where(
            FeePayment.institution_id == self.institution_id,
            FeePayment.gateway == "transfer",
            FeePayment.reference == self.reference,
            col(FeePayment.undone_at).is_(None),
        )
        if db.exec(query).first() is not None:
            raise Refused(Refusal("payment-recorded-already", params={"reference": self.reference}))
        payment = FeePayment(
            institution_id=self.institution_id,
            gateway="transfer",
            unit="yuan",
            value=self.yuan,
            payer=self.payer,
            paid_on=self.paid_on,
            reference=self.reference,
            voucher=self.voucher,
            voucher_type=self.voucher_type,
            recorded_at=now,
            recorded_by=self.by,
        )
        db.add(payment)
        db.flush()
        return payment


@dataclass(frozen=True)
class Card:
    """A learning card whose code somebody typed in."""

    institution_id: int
    person_id: int
    code: str

    def collect(self, db: Session, now: datetime) -> FeePayment:
        """Take the card's value, once however many try at the same time. Raises Refused.

        What is no card here, another institution's, or void is answered alike, so that trying codes out tells nothing.
        """
        plain = read(self.code)
        unknown = Refused(Refusal("card-unknown"))
        if plain is None:
            raise unknown
        found = db.exec(
            select(LearningCard, CardBatch)
            .join(CardBatch, col(CardBatch.id) == col(LearningCard.batch_id))
            .where(LearningCard.code_hash == hash_of(plain), LearningCard.institution_id == self.institution_id)
            .with_for_update(of=LearningCard)
            .execution_options(populate_existing=True)
        ).one_or_none()
        if found is None or found[0].state == "void":
            raise unknown
        card, batch = found
        if card.state == "used":
            raise Refused(Refusal("card-used", params={"at": card.changed_at}))
        payment = FeePayment(
            institution_id=self.institution_id,
            gateway="card",
            unit=batch.unit,
            value=batch.value,
            paid_on=now.astimezone(SHANGHAI).date(),
            person_id=self.person_id,
            scheme=batch.scheme,
            recorded_at=now,
            recorded_by=self.person_id,
        )
        db.add(payment)
        db.flush()
        taken = (
            update(LearningCard)
            .where(col(LearningCard.id) == card.id, col(LearningCard.state) == "unused")
            .values(state="used", payment_id=payment.id, changed_at=now, changed_by=self.person_id)
        )
        if db.connection().execute(taken).rowcount != 1:
            raise Refused(Refusal("card-used", params={"at": now}))
        db.refresh(card)
        return payment
