"""A bank out: as a workbook or JSON that gives the same bank back when it is taken in, and the template to begin with.

Texts are written as strings, never as formulas: a cell typed as a string is shown by every spreadsheet program as it
is, so a stem that begins with `=`, `+`, `-` or `@` neither runs nor needs a mark that would spoil the round trip.
(A CSV has no types; there such texts would have to be altered.)
"""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import xlsxwriter
from sqlmodel import Session, col, select

from exam.core.decisions import Refusal
from exam.core.errors import Refused
from exam.itembank import authoring
from exam.itembank.exchange import cells, columns
from exam.itembank.exchange.book import cleaned
from exam.itembank.models import Bank, Chapter, Item, ItemVersion, Paper, PaperItem
from exam.itembank.service_banks import chapters_of, points_of

MOST_IN_CELL = 32_767
"""Characters that a cell can hold (Excel's limit)."""

Rows = Iterable[Mapping[str, str]]


def export_items(db: Session, bank: Bank, *, retired: bool = True) -> list[dict[str, Any]]:
    """The current version of every item in its authoring form, by chapter and code."""
    version = (col(ItemVersion.item_id) == col(Item.id)) & (col(ItemVersion.number) == col(Item.version_number))
    query = (
        select(Item, Chapter.number, ItemVersion.content)
        .join(ItemVersion, version)
        .join(Chapter, col(Chapter.id) == col(Item.chapter_id))
        .where(Item.bank_id == bank.id)
        .order_by(col(Chapter.number), col(Item.code))
    )
    if not retired:
        query = query.where(Item.state != "retired")
    return [
        {
            "code": item.code,
            "chapter": chapter,
            "kind": item.kind,
            "difficulty": item.difficulty,
            "points": list(item.points),
            "state": item.state,
            **cleaned(authoring.to_form(item.kind, dict(content))),
        }
        for item, chapter, content in db.exec(query)
    ]


def export_document(db: Session, bank: Bank) -> dict[str, Any]:
    """A bank as one JSON document (`json_form`), its papers by the codes of their items included."""
    numbers = {chapter.id: chapter.number for chapter in chapters_of(db, bank.id or 0)}
    return {
        "bank": {name: getattr(bank, name) for name in ("code", "title", "title_en", "delivery", "subject")},
        "chapters": [
            {"number": row.number, "title": row.title, "title_en": row.title_en}
            for row in chapters_of(db, bank.id or 0)
        ],
        "points": [
            {"code": row.code, "name": row.name, "name_en": row.name_en, "chapter": numbers.get(row.chapter_id)}
            for row in points_of(db, bank.id or 0)
        ],
        "items": export_items(db, bank),
        "papers": [_paper(db, paper) for paper in db.exec(select(Paper).where(Paper.bank_id == bank.id))],
    }


def _paper(db: Session, paper: Paper) -> dict[str, Any]:
    common = {"code": paper.code, "title": paper.title, "method": paper.method}
    shuffles = {"shuffle_items": paper.shuffle_items, "shuffle_options": paper.shuffle_options}
    if paper.method == "blueprint":
        return {**common, **shuffles, "rows": paper.blueprint, "seed": paper.seed}
    lines = db.exec(
        select(col(Item.code), col(PaperItem.marks))
        .join(PaperItem, col(PaperItem.item_id) == col(Item.id))
        .where(PaperItem.paper_id == paper.id)
        .order_by(col(PaperItem.position))
    )
    return {**common, **shuffles, "items": [{"code": code, "marks": str(marks)} for code, marks in lines]}


def export_json(db: Session, bank: Bank) -> bytes:
    """`export_document` as a file."""
    return json.dumps(export_document(db, bank), ensure_ascii=False, indent=1).encode()


def export_workbook(db: Session, bank: Bank) -> bytes:
    """A bank as a workbook. Raises `Refused` when a text is longer than a cell can hold (JSON has no such limit)."""
    numbers = {chapter.id: chapter.number for chapter in chapters_of(db, bank.id or 0)}
    chapters = [
        {"number": str(row.number), "title": row.title, "title_en": row.title_en}
        for row in chapters_of(db, bank.id or 0)
    ]
    points = [
        {"code": row.code, "name": row.name, "name_en": row.name_en, "chapter": str(numbers.get(row.chapter_id) or "")}
        for row in points_of(db, bank.id or 0)
    ]
    return write_workbook(item_rows(export_items(db, bank)), chapters, points)


def item_rows(items: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Items in their authoring form as rows of cells; a case's parts follow it, each in a row of its own."""
    rows: list[dict[str, str]] = []
    for item in items:
        place = {
            "code": item["code"],
            "chapter": str(item["chapter"]),
            "difficulty": str(item["difficulty"]),
            "points": "\n".join(item["points"]),
            "state": columns.STATE_NAMES[item.get("state", "ready")],
        }
        rows.append({**cells.write_form(item["kind"], item), **place})
        for part in item.get("parts", ()):
            weight = {"part_of": item["code"], "weight": str(part["weight"])}
            rows.append({**cells.write_form(part["kind"], part), **weight})
    return rows


_WIDE = {"stem": 50, "explanation": 40, "answer": 24, "rubric": 30, "code": 18, "kind": 12}


def write_workbook(
    items: Rows, chapters: Rows = (), points: Rows = (), notes: Sequence[Sequence[str]] = (), *, guide: bool = False
) -> bytes:
    """The workbook of these rows. Every cell is typed as text. Raises `Refused` for a text too long for a cell."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    formats = (
        book.add_format({"bold": True, "bg_color": "#E8F0FA", "border": 1, "text_wrap": True, "valign": "top"}),
        book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"}),
    )
    page = _sheet(book, columns.ITEMS_SHEET, columns.HEADINGS, items, formats)
    if guide:
        _word_lists(page)
    _sheet(book, columns.CHAPTERS_SHEET, columns.CHAPTER_HEADINGS, chapters, formats)
    _sheet(book, columns.POINTS_SHEET, columns.POINT_HEADINGS, points, formats)
    if notes:
        heads = {"what": "列", "how": "怎样填写"}
        _sheet(book, columns.NOTES_SHEET, heads, [{"what": what, "how": how} for what, how in notes], formats)
    book.close()
    return out.getvalue()


def _sheet(book: Any, name: str, headings: Mapping[str, str], rows: Rows, formats: tuple[Any, Any]) -> Any:
    page = book.add_worksheet(name)
    page.freeze_panes(1, 0)
    places = {key: place for place, key in enumerate(headings)}
    for key, heading in headings.items():
        width = _WIDE.get(key, 60 if key == "how" else 22 if name != columns.ITEMS_SHEET else 12)
        page.set_column(places[key], places[key], width, formats[1])
        page.write_string(0, places[key], heading, formats[0])
    for number, row in enumerate(rows, start=1):
        for key, text in row.items():
            if len(text) > MOST_IN_CELL:
                raise Refused(Refusal("cell-too-long", params={"row": number + 1, "column": headings[key]}))
            if text:
                page.write_string(number, places[key], text, formats[1])
    return page


def _word_lists(page: Any) -> None:
    """Drop-down lists for the columns that take only certain words."""
    places = {key: place for place, key in enumerate(columns.HEADINGS)}
    lists = {
        "kind": list(columns.KIND_NAMES.values()),
        "difficulty": ["1", "2", "3", "4", "5"],
        "shuffle": ["是", "否"],
        "policy": list(columns.POLICY_WORDS),
        "state": list(columns.STATE_WORDS),
    }
    for key, words in lists.items():
        page.data_validation(1, places[key], 5000, places[key], {"validate": "list", "source": words})
