"""Export gives back what was imported, whatever the texts are."""

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from exam.core.errors import Refused
from exam.core.xlsx import read_sheets
from exam.itembank import authoring, service
from exam.itembank.exchange.book import cleaned
from exam.itembank.exchange.cells import lines_cell, lines_of
from exam.itembank.exchange.export import export_document, export_workbook, item_rows, write_workbook
from exam.itembank.exchange.json_form import book_from
from exam.itembank.exchange.plan import compile_book
from exam.itembank.exchange.transfer import import_book, read_bytes
from exam.itembank.exchange.workbook import read_workbook
from tests.itembank import banks
from tests.itembank.banks import NOW

KINDS = [
    "single-choice",
    "multiple-choice",
    "true-false",
    "fill-in-the-blank",
    "calculation",
    "case-analysis",
    "short-answer",
    "essay",
]


def test_export_into_an_empty_bank_exports_the_same(db: Session):
    who, other = banks.institution(db), banks.institution(db, "I2")
    made = banks.bank(db, who)
    for number, kind in enumerate(KINDS):
        banks.item(db, who, made, f"A{number}", kind=kind, chapter=1 + number % 2, points=["KP-1"])
    service.create_item(db, who, made.id or 0, banks.draft("D1", key="", options=["甲"]), NOW, ready=False)
    retired = banks.item(db, who, made, "R1")
    service.retire_item(db, who, retired.id or 0, NOW)
    data, document = export_workbook(db, made), export_document(db, made)

    same = import_book(db, who, read_bytes(data), made.code, NOW)
    assert (same.counts["unchanged"], same.problems) == (len(KINDS) + 2, ())

    fields = {"code": made.code, "title": made.title, "delivery": made.delivery}
    for source in (read_bytes(data), book_from(document)):
        empty = service.create_bank(db, other, {**fields, "code": f"C{source.by_row}"}, NOW)
        report = import_book(db, other, source, empty.code, NOW)
        assert (report.counts["new"], report.problems) == (len(KINDS) + 2, ())
        again = export_document(db, empty)
        assert {**again, "bank": {}} == {**document, "bank": {}}
        assert read_sheets(export_workbook(db, empty)) == read_sheets(data)


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"]) | st.sampled_from("=+-@|[]\\{}\n\r\t_x0041 　，；"),
    max_size=40,
).filter(lambda text: "\0" not in text)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stem=TEXTS, first=TEXTS, second=TEXTS, explanation=TEXTS)
@example(stem="=cmd|' /C calc'!A0", first="+1", second="-1", explanation="@x")
@example(stem="_x0041_", first="_x005F_", second="a\nb", explanation="　　缩进")
@example(stem="1-2", first="TRUE", second="3.0", explanation="#REF")
def test_texts_survive_a_workbook(stem, first, second, explanation):
    form = {"stem": stem, "options": [first, second, "末"], "key": "C", "explanation": explanation}
    _survives("single-choice", form)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example([["0\r0"]], ["甲\r\n乙"])
@given(st.lists(st.lists(TEXTS, min_size=1, max_size=3), min_size=1, max_size=3), st.lists(TEXTS, max_size=3))
@example(answers=[["0\r0"]], rubric=["a\r\nb"])
def test_lists_survive_a_workbook(answers, rubric):
    stem = "".join(f"空{{{{{number}}}}}" for number in range(1, len(answers) + 1))
    blanks = [{"accept": accept, "weight": 2} for accept in answers]
    _survives("fill-in-the-blank", {"stem": stem, "blanks": blanks})
    _survives("essay", {"stem": "题", "model_answer": "", "rubric": [{"text": text, "weight": 3} for text in rubric]})


def _survives(kind: str, form: dict[str, Any]) -> None:
    """What a bank exports (its texts cleaned, as everything that is taken in) is read back as the same content."""
    exported = cleaned(authoring.to_form(kind, authoring.from_form(kind, cleaned(form))))
    item = {"code": "A1", "kind": kind, "chapter": 1, "difficulty": 3, "points": [], "state": "draft", **exported}
    (entry,) = read_workbook(write_workbook(item_rows([item]))).entries
    problems = [each for each in entry.problems if each.problem.code != "cell-is-an-error"]
    assert not problems
    (compiled,) = compile_book(type(read_workbook(write_workbook([])))([entry]))
    assert compiled.draft is not None, compiled.problems
    assert authoring.to_form(kind, compiled.draft.content) == authoring.to_form(
        kind, authoring.from_form(kind, exported)
    )


@given(st.lists(st.text(max_size=20)))
def test_lines_in_a_cell(lines):
    cell = lines_cell(lines)
    assert lines_of(cell.strip()) == lines


def test_nothing_in_a_workbook_is_a_formula():
    row = {"code": "=1+1", "kind": "单选题", "stem": '=HYPERLINK("http://x","y")', "answer": "@SUM(1)"}
    data = write_workbook([row])
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        page = archive.read("xl/worksheets/sheet1.xml").decode()
        links = [name for name in archive.namelist() if "rels" in name and "sheet" in name]
    assert "<f>" not in page and "hyperlink" not in page.lower() and not links
    (cells,) = [row.cells for row in read_sheets(data)["试题"] if row.number == 2]
    assert '=HYPERLINK("http://x","y")' in cells


def test_a_text_too_long_for_a_cell_is_refused_not_cut():
    with pytest.raises(Refused) as refused:
        write_workbook([{"stem": "字" * 32_768}])
    assert refused.value.refusal.code == "cell-too-long"
    assert write_workbook([{"stem": "字" * 32_767}])
