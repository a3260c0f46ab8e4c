"""The demo's item banks and papers, judged from the plain files: right shape, right keys, S2's minimums."""

import math
import re
from collections import Counter
from decimal import Decimal

import pytest

from .content import (
    ALL_KINDS,
    BANK,
    BANKS,
    BY_CODE,
    EVERY_ITEM,
    FILES,
    ITEMS,
    OBJECTIVE,
    PAPERS,
    PART_KINDS,
    Item,
    blank,
    criterion,
    gradable,
    load,
    texts,
    tolerance,
)

each_item = pytest.mark.parametrize("item", EVERY_ITEM, ids=lambda item: item["code"])


@pytest.mark.parametrize("code", BANKS)
def test_a_file_holds_the_items_of_its_chapter_in_order(code: str) -> None:
    assert [int(file.name[:2]) for file in FILES[code]] == [chapter["number"] for chapter in BANK[code]["chapters"]]
    for number, file in enumerate(FILES[code], 1):
        items = load(file)
        assert [item["code"] for item in items] == [f"{code}-{number:02d}-{n:03d}" for n in range(1, len(items) + 1)]
        assert {item["chapter"] for item in items} == {number}


@pytest.mark.parametrize("code", BANKS)
def test_banks_chapters_and_points_are_named_in_both_languages(code: str) -> None:
    bank = BANK[code]
    assert bank["code"] == code
    assert bank["basis"]
    assert all(row["title"] and row["title_en"].isascii() for row in [bank, *bank["chapters"]])
    assert all(point["name"] and point["name_en"].isascii() for point in bank["points"])


@pytest.mark.parametrize("code", BANKS)
def test_knowledge_points_exist_belong_to_the_chapter_and_are_all_used(code: str) -> None:
    chapter_of = {point["code"]: point["chapter"] for point in BANK[code]["points"]}
    assert len(chapter_of) == len(BANK[code]["points"])
    for item in ITEMS[code]:
        assert item["points"], item["code"]
        assert {chapter_of[point] for point in item["points"]} == {item["chapter"]}
    assert {point for item in ITEMS[code] for point in item["points"]} == set(chapter_of)


def test_no_code_and_no_stem_twice() -> None:
    for column in ("code", "stem"):
        found = Counter(re.sub(r"\s", "", item[column]) for item in EVERY_ITEM)
        assert [value for value, count in found.items() if count > 1] == []


def _check_choice(name: str, item: Item) -> None:
    options = item["options"]
    assert 4 <= len(options) <= 5, name
    assert len(set(options)) == len(options), name
    assert all("ABCDE".index(letter) < len(options) for letter in item["key"]), name
    if item["kind"] == "single-choice":
        assert len(item["key"]) == 1, name
        return
    assert len(item["key"]) >= 2 and "".join(sorted(set(item["key"]))) == item["key"], name
    extra = {"all-or-nothing": None, "partial-without-wrong": "partial_share", "per-option": "penalty"}[item["policy"]]
    assert {"partial_share", "penalty"} & item.keys() == ({extra} if extra else set()), name


def _check_blanks(name: str, item: Item) -> None:
    shown = re.findall(r"\{\{(\d+)\}\}", item["stem"])
    assert shown == [str(n) for n in range(1, len(item["blanks"]) + 1)], name
    for line in item["blanks"]:
        answers, numeric = blank(line)
        assert len(set(answers)) == len(answers) and all(answers), name
        assert numeric is None or all(Decimal(text).is_finite() for text in answers), name


def _check_calculation(name: str, item: Item) -> None:
    assert Decimal(item["answer"]).is_finite() and tolerance(item)[0] >= 0, name
    if item["unit"] is None:
        assert item["accepted_units"] == {}, name
    else:
        assert Decimal(item["accepted_units"][item["unit"]]) == 1, name


def _check_written(name: str, item: Item) -> None:
    assert item["model_answer"], name
    assert len({criterion(line)[0] for line in item["rubric"]}) == len(item["rubric"]) >= 2, name
    assert 0 < item["min_length"] < item["max_length"], name
    assert item["min_length"] / 5 < len(item["model_answer"]) <= item["max_length"], name


def _check_true_false(name: str, item: Item) -> None:
    assert item["key"] in ("对", "错"), name


CHECKS = {
    "single-choice": _check_choice,
    "multiple-choice": _check_choice,
    "true-false": _check_true_false,
    "fill-in-the-blank": _check_blanks,
    "calculation": _check_calculation,
    "short-answer": _check_written,
    "essay": _check_written,
}


@each_item
def test_every_item_is_whole_and_keyed(item: Item) -> None:
    assert item["difficulty"] in range(1, 6)
    assert item["kind"] in ALL_KINDS
    if item["kind"] == "case-analysis":
        assert len(item["parts"]) >= 3
        assert all(part["kind"] in PART_KINDS and part["weight"] > 0 for part in item["parts"])
    if item["kind"] not in ("short-answer", "essay"):
        assert len(item["explanation"]) >= 8
    for name, piece in gradable(item):
        assert piece["stem"], name
        CHECKS[piece["kind"]](name, piece)


@each_item
def test_texts_are_clean(item: Item) -> None:
    for text in texts(item):
        assert text == text.strip() and text
        assert text.count("$") % 2 == 0, text
        assert not re.search(r"[\u4e00-\u9fff][,;:?!]", text), f"half-width punctuation after Chinese: {text}"
        assert "�" not in text and "<" not in re.sub(r"\$[^$]*\$", "", text), text
        assert "上题" not in text and "上述 20" not in text, "an item must stand alone, papers shuffle it"


@pytest.mark.parametrize("item", [i for i in EVERY_ITEM if "options" in i], ids=lambda item: item["code"])
def test_explanations_do_not_speak_of_letters(item: Item) -> None:
    """Options are shuffled per candidate, so a letter in an explanation would mislead."""
    assert not re.search(r"选项?\s*[A-E]|[A-E]\s*项|答案[是为]?\s*[A-E]", item["explanation"])
    assert not any(re.search(r"^以上|都对|都不对|[A-E] ?和 ?[A-E]", option) for option in item["options"])


# --- how many


def test_kinds_of_the_face_to_face_bank() -> None:
    found = Counter(item["kind"] for item in ITEMS["QS-F2F"])
    wanted = {"single-choice": 55, "multiple-choice": 25, "true-false": 20, "fill-in-the-blank": 10, "calculation": 8}
    wanted |= {"case-analysis": 5, "short-answer": 5, "essay": 3}
    assert {kind: count for kind, count in wanted.items() if found[kind] < count} == {}
    assert set(found) == ALL_KINDS
    assert found.total() >= 130
    assert len(BANK["QS-F2F"]["chapters"]) == 6
    assert BANK["QS-F2F"]["delivery"] == "face-to-face"


def test_online_chapters_meet_s2() -> None:
    """S2: at least 10 items a chapter (12 here), only the three objective kinds, at least two of them."""
    assert BANK["QS-WEB"]["delivery"] == "online"
    assert len(FILES["QS-WEB"]) == 3
    for file in FILES["QS-WEB"]:
        items = load(file)
        kinds = {item["kind"] for item in items}
        assert len(items) >= 12
        assert kinds <= OBJECTIVE and len(kinds) >= 2


def test_the_right_letter_is_well_spread_and_not_given_away_by_length() -> None:
    singles = [item for item in EVERY_ITEM if item["kind"] == "single-choice"]
    letters = Counter(item["key"] for item in singles)
    assert set(letters) == set("ABCD")
    assert all(0.2 <= count / len(singles) <= 0.3 for count in letters.values()), letters
    for file in FILES["QS-F2F"] + FILES["QS-WEB"]:
        here = Counter(item["key"] for item in load(file) if item["kind"] == "single-choice")
        assert max(here.values()) <= math.ceil(here.total() * 0.4), file.name
    lengths = [(len(i["options"]["ABCD".index(i["key"])]), sorted(map(len, i["options"]))[-2:]) for i in singles]
    assert sum(right > second for right, (second, longest) in lengths if right == longest) <= len(singles) * 0.25


def test_true_and_false_and_numbers_of_right_options_vary() -> None:
    verdicts = Counter(item["key"] for item in EVERY_ITEM if item["kind"] == "true-false")
    assert all(count >= verdicts.total() * 0.4 for count in verdicts.values()), verdicts
    multiples = [item for item in EVERY_ITEM if item["kind"] == "multiple-choice"]
    assert {len(item["key"]) for item in multiples} == {2, 3, 4}
    assert {item["policy"] for item in multiples} == {"all-or-nothing", "partial-without-wrong", "per-option"}
    letters = Counter(letter for item in multiples for letter in item["key"])
    assert min(letters[letter] for letter in "ABCD") >= 0.5 * len(multiples), letters


def test_formulas_and_a_table_are_among_the_stems() -> None:
    stems = "\n".join(item["stem"] for item in EVERY_ITEM)
    assert r"\bar{x}" in stems and r"C_p=\frac{USL-LSL}{6\sigma}" in stems and "$$" in stems
    assert re.search(r"^\| --- \|", stems, re.MULTILINE)


# --- papers


@pytest.mark.parametrize("code", ["QS-F2F-A", "QS-F2F-B"])
def test_fixed_papers_meet_s2_and_total_100(code: str) -> None:
    """S2: a paper has at least 50 items of at least two kinds. Here exactly 50, of all eight, over all chapters."""
    paper = PAPERS[code]
    items = [BY_CODE[row["code"]] for row in paper["items"]]
    assert paper["method"] == "fixed" and paper["bank"] == "QS-F2F" and paper["duration_minutes"] <= 60
    assert len(items) == len({item["code"] for item in items}) == 50
    assert all(item in ITEMS["QS-F2F"] for item in items)
    assert {item["kind"] for item in items} == ALL_KINDS
    assert min(Counter(item["chapter"] for item in items)[chapter] for chapter in range(1, 7)) >= 5
    assert sum(Decimal(row["marks"]) for row in paper["items"]) == Decimal(paper["total"]) == 100
    by_kind = {(BY_CODE[row["code"]]["kind"], row["marks"]) for row in paper["items"]}
    assert len(by_kind) == len(ALL_KINDS), "items of a kind carry the same marks"


def test_papers_a_and_b_share_nothing_and_ask_alike() -> None:
    first, second = ({row["code"] for row in PAPERS[f"QS-F2F-{name}"]["items"]} for name in "AB")
    assert not first & second
    shape = [Counter(BY_CODE[code]["kind"] for code in codes) for codes in (first, second)]
    assert shape[0] == shape[1]


@pytest.mark.parametrize(("code", "count"), [("QS-WEB-1", 30)])
def test_blueprints_can_be_filled_with_choice_left(code: str, count: int) -> None:
    paper = PAPERS[code]
    assert paper["method"] == "blueprint"
    assert sum(row["count"] for row in paper["rows"]) == count
    assert sum(row["count"] * Decimal(row["marks"]) for row in paper["rows"]) == Decimal(paper["total"]) == 100
    cells = [(row["chapter"], row["kind"]) for row in paper["rows"]]
    assert len(set(cells)) == len(cells)
    assert {chapter for chapter, _ in cells} == {1, 2, 3}
    stock = Counter((item["chapter"], item["kind"]) for item in ITEMS[paper["bank"]])
    assert all(stock[row["chapter"], row["kind"]] > row["count"] for row in paper["rows"])


def test_the_practice_paper_is_small_and_of_every_chapter() -> None:
    """Its answers are shown: that it shares no item with a paper that counts is checked when its exam opens."""
    paper = PAPERS["QS-WEB-P"]
    items = [BY_CODE[row["code"]] for row in paper["items"]]
    assert paper["method"] == "fixed" and all(item in ITEMS["QS-WEB"] for item in items)
    assert {item["chapter"] for item in items} == {1, 2, 3} and {item["kind"] for item in items} == OBJECTIVE
    assert sum(Decimal(row["marks"]) for row in paper["items"]) == Decimal(paper["total"]) == 100


@pytest.mark.parametrize("code", PAPERS)
def test_cut_scores_lie_inside_the_total(code: str) -> None:
    assert 0 < Decimal(PAPERS[code]["cut_score"]) < Decimal(PAPERS[code]["total"])
