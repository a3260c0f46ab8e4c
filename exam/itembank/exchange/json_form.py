"""Items as JSON in their authoring form: one document, or a folder of documents; in and out.

    {"bank": {"code", "title", "title_en", "delivery", "subject"},
     "chapters": [{"number", "title", "title_en"}], "points": [{"code", "name", "name_en", "chapter"}],
     "items": [{"code", "chapter", "kind", "difficulty", "points", "state", …the authoring form…}],
     "papers": [{"code", "title", "method", "items": [{"code", "marks"}]} or {…, "rows": [...], "seed"}]}

The chapters and points may also stand inside "bank", and the bank's own fields at the top; a bare list is the items.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from exam.core.errors import Invalid, Problem
from exam.itembank import types
from exam.itembank.exchange.book import Book, ChapterEntry, Entry, Located, PointEntry, cleaned

_BANK_FIELDS = ("code", "title", "title_en", "delivery", "subject")
_PLACE = ("code", "chapter", "kind", "difficulty", "points", "state")
_STATES = ("", "draft", "ready", "retired")
MOST_ITEMS = 20_000


def read_json(data: bytes) -> Book:
    """One document as a book. Raises `Invalid` (field "file") when it isn't JSON of this kind."""
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise Invalid([Problem("file", "not-json")]) from None
    return book_from(document)


def read_folder(folder: Path) -> Book:
    """A folder with `bank.json` and any number of files of items, in the order of their names. Raises `Invalid`."""
    items: list[Any] = []
    bank: Any = {}
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text("utf-8"))
        if path.name == "bank.json":
            bank = document
        elif isinstance(document, list):
            items += document
        elif isinstance(document, dict) and "items" in document:
            items += document["items"]
    if not items:
        raise Invalid([Problem("file", "file-without-items")])
    return book_from({**bank, "items": items})


def book_from(document: Any) -> Book:
    """A document as a book; entries that make no sense become problems, not errors. Raises `Invalid`."""
    if isinstance(document, list):
        document = {"items": document}
    if not isinstance(document, dict) or not isinstance(document.get("items", []), list):
        raise Invalid([Problem("file", "json-not-items")])
    document = cleaned(document)
    inner = document.get("bank")
    bank = inner if isinstance(inner, dict) else document
    items = document.get("items", [])
    if len(items) > MOST_ITEMS:
        raise Invalid([Problem("file", "file-too-many-rows", {"n": MOST_ITEMS})])
    problems: list[Located] = []
    return Book(
        entries=[_entry(number, item) for number, item in enumerate(items, start=1)],
        chapters=_chapters(_objects(document, bank, "chapters"), problems),
        points=_points(_objects(document, bank, "points"), problems),
        papers=[paper for paper in document.get("papers", []) if isinstance(paper, dict)],
        bank={name: str(bank[name]) for name in _BANK_FIELDS if isinstance(bank.get(name), str)},
        problems=problems,
        by_row=False,
    )


def _objects(document: Mapping[str, Any], bank: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    given = document.get(name) or bank.get(name) or []
    return [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []


def _chapters(given: Sequence[Mapping[str, Any]], problems: list[Located]) -> list[ChapterEntry]:
    chapters = []
    for row, each in enumerate(given, start=1):
        number, title = each.get("number"), each.get("title")
        if _is_whole(number) and isinstance(title, str) and title:
            chapters.append(ChapterEntry(int(number or 0), title, str(each.get("title_en") or "")))
        else:
            problems.append(Located("chapters", row, "number", Problem("number", "malformed")))
    return chapters


def _points(given: Sequence[Mapping[str, Any]], problems: list[Located]) -> list[PointEntry]:
    points = []
    for row, each in enumerate(given, start=1):
        code, name, chapter = each.get("code"), each.get("name"), each.get("chapter")
        if isinstance(code, str) and code and isinstance(name, str) and name:
            within = int(chapter or 0) if _is_whole(chapter) else None
            points.append(PointEntry(code, name, str(each.get("name_en") or ""), within))
        else:
            problems.append(Located("points", row, "code", Problem("code", "malformed")))
    return points


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _entry(row: int, given: Any) -> Entry:
    item: Mapping[str, Any] = given if isinstance(given, dict) else {}
    problems = []
    kind, chapter, difficulty = item.get("kind"), item.get("chapter"), item.get("difficulty", 3)
    points, state = item.get("points", []), item.get("state", "")
    kind, state = (each if isinstance(each, str) else str(each) for each in (kind, state))
    if kind not in types.TYPES:
        problems.append(Problem("kind", "kind-unknown", {"kind": str(kind)[:40]}))
    if not _is_whole(chapter):
        problems.append(Problem("chapter", "chapter-unknown", {"chapter": str(chapter)[:20]}))
    if not _is_whole(difficulty):
        problems.append(Problem("difficulty", "malformed"))
    if not isinstance(points, list) or not all(isinstance(code, str) for code in points):
        problems.append(Problem("points", "malformed"))
    if state not in _STATES:
        problems.append(Problem("state", "malformed"))
    return Entry(
        sheet="items",
        row=row,
        code=str(item.get("code") or ""),
        kind=str(kind) if kind in types.TYPES else "",
        chapter=chapter if isinstance(chapter, int) else 0,
        difficulty=difficulty if isinstance(difficulty, int) else 3,
        points=tuple(map(str, points)) if isinstance(points, list) else (),
        form={name: value for name, value in item.items() if name not in _PLACE},
        state=state if state in _STATES else "",
        problems=tuple(Located("items", row, problem.field, problem) for problem in problems),
    )
