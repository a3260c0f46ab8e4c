"""Reads of banks: lists, counts by chapter and kind, the S2 meter."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from exam.core.clock import SHANGHAI
from exam.itembank import rules
from exam.itembank.models import Bank, Chapter, Item, KnowledgePoint
from exam.itembank.queries_papers import paper_facts
from exam.schemes.ccaa_items import item_bank_rules


@dataclass(frozen=True)
class BankRow:
    """A bank in a list: how many items by state, and what the S2 meter says."""

    bank: Bank
    ready: int
    draft: int
    retired: int
    report: rules.Report


def item_facts(db: Session, bank_id: int) -> list[rules.ItemFact]:
    """Every item of a bank that isn't retired, as the S2 rules see it."""
    # sqlmodel's select is typed for four columns at most
    rows: Iterable[Any] = db.exec(
        select(Item.code, Item.kind, Chapter.number, Item.keyed, Item.state)  # type: ignore[call-overload]
        .join(Chapter, col(Chapter.id) == col(Item.chapter_id))
        .where(Item.bank_id == bank_id, Item.state != "retired")
        .order_by(col(Item.code))
    )
    return [rules.ItemFact(code, kind, number, keyed, state == "ready") for code, kind, number, keyed, state in rows]


def meter(db: Session, bank: Bank, now: datetime, delivery: str = "") -> rules.Report:
    """What S2 asks of a bank and what is missing, by its own delivery unless another is named."""
    bank_id = bank.id or 0
    numbers = db.exec(select(Chapter.number).where(Chapter.bank_id == bank_id).order_by(col(Chapter.number))).all()
    today = now.astimezone(SHANGHAI).date()
    return rules.bank_report(
        delivery or bank.delivery,
        item_bank_rules(today),
        list(numbers),
        item_facts(db, bank_id),
        paper_facts(db, bank_id),
    )


def list_banks(db: Session, institution_id: int, now: datetime) -> list[BankRow]:
    """The banks of an institution by code, each with its meter."""
    banks = db.exec(select(Bank).where(Bank.institution_id == institution_id).order_by(col(Bank.code))).all()
    counts: dict[tuple[int, str], int] = {
        (bank, state): number
        for bank, state, number in db.exec(
            select(Item.bank_id, Item.state, func.count())
            .where(col(Item.bank_id).in_([bank.id for bank in banks]))
            .group_by(col(Item.bank_id), col(Item.state))
        )
    }
    return [
        BankRow(
            bank,
            counts.get((bank.id or 0, "ready"), 0),
            counts.get((bank.id or 0, "draft"), 0),
            counts.get((bank.id or 0, "retired"), 0),
            meter(db, bank, now),
        )
        for bank in banks
    ]


@dataclass(frozen=True)
class ChapterCount:
    """A chapter with its ready items by kind and how many are still drafts."""

    chapter: Chapter
    by_kind: dict[str, int]
    drafts: int

    @property
    def total(self) -> int:
        return sum(self.by_kind.values())


def chapter_counts(db: Session, bank_id: int) -> list[ChapterCount]:
    """Counts of items by chapter and kind, retired ones left out, chapters without any included."""
    chapters = db.exec(select(Chapter).where(Chapter.bank_id == bank_id).order_by(col(Chapter.number))).all()
    rows = db.exec(
        select(Item.chapter_id, Item.kind, Item.state, func.count())
        .where(Item.bank_id == bank_id, Item.state != "retired")
        .group_by(col(Item.chapter_id), col(Item.kind), col(Item.state))
    ).all()
    return [
        ChapterCount(
            chapter,
            {kind: count for held, kind, state, count in rows if held == chapter.id and state == "ready"},
            sum(count for held, _, state, count in rows if held == chapter.id and state == "draft"),
        )
        for chapter in chapters
    ]


@dataclass(frozen=True)
class PointCount:
    """A knowledge point, its chapter's number, and how many items of the bank (not retired) ask about it."""

    point: KnowledgePoint
    chapter: int | None
    items: int


def point_counts(db: Session, bank_id: int) -> list[PointCount]:
    """The knowledge points of a bank with their items counted (知识点覆盖)."""
    rows = db.exec(
        select(KnowledgePoint, Chapter.number)
        .join(Chapter, col(Chapter.id) == col(KnowledgePoint.chapter_id), isouter=True)
        .where(KnowledgePoint.bank_id == bank_id)
        .order_by(col(Chapter.number), col(KnowledgePoint.code))
    ).all()
    asked = _named(db.exec(select(Item.points).where(Item.bank_id == bank_id, Item.state != "retired")).all())
    counts = rules.coverage([point.code for point, _ in rows], asked)
    return [PointCount(point, chapter, counts[point.code]) for point, chapter in rows]


def _named(rows: Iterable[Sequence[str]]) -> list[str]:
    return [code for codes in rows for code in codes]
