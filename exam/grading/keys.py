"""The lines of a paper with their scorers ready, kept in memory: a published paper never changes, a decision makes a
new entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from exam.grading.models import KeyDecision
from exam.grading.rules import Line
from exam.itembank.models import ItemVersion
from exam.itembank.queries_papers import pinned_versions
from exam.itembank.types import compile_scorer

KEPT = 500


class Ruling(NamedTuple):
    """What was decided about an item: the kind of the decision, and the version to score by where it names one."""

    kind: str
    version_id: int | None = None


Rulings = Mapping[int, Ruling]
"""Item id → what was decided; items scored as set are not in it."""


@dataclass(frozen=True)
class Key:
    """A paper as it is scored under some rulings."""

    paper_id: int
    bank_id: int
    lines: tuple[Line, ...]


_keys: dict[tuple[str, int, tuple[tuple[int, Ruling], ...]], Key] = {}
_lock = Lock()


def rulings(db: Session, exam_id: int, before: int | None = None) -> dict[int, Ruling]:
    """The decisions that count for an exam: the latest of each item, those back to "as set" left out.

    With `before` those that counted before the decision with that id was made.
    """
    newest = select(func.max(KeyDecision.id)).where(KeyDecision.exam_id == exam_id).group_by(col(KeyDecision.item_id))
    if before is not None:
        newest = newest.where(col(KeyDecision.id) < before)
    rows = db.exec(select(KeyDecision).where(col(KeyDecision.id).in_(newest)).order_by(col(KeyDecision.item_id)))
    return {row.item_id: Ruling(row.kind, row.version_id) for row in rows if row.kind != "as-set"}


def key(db: Session, paper_id: int, under: Rulings) -> Key:
    """A paper's lines in authored order, ready to score. Raises `NotFound`, and `Invalid` when an item has no key."""
    name = (str(db.get_bind().engine.url), paper_id, tuple(sorted(under.items())))
    found = _keys.get(name)
    if found is None:
        found = _load(db, paper_id, under)
        with _lock:
            if len(_keys) >= KEPT:
                _keys.clear()
            _keys[name] = found
    return found


def _load(db: Session, paper_id: int, under: Rulings) -> Key:
    paper, rows = pinned_versions(db, paper_id)
    wanted = [ruling.version_id for ruling in under.values() if ruling.version_id]
    others = {v.id: v for v in db.exec(select(ItemVersion).where(col(ItemVersion.id).in_(wanted)))} if wanted else {}
    lines = []
    for line, version in rows:
        ruling = under.get(line.item_id)
        used = others[ruling.version_id] if ruling and ruling.version_id else version
        lines.append(
            Line(
                item_id=line.item_id,
                version_id=used.id or 0,
                kind=used.kind,
                marks=line.marks,
                chapter_id=version.chapter_id,  # chapters and points stay those the paper was made with
                points=tuple(version.points),
                score=compile_scorer(used.kind, used.content, line.marks),
                ruling=ruling.kind if ruling else "",
            )
        )
    return Key(paper_id, paper.bank_id, tuple(lines))
