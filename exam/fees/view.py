"""What the pages of fees show in words."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from exam import schemes
from exam.accounts.id_number import masked
from exam.core import i18n, web
from exam.core.clock import SHANGHAI
from exam.core.errors import Invalid, Problem
from exam.core.i18n import N_
from exam.fees.models import FeePayment
from exam.schemes.kinds import Scheme, rows_at

DUE_NAMES = {"unpaid": N_("待缴"), "paid": N_("已缴费"), "waived": N_("免缴"), "void": N_("已作废")}
PER_NAMES = {"enrolment": N_("每次选课"), "hour": N_("每学时"), "try": N_("每次考试")}
INVOICE_NAMES = {"asked": N_("待开票"), "issued": N_("已开票"), "withdrawn": N_("已撤回")}
INVOICE_FILTERS = {**INVOICE_NAMES, "reverse": N_("待冲红")}
CARD_NAMES = {"unused": N_("未使用"), "used": N_("已使用"), "void": N_("已作废")}
MOST_MONEY = Decimal(10_000_000)


def scheme_title(key: str) -> str:
    """The scheme's name in the reader's language; its key if it is no longer declared."""
    return i18n.gettext(schemes.SCHEMES[key].title) if key in schemes.SCHEMES else key


def yuan(value: Decimal) -> str:
    """An amount of money in words."""
    return i18n.gettext("%(n)s 元", n=f"{value:.2f}")


def worth(payment: FeePayment, value: Decimal | None = None) -> str:
    """What a payment holds (or a part of it) in its unit."""
    shown = payment.value if value is None else value
    return yuan(shown) if payment.unit == "yuan" else i18n.gettext("%(n)s 学时", n=f"{shown.normalize():f}")


def charging(on: date) -> list[Scheme]:
    """The schemes that have fees on a day."""
    return [scheme for scheme in schemes.SCHEMES.values() if rows_at(scheme.fees, on)]


def today(request: Request) -> date:
    """The civil day."""
    return web.now(request).astimezone(SHANGHAI).date()


def money(text: str, name: str) -> Decimal:
    """An amount as typed. Raises Invalid for what is no amount in whole fen."""
    try:
        value = Decimal(text.strip().replace(",", "").replace("，", ""))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) > MOST_MONEY or value != round(value, 2):
        raise Invalid([Problem(name, "money-not-understood")])
    return value


def numbers(texts: list[Any]) -> list[int]:
    """Ids out of a form or an address; what is none is left out."""
    return [int(text) for text in map(str, texts) if text.isdecimal() and len(text) < 10]


def day(text: str, name: str) -> date:
    """A day as a date field says it. Raises Invalid."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise Invalid([Problem(name, "required")]) from error


def local(at: datetime | None) -> str:
    """The day of an instant in Shanghai."""
    return at.astimezone(SHANGHAI).date().isoformat() if at else ""


HELPERS: Mapping[str, Any] = {
    "scheme_title": scheme_title,
    "yuan": yuan,
    "worth": worth,
    "masked": masked,
    "local_day": local,
    "english": lambda: i18n.current_locale.get() == "en",
    "due_name": lambda state: i18n.gettext(DUE_NAMES[state]),
    "per_name": lambda per: i18n.gettext(PER_NAMES[per]),
    "invoice_name": lambda state: i18n.gettext(INVOICE_NAMES[state]),
    "card_name": lambda state: i18n.gettext(CARD_NAMES[state]),
    "DUE_NAMES": DUE_NAMES,
    "INVOICE_FILTERS": INVOICE_FILTERS,
}


def show(request: Request, template: str, context: Mapping[str, Any], status: int = 200) -> Response:
    """A page with the helpers of this module."""
    return web.render(request, template, {**HELPERS, **context}, status)
