"""The numbers of the demo's items, computed anew from their stems' data."""

import math
import statistics
from decimal import ROUND_HALF_EVEN, Decimal

import pytest

from .content import BY_CODE, EVERY_ITEM, Item, blank, gradable, tolerance

THICKNESS = [10.1, 10.2, 10.0, 10.3, 9.9]
NONCONFORMING = [1, 0, 3, 2, 4]
COMPUTED: dict[str, float] = {
    "QS-F2F-01-023": 100 * (12 + 18 + 45 + 25) / 2000,
    "QS-F2F-01-024/1": 100 * 120 / (120 + 40 + 24 + 16),
    "QS-F2F-02-023": (52.4 - 50.0) / 1.6,
    "QS-F2F-03-021/2": 100 * 3200 / 4000,
    "QS-F2F-04-023": statistics.stdev(THICKNESS) / math.sqrt(len(THICKNESS)),
    "QS-F2F-04-024": 2 * math.hypot(0.03, 0.04),
    "QS-F2F-04-025": 5000 / 0.02 / 1000,
    "QS-F2F-05-020": (10.6 - 9.4) / (6 * 0.15),
    "QS-F2F-05-021": min(52 - 50.5, 50.5 - 48) / (3 * 0.4),
    "QS-F2F-05-022": 25.00 + 0.577 * 0.40,
    "QS-F2F-05-023/1": (506 - 494) / 6,
    "QS-F2F-05-023/2": min(506 - 503, 503 - 494) / 3,
    "QS-F2F-06-022": math.comb(20, 0) * 0.98**20,
    "QS-F2F-06-023": 12 / (500 * 8) * 1_000_000,
    "QS-F2F-06-024/1": sum(found >= 3 for found in NONCONFORMING),
    "QS-F2F-06-024/4": 100 * sum(NONCONFORMING) / (80 * len(NONCONFORMING)),
}
CALCULATIONS = {n: part for item in EVERY_ITEM for n, part in gradable(item) if part["kind"] == "calculation"}


def test_every_calculation_is_computed_here() -> None:
    assert set(CALCULATIONS) == set(COMPUTED)


@pytest.mark.parametrize("name", COMPUTED)
def test_the_key_of_a_calculation_is_right(name: str) -> None:
    """The exact value is within the tolerance, so a candidate who doesn't round is right too."""
    item = CALCULATIONS[name]
    answer = float(item["answer"])
    width, relative = tolerance(item)
    allowed = float(width) * (abs(answer) if relative else 1)
    assert abs(COMPUTED[name] - answer) <= allowed + 1e-9


def rounded(text: str, places: int) -> Decimal:
    """GB/T 8170: the exact half goes to the even digit, the sign follows the absolute value."""
    return Decimal(text).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)


BLANKS = {
    "QS-F2F-02-022": [24, 8],
    "QS-F2F-04-021": [rounded("0.365", 2), rounded("-7.5", 0)],
    "QS-F2F-04-022": [None, 60 * 60],
    "QS-F2F-05-018": [Decimal("0.729") * 4 + 50, 50],
    "QS-F2F-05-019": [0 * 30 + 1 * 12 + 2 * 6 + 3 * 2, Decimal(30) / 50],
    "QS-F2F-06-020": [1, None],
    "QS-F2F-06-021": [8 * 5 * 4, 8 * 2 * 4],
}


def test_numeric_blanks_are_right() -> None:
    numeric = {i["code"] for i in EVERY_ITEM if any(blank(line)[1] for line in i.get("blanks", []))}
    assert numeric == set(BLANKS)
    for code, values in BLANKS.items():
        for line, value in zip(BY_CODE[code]["blanks"], values, strict=True):
            answers, width = blank(line)
            assert (width is not None) == (value is not None), code
            assert value is None or Decimal(answers[0]) == value, code


def _one(fragment: str) -> Item:
    (item,) = [item for item in EVERY_ITEM if fragment in item["stem"]]
    return item


def _right(item: Item) -> list[str]:
    return [item["options"]["ABCDE".index(letter)] for letter in item["key"]]


@pytest.mark.parametrize(
    ("fragment", "value"),
    [
        ("4，6，6，8，11 的算术平均值", f"{statistics.mean([4, 6, 6, 8, 11])}"),
        ("3，9，5，7，5 的中位数", f"{statistics.median([3, 9, 5, 7, 5])} 和 {9 - 3}"),
        (r"\mu\pm 3\sigma$ 之内", f"{100 * math.erf(3 / math.sqrt(2)):.2f} %"),
        ("将 12.4501 修约到一位小数", f"{rounded('12.4501', 1)}"),
        ("将 23.4547 修约到个数位", f"{rounded('23.4547', 0)}"),
        ("5 天经认可", f"{5 * 6} 学时"),
        ("22 学时学习和 2 学时考试", f"{22 + 2} 学时"),
        ("再完成选修课：", f"{40 - 10} 学时"),
    ],
)
def test_numeric_single_choices_are_right(fragment: str, value: str) -> None:
    assert _right(_one(fragment)) == [value]


def test_the_roundings_of_the_multiple_choice_are_right() -> None:
    item = _one("修约到两位小数的结果中")
    pairs = {option: option.split(" → ") for option in item["options"]}
    assert set(_right(item)) == {o for o, (before, after) in pairs.items() if rounded(before, 2) == Decimal(after)}
