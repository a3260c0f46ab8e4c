"""Items: written, rewritten as new versions, retired, restored. A version once written is never changed."""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from exam.core import audit
from exam.core.errors import AppError, Invalid, NotFound, Problem
from exam.itembank import authoring
from exam.itembank.actors import Actor, author_of
from exam.itembank.drafts import (
    Draft,
    Facts,
    Surroundings,
    basic_problems,
    content_problems,
    facts_of,
    surroundings,
)
from exam.itembank.models import Bank, Chapter, Item, ItemVersion
from exam.itembank.service_banks import get_bank


class EditClash(AppError):
    """Somebody else saved the item meanwhile; what was typed comes along so that nothing is lost."""

    status = 409

    def __init__(self, item_id: int, current: int, based_on: int) -> None:
        super().__init__(f"item {item_id} is at version {current}, not {based_on}")
        self.item_id, self.current, self.based_on = item_id, current, based_on


def get_item(db: Session, who: Actor, item_id: int) -> tuple[Item, Bank]:
    """An item of the caller's institution and its bank; raises `NotFound`."""
    found = db.exec(
        select(Item, Bank).join(Bank, col(Bank.id) == col(Item.bank_id)).where(Item.id == item_id)
    ).one_or_none()
    if found is None or found[1].institution_id != who.institution_id:
        raise NotFound(f"item {item_id}")
    return found[0], found[1]


def get_version(db: Session, item: Item, number: int | None = None) -> ItemVersion:
    """A version of an item, the current one unless a number is given; raises `NotFound`."""
    wanted = item.version_number if number is None else number
    version = db.exec(
        select(ItemVersion).where(ItemVersion.item_id == item.id, ItemVersion.number == wanted)
    ).one_or_none()
    if version is None:
        raise NotFound(f"item {item.code} version {wanted}")
    return version


def create_item(
    db: Session, who: Actor, bank_id: int, draft: Draft, now: datetime, *, ready: bool
) -> tuple[Item, ItemVersion]:
    """Write a new item. `ready` needs it to be complete; a draft may lack anything but its place. Raises `Invalid`."""
    bank = get_bank(db, who, bank_id)
    around = surroundings(db, bank)
    problems = basic_problems(draft, around)
    if db.exec(select(Item.id).where(Item.bank_id == bank.id, Item.code == draft.code)).first() is not None:
        problems.append(Problem("code", "code-taken"))
    if problems or (ready and (problems := content_problems(draft, around))):
        raise Invalid(problems)
    item = Item(
        bank_id=bank.id or 0,
        chapter_id=around.chapters[draft.chapter],
        code=draft.code,
        kind=draft.kind,
        updated_at=now,
    )
    item.version_number = 0
    db.add(item)
    version = write_version(db, who, item, draft, around, now, state="ready" if ready else "draft")
    log_item(db, who, now, "item.create", bank, item)
    return item, version


def fill_item(
    item: Item, who: Actor, draft: Draft, facts: Facts, chapter_id: int, now: datetime, *, state: str
) -> Item:
    """Make an item's copies for lists those of its next version."""
    item.chapter_id = chapter_id
    item.kind, item.difficulty, item.points = draft.kind, draft.difficulty, list(draft.points)
    item.state, item.version_number = state, item.version_number + 1
    item.keyed, item.search_text = facts.keyed, facts.search
    item.updated_at, item.updated_by = now, author_of(who)
    return item


def version_row(item: Item, who: Actor, draft: Draft, facts: Facts, now: datetime) -> ItemVersion:
    """The row of an item's new version; the item has its id and number by now."""
    return ItemVersion(
        item_id=item.id or 0,
        number=item.version_number,
        kind=draft.kind,
        chapter_id=item.chapter_id,
        difficulty=draft.difficulty,
        points=list(draft.points),
        content=draft.content,
        semantic_hash=facts.meaning,
        created_at=now,
        created_by=author_of(who),
    )


def write_version(
    db: Session, who: Actor, item: Item, draft: Draft, around: Surroundings, now: datetime, *, state: str
) -> ItemVersion:
    """Append a version and bring the item's copies for lists up to date. The caller has checked the draft."""
    facts = facts_of(draft)
    db.add(fill_item(item, who, draft, facts, around.chapters[draft.chapter], now, state=state))
    db.flush()
    version = version_row(item, who, draft, facts, now)
    db.add(version)
    db.flush()
    return version


def says_the_same(version: ItemVersion, draft: Draft, chapter_id: int, semantic_hash: str) -> bool:
    """Whether saving the draft would change nothing but ids and spelling."""
    placed = (version.kind, version.chapter_id, version.difficulty, sorted(version.points))
    return placed == (draft.kind, chapter_id, draft.difficulty, sorted(draft.points)) and (
        version.semantic_hash == semantic_hash
    )


def save_item(
    db: Session, who: Actor, item_id: int, draft: Draft, based_on: int, now: datetime, *, ready: bool
) -> tuple[Item, ItemVersion]:
    """Save an edit as a new version, or only its state when it says the same. The code and kind of an item stay.

    Raises `EditClash` when the item is no longer at version `based_on`, `Invalid` when it isn't complete.
    """
    item, bank = get_item(db, who, item_id)
    draft = Draft(item.code, item.kind, draft.chapter, draft.difficulty, draft.points, draft.content)
    around = surroundings(db, bank)
    problems = basic_problems(draft, around)
    if problems or (ready and (problems := content_problems(draft, around))):
        raise Invalid(problems)
    if item.version_number != based_on:
        raise EditClash(item_id, item.version_number, based_on)
    current, state = get_version(db, item), "ready" if ready else "draft"
    meaning = authoring.semantic_hash(draft.kind, draft.content)
    if says_the_same(current, draft, around.chapters[draft.chapter], meaning):
        return item, _only_state(db, who, bank, item, current, state, now)
    version = write_version(db, who, item, draft, around, now, state=state)
    log_item(db, who, now, "item.change", bank, item)
    return item, version


def _only_state(
    db: Session, who: Actor, bank: Bank, item: Item, current: ItemVersion, state: str, now: datetime
) -> ItemVersion:
    if item.state != state:
        item.state, item.updated_at, item.updated_by = state, now, author_of(who)
        db.add(item)
        log_item(db, who, now, "item.state", bank, item)
    return current


def retire_item(db: Session, who: Actor, item_id: int, now: datetime) -> Item:
    """Take an item out of use: it is drawn no more; papers already published keep it. Raises `NotFound`."""
    return _set_state(db, who, item_id, "retired", now)


def restore_item(db: Session, who: Actor, item_id: int, now: datetime) -> Item:
    """Bring a retired item back: ready when it is complete, else a draft. Raises `NotFound`."""
    return _set_state(db, who, item_id, "", now)


def _set_state(db: Session, who: Actor, item_id: int, state: str, now: datetime) -> Item:
    item, bank = get_item(db, who, item_id)
    if not state:
        draft = draft_of(db, item, get_version(db, item))
        state = "draft" if content_problems(draft, surroundings(db, bank)) else "ready"
    item.state, item.updated_at, item.updated_by = state, now, author_of(who)
    db.add(item)
    log_item(db, who, now, "item.state", bank, item)
    return item


def draft_of(db: Session, item: Item, version: ItemVersion) -> Draft:
    """A version as it would be saved again."""
    number = db.exec(select(Chapter.number).where(Chapter.id == version.chapter_id)).one()
    return Draft(item.code, version.kind, number, version.difficulty, tuple(version.points), version.content)


def versions_of(db: Session, item: Item) -> Sequence[ItemVersion]:
    """Every version of an item, the newest first."""
    return db.exec(
        select(ItemVersion).where(ItemVersion.item_id == item.id).order_by(col(ItemVersion.number).desc())
    ).all()


def next_code(db: Session, bank: Bank, chapter: int) -> str:
    """A free code for a new item of a chapter: the bank's code, the chapter, a running number."""
    prefix = f"{bank.code}-{chapter:02d}-"
    taken = db.exec(
        select(Item.code).where(Item.bank_id == bank.id, col(Item.code).startswith(prefix, autoescape=True))
    )
    numbers = [
        int(code.removeprefix(prefix)) for code in taken if re.fullmatch("[0-9]{1,9}", code.removeprefix(prefix))
    ]
    return f"{prefix}{max(numbers, default=0) + 1:03d}"


def log_item(db: Session, who: Actor, now: datetime, action: str, bank: Bank, item: Item) -> None:
    """Write a deed to an item into the audit log; never what it says."""
    audit.record(
        db,
        at=now,
        action=action,
        subject=("item", item.id),
        institution_id=bank.institution_id,
        actor_id=author_of(who),
        detail={"bank": bank.code, "code": item.code, "version": item.version_number, "state": item.state},
    )
