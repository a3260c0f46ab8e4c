"""Reads the forms of claims, hours by hand and memberships: text in, plain values out, or every problem found."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from exam.core.clock import day_of
from exam.core.errors import Invalid, Problem
from exam.credits.calculators import Stated
from exam.credits.service_claims import Wanted
from exam.credits.service_manual import ByHand
from exam.schemes.rows import MEMBER_FACTS

LONGEST = 40


def day(text: str) -> date | None:
    """A civil day as typed; None for anything else."""
    try:
        return day_of(text.strip())
    except ValueError:
        return None


def number(text: str) -> Decimal | None:
    """A number with at most two places; None for anything else."""
    try:
        value = Decimal(text.strip()) if text.isascii() and len(text) < LONGEST else None
    except InvalidOperation:
        return None
    if value is None or not value.is_finite() or abs(value) > 10**9 or value != round(value, 2):
        return None
    return value


def whole(text: str, most: int) -> int | None:
    """A whole number from 0 to `most`; None for anything else."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= most else None


def read_wanted(fields: Mapping[str, str]) -> Wanted:
    """What a claim's form says. Raises Invalid."""
    problems: list[Problem] = []
    on = day(fields.get("on", ""))
    if on is None:
        problems.append(Problem("on", "day-needed"))
    quantity = number(fields.get("quantity", "1") or "0")
    if quantity is None:
        problems.append(Problem("quantity", "number-needed"))
    rank, filed = fields.get("rank", "").strip(), fields.get("filed_on", "").strip()
    if rank and whole(rank, 1000) is None:
        problems.append(Problem("rank", "number-needed"))
    if filed and day(filed) is None:
        problems.append(Problem("filed_on", "day-needed"))
    if on is None or quantity is None or problems:
        raise Invalid(problems)
    stated = Stated(
        on=on,
        quantity=quantity,
        rank=whole(rank, 1000) if rank else None,
        filed_on=day(filed) if filed else None,
        confirmed=frozenset(name.removeprefix("confirm-") for name in fields if name.startswith("confirm-")),
        numbers={name: fields[name].strip()[:40] for name in ("issn", "cn") if fields.get(name, "").strip()},
    )
    return Wanted(
        scheme=fields.get("scheme", "")[:60],
        kind=fields.get("kind", "")[:60],
        row=fields.get("row", "")[:60],
        variant=fields.get("variant", "")[:60],
        year=on.year + (1 if fields.get("year") == "next" else 0),
        stated=stated,
    )


def read_by_hand(fields: Mapping[str, str]) -> ByHand:
    """What the form of hours by hand says. Raises Invalid."""
    on, hours = day(fields.get("on", "")), number(fields.get("hours", ""))
    problems = []
    if on is None:
        problems.append(Problem("on", "day-needed"))
    if hours is None:
        problems.append(Problem("hours", "number-needed"))
    if on is None or hours is None:
        raise Invalid(problems)
    words = ("subject", "title", "reason", "reference")
    return ByHand(
        scheme=fields.get("scheme", ""),
        category=fields.get("category", ""),
        hours=hours,
        on=on,
        track=fields.get("track", "")[:40],
        **{name: fields.get(name, "")[:500] for name in words},
    )


def read_facts(fields: Mapping[str, str]) -> tuple[dict[str, int], date | None, date | None]:
    """The facts of a membership and its cycle, both days inclusive. Raises Invalid."""
    problems, facts = [], {}
    for name in MEMBER_FACTS:
        value = whole(fields.get(f"fact-{name}", "") or "0", 99)
        if value is None:
            problems.append(Problem(f"fact-{name}", "fact-out-of-range", {"most": 99}))
        elif value:
            facts[name] = value
    days: list[date | None] = []
    for name in ("cycle_from", "cycle_until"):
        text = fields.get(name, "").strip()
        days.append(day(text) if text else None)
        if text and days[-1] is None:
            problems.append(Problem(name, "day-needed"))
    if problems:
        raise Invalid(problems)
    return facts, days[0], days[1]
