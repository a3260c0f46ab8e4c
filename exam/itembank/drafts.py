"""An item as it is to be saved, and what is wrong with it: its place in the bank, its content, its pictures."""

import re
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, select

from exam.core.errors import Problem
from exam.itembank import authoring, types
from exam.itembank.content import pictures
from exam.itembank.folding import fold
from exam.itembank.models import Bank, Chapter, KnowledgePoint, Picture

ITEM_CODE = re.compile(r"[^\s\x00-\x1f]{1,60}")
MOST_POINTS = 20


@dataclass(frozen=True)
class Draft:
    """An item as it is to be saved; `content` in the stored form of its kind."""

    code: str
    kind: str
    chapter: int
    difficulty: int
    points: tuple[str, ...]
    content: dict[str, Any]


@dataclass(frozen=True)
class Surroundings:
    """What of a bank an item may refer to: chapter ids by number, codes of knowledge points, hashes of pictures."""

    chapters: dict[int, int]
    points: frozenset[str]
    pictures: frozenset[str]


def surroundings(db: Session, bank: Bank) -> Surroundings:
    """Read once what the items of a bank may refer to."""
    chapters = db.exec(select(Chapter.number, Chapter.id).where(Chapter.bank_id == bank.id)).all()
    points = db.exec(select(KnowledgePoint.code).where(KnowledgePoint.bank_id == bank.id)).all()
    hashes = db.exec(select(Picture.sha256).where(Picture.institution_id == bank.institution_id)).all()
    return Surroundings({number: id_ or 0 for number, id_ in chapters}, frozenset(points), frozenset(hashes))


def basic_problems(draft: Draft, around: Surroundings) -> list[Problem]:
    """What keeps even an unfinished item from being saved: it must have a code, a kind and a chapter of the bank."""
    found: list[Problem] = []
    if not ITEM_CODE.fullmatch(draft.code):
        found.append(Problem("code", "required" if not draft.code else "item-code-malformed"))
    if draft.chapter not in around.chapters:
        found.append(Problem("chapter", "chapter-unknown", {"chapter": draft.chapter}))
    if not 1 <= draft.difficulty <= 5:
        found.append(Problem("difficulty", "out-of-range", {"least": 1, "most": 5}))
    unknown = [point for point in draft.points if point not in around.points]
    if unknown:
        found.append(Problem("points", "point-unknown", {"points": "、".join(unknown)[:100]}))
    if len(draft.points) > MOST_POINTS:
        found.append(Problem("points", "points-too-many", {"most": MOST_POINTS}))
    return found


def content_problems(draft: Draft, around: Surroundings) -> list[Problem]:
    """What is missing before the item may be used, pictures that the institution doesn't have included."""
    return [*types.problems(draft.kind, draft.content), *picture_problems(draft, around)]


def picture_problems(draft: Draft, around: Surroundings) -> list[Problem]:
    """The pictures that an item shows and the institution doesn't have."""
    found: list[Problem] = []
    if "picture:" in str(draft.content):
        for field, text in _texts(draft.content):
            unknown = [sha for sha in pictures(text)[0] if sha not in around.pictures]
            found += [Problem(field, "picture-unknown", {"picture": sha[:12]}) for sha in unknown]
    return found


def _texts(value: Any, path: str = "") -> list[tuple[str, str]]:
    if isinstance(value, str):
        return [(path, value)] if "picture:" in value else []
    steps: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        steps = list(value.items())
    elif isinstance(value, list):
        steps = list(enumerate(value))
    return [found for step, inner in steps for found in _texts(inner, f"{path}.{step}".lstrip("."))]


def picture_hashes(content: Any) -> frozenset[str]:
    """The hashes of every picture that an item's texts show."""
    return frozenset(sha for _, text in _texts(content) for sha in pictures(text)[0])


def searchable(draft: Draft) -> str:
    """The folded text that a search looks in: code and all words."""
    return fold(f"{draft.code} {types.search_text(draft.kind, draft.content)}", space=False)


@dataclass(frozen=True)
class Facts:
    """What is worked out of a draft once: the hash of what it says, whether it has its key, the text for searching."""

    meaning: str
    keyed: bool
    search: str


def facts_of(draft: Draft) -> Facts:
    """The facts of a draft; the slow part of writing it, and needs no database."""
    meaning = authoring.semantic_hash(draft.kind, draft.content)
    return Facts(meaning, types.is_keyed(draft.kind, draft.content), searchable(draft))
