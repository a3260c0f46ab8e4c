"""Taking workbooks and JSON in: what Excel does to cells, reports by row and column, nothing twice or by halves."""

import io
import json
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from sqlmodel import Session, select

from exam.core.errors import Invalid
from exam.itembank import service
from exam.itembank.exchange.apply import save_places
from exam.itembank.exchange.book import Book, ChapterEntry, PointEntry
from exam.itembank.exchange.export import item_rows, write_workbook
from exam.itembank.exchange.json_form import book_from, read_json
from exam.itembank.exchange.template import EXAMPLES, template_workbook
from exam.itembank.exchange.transfer import Report, import_book, read_bytes
from exam.itembank.models import Bank, Chapter, Item, KnowledgePoint
from tests.itembank import banks
from tests.itembank.banks import NOW

HEADS = ["编号", "题型", "章", "难度", "知识点", "题干", "选项A", "选项B", "选项C", "答案", "误差", "所属案例", "状态"]


def sheet(*rows: list[Any], heads: list[str] = HEADS) -> bytes:
    """A workbook as a person would make it: numbers as numbers, dates as dates."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    page = book.add_worksheet("Sheet1")
    for column, head in enumerate(heads):
        page.write_string(0, column, head)
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, date):
                page.write_datetime(number, column, value, day)
            elif value is not None:
                page.write(number, column, value)
    book.close()
    return out.getvalue()


def single(code: Any = "A1", **cells: Any) -> list[Any]:
    values = {
        "编号": code,
        "题型": "单选题",
        "章": 1,
        "题干": "题干",
        "选项A": "甲",
        "选项B": "乙",
        "答案": "A",
        **cells,
    }
    return [values.get(head) for head in HEADS]


@pytest.fixture
def empty(db: Session):
    who = banks.institution(db)
    return who, banks.bank(db, who)


def take(db: Session, empty, data: bytes, **options: Any) -> Report:
    who, made = empty
    return import_book(db, who, read_bytes(data), made.code, NOW, **options)


def found(report: Report) -> list[tuple[int, str, str]]:
    return [(each.row, each.column, each.problem.code) for each in report.problems]


def said(db: Session, code: str) -> tuple[str, dict[str, Any]]:
    item = db.exec(select(Item).where(Item.code == code)).one()
    version = service.get_version(db, item)
    return item.state, dict(version.content)


def test_the_template_can_be_taken_in_as_it_is(db: Session, empty):
    report = take(db, empty, template_workbook())
    assert (report.written, report.counts["new"], report.problems) == (True, len(EXAMPLES), ())
    assert set(db.exec(select(Item.kind))) == {example["kind"] for example in EXAMPLES}


def test_the_same_file_twice_makes_nothing_new_and_a_change_makes_a_version(db: Session, empty):
    assert take(db, empty, sheet(single(), single("A2", 题干="另一题"))).counts["new"] == 2
    again = take(db, empty, sheet(single(), single("A2", 题干="另一题")))
    assert (again.counts["unchanged"], again.counts["new"], again.counts["changed"]) == (2, 0, 0)
    _, before = said(db, "A1")
    changed = take(db, empty, sheet(single(选项B="丙"), single("A2", 题干="另一题 ")))
    assert (changed.counts["unchanged"], changed.counts["changed"]) == (1, 1)
    _, after = said(db, "A1")
    assert after["options"][0]["id"] == before["options"][0]["id"] == after["key"]
    assert after["options"][1]["id"] != before["options"][1]["id"]


def test_rows_without_a_code_are_numbered_once(db: Session, empty):
    data = sheet(single(None), single(None, 题干="另一题"))
    assert take(db, empty, data).counts["new"] == 2
    assert take(db, empty, data).counts["unchanged"] == 2
    assert sorted(db.exec(select(Item.code))) == ["B1-01-001", "B1-01-002"]


@pytest.mark.parametrize(
    ("cells", "key"),
    [
        ({"题型": "多选", "答案": "Ａ，Ｃ", "选项C": "丙"}, ["甲", "丙"]),
        ({"题型": "多项选择题", "答案": "a、c", "选项C": "丙"}, ["甲", "丙"]),
        ({"题型": "单选题", "答案": "Ｂ"}, ["乙"]),
        ({"题型": "single-choice", "答案": " b "}, ["乙"]),
        ({"题型": "单选题", "选项A": 3.0, "选项B": 2.5, "答案": "A"}, ["3"]),
        ({"题型": "单选题", "选项A": "上\r\n下", "答案": "A"}, ["上\n下"]),
    ],
)
def test_keys_and_options_as_people_write_them(db: Session, empty, cells, key):
    assert take(db, empty, sheet(single(**cells))).problems == ()
    _, content = said(db, "A1")
    texts = {option["id"]: option["text"] for option in content["options"]}
    chosen = content["key"] if isinstance(content["key"], list) else [content["key"]]
    assert [texts[option] for option in chosen] == key


@pytest.mark.parametrize(
    ("cell", "key"),
    [("对", True), ("错误", False), (True, True), (False, False), ("√", True), ("×", False), ("Ｔ", True)],
)
def test_true_or_false_as_people_write_it(db: Session, empty, cell, key):
    row = single(题型="判断题", 选项A=None, 选项B=None, 答案=cell)
    assert take(db, empty, sheet(row)).problems == ()
    assert said(db, "A1")[1]["key"] is key


def test_numbers_and_full_width_digits(db: Session, empty):
    row = single(题型="计算题", 选项A=None, 选项B=None, 答案=12.5, 误差=0.1, 章="第２章", 难度="４")
    assert take(db, empty, sheet(row)).problems == ()
    _, content = said(db, "A1")
    assert (content["answer"], content["tolerance"]) == ("12.5", "0.1")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (single(答案="C"), (2, "答案", "key-letter-unknown")),
        (single(答案="AB"), (2, "答案", "key-not-single")),
        (single(答案=None), (2, "答案", "key-missing")),
        (single(题干=None), (2, "题干", "stem-missing")),
        (single(题型="谜语"), (2, "题型", "word-unknown")),
        (single(题型=None), (2, "题型", "required")),
        (single(章=9), (2, "章", "chapter-unknown")),
        (single(章=None), (2, "章", "required")),
        (single(章="一"), (2, "章", "not-a-whole-number")),
        (single(难度=6), (2, "难度", "out-of-range")),
        (single(知识点="KP-9"), (2, "知识点", "point-unknown")),
        (single(选项B=date(2026, 1, 2)), (2, "选项B", "cell-is-a-date")),
        (single(答案="#REF!"), (2, "答案", "cell-is-an-error")),
        (single(选项A=1234567890123456), (2, "选项A", "cell-digits-lost")),
        (single(误差="0.1"), (2, "误差", "cell-not-for-kind")),
        (single(选项B="甲"), (2, "选项B", "option-twice")),
        (single(状态="未知"), (2, "状态", "word-unknown")),
        (single(所属案例="C1"), (2, "所属案例", "part-without-case")),
        (single("有 空格"), (2, "编号", "item-code-malformed")),
    ],
)
def test_each_problem_is_told_by_row_and_column(db: Session, empty, row, problem):
    report = take(db, empty, sheet(row))
    assert problem in found(report)
    assert not report.written
    assert db.exec(select(Item)).all() == []


def test_all_that_is_wrong_with_a_row_is_told_at_once(db: Session, empty):
    report = take(db, empty, sheet(single(题干=None, 章=9, 选项B="甲", 答案="C", 难度=7)))
    assert set(found(report)) == {
        (2, "答案", "key-letter-unknown"),
        (2, "章", "chapter-unknown"),
        (2, "选项B", "option-twice"),
        (2, "难度", "out-of-range"),
        (2, "题干", "stem-missing"),
    }


def test_all_or_nothing_by_default_good_rows_only_as_a_choice(db: Session, empty):
    data = sheet(single(), single("A2", 答案="Z"), single("A3", 题干="三"))
    report = take(db, empty, data)
    assert (report.written, found(report)) == (False, [(3, "答案", "key-letter-unknown")])
    assert db.exec(select(Item)).all() == []
    assert not take(db, empty, data, dry_run=True, good_rows_only=True).written
    report = take(db, empty, data, good_rows_only=True)
    assert (report.written, report.counts["new"], report.counts["wrong"]) == (True, 2, 1)
    assert sorted(db.exec(select(Item.code))) == ["A1", "A3"]


def test_the_same_code_twice_in_a_file_and_another_kind_under_a_code(db: Session, empty):
    report = take(db, empty, sheet(single(), single(题干="另一题")))
    assert found(report) == [(3, "编号", "code-twice-in-file")]
    take(db, empty, sheet(single()))
    report = take(db, empty, sheet(single(题型="判断题", 选项A=None, 选项B=None, 答案="对")))
    assert found(report) == [(2, "题型", "kind-differs")]


def test_drafts_may_lack_what_ready_items_need(db: Session, empty):
    assert take(db, empty, sheet(single(答案=None, 状态="草稿"))).written
    assert said(db, "A1")[0] == "draft"
    assert take(db, empty, sheet(single(状态="草稿"))).counts["changed"] == 1
    assert take(db, empty, sheet(single(状态="可用"))).counts["state"] == 1
    assert take(db, empty, sheet(single(状态="停用"))).counts["state"] == 1
    assert take(db, empty, sheet(single())).counts["unchanged"] == 1
    assert said(db, "A1")[0] == "retired"


def test_headings_in_any_order_but_none_unknown_or_missing(db: Session, empty):
    turned = [single()[::-1]]
    assert take(db, empty, sheet(*turned, heads=HEADS[::-1])).written
    report = take(db, empty, sheet([*single("A2"), "x"], heads=[*HEADS, "答 案 2"]))
    assert found(report) == [(1, "答 案 2", "heading-unknown")]
    with pytest.raises(Invalid) as invalid:
        read_bytes(sheet(["A1"], heads=["编号"]))
    assert invalid.value.problems[0].code == "headings-missing"


def test_a_part_of_a_case_is_told_by_its_own_row(db: Session, empty):
    case = banks.form("case-analysis")
    rows = item_rows(
        [{"kind": "case-analysis", "code": "C1", "chapter": 1, "difficulty": 3, "points": [], **_plain(case)}]
    )
    rows[1]["answer"] = "也许"
    report = take(db, empty, write_workbook(rows))
    assert found(report) == [(3, "答案", "key-not-true-false")]


def _plain(form: dict[str, Any]) -> dict[str, Any]:
    parts = [{"explanation": "", **part} for part in form.get("parts", [])]
    return {"explanation": "", **form, "parts": parts}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not-json"),
        (b"PK\x03\x04 not a zip", "file-not-xlsx"),
        (b"[" * 100_000, "not-json"),
        (b"\xff\xfe", "not-json"),
        (b'"text"', "json-not-items"),
        (b'{"items": 3}', "json-not-items"),
    ],
)
def test_files_that_are_no_items(data: bytes, code: str):
    with pytest.raises(Invalid) as invalid:
        read_bytes(data)
    assert invalid.value.problems[0].code == code


def test_json_entries_that_make_no_sense_are_told_by_field(db: Session, empty):
    who, made = empty
    wrong = [
        {"code": "A1", "kind": "riddle"},
        7,
        {"code": "A2", "kind": "true-false", "chapter": 1, "key": 5, "points": 1},
    ]
    report = import_book(db, who, book_from(wrong), made.code, NOW)
    told = {(row, column) for row, column, _ in found(report)}
    assert {(1, "kind"), (1, "chapter"), (2, "kind"), (3, "points")} <= told
    assert not report.written


def test_json_makes_its_bank_when_it_describes_one(db: Session):
    who = banks.institution(db)
    document = {
        "bank": {"code": "N1", "title": "新题库", "delivery": "online"},
        "chapters": [{"number": 1, "title": "章"}],
        "points": [{"code": "KP", "name": "点", "chapter": 1}],
        "items": [{"code": "A1", "chapter": 1, "points": ["KP"], "kind": "true-false", "stem": "题", "key": "对"}],
        "papers": [{"code": "P1", "title": "卷", "items": [{"code": "A1", "marks": "2"}]}],
    }
    book = read_json(json.dumps(document).encode())
    report = import_book(db, who, book, "", NOW)
    assert (report.written, report.bank, report.counts["new"], report.papers) == (True, "N1", 1, ("P1",))
    again = import_book(db, who, book, "", NOW)
    assert (again.counts["unchanged"], again.papers) == (1, ())
    assert db.exec(select(Bank.delivery).where(Bank.code == "N1")).one() == "online"


def test_the_examples_of_the_template_rename_nothing(db: Session, empty):
    _, bank = empty
    save_places(
        db, bank, Book(chapters=[ChapterEntry(1, "量值溯源", "")], points=[PointEntry("KP-1", "国际单位制", "")])
    )
    take(db, empty, template_workbook())
    assert list(db.exec(select(Chapter.title).where(Chapter.number == 1))) == ["量值溯源"]
    assert list(db.exec(select(KnowledgePoint.name).where(KnowledgePoint.code == "KP-1"))) == ["国际单位制"]
