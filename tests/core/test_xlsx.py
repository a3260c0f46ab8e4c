"""Reading workbooks safely: what is refused before it is decoded, and what comes out of honest ones."""

import io
import zipfile
from datetime import date

import pytest
import xlsxwriter

from exam.core import xlsx
from exam.core.errors import Invalid
from exam.core.xlsx import Limits, Row, as_text, lost_digits, make_book, neutral, read_rows

SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


def doctored(part: str, content: bytes, base: bytes | None = None) -> bytes:
    """A good workbook with one part replaced or added."""
    out = io.BytesIO()
    old = zipfile.ZipFile(io.BytesIO(base or make_book("x", ["姓名"], [["王芳"]])))
    with old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != part:
                new.writestr(entry.filename, old.read(entry))
        new.writestr(part, content)
    return out.getvalue()


def sheet(rows: str) -> bytes:
    return doctored("xl/worksheets/sheet1.xml", SHEET.format(rows).encode())


def code_of(data: bytes, limits: Limits = xlsx.DEFAULT) -> str:
    with pytest.raises(Invalid) as caught:
        read_rows(data, limits)
    assert caught.value.problems[0].field == "file"
    return caught.value.problems[0].code


def test_what_was_written_is_read_back():
    data = make_book("人员", ["姓名", "证件号"], [["王芳", "320411197710049982"], [None, None], ["=1+1", 7]])
    assert read_rows(data) == [
        Row(1, ("姓名", "证件号")),
        Row(2, ("王芳", "320411197710049982")),
        Row(4, ("=1+1", 7)),
    ]


def test_types_survive():
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    page.write_row(0, 0, [1, 1.5, True, "文"])
    page.write_datetime(0, 4, date(2026, 11, 5), book.add_format({"num_format": "yyyy-mm-dd"}))
    page.write_rich_string(0, 5, "粗", book.add_format({"bold": True}), "细")
    book.close()
    (row,) = read_rows(out.getvalue())
    assert [as_text(cell) for cell in row.cells] == ["1", "1.5", "TRUE", "文", "2026-11-05", "粗细"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file-empty"),
        (b"name,id\n", "file-not-xlsx"),
        (b"PK\x03\x04 not a zip after all", "file-not-xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000, "file-not-xlsx"),
        (doctored("xl/worksheets/sheet1.xml", b"<worksheet><sheetData>"), "file-not-xlsx"),
        (doctored("xl/worksheets/sheet1.xml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><worksheet/>"), "file-not-xlsx"),
        (
            sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"/></row>'),
            "file-too-many-rows",
        ),
        (sheet('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>'), "file-too-many-columns"),
        (sheet('<row r="1"><c r="&#88;FD1"><v>1</v></c></row>'), "file-too-many-columns"),
        (sheet("<row>" + "<c><v>1</v></c>" * 101 + "</row>"), "file-too-many-columns"),
        (sheet('<row r="1"><c r="A99999999"><v>1</v></c></row>'), "file-not-xlsx"),
    ],
)
def test_refused(data: bytes, code: str):
    assert code_of(data) == code


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    bomb = doctored("xl/media/zeros.xml", b"\0" * (200 * 1024 * 1024))
    assert len(bomb) < 1024 * 1024
    assert code_of(bomb) == "file-unpacks-too-large"


def test_many_cells_that_share_one_long_string_are_refused():
    shared = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>'
        + b"x" * 10**6
        + b"</t></si></sst>"
    )
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 100))
    assert code_of(doctored("xl/sharedStrings.xml", shared, base=sheet(cells))) == "file-too-much-text"


def test_shared_strings_may_not_hide_elsewhere():
    strings = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>x</t></si></sst>'
    assert code_of(doctored("xl/other.xml", strings)) == "file-not-xlsx"
    assert code_of(doctored("xl/SHAREDSTRINGS.xml", strings)) == "file-not-xlsx"


def test_rows_probe_both_sides_of_the_limit():
    rows = [["a"], ["b"], ["c"]]
    data = make_book("x", ["h"], rows)
    assert len(read_rows(data, Limits(rows=4))) == 4
    assert code_of(data, Limits(rows=3)) == "file-too-many-rows"
    assert code_of(data, Limits(size=len(data) - 1)) == "file-too-large"
    assert code_of(data, Limits(entries=3)) == "file-unpacks-too-large"


def test_nothing_outside_the_workbook_reaches_the_decoder():
    """An OpenDocument sheet hidden in the archive may not be what the decoder falls back to."""
    data = doctored("content.xml", b"<office:document-content/>")
    assert read_rows(data) == [Row(1, ("姓名",)), Row(2, ("王芳",))]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+86 138", "'+86 138"),
        ("-2", "'-2"),
        ("@cmd", "'@cmd"),
        ("＝cmd", "'＝cmd"),
        ("  =1", "'  =1"),
        ("\t=1", "'\t=1"),
        ("\rx", "'\rx"),
        ("王芳", "王芳"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_neutral(text: str, safe: str):
    assert neutral(text) == safe


def test_long_numbers_have_lost_digits():
    assert lost_digits(3.20411197710049e17)
    assert not lost_digits(13800000000.0)
    assert not lost_digits("320411197710049982")
    assert not lost_digits(True)
