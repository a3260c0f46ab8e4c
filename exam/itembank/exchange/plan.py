"""What taking in a book would do to a bank, item by item, and then doing it: nothing is written before it was shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from exam.core.errors import Invalid, Problem
from exam.itembank import authoring, types
from exam.itembank.drafts import (
    Draft,
    Facts,
    Surroundings,
    basic_problems,
    facts_of,
    picture_problems,
    surroundings,
)
from exam.itembank.exchange.book import Book, Entry, Located
from exam.itembank.exchange.columns import (
    CHAPTER_HEADINGS,
    CHAPTERS_SHEET,
    POINT_HEADINGS,
    POINTS_SHEET,
    column_of,
)
from exam.itembank.models import Bank, Chapter, Item, ItemVersion
from exam.itembank.service_banks import MOST_CHAPTERS, code_problem

LONGEST_NAME = 200
NEW, CHANGED, UNCHANGED, STATE, WRONG = "new", "changed", "unchanged", "state", "wrong"


@dataclass(frozen=True)
class Compiled:
    """An entry with its content and its facts; `None` when the form can't be understood.

    `lacking` is what keeps the content from being used, whatever the bank is.
    """

    entry: Entry
    draft: Draft | None
    facts: Facts | None
    problems: tuple[Located, ...]
    lacking: tuple[Problem, ...] = ()

    @property
    def meaning(self) -> str:
        return self.facts.meaning if self.facts else ""


@dataclass(frozen=True)
class Step:
    """What would become of an entry: a new item, a new version, nothing, another state, or a refusal with reasons.

    `notes` are what an entry lacks that is taken as a draft.
    """

    compiled: Compiled
    action: str
    item: Item | None
    state: str
    problems: tuple[Located, ...] = ()
    notes: tuple[Located, ...] = ()


@dataclass(frozen=True)
class Plan:
    """All steps, and the problems that belong to no entry."""

    steps: tuple[Step, ...]
    chapters: tuple[int, ...]
    points: tuple[str, ...]
    problems: tuple[Located, ...]

    def count(self, action: str) -> int:
        return sum(step.action == action for step in self.steps)

    @property
    def every_problem(self) -> tuple[Located, ...]:
        """Problems of the file and of its entries, in the order of the file."""
        return (*self.problems, *(problem for step in self.steps for problem in step.problems))

    @property
    def clean(self) -> bool:
        return not self.every_problem


def compile_book(book: Book) -> list[Compiled]:
    """Turn every form into content: the slow part, which needs no database."""
    return [_compile(entry, by_row=book.by_row) for entry in book.entries]


def _compile(entry: Entry, *, by_row: bool) -> Compiled:
    if not entry.kind or any(not part.get("kind") for part in _parts(entry)):
        return Compiled(entry, None, None, entry.problems)
    try:
        content = authoring.from_form(entry.kind, entry.form)
    except Invalid as invalid:
        problems = [*invalid.problems, *_besides_the_key(entry, invalid)]
        located = tuple(locate(entry, problem, by_row=by_row) for problem in problems)
        return Compiled(entry, None, None, (*entry.problems, *located))
    points = tuple(dict.fromkeys(entry.points))
    draft = Draft(entry.code, entry.kind, entry.chapter, entry.difficulty, points, content)
    lacking = tuple(types.problems(entry.kind, content))
    return Compiled(entry, draft, facts_of(draft), entry.problems, lacking)


def _besides_the_key(entry: Entry, invalid: Invalid) -> list[Problem]:
    """What else is wrong with an entry whose key can't be understood, so that its author hears of all at once."""
    if any(problem.field != "key" for problem in invalid.problems):
        return []
    try:
        content = authoring.from_form(entry.kind, {**entry.form, "key": ""})
    except Invalid:
        return []
    return [problem for problem in types.problems(entry.kind, content) if problem.code != "key-missing"]


def _parts(entry: Entry) -> Sequence[dict[str, object]]:
    parts = entry.form.get("parts", [])
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def locate(entry: Entry, problem: Problem, *, by_row: bool) -> Located:
    """The place of a problem of an entry: a case's part has a row of its own in a workbook."""
    if not by_row:
        return Located(entry.sheet, entry.row, problem.field, problem)
    steps, row = problem.field.split("."), entry.row
    if steps[0] == "parts" and len(steps) > 2 and steps[1].isdigit():
        row = entry.part_rows[int(steps[1])] if int(steps[1]) < len(entry.part_rows) else row
        steps = steps[3:] if steps[2] == "content" else steps[2:]
    return Located(entry.sheet, row, column_of(".".join(steps)), problem)


@dataclass(frozen=True)
class _Known:
    """An item of the bank with what its current version says."""

    item: Item
    said: tuple[str, int, int, tuple[str, ...], str]


def make_plan(db: Session, bank: Bank, book: Book, compiled: Sequence[Compiled]) -> Plan:
    """Compare a book with the bank. Writes nothing."""
    around = surroundings(db, bank)
    numbers = {chapter.number: 0 for chapter in book.chapters}
    around = Surroundings(
        {**numbers, **around.chapters}, around.points | {point.code for point in book.points}, around.pictures
    )
    version = (col(ItemVersion.item_id) == col(Item.id)) & (col(ItemVersion.number) == col(Item.version_number))
    rows = db.exec(
        select(Item, Chapter.number, ItemVersion.semantic_hash)
        .join(ItemVersion, version)
        .join(Chapter, col(Chapter.id) == col(Item.chapter_id))
        .where(Item.bank_id == bank.id)
    ).all()
    known = {
        item.code: _Known(item, (item.kind, chapter, item.difficulty, tuple(sorted(item.points)), meaning))
        for item, chapter, meaning in rows
    }
    by_said = {each.said: each for each in known.values()}
    seen: dict[str, int] = {}
    steps = tuple(_step(each, known, by_said, around, seen, book.by_row) for each in compiled)
    return Plan(
        steps,
        tuple(number for number in numbers if not around.chapters[number]),
        tuple(point.code for point in book.points),
        (*book.problems, *_place_problems(book)),
    )


def _place_problems(book: Book) -> list[Located]:
    """Chapters and points that can't be kept: numbers out of range, codes and names too long."""
    found = []
    chapters, points = (CHAPTERS_SHEET, POINTS_SHEET) if book.by_row else ("chapters", "points")
    for row, each in enumerate(book.chapters, start=2 if book.by_row else 1):
        if not 1 <= each.number <= MOST_CHAPTERS:
            problem = Problem("number", "out-of-range", {"least": 1, "most": MOST_CHAPTERS})
            found.append(Located(chapters, row, CHAPTER_HEADINGS["number"], problem))
        if max(len(each.title), len(each.title_en)) > LONGEST_NAME:
            problem = Problem("title", "too-long", {"most": LONGEST_NAME})
            found.append(Located(chapters, row, CHAPTER_HEADINGS["title"], problem))
    for row, point in enumerate(book.points, start=2 if book.by_row else 1):
        found += [Located(points, row, POINT_HEADINGS["code"], each) for each in code_problem("code", point.code)]
        if max(len(point.name), len(point.name_en)) > LONGEST_NAME:
            problem = Problem("name", "too-long", {"most": LONGEST_NAME})
            found.append(Located(points, row, POINT_HEADINGS["name"], problem))
    return found


def _step(
    compiled: Compiled,
    known: dict[str, _Known],
    by_said: dict[tuple[str, int, int, tuple[str, ...], str], _Known],
    around: Surroundings,
    seen: dict[str, int],
    by_row: bool,
) -> Step:
    entry, draft = compiled.entry, compiled.draft
    said = (entry.kind, entry.chapter, entry.difficulty, tuple(sorted(set(entry.points))), compiled.meaning)
    found = known.get(entry.code) if entry.code else by_said.get(said)
    problems = list(compiled.problems)
    label = entry.code or compiled.meaning
    if label and label in seen:
        code = "code-twice-in-file" if entry.code else "row-same"
        problems.append(locate(entry, Problem("code", code, {"row": seen[label]}), by_row=by_row))
    seen.setdefault(label, entry.row)
    if found is not None and entry.kind and found.item.kind != entry.kind:
        problems.append(locate(entry, Problem("kind", "kind-differs", {"code": entry.code}), by_row=by_row))
    coded = Draft(entry.code or "-", entry.kind, entry.chapter, entry.difficulty, entry.points, {})
    problems += [locate(entry, problem, by_row=by_row) for problem in basic_problems(coded, around)]
    if draft is None:
        told = dict.fromkeys((each.row, each.column) for each in compiled.problems)
        fresh = [each for each in problems if each in compiled.problems or (each.row, each.column) not in told]
        return Step(compiled, WRONG, None, "", tuple(fresh))
    state = entry.state or (found.item.state if found else "ready")
    missing = (*compiled.lacking, *picture_problems(draft, around))
    lacking = tuple(locate(entry, problem, by_row=by_row) for problem in missing)
    if state == "ready":
        problems += lacking
    if problems:
        return Step(compiled, WRONG, found.item if found else None, state, tuple(problems))
    if found is None:
        return Step(compiled, NEW, None, state, notes=lacking)
    if found.said == said:
        return Step(compiled, UNCHANGED if found.item.state == state else STATE, found.item, state)
    return Step(compiled, CHANGED, found.item, state, notes=lacking)


def but_code(draft: Draft) -> tuple[str, int, int, tuple[str, ...], dict[str, object]]:
    """All of a draft but its code, to give it another."""
    return (draft.kind, draft.chapter, draft.difficulty, draft.points, draft.content)
