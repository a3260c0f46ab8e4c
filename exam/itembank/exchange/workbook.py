"""Workbooks in: sheets of items, chapters and knowledge points, read into a `Book` with every problem placed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from exam.core.errors import Invalid, Problem
from exam.core.xlsx import DEFAULT, Cell, Limits, Row, as_text, read_sheets
from exam.itembank.exchange import cells, columns
from exam.itembank.exchange.book import Book, ChapterEntry, Entry, Located, PointEntry
from exam.itembank.folding import fold

_Heads = Mapping[str, int]


def read_workbook(data: bytes, limits: Limits = DEFAULT) -> Book:
    """A workbook as a book. Raises `Invalid` (field "file") for what is no such workbook at all.

    The items are in the sheet 试题, or in the first one; chapters and knowledge points in sheets of their own, which
    may be missing. Columns may stand in any order; unknown ones are problems, since a mistyped heading hides a column.
    """
    sheets = read_sheets(data, limits)
    name = columns.ITEMS_SHEET if columns.ITEMS_SHEET in sheets else next(iter(sheets))
    problems: list[Located] = []
    entries = _read_items(name, sheets[name], problems)
    chapters = _read_chapters(sheets.get(columns.CHAPTERS_SHEET, []), problems)
    points = _read_points(sheets.get(columns.POINTS_SHEET, []), problems)
    return Book(entries, chapters, points, problems=problems)


def _heads(sheet: str, rows: Sequence[Row], known: Mapping[str, str], problems: list[Located]) -> _Heads:
    """Which column holds what, from the first row."""
    names = {fold(heading): name for name, heading in known.items()}
    heads: dict[str, int] = {}
    for place, cell in enumerate(rows[0].cells if rows else ()):
        heading = as_text(cell)
        name = names.get(fold(heading))
        if name is not None and name not in heads:
            heads[name] = place
        elif heading:
            code = "heading-unknown" if name is None else "heading-twice"
            problem = Problem("file", code, {"heading": heading[:40]})
            problems.append(Located(sheet, rows[0].number, heading[:40], problem))
    return heads


def _read_items(sheet: str, rows: Sequence[Row], problems: list[Located]) -> list[Entry]:
    heads = _heads(sheet, rows, columns.HEADINGS, problems)
    missing = [columns.HEADINGS[name] for name in ("kind", "stem", "answer", "chapter") if name not in heads]
    if missing:
        raise Invalid([Problem("file", "headings-missing", {"headings": "、".join(missing), "sheet": sheet})])
    entries: list[Entry] = []
    for row in rows[1:]:
        entry, part_of = _read_row(sheet, row, heads)
        if not part_of:
            entries.append(entry)
        elif entries and entries[-1].kind == "case-analysis" and entries[-1].code == part_of:
            entries[-1] = _with_part(entries[-1], entry, row, heads)
        else:
            problem = Problem("part_of", "part-without-case", {"code": part_of[:60]})
            problems.append(Located(sheet, row.number, columns.HEADINGS["part_of"], problem))
    return entries


def _read_row(sheet: str, row: Row, heads: _Heads) -> tuple[Entry, str]:
    found: cells.Problems = []
    texts = {name: cells.cell_text(name, _cell(row, heads, name), found) for name in columns.HEADINGS}
    part = bool(texts["part_of"])
    kind = cells.word("kind", texts["kind"], columns.KIND_WORDS, found, "")
    if not texts["kind"]:
        found.append(("kind", Problem("kind", "required")))
    chapter = 0 if part else cells.whole("chapter", texts["chapter"], found, 0, required=True)
    difficulty = cells.whole("difficulty", texts["difficulty"], found, 3)
    state = cells.word("state", texts["state"], columns.STATE_WORDS, found, "")
    form = cells.read_form(kind, texts, found) if kind else {}
    if part and (texts["code"] or texts["chapter"] or texts["points"] or texts["state"]):
        found.append(("part_of", Problem("part_of", "part-with-place")))
    located = tuple(Located(sheet, row.number, columns.HEADINGS[name], problem) for name, problem in found)
    entry = Entry(
        sheet=sheet,
        row=row.number,
        code=texts["code"],
        kind=kind,
        chapter=chapter,
        difficulty=difficulty,
        points=cells.split_points(texts["points"]),
        form=form,
        state=state,
        problems=located,
    )
    return entry, texts["part_of"]


def _cell(row: Row, heads: _Heads, name: str) -> Cell:
    place = heads.get(name)
    return row.cells[place] if place is not None and place < len(row.cells) else None


def _with_part(case: Entry, part: Entry, row: Row, heads: _Heads) -> Entry:
    found: cells.Problems = []
    weight = cells.whole("weight", cells.cell_text("weight", _cell(row, heads, "weight"), []), found, 1)
    located = [Located(part.sheet, part.row, columns.HEADINGS[name], problem) for name, problem in found]
    parts = [*case.form.get("parts", []), {"kind": part.kind, "weight": weight, **part.form}]
    return replace(
        case,
        form={**case.form, "parts": parts},
        part_rows=(*case.part_rows, part.row),
        problems=(*case.problems, *part.problems, *located),
    )


def _table(sheet: str, rows: Sequence[Row], known: Mapping[str, str], problems: list[Located]) -> list[dict[str, str]]:
    """The rows of a plain sheet as texts by column name; "row" is the row's number."""
    heads = _heads(sheet, rows, known, problems)
    found = []
    for row in rows[1:]:
        unread: cells.Problems = []
        texts = {name: cells.cell_text(name, _cell(row, heads, name), unread) for name in known}
        problems += [Located(sheet, row.number, known[name], problem) for name, problem in unread]
        found.append({**texts, "row": str(row.number)})
    return found


def _read_chapters(rows: Sequence[Row], problems: list[Located]) -> list[ChapterEntry]:
    sheet, chapters = columns.CHAPTERS_SHEET, []
    for texts in _table(sheet, rows, columns.CHAPTER_HEADINGS, problems):
        found: cells.Problems = []
        number = cells.whole("number", texts["number"], found, 0, required=True)
        if not texts["title"]:
            found.append(("title", Problem("title", "required")))
        problems += [Located(sheet, int(texts["row"]), columns.CHAPTER_HEADINGS[name], each) for name, each in found]
        if not found:
            chapters.append(ChapterEntry(number, texts["title"], texts["title_en"]))
    return chapters


def _read_points(rows: Sequence[Row], problems: list[Located]) -> list[PointEntry]:
    sheet, points = columns.POINTS_SHEET, []
    for texts in _table(sheet, rows, columns.POINT_HEADINGS, problems):
        found: cells.Problems = []
        chapter = cells.whole("chapter", texts["chapter"], found, 0)
        found += [(name, Problem(name, "required")) for name in ("code", "name") if not texts[name]]
        problems += [Located(sheet, int(texts["row"]), columns.POINT_HEADINGS[name], each) for name, each in found]
        if not found:
            points.append(PointEntry(texts["code"], texts["name"], texts["name_en"], chapter or None))
    return points
