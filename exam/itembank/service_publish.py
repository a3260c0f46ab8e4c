"""Publishing and retiring papers, and making one from a definition (JSON, demo content)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from exam.core.decisions import Refusal
from exam.core.errors import Invalid, Problem, Refused
from exam.itembank.actors import Actor, author_of
from exam.itembank.blueprint import read_marks
from exam.itembank.models import Item, Paper, PaperItem
from exam.itembank.service_papers import (
    create_paper,
    draft_paper,
    get_paper,
    log_paper,
    raw_lines,
    replace_lines,
    set_blueprint,
)


def publish_problems(db: Session, paper: Paper) -> list[Problem]:
    """What keeps a draft from being published: no items, items not ready or without a key, lines without marks."""
    rows = db.exec(
        select(PaperItem, Item)
        .join(Item, col(Item.id) == col(PaperItem.item_id))
        .where(PaperItem.paper_id == paper.id)
        .order_by(col(PaperItem.position))
    ).all()
    found = [] if rows else [Problem("items", "paper-empty")]
    for line, item in rows:
        named = {"code": item.code, "position": line.position}
        if item.state != "ready":
            found.append(Problem(f"items.{line.position}", f"paper-item-{item.state}", named))
        if not item.keyed:
            found.append(Problem(f"items.{line.position}", "paper-item-unkeyed", named))
        if line.marks <= 0:
            found.append(Problem(f"marks.{item.id}", "paper-item-without-marks", named))
    return found


def publish(db: Session, who: Actor, paper_id: int, now: datetime) -> Paper:
    """Freeze a draft: pin the current version of each item, fix the total. Raises `NotFound`, `Refused`, `Invalid`."""
    paper = draft_paper(db, who, paper_id)
    problems = publish_problems(db, paper)
    if problems:
        raise Invalid(problems)
    # Written anew, so that each line names the version that is current now, whatever was current when it was added.
    replace_lines(db, paper, [(line.item_id, line.marks) for line in raw_lines(db, paper)])
    paper.state, paper.published_at, paper.published_by = "published", now, author_of(who)
    db.add(paper)
    log_paper(db, who, now, "paper.publish", paper)
    return paper


def retire_paper(db: Session, who: Actor, paper_id: int, now: datetime) -> Paper:
    """Take a published paper out of use for new exams; what was sat with it stays. Raises `NotFound`, `Refused`."""
    paper = get_paper(db, who, paper_id)
    if paper.state != "published":
        raise Refused(Refusal("paper-not-published", params={"code": paper.code}))
    paper.state = "retired"
    db.add(paper)
    log_paper(db, who, now, "paper.retire", paper)
    return paper


def copy_paper(db: Session, who: Actor, paper_id: int, code: str, now: datetime) -> Paper:
    """A new draft with the lines of a paper (items now retired left out), to go on from a frozen one."""
    source = get_paper(db, who, paper_id)
    fields = {"code": code, "title": source.title, "method": source.method}
    shuffles = {
        "shuffle_items": "yes" if source.shuffle_items else "no",
        "shuffle_options": "yes" if source.shuffle_options else "no",
    }
    paper = create_paper(db, who, source.bank_id, {**fields, **shuffles}, now)
    paper.blueprint, paper.seed = list(source.blueprint), source.seed
    usable = set(db.exec(select(Item.id).where(Item.bank_id == source.bank_id, Item.state != "retired")))
    lines = [(line.item_id, line.marks) for line in raw_lines(db, source) if line.item_id in usable]
    replace_lines(db, paper, lines)
    return paper


def paper_from_definition(db: Session, who: Actor, bank_id: int, given: Mapping[str, Any], now: datetime) -> Paper:
    """A draft from `{"code", "title", "method": "fixed", "items": [{"code", "marks"}]}` or `{"method": "blueprint",
    "rows": [{"chapter", "kind", "count", "marks"}], "seed"}`. Raises `Invalid`, naming codes that the bank lacks.
    """
    method = str(given.get("method", "fixed"))
    shuffles = {name: "no" if given.get(name) is False else "yes" for name in ("shuffle_items", "shuffle_options")}
    fields = {"code": str(given.get("code", "")), "title": str(given.get("title", "")), "method": method}
    paper = create_paper(db, who, bank_id, {**fields, **shuffles}, now)
    if method == "blueprint":
        paper.seed = str(given.get("seed") or paper.code)[:64]
        drawn = set_blueprint(db, who, paper.id or 0, given.get("rows", []))
        if drawn.shortages:
            raise Invalid([shortage_problem(short) for short in drawn.shortages])
        return paper
    replace_lines(db, paper, _listed_items(db, bank_id, given.get("items", [])))
    return paper


def shortage_problem(short: Any) -> Problem:
    """A row of a blueprint that the bank can't fill, as a problem of its field."""
    params = {"row": short.row, "chapter": short.chapter, "kind": short.kind, "have": short.have, "need": short.need}
    return Problem(f"rows.{short.row - 1}.count", "blueprint-short", params)


def _listed_items(db: Session, bank_id: int, given: Any) -> list[tuple[int, Any]]:
    ids = {code: item for item, code in db.exec(select(Item.id, Item.code).where(Item.bank_id == bank_id))}
    lines, problems = [], []
    for place, line in enumerate(given if isinstance(given, list) else []):
        code = str(line.get("code", "")) if isinstance(line, dict) else ""
        marks = read_marks(str(line.get("marks", ""))) if isinstance(line, dict) else None
        if code not in ids:
            problems.append(Problem(f"items.{place}.code", "item-unknown", {"code": code[:60]}))
        elif marks is None:
            problems.append(Problem(f"items.{place}.marks", "marks-malformed"))
        else:
            lines.append((ids[code] or 0, marks))
    if problems:
        raise Invalid(problems)
    return lines
