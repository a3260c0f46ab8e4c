"""What counts as the same text and as a number."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.itembank.folding import fold, fold_unit, parse_number, split_number, within


@pytest.mark.parametrize(
    ("typed", "number", "rest"),
    [
        ("12.5", "12.5", ""),
        ("１２．５", "12.5", ""),
        ("  12 ", "12", ""),
        ("12.5kg", "12.5", "kg"),
        ("１２．５ ｋｇ", "12.5", "kg"),
        ("12.5 ㎏", "12.5", "㎏"),
        ("3%", "3", "%"),
        ("３％", "3", "%"),
        ("12.5 °C", "12.5", "°C"),
        ("1,000", "1000", ""),
        ("1，000", "1000", ""),
        ("1 000", "1000", ""),
        ("1\u2009000\u2009000", "1000000", ""),
        ("1,000,000.25", "1000000.25", ""),
        ("1e3", "1000", ""),
        ("1E-3", "0.001", ""),
        ("１ｅ３", "1000", ""),
        ("1.5×10³", "1500", ""),
        ("1.5×10^3", "1500", ""),
        ("1.5 x 10^(-3) kg", "0.0015", "kg"),
        ("1.5*10⁻³", "0.0015", ""),
        ("5eV", "5", "eV"),
        ("5 m²", "5", "m^2"),
        ("-3", "-3", ""),
        ("−3", "-3", ""),
        ("－３", "-3", ""),
        ("- 3", "-3", ""),
        ("+3", "3", ""),
        ("3。14", "3.14", ""),
        ("3.14。", "3.14", ""),
        (".5", "0.5", ""),
        ("5.", "5", ""),
        ("1e99", "1e99", ""),
        ("1e-99", "1e-99", ""),
        ("9" * 100, "9" * 100, ""),
    ],
)
def test_numbers_as_people_type_them(typed, number, rest):
    assert split_number(typed) == (Decimal(number), rest)


NO_NUMBER = ["", " ", "kg", "nan", "inf", "-inf", "NaN", "Infinity", "1e100", "1e-100", "1e999999999999", "9" * 101]
NO_NUMBER += ["1,5", "1,0000", "1,00", "1 0000", "1000 000", "1.2.3", "1/2", "2×3", "2*3", "2^3", "5²", "12:30"]
NO_NUMBER += ["--5", "- -5", "1_000", "½", "①", "٣", "1e3.5", "约 12", "=12", "\0", "1.5×10"]


@pytest.mark.parametrize("typed", NO_NUMBER)
def test_what_is_no_number_or_may_mean_two_things(typed):
    assert parse_number(typed) is None


@given(st.text(max_size=120))
def test_any_text_is_a_number_or_not(text):
    found = split_number(text)
    assert found is None or found[0].is_finite()


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12))
def test_every_spelling_of_a_number_is_the_number(number):
    for spelling in (f"{number:f}", f"{number:,f}", f"{number:e}", f"{number:f}".replace("-", "−")):
        assert parse_number(spelling) == number
    wide = f"{number:f}".translate(
        {ord(a): ord(b) for a, b in zip("0123456789.-", "０１２３４５６７８９．－", strict=True)}
    )
    assert parse_number(wide) == number


@pytest.mark.parametrize(
    ("first", "second", "how"),
    [
        ("ＱＭＳ", "qms", {}),
        ("质 量　管理", "质量管理", {}),
        ("（一）", "(一)", {}),
        ("a\u200bb\ufeff", "ab", {}),
        ("ｶﾞ", "ガ", {}),
        ("é", "e\u0301", {}),
        ("  ab ", "ab", {"space": False}),
    ],
)
def test_same_text(first, second, how):
    assert fold(first, **how) == fold(second, **how)


@pytest.mark.parametrize(
    ("first", "second", "how"),
    [
        ("10²", "102", {}),
        ("①", "1", {}),
        ("。", ".", {}),
        ("A", "a", {"case": False}),
        ("Ａ", "A", {"width": False}),
        ("a b", "ab", {"space": False}),
    ],
)
def test_different_text(first, second, how):
    assert fold(first, **how) != fold(second, **how)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("㎏", "kg"),
        ("m²", "m2"),
        ("m^2", "m²"),
        ("ｋｇ", "kg"),
        ("N·m", "N*m"),
        ("℃", "°C"),
        ("µm", "μm"),
        ("％", "%"),
        ("kg·m⁻¹", "kg·m^-1"),
    ],
)
def test_same_unit(first, second):
    assert fold_unit(first) == fold_unit(second)


def test_capitals_of_units_matter():
    assert fold_unit("mW") != fold_unit("MW")


@pytest.mark.parametrize(
    ("value", "key", "tolerance", "relative", "right"),
    [
        ("12.4", "12.5", "0.1", False, True),
        ("12.6", "12.5", "0.1", False, True),
        ("12.39999999999999999999999999999999999", "12.5", "0.1", False, False),
        ("12.60000000000000000000000000000000001", "12.5", "0.1", False, False),
        ("0.3", "0.1", "0.2", False, True),
        ("99", "100", "0.01", True, True),
        ("98.99999999999999999999999", "100", "0.01", True, False),
        ("-99", "-100", "0.01", True, True),
        ("0", "0", "0.5", True, True),
        ("1e-99", "0", "0.5", True, False),
        ("1e99", "1e-99", "0", False, False),
        ("1e99", "1e99", "0", False, True),
    ],
)
def test_tolerance_is_exact_and_its_bounds_are_right(value, key, tolerance, relative, right):
    assert within(Decimal(value), Decimal(key), Decimal(tolerance), relative) is right
