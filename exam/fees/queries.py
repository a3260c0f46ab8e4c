"""What other packages ask about fees: whether something is paid for, and what stands in the way."""

from sqlmodel import Session, col, select

from exam.core import i18n
from exam.core.decisions import Refusal
from exam.fees.allocating import open_yuan
from exam.fees.models import Due, PaymentInstructions


def due_of(db: Session, subject_kind: str, subject_id: int) -> Due | None:
    """The due for a thing: the one that stands, else the latest that is void; None where nothing was charged."""
    query = (
        select(Due)
        .where(Due.subject_kind == subject_kind, Due.subject_id == subject_id)
        .order_by(col(Due.state) == "void", col(Due.id).desc())
    )
    return db.exec(query.limit(1)).first()


def entry_refusal(db: Session, subject_kind: str, subject_id: int) -> Refusal | None:
    """Why somebody is not let in to a thing for want of money, with how to pay; None where nothing is open."""
    due = due_of(db, subject_kind, subject_id)
    if due is None or due.state != "unpaid":
        return None
    params = {
        "title": due.title,
        "amount": f"{due.amount:.2f}",
        "open": f"{open_yuan(db, due):.2f}",
        "how": how_to_pay(db, due.institution_id),
    }
    return Refusal("fee-unpaid", params=params)


def instructions(db: Session, institution_id: int) -> PaymentInstructions | None:
    """How an institution is paid; None while its office has not said so."""
    return db.get(PaymentInstructions, institution_id)


def collects(db: Session, institution_id: int) -> bool:
    """Whether an institution collects fees here: it has said how it is paid."""
    return instructions(db, institution_id) is not None


def how_to_pay(db: Session, institution_id: int) -> str:
    """In a sentence of the request's language, where to pay."""
    how = instructions(db, institution_id)
    if how is None:
        return i18n.gettext("缴费办法请向考务询问。")
    return i18n.gettext(
        "请转账到：户名 %(payee)s，开户行 %(bank)s，账号 %(account)s。",
        payee=how.payee,
        bank=how.bank,
        account=how.account,
    )
