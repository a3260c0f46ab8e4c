"""Result sheets as files: CSV (UTF-8 with a mark, for Excel), XLSX and JSON, written row by row with flat memory.

Text that a spreadsheet would run as a formula is made harmless; names stay as they are. ID numbers are masked in CSV
always (Excel would round 18 digits), elsewhere unless the caller may see them.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import IO, Any

import orjson
import xlsxwriter

from exam.accounts.id_number import masked
from exam.core.i18n import N_, gettext
from exam.core.texts import localtime
from exam.core.xlsx import neutral
from exam.grading.queries_sheet import Row

BOM = b"\xef\xbb\xbf"
HEADINGS = (
    *(N_("姓名"), N_("身份证号"), N_("考试代码"), N_("考试科目"), N_("场次"), N_("第几次"), N_("交卷时间")),
    *(N_("得分"), N_("满分"), N_("合格线"), N_("结果"), N_("公布时间")),
)
OUTCOME = {
    "passed": N_("合格"),
    "failed": N_("不合格"),
    "reached": N_("达标"),
    "not-reached": N_("未达标"),
    "marking": N_("待阅卷"),
    "unreleased": N_("待公布"),
    "withdrawn": N_("已撤回"),
    "void": N_("作废"),
}
WIDTHS = (14, 22, 14, 34, 12, 8, 18, 10, 10, 10, 10, 18)

Cell = str | int | Decimal | None


def outcome(row: Row) -> str:
    """The code of what a row came to: passed, failed, or why that is not public. Practice reaches the cut or not."""
    if row.status != "released":
        return row.status
    if row.practice:
        return "reached" if row.passed else "not-reached"
    return "passed" if row.passed else "failed"


def cells(row: Row, locale: str, *, full_id: bool) -> tuple[Cell, ...]:
    """A row as the headings have it; instants in Shanghai time, the window by its month."""
    title = row.exam_title_en if locale == "en" and row.exam_title_en else row.exam_title
    number = (row.id_number or "") if full_id else masked(row.id_number)
    return (
        row.name,
        number,
        row.exam_code,
        title,
        localtime(row.window_opens)[:7],
        row.chance,
        localtime(row.submitted_at),
        row.marks,
        row.out_of,
        row.cut_marks,
        gettext(OUTCOME[outcome(row)], locale),
        localtime(row.released_at),
    )


def as_csv(batches: Iterable[list[Row]], locale: str) -> Iterator[bytes]:
    """The sheet as CSV, a piece a batch."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([gettext(heading, locale) for heading in HEADINGS])
    yield BOM + out.getvalue().encode()
    for rows in batches:
        out.seek(0)
        out.truncate()
        for row in rows:
            writer.writerow([_text(cell) for cell in cells(row, locale, full_id=False)])
        yield out.getvalue().encode()


def _text(cell: Cell) -> str:
    return neutral(cell) if isinstance(cell, str) else "" if cell is None else str(cell)


def write_xlsx(batches: Iterable[list[Row]], file: IO[bytes], locale: str, *, full_id: bool) -> int:
    """The sheet as a workbook, written to `file` row by row; returns how many rows."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file, options)
    sheet = book.add_worksheet(gettext("成绩单", locale)[:31])
    head = book.add_format({"bold": True, "bg_color": "#E8F0FA", "border": 1})
    marks = book.add_format({"num_format": "0.00"})
    sheet.freeze_panes(1, 1)
    for column, (heading, width) in enumerate(zip(HEADINGS, WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, gettext(heading, locale), head)
    number = 0
    for rows in batches:
        for row in rows:
            number += 1
            for column, cell in enumerate(cells(row, locale, full_id=full_id)):
                if isinstance(cell, str):
                    if cell:
                        sheet.write_string(number, column, cell)  # typed as text, so nothing is run or rounded
                elif cell is not None:
                    sheet.write_number(number, column, cell, marks if isinstance(cell, Decimal) else None)
    sheet.autofilter(0, 0, number, len(HEADINGS) - 1)
    book.close()
    return number


def as_json(batches: Iterable[list[Row]], record: Callable[[Row], dict[str, Any]]) -> Iterator[bytes]:
    """The sheet as one JSON array, a piece a batch."""
    yield b"["
    first = True
    for rows in batches:
        text = b",\n".join(orjson.dumps(record(row)) for row in rows)
        yield text if first else b",\n" + text
        first = False
    yield b"]\n"


def record(row: Row, *, full_id: bool = False) -> dict[str, Any]:
    """A row as data, for JSON files; marks as text with two decimals, instants in UTC."""
    return {
        "sitting": row.sitting_id,
        "name": row.name,
        "id_number": (row.id_number or "") if full_id else masked(row.id_number),
        "exam": {
            "code": row.exam_code,
            "title": row.exam_title,
            "title_en": row.exam_title_en,
            "practice": row.practice,
        },
        "chance": row.chance,
        "window_opens": _instant(row.window_opens),
        "submitted_at": _instant(row.submitted_at),
        "status": row.status,
        "marks": _number(row.marks),
        "out_of": _number(row.out_of),
        "cut_marks": _number(row.cut_marks),
        "passed": row.passed,
        "released_at": _instant(row.released_at),
        "revision": row.number,
    }


def _instant(at: Any) -> str | None:
    return None if at is None else at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _number(marks: Decimal | None) -> str | None:
    return None if marks is None else str(marks)
