"""Writing a plan: chapters and knowledge points first, then new items, new versions and states."""

from datetime import datetime

from sqlmodel import Session, select

from exam.core import audit
from exam.core.errors import Invalid
from exam.itembank import authoring
from exam.itembank.actors import Actor, author_of
from exam.itembank.exchange.book import Book
from exam.itembank.exchange.plan import CHANGED, NEW, STATE, UNCHANGED, WRONG, Plan, Step, but_code
from exam.itembank.models import Bank, Chapter, Item, ItemVersion, KnowledgePoint
from exam.itembank.service_items import Draft, Surroundings, surroundings, write_version


def apply_plan(
    db: Session, who: Actor, bank: Bank, book: Book, plan: Plan, now: datetime, *, good_rows_only: bool = False
) -> None:
    """Write a plan: chapters, points, then items. Raises `Invalid` when anything is wrong and not only good rows are
    wanted; then nothing at all is written."""
    if not plan.clean and not good_rows_only:
        raise Invalid([located.problem for located in plan.every_problem][:200])
    save_places(db, bank, book)
    around = surroundings(db, bank)
    codes = _free_codes(db, bank)
    for step in plan.steps:
        if step.action in (NEW, CHANGED) and step.compiled.draft is not None:
            _write(db, who, bank, step, around, codes, now)
        elif step.action == STATE and step.item is not None:
            item = db.get_one(Item, step.item.id)
            item.state, item.updated_at, item.updated_by = step.state, now, author_of(who)
            db.add(item)
    db.flush()
    counts = {action: plan.count(action) for action in (NEW, CHANGED, UNCHANGED, STATE, WRONG)}
    audit.record(
        db,
        at=now,
        action="bank.import",
        subject=("bank", bank.id),
        institution_id=bank.institution_id,
        actor_id=author_of(who),
        detail={"code": bank.code, **counts},
    )


def _write(
    db: Session, who: Actor, bank: Bank, step: Step, around: Surroundings, codes: dict[str, int], now: datetime
) -> None:
    draft = step.compiled.draft
    if draft is None:
        return
    if step.item is None:
        if not draft.code:
            draft = Draft(_take_code(bank, draft.chapter, codes), *but_code(draft))
        item = Item(
            bank_id=bank.id or 0,
            chapter_id=around.chapters[draft.chapter],
            code=draft.code,
            kind=draft.kind,
            updated_at=now,
            version_number=0,
        )
    else:
        item = db.get_one(Item, step.item.id)
        before = db.exec(
            select(ItemVersion.content).where(ItemVersion.item_id == item.id, ItemVersion.number == item.version_number)
        ).one()
        # Options that say the same keep their ids.
        content = authoring.from_form(draft.kind, step.compiled.entry.form, dict(before))
        draft = Draft(item.code, draft.kind, draft.chapter, draft.difficulty, draft.points, content)
    write_version(db, who, item, draft, around, now, state=step.state)


def _free_codes(db: Session, bank: Bank) -> dict[str, int]:
    return dict.fromkeys(db.exec(select(Item.code).where(Item.bank_id == bank.id)), 1)


def _take_code(bank: Bank, chapter: int, codes: dict[str, int]) -> str:
    prefix = f"{bank.code}-{chapter:02d}-"
    number = codes.get(prefix, 0) + 1
    while f"{prefix}{number:03d}" in codes:
        number += 1
    codes[prefix] = number
    codes[f"{prefix}{number:03d}"] = 1
    return f"{prefix}{number:03d}"


def save_places(db: Session, bank: Bank, book: Book) -> None:
    """Add the chapters and knowledge points of a book that the bank lacks; bring the names of the others up to date."""
    chapters = {row.number: row for row in db.exec(select(Chapter).where(Chapter.bank_id == bank.id))}
    for each in book.chapters:
        row = chapters.get(each.number) or Chapter(bank_id=bank.id or 0, number=each.number, title="")
        row.title, row.title_en = each.title, each.title_en
        chapters[each.number] = row
        db.add(row)
    db.flush()
    points = {row.code: row for row in db.exec(select(KnowledgePoint).where(KnowledgePoint.bank_id == bank.id))}
    for point in book.points:
        held = points.get(point.code) or KnowledgePoint(bank_id=bank.id or 0, code=point.code, name="")
        held.name, held.name_en = point.name, point.name_en
        chapter = chapters.get(point.chapter or 0)
        held.chapter_id = chapter.id if chapter else None
        points[point.code] = held
        db.add(held)
    db.flush()
