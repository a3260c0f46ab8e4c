"""Taking a whole file in: find or make its bank, plan, write, and say what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from exam.core.errors import Invalid, NotFound, Problem
from exam.core.texts import problem_text
from exam.core.xlsx import DEFAULT, Limits
from exam.itembank.actors import Actor
from exam.itembank.exchange.apply import apply_plan
from exam.itembank.exchange.book import Book, Located
from exam.itembank.exchange.json_form import read_folder, read_json
from exam.itembank.exchange.plan import CHANGED, NEW, STATE, UNCHANGED, WRONG, Compiled, Plan, compile_book, make_plan
from exam.itembank.exchange.workbook import read_workbook
from exam.itembank.models import Bank, Paper
from exam.itembank.service_banks import bank_by_code, create_bank
from exam.itembank.service_publish import paper_from_definition


@dataclass(frozen=True)
class Report:
    """What an import did or would do. `written` is false for a dry run and when something was wrong."""

    bank: str
    counts: dict[str, int]
    problems: tuple[Located, ...]
    papers: tuple[str, ...]
    written: bool

    def json(self) -> dict[str, Any]:
        """The report as plain data, problems with their sentences in the current language."""
        problems = [located_json(located) for located in self.problems]
        return {
            "bank": self.bank,
            "written": self.written,
            **self.counts,
            "papers": list(self.papers),
            "problems": problems,
        }


def located_json(located: Located) -> dict[str, Any]:
    """A placed problem as plain data."""
    return {
        "sheet": located.sheet,
        "row": located.row,
        "column": located.column,
        "code": located.problem.code,
        "message": problem_text(located.problem),
    }


def read_path(path: Path) -> Book:
    """A file or folder as a book, by what it is. Raises `Invalid`."""
    if path.is_dir():
        return read_folder(path)
    return read_bytes(path.read_bytes())


def read_bytes(data: bytes, limits: Limits = DEFAULT) -> Book:
    """An uploaded file as a book, by its first bytes and not by its name. Raises `Invalid`."""
    return read_workbook(data, limits) if data.startswith(b"PK") else read_json(data)


def import_book(
    db: Session,
    who: Actor,
    book: Book,
    bank_code: str,
    now: datetime,
    *,
    good_rows_only: bool = False,
    dry_run: bool = False,
    compiled: Sequence[Compiled] | None = None,
) -> Report:
    """Take a book into the bank called `bank_code` (or the one that the book describes), its papers as drafts.

    Whatever is wrong is in the report, not raised; nothing is written then unless only good rows are wanted.
    Raises `NotFound` when there is no such bank and the book doesn't describe it; `Invalid` when it does so badly.
    """
    bank, made = _bank_for(db, who, book, bank_code, now)
    plan = make_plan(db, bank, book, compiled if compiled is not None else compile_book(book))
    willing = plan.clean or good_rows_only
    if dry_run or not willing:
        if made:
            db.rollback()
        return _report(bank, plan, (), written=False)
    apply_plan(db, who, bank, book, plan, now, good_rows_only=good_rows_only)
    return _report(bank, plan, _papers(db, who, bank, book, now), written=True)


def _report(bank: Bank, plan: Plan, papers: tuple[str, ...], *, written: bool) -> Report:
    counts = {action: plan.count(action) for action in (NEW, CHANGED, UNCHANGED, STATE, WRONG)}
    return Report(bank.code, counts, plan.every_problem, papers, written)


def _bank_for(db: Session, who: Actor, book: Book, code: str, now: datetime) -> tuple[Bank, bool]:
    code = code or str(book.bank.get("code", ""))
    if not code:
        raise Invalid([Problem("bank", "bank-not-named")])
    try:
        return bank_by_code(db, who.institution_id, code), False
    except NotFound:
        if not book.bank.get("delivery"):
            raise
    bank = create_bank(db, who, {**book.bank, "code": code}, now)
    return bank, True


def _papers(db: Session, who: Actor, bank: Bank, book: Book, now: datetime) -> tuple[str, ...]:
    """Draft papers of the book whose codes the bank doesn't have yet."""
    there = set(db.exec(select(Paper.code).where(Paper.bank_id == bank.id)))
    new = [given for given in book.papers if str(given.get("code", "")) not in there]
    return tuple(paper_from_definition(db, who, bank.id or 0, given, now).code for given in new)
