"""Reads of papers: lines with their content, the facts that the S2 rules need, lists."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from exam.core.errors import NotFound
from exam.itembank.drafts import picture_hashes
from exam.itembank.models import Bank, Chapter, Item, ItemVersion, Paper, PaperItem
from exam.itembank.rules import ItemFact, PaperFact
from exam.itembank.view import PreparedItem, prepare


@dataclass(frozen=True)
class PaperLine:
    """A line of a paper with what it says: everything a sitting or a scorer needs. `chapter` is its number."""

    position: int
    item_id: int
    version_id: int
    version_number: int
    code: str
    kind: str
    content: Mapping[str, Any]
    marks: Decimal
    chapter: int
    points: tuple[str, ...]
    difficulty: int
    keyed: bool
    state: str


@dataclass(frozen=True)
class PreparedPaper:
    """A frozen paper, read once: its lines, each line's texts as HTML, and the hashes of all its pictures."""

    lines: tuple[PaperLine, ...]
    views: tuple[PreparedItem, ...]
    pictures: frozenset[str]


_frozen: WeakKeyDictionary[Engine, dict[tuple[object, ...], PreparedPaper]] = WeakKeyDictionary()
_lock = Lock()
_MOST_KEPT = 200


def paper_lines(db: Session, paper_id: int) -> tuple[PaperLine, ...]:
    """The lines of a paper in order. A published paper is kept in memory: it can't change. Raises `NotFound`."""
    return prepared_paper(db, paper_id).lines


def prepared_paper(db: Session, paper_id: int) -> PreparedPaper:
    """A paper with its texts rendered; published ones are kept in memory, drafts read anew. Raises `NotFound`."""
    found = db.exec(
        select(Paper.institution_id, Paper.bank_id, Paper.code, Paper.published_at).where(Paper.id == paper_id)
    ).one_or_none()
    if found is None:
        raise NotFound(f"paper {paper_id}")
    if found[3] is None:
        return _prepare(db, paper_id, pinned=False)
    bind = db.get_bind()
    engine = bind if isinstance(bind, Engine) else bind.engine
    key = (paper_id, *found)
    with _lock:
        kept = _frozen.setdefault(engine, {})
        prepared = kept.get(key)
    if prepared is None:
        prepared = _prepare(db, paper_id, pinned=True)
        with _lock:
            if len(kept) >= _MOST_KEPT:
                kept.pop(next(iter(kept)))
            kept[key] = prepared
    return prepared


def _prepare(db: Session, paper_id: int, *, pinned: bool) -> PreparedPaper:
    lines = read_lines(db, paper_id, pinned=pinned)
    shown = tuple(prepare(line.kind, line.content) for line in lines)
    hashes = frozenset().union(*(picture_hashes(line.content) for line in lines))
    return PreparedPaper(lines, shown, hashes)


def read_lines(db: Session, paper_id: int, *, pinned: bool) -> tuple[PaperLine, ...]:
    """The lines from the database: at the versions the paper names (`pinned`), or at the items' current ones."""
    version = (
        col(ItemVersion.id) == col(PaperItem.version_id)
        if pinned
        else (col(ItemVersion.item_id) == col(Item.id)) & (col(ItemVersion.number) == col(Item.version_number))
    )
    rows = db.exec(
        select(PaperItem, Item, ItemVersion, Chapter.number)
        .join(Item, col(Item.id) == col(PaperItem.item_id))
        .join(ItemVersion, version)
        .join(Chapter, col(Chapter.id) == col(ItemVersion.chapter_id))
        .where(PaperItem.paper_id == paper_id)
        .order_by(col(PaperItem.position))
    ).all()
    return tuple(
        PaperLine(
            position=line.position,
            item_id=line.item_id,
            version_id=said.id or 0,
            version_number=said.number,
            code=item.code,
            kind=said.kind,
            content=said.content,
            marks=line.marks,
            chapter=chapter,
            points=tuple(said.points),
            difficulty=said.difficulty,
            keyed=pinned or item.keyed,
            state=item.state,
        )
        for line, item, said, chapter in rows
    )


def pinned_versions(db: Session, paper_id: int) -> tuple[Paper, Sequence[tuple[PaperItem, ItemVersion]]]:
    """A paper and its lines in order, each with the version it names. Raises `NotFound`."""
    paper = db.get(Paper, paper_id)
    if paper is None:
        raise NotFound(f"paper {paper_id}")
    named = select(PaperItem, ItemVersion).join(ItemVersion, col(ItemVersion.id) == col(PaperItem.version_id))
    return paper, db.exec(named.where(PaperItem.paper_id == paper_id).order_by(col(PaperItem.position))).all()


def paper_pictures(db: Session, paper_id: int) -> frozenset[str]:
    """The hashes of the pictures that a paper shows, for whoever decides which pictures a candidate may fetch."""
    return prepared_paper(db, paper_id).pictures


def facts_of(paper: Paper, lines: tuple[PaperLine, ...]) -> PaperFact:
    """A paper as the S2 rules see it."""
    items = [ItemFact(line.code, line.kind, line.chapter, line.keyed, line.state == "ready") for line in lines]
    return PaperFact(paper.code, tuple(items))


def paper_facts(db: Session, bank_id: int) -> list[PaperFact]:
    """Every paper of a bank that isn't retired, as the S2 rules see it, without reading any content."""
    # sqlmodel's select is typed for four columns at most
    rows: Iterable[Any] = db.exec(
        select(  # type: ignore[call-overload]
            Paper.id, Paper.code, Paper.state, Item.code, Item.kind, Chapter.number, Item.keyed, Item.state
        )
        .join(PaperItem, col(PaperItem.paper_id) == col(Paper.id), isouter=True)
        .join(Item, col(Item.id) == col(PaperItem.item_id), isouter=True)
        .join(Chapter, col(Chapter.id) == col(Item.chapter_id), isouter=True)
        .where(Paper.bank_id == bank_id, Paper.state != "retired")
        .order_by(col(Paper.code), col(PaperItem.position))
    )
    items: dict[str, list[ItemFact]] = {}
    for _, code, paper_state, item_code, kind, chapter, keyed, state in rows:
        found = items.setdefault(code, [])
        if item_code is not None:
            found.append(
                ItemFact(item_code, kind, chapter, keyed=keyed or paper_state == "published", ready=state == "ready")
            )
    return [PaperFact(code, tuple(found)) for code, found in items.items()]


@dataclass(frozen=True)
class PaperRow:
    """A paper in a list."""

    paper: Paper
    bank: Bank
    count: int


def list_papers(db: Session, institution_id: int, bank_id: int | None = None) -> list[PaperRow]:
    """The papers of an institution, or of one of its banks, drafts first and then the newest."""
    count = select(PaperItem.paper_id, func.count().label("count")).group_by(col(PaperItem.paper_id)).subquery()
    query = (
        select(Paper, Bank, func.coalesce(count.c["count"], 0))
        .join(Bank, col(Bank.id) == col(Paper.bank_id))
        .join(count, count.c.paper_id == col(Paper.id), isouter=True)
        .where(Paper.institution_id == institution_id)
        .order_by(col(Bank.code), col(Paper.state), col(Paper.code))
    )
    if bank_id is not None:
        query = query.where(Paper.bank_id == bank_id)
    return [PaperRow(paper, bank, number) for paper, bank, number in db.exec(query)]


def published_papers(db: Session, institution_id: int) -> list[PaperRow]:
    """The papers that an exam may be set with."""
    return [row for row in list_papers(db, institution_id) if row.paper.state == "published"]
