"""Banks for tests."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from exam.accounts.models import Institution
from exam.itembank import authoring, service
from exam.itembank.actors import Operator
from exam.itembank.drafts import Draft
from exam.itembank.models import Bank, Item

NOW = datetime(2026, 11, 6, 4, 0, tzinfo=UTC)


def institution(db: Session, code: str = "I1") -> Operator:
    """A new institution, and its operator."""
    row = Institution(code=code, name=code, created_at=NOW)
    db.add(row)
    db.flush()
    return Operator(row.id or 0)


def bank(db: Session, who: Operator, code: str = "B1", delivery: str = "face-to-face", chapters: int = 2) -> Bank:
    """A bank with chapters and the knowledge points KP-1 and KP-2."""
    made = service.create_bank(db, who, {"code": code, "title": "题库", "delivery": delivery}, NOW)
    for number in range(1, chapters + 1):
        service.save_chapter(db, who, made.id or 0, {"number": str(number), "title": f"章{number}"}, NOW)
    for point in ("KP-1", "KP-2"):
        service.save_point(db, who, made.id or 0, {"code": point, "name": point}, NOW)
    return made


def form(kind: str = "single-choice", **fields: Any) -> dict[str, Any]:
    """A complete authoring form."""
    forms: dict[str, dict[str, Any]] = {
        "single-choice": {"options": ["甲", "乙", "丙"], "key": "A"},
        "multiple-choice": {"options": ["甲", "乙", "丙"], "key": "AC"},
        "true-false": {"key": "对"},
        "fill-in-the-blank": {"stem": "水的化学式是{{1}}。", "blanks": ["H2O"]},
        "calculation": {"answer": "5", "tolerance": "0.1", "unit": "kg", "accepted_units": "g=0.001"},
        "short-answer": {"model_answer": "答", "rubric": ["要点"]},
        "essay": {"model_answer": "答", "rubric": ["要点 [权重2]"]},
        "case-analysis": {"parts": [{"kind": "true-false", "weight": 1, "stem": "小题", "key": "错"}]},
    }
    return {"stem": f"题干 {kind}", **forms[kind], **fields}


def draft(code: str, kind: str = "single-choice", chapter: int = 1, points: Iterable[str] = (), **fields: Any) -> Draft:
    """An item to save."""
    return Draft(code, kind, chapter, 3, tuple(points), authoring.from_form(kind, form(kind, **fields)))


def item(db: Session, who: Operator, made: Bank, code: str, kind: str = "single-choice", **fields: Any) -> Item:
    """A ready item in a bank."""
    return service.create_item(db, who, made.id or 0, draft(code, kind, **fields), NOW, ready=True)[0]
