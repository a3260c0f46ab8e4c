"""Pure: what an activity or a waiver is worth, from the scheme's rows and what was stated; a refusal where it is not.

Hours are credit hours; a quantity is days, half days, items, subjects, characters or hours, as the row's unit says.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from exam.core.db import CENT
from exam.core.decisions import Refusal
from exam.schemes.rows import MonthDay, Variant, Waiver

CHARACTERS = 10_000
ONE_ONLY = frozenset({"year", "once"})
"""Units of which one claim is about exactly one: nobody is asked how many."""
MOST: Mapping[str, int] = {
    "day": 366,
    "half-day": 366,
    "item": 50,
    "subject": 50,
    "ten-thousand-characters": 20_000_000,
    "hour": 1000,
}
HALF = Decimal("0.5")


@dataclass(frozen=True)
class Stated:
    """What somebody states about an activity or a reason to be let off hours.

    `on` is the civil day on which it ended or was awarded, `rank` their place among the persons named, `filed_on` when
    it was filed with the authority, `hours` a course's own credit hours.
    """

    on: date
    quantity: Decimal = Decimal(1)
    rank: int | None = None
    filed_on: date | None = None
    confirmed: frozenset[str] = frozenset()
    numbers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Worth:
    """What it comes to: units counted, hours for each, and the hours by year (several where they are spread)."""

    units: Decimal
    each: Decimal
    by_year: tuple[tuple[int, Decimal], ...]

    @property
    def hours(self) -> Decimal:
        """All hours together."""
        return sum((hours for _, hours in self.by_year), Decimal(0)).quantize(CENT)


def worth(variant: Variant, stated: Stated) -> Worth | Refusal:
    """What an activity is worth (S3 annex 1 §3), or why it can't be credited."""
    refusal = _conditions(variant, stated)
    if refusal is not None:
        return refusal
    units = Decimal(1) if variant.unit in ONE_ONLY else stated.quantity
    if units <= 0 or units > MOST.get(variant.unit, 1):
        return Refusal("claim-quantity", params={"most": MOST.get(variant.unit, 1)})
    if variant.unit == "ten-thousand-characters":
        if units != units.to_integral_value():
            return Refusal("claim-whole-units")
        units = units // CHARACTERS
        if not units:
            return Refusal("claim-too-few-characters", params={"least": CHARACTERS})
    elif variant.whole and units != units.to_integral_value():
        return Refusal("claim-whole-units")
    elif units % HALF:
        return Refusal("claim-half-hours")
    return Worth(units, variant.hours, _spread(units * variant.hours, stated.on.year, variant.spread_years))


def _conditions(variant: Variant, stated: Stated) -> Refusal | None:
    if variant.ranks is not None:
        if stated.rank is None or stated.rank < 1:
            return Refusal("claim-rank-needed")
        if stated.rank > variant.ranks:
            return Refusal("claim-rank", params={"most": variant.ranks})
    missing = [one for one in variant.confirms if one not in stated.confirmed]
    if missing:
        return Refusal(f"claim-confirm-{missing[0]}")
    for name in variant.asks:
        if not VALID[name](stated.numbers.get(name, "")):
            return Refusal(f"claim-{name}")
    return _filed(variant.filed_by, stated) if variant.filed_by else None


def _filed(by: MonthDay, stated: Stated) -> Refusal | None:
    """Training of one's own unit counts only when it was filed at the start of its year (S3 annex 1 §3(14))."""
    last = date(stated.on.year, by.month, by.day)
    if stated.filed_on is None:
        return Refusal("claim-not-filed")
    if stated.filed_on.year != stated.on.year or stated.filed_on > min(last, stated.on):
        return Refusal("claim-filed-late", params={"last": min(last, stated.on).isoformat()})
    return None


def _spread(hours: Decimal, year: int, years: int) -> tuple[tuple[int, Decimal], ...]:
    """Hours in equal parts over so many years; a rest that can't be split goes to the first."""
    part = (hours / years).quantize(CENT, rounding="ROUND_DOWN")
    first = hours - part * (years - 1)
    return tuple((year + n, (part if n else first).quantize(CENT)) for n in range(years))


def issn(text: str) -> bool:
    """Whether a text is an ISSN (ISO 3297): seven digits and the right check digit, which may be X."""
    found = re.fullmatch(r"(?:ISSN)?\s*(\d{4})-?(\d{3})([\dX])", text.strip().upper())
    if not found:
        return False
    digits = found[1] + found[2]
    check = (11 - sum((8 - n) * int(digit) for n, digit in enumerate(digits)) % 11) % 11
    return found[3] == ("X" if check == 10 else str(check))


def cn(text: str) -> bool:
    """Whether a text has the form of a CN number: two digits of the place, four of the serial (CN 32-1234/G4)."""
    return re.fullmatch(r"(?:CN)?\s*\d{2}-\d{4}(?:/[A-Z]{1,2}\d{0,2})?", text.strip().upper()) is not None


VALID = {"issn": issn, "cn": cn}


def waived(waiver: Waiver, stated: Stated, facts: Mapping[str, int]) -> Decimal | Refusal | None:
    """The hours that a reason lets somebody off (S2 annex 1): None for all of the year's, or why it can't."""
    if waiver.fact and not facts.get(waiver.fact):
        return Refusal(f"waiver-only-{waiver.fact}")
    if waiver.ranks is not None:
        if stated.rank is None or stated.rank < 1:
            return Refusal("claim-rank-needed")
        if stated.rank > waiver.ranks:
            return Refusal("claim-rank", params={"most": waiver.ranks})
    if waiver.full:
        return None
    if not waiver.own_hours:
        return waiver.hours
    if not 0 < stated.quantity <= 100 or stated.quantity % HALF:
        return Refusal("claim-half-hours")
    return stated.quantity


def waiver_year(waiver: Waiver, on: date, year: int) -> Refusal | None:
    """A waiver counts in the year of its reason; some may be taken in the next year instead (S2 annex 1 §2.4-7)."""
    allowed = (on.year, on.year + 1) if waiver.next_year_too else (on.year,)
    return None if year in allowed else Refusal("waiver-year", params={"first": allowed[0], "last": allowed[-1]})


def waiver_in_time(deadline: MonthDay | None, year: int, sent_on: date) -> Refusal | None:
    """An application must be in by the deadline of its year, that day included (S2 annex 1 §1, §2)."""
    if deadline is None or sent_on <= date(year, deadline.month, deadline.day):
        return None
    return Refusal("waiver-late", params={"last": date(year, deadline.month, deadline.day).isoformat()})
