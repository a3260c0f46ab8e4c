"""Papers: put together by hand or drawn from a blueprint, published, retired. Published, a paper is frozen for ever."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, delete, select

from exam.core import audit
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.itembank import blueprint as blueprints
from exam.itembank.actors import Actor, author_of
from exam.itembank.models import Bank, Chapter, Item, ItemVersion, Paper, PaperItem
from exam.itembank.service_banks import code_problem, get_bank, text_problems

MOST_LINES = 500
METHODS = ("fixed", "blueprint")


def get_paper(db: Session, who: Actor, paper_id: int) -> Paper:
    """A paper of the caller's institution; raises `NotFound`."""
    paper = db.get(Paper, paper_id)
    if paper is None or paper.institution_id != who.institution_id:
        raise NotFound(f"paper {paper_id}")
    return paper


def draft_paper(db: Session, who: Actor, paper_id: int, method: str = "") -> Paper:
    """A paper that may still be changed. Raises `NotFound`, `Refused` (published, or made by the other method)."""
    paper = get_paper(db, who, paper_id)
    if paper.state != "draft":
        raise Refused(Refusal("paper-frozen", params={"code": paper.code}))
    if method and paper.method != method:
        raise Refused(Refusal(f"paper-is-{paper.method}", params={"code": paper.code}))
    return paper


def create_paper(db: Session, who: Actor, bank_id: int, fields: Mapping[str, str], now: datetime) -> Paper:
    """A new, empty draft. Raises `NotFound`, `Invalid`."""
    bank = get_bank(db, who, bank_id)
    given = {name: str(value or "").strip() for name, value in fields.items()}
    problems = code_problem("code", given.get("code", "")) + text_problems(given, {"title": 200}, ("title",))
    if given.get("method") not in METHODS:
        problems.append(Problem("method", "paper-method-unknown"))
    taken = select(Paper.id).where(Paper.bank_id == bank.id, Paper.code == given.get("code", ""))
    if db.exec(taken).first() is not None:
        problems.append(Problem("code", "code-taken"))
    if problems:
        raise Invalid(problems)
    paper = Paper(
        institution_id=bank.institution_id,
        bank_id=bank.id or 0,
        code=given["code"],
        title=given["title"],
        method=given["method"],
        shuffle_items=given.get("shuffle_items", "yes") == "yes",
        shuffle_options=given.get("shuffle_options", "yes") == "yes",
        created_at=now,
        created_by=author_of(who),
    )
    db.add(paper)
    db.flush()
    log_paper(db, who, now, "paper.create", paper)
    return paper


def update_paper(db: Session, who: Actor, paper_id: int, fields: Mapping[str, str]) -> Paper:
    """Change a draft's title and what is shuffled. Raises `NotFound`, `Refused`, `Invalid`."""
    paper = draft_paper(db, who, paper_id)
    given = {name: str(value or "").strip() for name, value in fields.items()}
    problems = text_problems(given, {"title": 200}, ("title",))
    if problems:
        raise Invalid(problems)
    paper.title = given["title"]
    paper.shuffle_items = given.get("shuffle_items") == "yes"
    paper.shuffle_options = given.get("shuffle_options") == "yes"
    db.add(paper)
    return paper


def raw_lines(db: Session, paper: Paper) -> list[PaperItem]:
    """The lines of a paper in order, as rows."""
    return list(db.exec(select(PaperItem).where(PaperItem.paper_id == paper.id).order_by(col(PaperItem.position))))


def replace_lines(db: Session, paper: Paper, lines: Sequence[tuple[int, Decimal]]) -> None:
    """Write the lines of a draft anew: (item id, marks) in order. Until publication the version is the current one."""
    db.exec(delete(PaperItem).where(col(PaperItem.paper_id) == paper.id))
    db.flush()
    current = (col(ItemVersion.item_id) == col(Item.id)) & (col(ItemVersion.number) == col(Item.version_number))
    wanted = [item for item, _ in lines]
    rows = db.exec(select(Item.id, ItemVersion.id).join(ItemVersion, current).where(col(Item.id).in_(wanted)))
    versions = dict(rows.all())
    for position, (item, marks) in enumerate(lines, start=1):
        version = versions[item] or 0
        db.add(PaperItem(paper_id=paper.id or 0, position=position, item_id=item, version_id=version, marks=marks))
    paper.total_marks = sum((marks for _, marks in lines), Decimal(0))
    db.add(paper)
    db.flush()


def add_items(db: Session, who: Actor, paper_id: int, item_ids: Sequence[int], marks: Decimal) -> int:
    """Add items at the end, those already there left out. How many were added. Raises `Refused`, `Invalid`.

    Items must belong to the paper's bank and not be retired.
    """
    paper = draft_paper(db, who, paper_id, "fixed")
    lines = [(line.item_id, line.marks) for line in raw_lines(db, paper)]
    there = {item for item, _ in lines}
    allowed = db.exec(
        select(Item.id).where(Item.bank_id == paper.bank_id, Item.state != "retired", col(Item.id).in_(list(item_ids)))
    ).all()
    new = [item for item in dict.fromkeys(item_ids) if item in set(allowed) and item not in there]
    if len(lines) + len(new) > MOST_LINES:
        raise Invalid([Problem("items", "paper-too-long", {"most": MOST_LINES})])
    replace_lines(db, paper, [*lines, *((item, marks) for item in new)])
    return len(new)


def edit_lines(
    db: Session, who: Actor, paper_id: int, marks: Mapping[int, str], order: Sequence[int], remove: Sequence[int] = ()
) -> None:
    """Set marks (by item id, as typed), take items off, and put the rest into `order` (item ids; others keep theirs).

    Raises `NotFound`, `Refused`, `Invalid` with `marks.<item id>` for each that can't be read.
    """
    paper = draft_paper(db, who, paper_id, "fixed")
    lines = {line.item_id: line.marks for line in raw_lines(db, paper) if line.item_id not in set(remove)}
    problems = []
    for item, text in marks.items():
        if item not in lines:
            continue
        read = blueprints.read_marks(text)
        if read is None:
            problems.append(Problem(f"marks.{item}", "marks-malformed"))
        else:
            lines[item] = read
    if problems:
        raise Invalid(problems)
    placed = [item for item in dict.fromkeys(order) if item in lines]
    rest = [item for item in lines if item not in set(placed)]
    replace_lines(db, paper, [(item, lines[item]) for item in [*placed, *rest]])


def set_marks_by_kind(db: Session, who: Actor, paper_id: int, kind: str, text: str) -> int:
    """Give every item of a kind ("" for all) the same marks. How many. Raises `NotFound`, `Refused`, `Invalid`."""
    paper = draft_paper(db, who, paper_id, "fixed")
    marks = blueprints.read_marks(text)
    if marks is None:
        raise Invalid([Problem("marks", "marks-malformed")])
    lines = raw_lines(db, paper)
    wanted = col(Item.id).in_([line.item_id for line in lines])
    kinds = dict(db.exec(select(Item.id, Item.kind).where(wanted)).all())
    chosen = {line.item_id for line in lines if not kind or kinds[line.item_id] == kind}
    replace_lines(db, paper, [(li.item_id, marks if li.item_id in chosen else li.marks) for li in lines])
    return len(chosen)


def drawable(db: Session, bank_id: int) -> list[blueprints.Drawable]:
    """The items of a bank that a blueprint may draw from: ready, with their key."""
    rows = db.exec(
        select(Item.id, Item.code, Item.kind, Chapter.number)
        .join(Chapter, col(Chapter.id) == col(Item.chapter_id))
        .where(Item.bank_id == bank_id, Item.state == "ready", col(Item.keyed).is_(True))
    )
    return [blueprints.Drawable(item or 0, code, kind, number) for item, code, kind, number in rows]


def set_blueprint(db: Session, who: Actor, paper_id: int, given: Any) -> blueprints.Drawn:
    """Store a draft's blueprint and draw it by its seed. The lines are empty while a row is short.

    Raises `NotFound`, `Refused`, `Invalid`.
    """
    paper = draft_paper(db, who, paper_id, "blueprint")
    rows = blueprints.read_rows(given)
    if sum(row.count for row in rows) > MOST_LINES:
        raise Invalid([Problem("rows", "paper-too-long", {"most": MOST_LINES})])
    paper.blueprint = [row.json() for row in rows]
    return _draw(db, paper, paper.seed or secrets.token_hex(8))


def redraw(db: Session, who: Actor, paper_id: int, seed: str = "") -> blueprints.Drawn:
    """Draw a draft's blueprint by another seed, a random one unless given. Raises `NotFound`, `Refused`."""
    paper = draft_paper(db, who, paper_id, "blueprint")
    return _draw(db, paper, seed.strip()[:64] or secrets.token_hex(8))


def _draw(db: Session, paper: Paper, seed: str) -> blueprints.Drawn:
    drawn = blueprints.draw(blueprints.read_rows(paper.blueprint), drawable(db, paper.bank_id), seed)
    paper.seed = seed
    replace_lines(db, paper, [(item.item_id, marks) for item, marks in drawn.lines])
    return drawn


def delete_draft(db: Session, who: Actor, paper_id: int, now: datetime) -> None:
    """Throw a draft away. Raises `NotFound`, `Refused`."""
    paper = draft_paper(db, who, paper_id)
    db.exec(delete(PaperItem).where(col(PaperItem.paper_id) == paper.id))
    log_paper(db, who, now, "paper.delete", paper)
    db.delete(paper)


def log_paper(db: Session, who: Actor, now: datetime, action: str, paper: Paper) -> None:
    """Write a deed to a paper into the audit log; never its items."""
    audit.record(
        db,
        at=now,
        action=action,
        subject=("paper", paper.id),
        institution_id=paper.institution_id,
        actor_id=author_of(who),
        detail={"code": paper.code, "state": paper.state, "marks": str(paper.total_marks)},
    )


def bank_of(db: Session, paper: Paper) -> Bank:
    """The bank of a paper."""
    return db.exec(select(Bank).where(Bank.id == paper.bank_id)).one()
