"""Search and filters over the items of a bank: one page at a time, in the database."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Text, and_, cast
from sqlmodel import Session, col, func, select

from exam.itembank import types
from exam.itembank.content import plain_text
from exam.itembank.folding import fold
from exam.itembank.models import ITEM_STATES, Bank, Chapter, Item, ItemVersion, Paper, PaperItem

PAGE = 50
SHOWN = 160
MOST_WORDS = 8


@dataclass(frozen=True)
class ItemFilter:
    """What is looked for; empty fields ask for nothing. `state` "" means not retired; `keyed` "yes" or "no"."""

    text: str = ""
    kind: str = ""
    chapter: int = 0
    difficulty: int = 0
    point: str = ""
    state: str = ""
    keyed: str = ""
    page: int = 1

    @property
    def active(self) -> bool:
        """Whether anything is asked for."""
        return self != ItemFilter(page=self.page)


def read_filter(query: Mapping[str, str]) -> ItemFilter:
    """A filter from a query string; what makes no sense asks for nothing."""

    def whole(name: str, most: int) -> int:
        text = query.get(name, "")
        return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 7 else 0

    return ItemFilter(
        text=query.get("q", "").strip()[:200],
        kind=query.get("kind", "") if query.get("kind") in types.TYPES else "",
        chapter=whole("chapter", 9999),
        difficulty=whole("difficulty", 5),
        point=query.get("point", "")[:40],
        state=query.get("state", "") if query.get("state") in ITEM_STATES else "",
        keyed=query.get("keyed", "") if query.get("keyed") in ("yes", "no") else "",
        page=max(whole("page", 100_000), 1),
    )


@dataclass(frozen=True)
class ItemRow:
    """An item in a list, with the beginning of its stem."""

    item: Item
    chapter: int
    stem: str


@dataclass(frozen=True)
class ItemPage:
    """A page of items and how many there are in all."""

    rows: list[ItemRow]
    total: int
    page: int
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else 0


def search(db: Session, bank: Bank, wanted: ItemFilter) -> ItemPage:
    """A page of the bank's items that fit, by chapter and code. A page behind the last one gives the last one."""
    conditions = _conditions(bank.id or 0, wanted)
    chapter = col(Chapter.id) == col(Item.chapter_id)
    total = db.exec(select(func.count()).select_from(Item).join(Chapter, chapter).where(*conditions)).one()
    page = max(1, min(wanted.page, -(-total // PAGE)))
    # The page's keys first, its texts after: sorting never carries the contents along.
    keys = db.exec(
        select(Item.id)
        .join(Chapter, chapter)
        .where(*conditions)
        .order_by(col(Chapter.number), col(Item.code))
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    version = and_(col(ItemVersion.item_id) == col(Item.id), col(ItemVersion.number) == col(Item.version_number))
    rows = db.exec(
        select(Item, Chapter.number, ItemVersion.content)
        .join(Chapter, chapter)
        .join(ItemVersion, version)
        .where(col(Item.id).in_(keys))
        .order_by(col(Chapter.number), col(Item.code))
    )
    return ItemPage([ItemRow(item, number, short_stem(content)) for item, number, content in rows], total, page)


def short_stem(content: Mapping[str, Any]) -> str:
    """The beginning of an item's stem as plain text."""
    text = plain_text(str(content.get("stem", "")))
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _conditions(bank_id: int, wanted: ItemFilter) -> list[Any]:
    found: list[Any] = [Item.bank_id == bank_id]
    for word in fold(wanted.text, space=False).split()[:MOST_WORDS]:
        found.append(col(Item.search_text).contains(word, autoescape=True))
    if wanted.kind:
        found.append(Item.kind == wanted.kind)
    if wanted.chapter:
        found.append(Chapter.number == wanted.chapter)
    if wanted.difficulty:
        found.append(Item.difficulty == wanted.difficulty)
    if wanted.point:
        # The column holds a JSON list; a code in quotation marks can't be part of another.
        found.append(cast(col(Item.points), Text).contains(json.dumps(wanted.point), autoescape=True))
    found.append(Item.state == wanted.state if wanted.state else Item.state != "retired")
    if wanted.keyed:
        found.append(col(Item.keyed).is_(wanted.keyed == "yes"))
    return found


def papers_with(db: Session, item_id: int) -> list[tuple[Paper, int]]:
    """The papers that an item is on, each with the number of the version it has there (a draft's: the current one)."""
    rows = db.exec(
        select(Paper, ItemVersion.number, Item.version_number)
        .join(PaperItem, col(PaperItem.paper_id) == col(Paper.id))
        .join(ItemVersion, col(ItemVersion.id) == col(PaperItem.version_id))
        .join(Item, col(Item.id) == col(PaperItem.item_id))
        .where(PaperItem.item_id == item_id)
        .order_by(col(Paper.code))
    )
    return [(paper, pinned if paper.published_at else current) for paper, pinned, current in rows]
