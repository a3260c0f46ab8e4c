"""Writing a plan: chapters and knowledge points first, then new items, new versions and states."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from exam.core import audit
from exam.core.errors import Invalid
from exam.itembank import authoring
from exam.itembank.actors import Actor, author_of
from exam.itembank.drafts import Draft, Facts, Surroundings, facts_of, surroundings
from exam.itembank.exchange import columns
from exam.itembank.exchange.book import Book
from exam.itembank.exchange.plan import CHANGED, NEW, STATE, UNCHANGED, WRONG, Plan, but_code
from exam.itembank.models import Bank, Chapter, Item, ItemVersion, KnowledgePoint
from exam.itembank.service_items import fill_item, version_row


def apply_plan(
    db: Session, who: Actor, bank: Bank, book: Book, plan: Plan, now: datetime, *, good_rows_only: bool = False
) -> None:
    """Write a plan: chapters, points, then items. Raises `Invalid` when anything is wrong and not only good rows are
    wanted; then nothing at all is written."""
    if not plan.clean and not good_rows_only:
        raise Invalid([located.problem for located in plan.every_problem][:200])
    save_places(db, bank, book)
    around = surroundings(db, bank)
    written = _write_items(db, who, bank, plan, around, now)
    # All rows of a table at once: one at a time would hold up every other writer.
    db.add_all([version_row(item, who, draft, facts, now) for item, draft, facts in written])
    for step in plan.steps:
        if step.action == STATE and step.item is not None:
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


def _write_items(
    db: Session, who: Actor, bank: Bank, plan: Plan, around: Surroundings, now: datetime
) -> list[tuple[Item, Draft, Facts]]:
    """New items and those with a new version, filled and with their ids."""
    codes = _free_codes(db, bank)
    items = {item.code: item for item in db.exec(select(Item).where(Item.bank_id == bank.id))}
    before = _contents(db, [step.item.id or 0 for step in plan.steps if step.action == CHANGED and step.item])
    written: list[tuple[Item, Draft, Facts]] = []
    for step in plan.steps:
        draft, facts = step.compiled.draft, step.compiled.facts
        if step.action not in (NEW, CHANGED) or draft is None or facts is None:
            continue
        chapter = around.chapters[draft.chapter]
        if step.item is None:
            if not draft.code:
                draft = Draft(_take_code(bank, draft.chapter, codes), *but_code(draft))
                facts = facts_of(draft)
            code = draft.code
            item = Item(
                bank_id=bank.id or 0, chapter_id=chapter, code=code, kind=draft.kind, updated_at=now, version_number=0
            )
        else:
            item = items[step.item.code]
            # Options that say the same keep their ids.
            content = authoring.from_form(draft.kind, step.compiled.entry.form, before[item.id or 0])
            draft = Draft(item.code, draft.kind, draft.chapter, draft.difficulty, draft.points, content)
        written.append((fill_item(item, who, draft, facts, chapter, now, state=step.state), draft, facts))
    db.add_all([item for item, _, _ in written])
    db.flush()
    return written


def _contents(db: Session, item_ids: list[int]) -> dict[int, dict[str, Any]]:
    """The current contents of items, some at a time: a statement takes only so many parameters."""
    found: dict[int, dict[str, Any]] = {}
    current = (col(ItemVersion.item_id) == col(Item.id)) & (col(ItemVersion.number) == col(Item.version_number))
    for start in range(0, len(item_ids), 500):
        wanted = col(Item.id).in_(item_ids[start : start + 500])
        rows = db.exec(select(ItemVersion.item_id, ItemVersion.content).join(Item, current).where(wanted))
        found |= {item: dict(content) for item, content in rows}
    return found


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
    """Add the chapters and knowledge points of a book that the bank lacks; bring the names of the others up to date,
    but not to the template's examples."""
    chapters = {row.number: row for row in db.exec(select(Chapter).where(Chapter.bank_id == bank.id))}
    for each in book.chapters:
        if each.number in chapters and each.title == columns.CHAPTER_EXAMPLE:
            continue
        row = chapters.get(each.number) or Chapter(bank_id=bank.id or 0, number=each.number, title="")
        row.title, row.title_en = each.title, each.title_en
        chapters[each.number] = row
        db.add(row)
    db.flush()
    points = {row.code: row for row in db.exec(select(KnowledgePoint).where(KnowledgePoint.bank_id == bank.id))}
    for point in book.points:
        if point.code in points and point.name == columns.POINT_EXAMPLE:
            continue
        held = points.get(point.code) or KnowledgePoint(bank_id=bank.id or 0, code=point.code, name="")
        held.name, held.name_en = point.name, point.name_en
        chapter = chapters.get(point.chapter or 0)
        held.chapter_id = chapter.id if chapter else None
        points[point.code] = held
        db.add(held)
    db.flush()
