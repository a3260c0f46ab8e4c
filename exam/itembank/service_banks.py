"""Banks, their chapters and knowledge points: made, changed, removed while nothing hangs on them."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from exam.core import audit
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.itembank.actors import Actor, author_of
from exam.itembank.models import DELIVERIES, Bank, Chapter, Item, ItemVersion, KnowledgePoint

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
MOST_CHAPTERS = 999
_BANK_TEXTS = {"title": 200, "title_en": 200, "subject": 200}


def code_problem(field: str, code: str) -> list[Problem]:
    """A code is at most 40 letters, digits, dots, hyphens and underscores: it is typed in commands and file names."""
    if not code:
        return [Problem(field, "required")]
    return [] if CODE.fullmatch(code) else [Problem(field, "code-malformed")]


def text_problems(fields: Mapping[str, str], limits: Mapping[str, int], required: tuple[str, ...]) -> list[Problem]:
    """Texts that are missing or too long."""
    found = [Problem(name, "required") for name in required if not fields.get(name)]
    for name, most in limits.items():
        if len(fields.get(name, "")) > most:
            found.append(Problem(name, "too-long", {"most": most}))
    return found


def get_bank(db: Session, who: Actor, bank_id: int) -> Bank:
    """A bank of the caller's institution; raises `NotFound`."""
    bank = db.get(Bank, bank_id)
    if bank is None or bank.institution_id != who.institution_id:
        raise NotFound(f"bank {bank_id}")
    return bank


def bank_by_code(db: Session, institution_id: int, code: str) -> Bank:
    """A bank by its code; raises `NotFound`."""
    bank = db.exec(select(Bank).where(Bank.institution_id == institution_id, Bank.code == code)).one_or_none()
    if bank is None:
        raise NotFound(f"bank {code}")
    return bank


def create_bank(db: Session, who: Actor, fields: Mapping[str, str], now: datetime) -> Bank:
    """A new, empty bank. Raises `Invalid`."""
    given = {name: str(value or "").strip() for name, value in fields.items()}
    problems = code_problem("code", given.get("code", "")) + _bank_problems(given)
    taken = select(Bank.id).where(Bank.institution_id == who.institution_id, Bank.code == given.get("code", ""))
    if db.exec(taken).first() is not None:
        problems.append(Problem("code", "code-taken"))
    if problems:
        raise Invalid(problems)
    bank = Bank(
        institution_id=who.institution_id,
        code=given["code"],
        title=given["title"],
        title_en=given.get("title_en", ""),
        subject=given.get("subject", ""),
        delivery=given["delivery"],
        created_at=now,
        created_by=author_of(who),
    )
    db.add(bank)
    db.flush()
    _log(db, who, now, "bank.create", bank, {"delivery": bank.delivery})
    return bank


def _bank_problems(given: Mapping[str, str]) -> list[Problem]:
    problems = text_problems(given, _BANK_TEXTS, ("title",))
    if given.get("delivery") not in DELIVERIES:
        problems.append(Problem("delivery", "delivery-unknown"))
    return problems


def update_bank(db: Session, who: Actor, bank_id: int, fields: Mapping[str, str], now: datetime) -> Bank:
    """Change a bank's names, subject and delivery; its code stays. Raises `NotFound`, `Invalid`."""
    bank = get_bank(db, who, bank_id)
    given = {name: str(value or "").strip() for name, value in fields.items()}
    problems = _bank_problems(given)
    if problems:
        raise Invalid(problems)
    for name in ("title", "title_en", "subject", "delivery"):
        setattr(bank, name, given.get(name, ""))
    db.add(bank)
    _log(db, who, now, "bank.change", bank, {"delivery": bank.delivery})
    return bank


def _log(db: Session, who: Actor, now: datetime, action: str, bank: Bank, detail: Mapping[str, Any]) -> None:
    audit.record(
        db,
        at=now,
        action=action,
        subject=("bank", bank.id),
        institution_id=bank.institution_id,
        actor_id=author_of(who),
        detail={"code": bank.code, **detail},
    )


def save_chapter(
    db: Session, who: Actor, bank_id: int, fields: Mapping[str, str], now: datetime, chapter_id: int | None = None
) -> Chapter:
    """Add a chapter, or change one. Raises `NotFound`, `Invalid`."""
    bank = get_bank(db, who, bank_id)
    given = {name: str(value or "").strip() for name, value in fields.items()}
    number = int(given["number"]) if re.fullmatch(r"[0-9]{1,4}", given.get("number", "")) else 0
    problems = text_problems(given, {"title": 200, "title_en": 200}, ("title",))
    if not 1 <= number <= MOST_CHAPTERS:
        problems.append(Problem("number", "out-of-range", {"least": 1, "most": MOST_CHAPTERS}))
    other = db.exec(select(Chapter).where(Chapter.bank_id == bank.id, Chapter.number == number)).one_or_none()
    if other is not None and other.id != chapter_id:
        problems.append(Problem("number", "chapter-number-taken", {"number": number}))
    if problems:
        raise Invalid(problems)
    chapter = (
        get_chapter(db, bank, chapter_id) if chapter_id else Chapter(bank_id=bank.id or 0, number=number, title="")
    )
    chapter.number, chapter.title, chapter.title_en = number, given["title"], given.get("title_en", "")
    db.add(chapter)
    db.flush()
    _log(db, who, now, "bank.chapter", bank, {"number": number})
    return chapter


def get_chapter(db: Session, bank: Bank, chapter_id: int) -> Chapter:
    """A chapter of the bank; raises `NotFound`."""
    chapter = db.get(Chapter, chapter_id)
    if chapter is None or chapter.bank_id != bank.id:
        raise NotFound(f"chapter {chapter_id}")
    return chapter


def delete_chapter(db: Session, who: Actor, bank_id: int, chapter_id: int, now: datetime) -> None:
    """Remove a chapter that no version of an item and no knowledge point belongs to. Raises `NotFound`, `Refused`."""
    bank = get_bank(db, who, bank_id)
    chapter = get_chapter(db, bank, chapter_id)
    versions = select(func.count()).select_from(ItemVersion).where(ItemVersion.chapter_id == chapter.id)
    points = select(func.count()).select_from(KnowledgePoint).where(KnowledgePoint.chapter_id == chapter.id)
    used, held = db.exec(versions).one(), db.exec(points).one()
    if used or held:
        raise Refused(Refusal("chapter-in-use", params={"number": chapter.number, "items": used, "points": held}))
    db.delete(chapter)
    _log(db, who, now, "bank.chapter-removed", bank, {"number": chapter.number})


def save_point(
    db: Session, who: Actor, bank_id: int, fields: Mapping[str, str], now: datetime, point_id: int | None = None
) -> KnowledgePoint:
    """Add a knowledge point, or change one (its code stays: items name it). Raises `NotFound`, `Invalid`."""
    bank = get_bank(db, who, bank_id)
    given = {name: str(value or "").strip() for name, value in fields.items()}
    problems = text_problems(given, {"name": 200, "name_en": 200}, ("name",))
    chapter = _point_chapter(db, bank, given.get("chapter", ""), problems)
    if point_id:
        point = get_point(db, bank, point_id)
    else:
        problems += code_problem("code", given.get("code", ""))
        same = select(KnowledgePoint.id).where(
            KnowledgePoint.bank_id == bank.id, KnowledgePoint.code == given.get("code", "")
        )
        if db.exec(same).first() is not None:
            problems.append(Problem("code", "code-taken"))
        point = KnowledgePoint(bank_id=bank.id or 0, code=given.get("code", ""), name="")
    if problems:
        raise Invalid(problems)
    point.name, point.name_en = given["name"], given.get("name_en", "")
    point.chapter_id = chapter
    db.add(point)
    db.flush()
    _log(db, who, now, "bank.point", bank, {"point": point.code})
    return point


def _point_chapter(db: Session, bank: Bank, number: str, problems: list[Problem]) -> int | None:
    if not number:
        return None
    found = None
    if re.fullmatch(r"[0-9]{1,4}", number):
        found = db.exec(select(Chapter.id).where(Chapter.bank_id == bank.id, Chapter.number == int(number))).first()
    if found is None:
        problems.append(Problem("chapter", "chapter-unknown", {"chapter": number[:20]}))
    return found


def get_point(db: Session, bank: Bank, point_id: int) -> KnowledgePoint:
    """A knowledge point of the bank; raises `NotFound`."""
    point = db.get(KnowledgePoint, point_id)
    if point is None or point.bank_id != bank.id:
        raise NotFound(f"knowledge point {point_id}")
    return point


def delete_point(db: Session, who: Actor, bank_id: int, point_id: int, now: datetime) -> None:
    """Remove a knowledge point that no item of the bank names. Raises `NotFound`, `Refused`."""
    bank = get_bank(db, who, bank_id)
    point = get_point(db, bank, point_id)
    rows = db.exec(select(Item.points).where(Item.bank_id == bank.id)).all()
    used = sum(point.code in codes for codes in rows)
    if used:
        raise Refused(Refusal("point-in-use", params={"point": point.code, "items": used}))
    db.delete(point)
    _log(db, who, now, "bank.point-removed", bank, {"point": point.code})


def chapters_of(db: Session, bank_id: int) -> list[Chapter]:
    """The chapters of a bank by number."""
    return list(db.exec(select(Chapter).where(Chapter.bank_id == bank_id).order_by(col(Chapter.number))))


def points_of(db: Session, bank_id: int) -> list[KnowledgePoint]:
    """The knowledge points of a bank by code."""
    return list(
        db.exec(select(KnowledgePoint).where(KnowledgePoint.bank_id == bank_id).order_by(col(KnowledgePoint.code)))
    )
