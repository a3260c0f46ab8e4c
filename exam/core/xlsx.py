"""XLSX in and out. What comes in is measured before it is decoded: a small file can hold gigabytes.

A workbook is a zip of XML. Three kinds of bomb are known: entries that unpack to gigabytes, cells whose addresses span
a sheet of 17 thousand million cells (the decoder lays out the whole rectangle), and one long shared string referred to
by a million cells. So the archive is unpacked under a budget, every XML part is walked once by expat to count what it
would become, and only what was walked is handed, freshly packed, to the decoder.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from xml.parsers import expat

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook

from exam.core.errors import Invalid, Problem

MIB = 1024 * 1024
Cell = str | int | float | bool | date | datetime | time | None
_PARTS = re.compile(r"(\[Content_Types\]\.xml|(_rels|xl)/.*\.(xml|rels))\Z", re.IGNORECASE)
_SHARED = "xl/sharedstrings.xml"
_ADDRESS = re.compile(r"([A-Z]{1,3})([0-9]{1,7})\Z")
# Excel keeps 15 significant digits: a longer number typed into a cell has already lost its last digits.
EXACT = 10**15


@dataclass(frozen=True)
class Limits:
    """How much a workbook may be: bytes as sent and unpacked, zip entries, rows and columns of a sheet, sheets, and
    characters of all its cells together. Rows count the heading."""

    size: int = 10 * MIB
    unpacked: int = 128 * MIB
    entries: int = 500
    rows: int = 20_001
    columns: int = 100
    sheets: int = 6
    characters: int = 40_000_000


DEFAULT = Limits()


@dataclass(frozen=True)
class Row:
    """A row that is not blank: its number as Excel shows it (from 1), and its cells from column A on."""

    number: int
    cells: tuple[Cell, ...]


def read_rows(data: bytes, limits: Limits = DEFAULT) -> list[Row]:
    """The rows of the first sheet that are not blank, the heading included. Raises what `read_sheets` does."""
    return next(iter(read_sheets(data, limits).values()))


def read_sheets(data: bytes, limits: Limits = DEFAULT) -> dict[str, list[Row]]:
    """Every sheet's rows that are not blank, headings included, by the sheet's name in the workbook's order.

    Raises `Invalid` with one problem of the field "file": `file-empty`, `file-not-xlsx`, `file-too-large`,
    `file-unpacks-too-large`, `file-too-many-rows` (n), `file-too-many-columns` (n), `file-too-many-sheets` (n),
    `file-too-much-text`.
    """
    if not data:
        raise _refuse("file-empty")
    if len(data) > limits.size:
        raise _refuse("file-too-large", n=limits.size // MIB)
    try:
        safe = _repacked(data, limits)
        with CalamineWorkbook.from_filelike(io.BytesIO(safe)) as book:
            if not book.sheet_names:
                raise _refuse("file-empty")
            if len(book.sheet_names) > limits.sheets:
                raise _refuse("file-too-many-sheets", n=limits.sheets)
            grids = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except (zipfile.BadZipFile, CalamineError, expat.ExpatError, NotImplementedError, EOFError, OSError) as error:
        raise _refuse("file-not-xlsx") from error
    return {name: _rows(grid) for name, grid in grids.items()}


def _rows(grid: Iterable[Sequence[object]]) -> list[Row]:
    rows = [Row(number, tuple(_cell(value) for value in values)) for number, values in enumerate(grid, start=1)]
    return [row for row in rows if any(cell is not None for cell in row.cells)]


def as_text(cell: Cell) -> str:
    """A cell as the text a person sees: whole numbers without ".0", dates as 2026-11-05, blanks as ""."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < EXACT:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S" if cell.time() != time() else "%Y-%m-%d")
    return str(cell).strip()


def lost_digits(cell: Cell) -> bool:
    """Whether a number is so long that Excel has already rounded it (an ID number typed as a number)."""
    return isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= EXACT


def neutral(text: str) -> str:
    """Text that a spreadsheet program will not run as a formula when it opens a CSV: a risky start gets an apostrophe.

    Full-width signs count too: Chinese and Japanese Excel fold them. Numbers should be written as numbers, not here.
    """
    return f"'{text}" if text.lstrip()[:1] in _RISKY or (text[:1] in "\t\r\n" and text) else text


_RISKY = frozenset("=+-@|%＝＋－＠")


def make_book(
    sheet: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    notes: Sequence[str] = (),
    notes_sheet: str = "",
) -> bytes:
    """A workbook with one table (headings frozen, every text cell typed as text so that ID numbers stay whole and no
    formula runs) and, with `notes`, a second sheet that explains it."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    head = book.add_format({"bold": True, "bg_color": "#E8F0FA", "border": 1, "text_wrap": True, "valign": "top"})
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    page = book.add_worksheet(sheet)
    page.freeze_panes(1, 0)
    for column, heading in enumerate(headings):
        page.set_column(column, column, max(12, 3 * len(heading)), text)
        page.write_string(0, column, heading, head)
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, int | float) and not isinstance(value, bool):
                page.write_number(number, column, value)
            else:
                page.write_string(number, column, as_text(value), text)
    if notes:
        second = book.add_worksheet(notes_sheet or "说明")
        second.set_column(0, 0, 100, text)
        for number, note in enumerate(notes):
            second.write_string(number, 0, note, text)
    book.close()
    return out.getvalue()


def _refuse(code: str, **params: int) -> Invalid:
    return Invalid([Problem("file", code, params)])


def _cell(value: object) -> Cell:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, timedelta):
        return str(value)
    return value if isinstance(value, bool | int | float | date | datetime | time) else None


def _repacked(data: bytes, limits: Limits) -> bytes:
    """The XML parts of the archive, measured and packed anew, without anything else it may hide."""
    out, left = io.BytesIO(), limits.unpacked
    walk = _Walk(limits)
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(out, "w") as packed:
        entries = archive.infolist()
        if len(entries) > limits.entries or sum(entry.file_size for entry in entries) > limits.unpacked:
            raise _refuse("file-unpacks-too-large", n=limits.unpacked // MIB)
        parts: dict[str, bytes] = {}
        for entry in entries:
            if entry.flag_bits & 1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise zipfile.BadZipFile("encrypted or unusually packed")
            if _PARTS.match(entry.filename):
                with archive.open(entry) as part:
                    content = part.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise _refuse("file-unpacks-too-large", n=limits.unpacked // MIB)
                parts[entry.filename] = content
        if len({name.lower() for name in parts}) != sum(bool(_PARTS.match(entry.filename)) for entry in entries):
            raise zipfile.BadZipFile("a part twice")
        # Shared strings first: cells refer to them by number.
        for name in sorted(parts, key=lambda name: name.lower() != _SHARED):
            walk.part(parts[name], shared=name.lower() == _SHARED)
            packed.writestr(name, parts[name])
    return out.getvalue()


class _Walk:
    """Walks XML parts and raises `Invalid` as soon as what they would become is over the limits."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.characters = 0
        self.lengths: list[int] = []
        self.shared = False

    def part(self, content: bytes, *, shared: bool) -> None:
        """Walk one part. The encoding is forced: the decoder reads UTF-8 whatever the document claims."""
        self.shared, self.row, self.column = shared, 0, 0
        self.kind, self.reading, self.value = "", False, ""
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        parser.Parse(content, True)

    def _doctype(self, *_: object) -> None:
        raise zipfile.BadZipFile("a DOCTYPE has no business here")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "row":
            self.row = self._number(attributes.get("r"), self.row + 1)
            self.column = 0
            self._bounds()
        elif local == "c":
            self._place(attributes.get("r"))
            self.kind = attributes.get("t", "")
        elif local == "si":
            if not self.shared:
                raise zipfile.BadZipFile("shared strings outside their part")
            self.lengths.append(0)
        self.reading = local in ("v", "t")
        self.value = ""

    def _place(self, address: str | None) -> None:
        self.column += 1
        if address is not None:
            match = _ADDRESS.match(address)
            if match is None:
                raise zipfile.BadZipFile("a cell without a usable address")
            self.column = 0
            for letter in match[1]:
                self.column = self.column * 26 + ord(letter) - 64
            self.row = int(match[2])
        self._bounds()

    @staticmethod
    def _number(text: str | None, otherwise: int) -> int:
        if text is None:
            return otherwise
        if not re.fullmatch("[0-9]{1,7}", text):
            raise zipfile.BadZipFile("a row without a usable number")
        return int(text)

    def _bounds(self) -> None:
        if self.row > self.limits.rows:
            raise _refuse("file-too-many-rows", n=self.limits.rows - 1)
        if self.column > self.limits.columns:
            raise _refuse("file-too-many-columns", n=self.limits.columns)

    def _text(self, text: str) -> None:
        if not self.reading:
            return
        if self.shared and self.lengths:
            self.lengths[-1] += len(text)
        elif self.kind == "s":
            self.value += text[:12]
        else:
            self._count(len(text))

    def _end(self, name: str) -> None:
        if self.kind == "s" and self.reading and not self.shared and self.value:
            # The decoder reads more spellings of a number than spreadsheet programs write (`+1`, `0000000000001`).
            if not re.fullmatch("[0-9]{1,9}", self.value):
                raise zipfile.BadZipFile("a shared string without a usable number")
            index = int(self.value)
            self._count(self.lengths[index] if index < len(self.lengths) else 0)
            self.value = ""
        self.reading = False

    def _count(self, characters: int) -> None:
        self.characters += characters
        if self.characters > self.limits.characters:
            raise _refuse("file-too-much-text")
