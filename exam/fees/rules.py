"""What is charged and how payments are shared out. Pure; money in yuan, hours are credit hours of 45 minutes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal

from exam.core.db import CENT
from exam.core.decisions import Refusal
from exam.schemes.kinds import Scheme, rows_at

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Open:
    """A due as far as sharing out goes: what is still open of it, the price of an hour where it is one by hours."""

    due_id: int
    yuan: Decimal
    hour_yuan: Decimal | None = None


@dataclass(frozen=True)
class Share:
    """A part of a payment for a due: `value` in the payment's unit, `yuan` of the due."""

    due_id: int
    value: Decimal
    yuan: Decimal


def amount(unit_yuan: Decimal, hours: Decimal | None, free: Decimal = NOTHING) -> Decimal:
    """What an enrolment or try costs (no hours), or the hours that are not free (S1 §1.5: 15 yuan each), to the fen."""
    if hours is None:
        return unit_yuan
    return (unit_yuan * (hours - free)).quantize(CENT, ROUND_HALF_UP)


def share_out(rest: Decimal, unit: str, dues: Iterable[Open]) -> list[Share]:
    """A payment's rest over dues, in their order, until it is used up; never more than is open. What is not needed
    stays."""
    shares = []
    for due in dues:
        if rest <= 0:
            break
        if due.yuan <= 0:
            continue
        share = _hours(rest, due) if unit == "hours" else Share(due.due_id, min(rest, due.yuan), min(rest, due.yuan))
        if share is not None:
            shares.append(share)
            rest -= share.value
    return shares


def _hours(rest: Decimal, due: Open) -> Share | None:
    """Hours of a card for what is open of a due that is reckoned by hours."""
    if not due.hour_yuan:
        return None
    needed = (due.yuan / due.hour_yuan).quantize(CENT, ROUND_UP)
    taken = min(rest, needed)
    yuan = due.yuan if taken == needed else (taken * due.hour_yuan).quantize(CENT, ROUND_DOWN)
    return Share(due.due_id, taken, yuan) if yuan > 0 else None


def card_unit(scheme: Scheme, on: date) -> str | None:
    """What learning cards of a scheme hold on a day: hours where its fee is by the hour, else yuan; None: no fees."""
    pers = {rule.value.per for rule in rows_at(scheme.fees, on)}
    if not pers:
        return None
    return "hours" if "hour" in pers else "yuan"


def free_of(granted: Decimal, used: Sequence[Decimal], hours: Decimal) -> Decimal:
    """How many of `hours` are free: what is left of a grant after what was used of it in the cycle (S0 §5)."""
    return max(NOTHING, min(hours, granted - sum(used, NOTHING)))


def may_transfer(paid_on: date, value: Decimal, today: date) -> Refusal | None:
    """Whether a transfer can have happened so."""
    if value <= 0:
        return Refusal("payment-nothing")
    return Refusal("payment-in-future") if paid_on > today else None
