"""Learning cards: made in batches, given out as a sheet, redeemed once, made void."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session, col, select

from exam import schemes
from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.core import audit
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.fees import codes
from exam.fees.gateways import Card
from exam.fees.models import Due, FeePayment
from exam.fees.models_cards import CardBatch, LearningCard
from exam.fees.rules import card_unit
from exam.fees.service import today
from exam.fees.service_payments import settle, use_rest

MOST = 2000
MOST_VALUE = {"hours": Decimal(1000), "yuan": Decimal(100000)}


def make(
    db: Session, who: Caller, key: bytes, scheme_key: str, value: Decimal, count: int, note: str, now: datetime
) -> CardBatch:
    """Make a batch of cards, each worth `value` in what the scheme's fee is reckoned in. Raises Invalid, Refused."""
    if scheme_key not in schemes.SCHEMES:
        raise Invalid([Problem("scheme", "required")])
    scheme = schemes.get(scheme_key)
    unit = card_unit(scheme, today(scheme, now))
    if unit is None:
        raise Refused(Refusal("card-no-fee"))
    problems = []
    if not 0 < value <= MOST_VALUE[unit]:
        problems.append(Problem("value", "card-value", {"most": f"{MOST_VALUE[unit]:f}"}))
    if not 1 <= count <= MOST:
        problems.append(Problem("count", "card-count", {"most": MOST}))
    if problems:
        raise Invalid(problems)
    batch = CardBatch(
        institution_id=who.institution_id,
        scheme=scheme_key,
        unit=unit,
        value=value,
        count=count,
        note=note.strip()[:200],
        made_at=now,
        made_by=who.person_id,
    )
    db.add(batch)
    db.flush()
    for number in range(1, count + 1):
        salt = codes.new_salt()
        digest = codes.hash_of(codes.code_of(key, salt))
        row = LearningCard(
            institution_id=who.institution_id, batch_id=batch.id or 0, number=number, salt=salt, code_hash=digest
        )
        db.add(row)
    db.flush()
    detail = {"scheme": scheme_key, unit: f"{value:f}", "n": count}
    deeds.record_by(db, who, now, "card.make", ("card-batch", batch.id), detail)
    return batch


def export(
    db: Session, who: Caller, key: bytes, batch_id: int, now: datetime
) -> tuple[CardBatch, list[tuple[LearningCard, str]]]:
    """A batch with the codes of its unused cards, to be handed out; who took them is written down.

    Raises NotFound, and Refused where the codes were made with another secret, so that no wrong code is ever printed.
    """
    batch = batch_of(db, who, batch_id)
    rows = [(card, codes.code_of(key, card.salt)) for card in cards_of(db, batch) if card.state == "unused"]
    if any(codes.hash_of(code) != card.code_hash for card, code in rows):
        raise Refused(Refusal("card-other-secret"))
    deeds.record_by(db, who, now, "card.export", ("card-batch", batch.id), {"n": len(rows)})
    return batch, [(card, codes.shown(code)) for card, code in rows]


def redeem(db: Session, who: Caller, code: str, now: datetime) -> FeePayment:
    """Redeem a card for the caller: their unpaid dues of its scheme are settled, oldest first; the rest stays theirs.

    Raises Refused.
    """
    audit.hold(db, who.institution_id)
    return settle(db, who, Card(who.institution_id, who.person_id, code), _unpaid(db, who), now, own=True)


def void(db: Session, who: Caller, card_ids: Sequence[int], reason: str, now: datetime) -> int:
    """Make unused cards of one batch worthless; returns how many. Raises NotFound, Invalid, Refused."""
    if not reason.strip():
        raise Invalid([Problem("reason", "required")])
    audit.hold(db, who.institution_id)
    query = select(LearningCard).where(
        col(LearningCard.id).in_(card_ids), LearningCard.institution_id == who.institution_id
    )
    rows = db.exec(query.with_for_update().execution_options(populate_existing=True)).all()
    if len(rows) != len(set(card_ids)) or not rows:
        raise NotFound("card")
    if any(row.state != "unused" for row in rows):
        raise Refused(Refusal("card-not-unused"))
    for row in rows:
        row.state, row.changed_at, row.changed_by, row.reason = "void", now, who.person_id, reason.strip()[:500]
        db.add(row)
    db.flush()
    detail = {"reason": reason.strip(), "numbers": sorted(row.number for row in rows)[:100], "n": len(rows)}
    deeds.record_by(db, who, now, "card.void", ("card-batch", rows[0].batch_id), detail)
    return len(rows)


def batch_of(db: Session, who: Caller, batch_id: int) -> CardBatch:
    """A batch at the caller's institution. Raises NotFound."""
    batch = db.get(CardBatch, batch_id)
    if batch is None or batch.institution_id != who.institution_id:
        raise NotFound(str(batch_id))
    return batch


def cards_of(db: Session, batch: CardBatch) -> list[LearningCard]:
    """The cards of a batch by their numbers."""
    query = select(LearningCard).where(LearningCard.batch_id == batch.id).order_by(col(LearningCard.number))
    return list(db.exec(query))


def _unpaid(db: Session, who: Caller) -> list[int]:
    query = select(Due.id).where(
        Due.institution_id == who.institution_id, Due.person_id == who.person_id, Due.state == "unpaid"
    )
    return [due_id for due_id in db.exec(query.order_by(col(Due.id)).limit(MOST_OWN)) if due_id is not None]


MOST_OWN = 500


def use_rest_own(db: Session, who: Caller, payment_id: int, now: datetime) -> list[Due]:
    """What is left of a card that the caller redeemed settles their unpaid dues of its scheme, oldest first.

    Raises NotFound, Refused where nothing is left or nothing is due.
    """
    audit.hold(db, who.institution_id)
    return use_rest(db, who, payment_id, _unpaid(db, who), now, own=True)
