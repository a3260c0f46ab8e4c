"""Sharing out a payment, amounts by the hour, codes of cards: tables round the boundaries, and properties."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam import schemes
from exam.fees import codes, rules
from exam.fees.rules import Open, Share, share_out
from exam.schemes.kinds import fee_at

DAY = date(2026, 11, 6)
YUAN = st.decimals(0, 5000, places=2)


@pytest.mark.parametrize(
    ("scheme", "per", "track", "on", "yuan"),
    [
        ("changzhou", "enrolment", None, DAY, "50"),  # S3 annex 3 §7
        ("changzhou", "enrolment", None, date(2011, 3, 1), "50"),
        ("changzhou", "enrolment", None, date(2011, 2, 28), None),  # the day before it holds
        ("changzhou", "hour", None, DAY, None),
        ("changzhou", "try", None, DAY, None),
        ("ccib", "hour", "holder", DAY, "15"),  # S0 §6.1
        ("ccib", "hour", "new", DAY, "15"),
        ("ccib", "hour", None, date(2023, 12, 31), "15"),  # S1 §1.5
        ("ccib", "hour", None, date(2024, 1, 1), "15"),
        ("ccib", "enrolment", None, DAY, None),
        ("ptp", "try", "officer", DAY, "180"),  # S4 §3
        ("ptp", "try", "director", DAY, "580"),
        ("ptp", "try", "chief", DAY, "580"),
        ("ptp", "try", None, DAY, None),  # without a speciality no fee can be told
        ("ccaa", "enrolment", None, DAY, None),
    ],
)
def test_what_each_scheme_asks(scheme: str, per: str, track: str | None, on: date, yuan: str | None) -> None:
    rule = fee_at(schemes.get(scheme), on, per, track)
    assert (rule.value.yuan if rule else None) == (Decimal(yuan) if yuan else None)


@pytest.mark.parametrize(
    ("scheme", "unit"), [("ccib", "hours"), ("changzhou", "yuan"), ("ptp", "yuan"), ("ccaa", None)]
)
def test_what_cards_hold(scheme: str, unit: str | None) -> None:
    assert rules.card_unit(schemes.get(scheme), DAY) == unit


@pytest.mark.parametrize(
    ("hours", "free", "amount"), [("10", "0", "150"), ("10", "10", "0"), ("12.5", "10", "37.5"), ("0.01", "0", "0.15")]
)
def test_amount_by_the_hour(hours: str, free: str, amount: str) -> None:
    assert rules.amount(Decimal(15), Decimal(hours), Decimal(free)) == Decimal(amount)


@pytest.mark.parametrize(
    ("used", "hours", "free"),
    [((), "4", "4"), ((), "10", "10"), ((), "10.01", "10"), (("4",), "8", "6"), (("4", "6"), "1", "0")],
)
def test_a_grant_is_used_up(used: tuple[str, ...], hours: str, free: str) -> None:
    assert rules.free_of(Decimal(10), [Decimal(one) for one in used], Decimal(hours)) == Decimal(free)


@pytest.mark.parametrize(
    ("rest", "shares"),
    [
        ("49.99", [Share(1, Decimal("49.99"), Decimal("49.99"))]),
        ("50", [Share(1, Decimal(50), Decimal(50))]),
        ("50.01", [Share(1, Decimal(50), Decimal(50)), Share(2, Decimal("0.01"), Decimal("0.01"))]),
        ("700", [Share(1, Decimal(50), Decimal(50)), Share(2, Decimal(580), Decimal(580))]),
        ("0", []),
    ],
)
def test_a_transfer_fills_dues_in_their_order(rest: str, shares: list[Share]) -> None:
    assert (
        share_out(Decimal(rest), "yuan", [Open(1, Decimal(50)), Open(3, Decimal(0)), Open(2, Decimal(580))]) == shares
    )


def test_hours_only_fill_what_is_by_the_hour() -> None:
    dues = [Open(1, Decimal(50)), Open(2, Decimal(90), Decimal(15)), Open(3, Decimal(150), Decimal(15))]
    assert share_out(Decimal(10), "hours", dues) == [
        Share(2, Decimal(6), Decimal(90)),
        Share(3, Decimal(4), Decimal(60)),
    ]


@given(YUAN, st.lists(st.tuples(YUAN, st.sampled_from([None, Decimal(15), Decimal("7.77")])), max_size=8))
@pytest.mark.parametrize("unit", ["yuan", "hours"])
def test_no_more_than_there_is_and_no_more_than_is_open(unit, rest, opened) -> None:
    dues = [Open(number, yuan, price) for number, (yuan, price) in enumerate(opened)]
    shares = share_out(rest, unit, dues)
    assert sum((share.value for share in shares), Decimal(0)) <= rest
    assert all(0 < share.yuan <= dues[share.due_id].yuan for share in shares)
    if unit == "yuan":
        assert sum(share.yuan for share in shares) == min(rest, sum(due.yuan for due in dues))


@pytest.mark.parametrize(
    ("on", "yuan", "code"),
    [
        (DAY, "0.01", None),
        (DAY, "0", "payment-nothing"),
        (DAY, "-1", "payment-nothing"),
        (DAY + timedelta(days=1), "1", "payment-in-future"),
        (DAY - timedelta(days=400), "1", None),
    ],
)
def test_transfers_that_can_have_happened(on: date, yuan: str, code: str | None) -> None:
    refusal = rules.may_transfer(on, Decimal(yuan), DAY)
    assert (refusal.code if refusal else None) == code


def test_codes_read_as_people_type_them() -> None:
    code = codes.code_of(b"k" * 32, codes.new_salt())
    assert len(code) == 16 and set(code) <= set(codes.ALPHABET)
    for typed in (code, codes.shown(code), codes.shown(code).lower(), f" {code[:8]} {code[8:]} "):
        assert codes.read(typed) == code
    assert codes.read("O" * 16) == "0" * 16 and codes.read("iL" * 8) == "1" * 16
    assert codes.read("ＡＢＣＤ－ＥＦＧＨ－ＪＫＭＮ－ＰＱＲＳ") == "ABCDEFGHJKMNPQRS"
    for wrong in ("", code[:-1], code + "0", "U" * 16, "é" * 16):
        assert codes.read(wrong) is None


def test_codes_differ_and_hang_on_the_key() -> None:
    salts = [codes.new_salt() for _ in range(500)]
    made = {codes.code_of(b"k" * 32, salt) for salt in salts}
    assert len(made) == 500
    assert not made & {codes.code_of(b"l" * 32, salt) for salt in salts}
