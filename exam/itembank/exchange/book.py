"""What a file of items says, whatever its format: entries with their places, chapters, knowledge points, papers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from exam.core.errors import Problem


@dataclass(frozen=True)
class Located:
    """A problem with its place in the file: sheet (or file), row (from 1), column (its heading, or the field)."""

    sheet: str
    row: int
    column: str
    problem: Problem


@dataclass(frozen=True)
class Entry:
    """An item as the file gives it. `form` is its authoring form; `part_rows` are the rows of a case's parts.

    `state` "" means that the file says nothing about it.
    """

    sheet: str
    row: int
    code: str
    kind: str
    chapter: int
    difficulty: int
    points: tuple[str, ...]
    form: Mapping[str, Any]
    state: str = ""
    part_rows: tuple[int, ...] = ()
    problems: tuple[Located, ...] = ()


@dataclass(frozen=True)
class ChapterEntry:
    """A chapter of a file."""

    number: int
    title: str
    title_en: str = ""


@dataclass(frozen=True)
class PointEntry:
    """A knowledge point of a file; `chapter` is its number."""

    code: str
    name: str
    name_en: str = ""
    chapter: int | None = None


@dataclass(frozen=True)
class Book:
    """A whole file. `problems` are those that belong to no entry (a heading, a chapter's row)."""

    entries: Sequence[Entry] = ()
    chapters: Sequence[ChapterEntry] = ()
    points: Sequence[PointEntry] = ()
    papers: Sequence[Mapping[str, Any]] = ()
    bank: Mapping[str, Any] = field(default_factory=dict)
    problems: Sequence[Located] = ()
    by_row: bool = True


# Characters that no author types and XML can't carry.
_UNSEEN = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0x7F, 0xFFFE, 0xFFFF])


def cleaned(value: Any) -> Any:
    """The same JSON as a cell keeps it: no control characters, lines end by "\\n", no spaces at the ends of texts."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n").translate(_UNSEEN).strip()
    if isinstance(value, Mapping):
        return {cleaned(name): cleaned(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [cleaned(inner) for inner in value]
    return value
