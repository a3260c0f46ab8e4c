"""Banks, chapters, knowledge points, items and their versions, pictures, papers."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from exam.core.db import Hundredths, one_of

DELIVERIES = ("face-to-face", "online")
ITEM_STATES = ("draft", "ready", "retired")
PAPER_STATES = ("draft", "published", "retired")
PAPER_METHODS = ("fixed", "blueprint")


class Bank(SQLModel, table=True):
    """An item bank: the items of one course or subject of an institution."""

    __tablename__ = "bank"
    __table_args__ = (
        UniqueConstraint("institution_id", "code"),
        CheckConstraint(one_of("delivery", DELIVERIES), name="delivery"),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    code: str = Field(max_length=40)
    title: str = Field(max_length=200)
    title_en: str = Field(default="", max_length=200)
    subject: str = Field(default="", max_length=200)
    delivery: str = Field(max_length=20)
    created_at: datetime
    created_by: int | None = Field(default=None, foreign_key="person.id")


class Chapter(SQLModel, table=True):
    """A chapter of a bank; S2 counts an online course's items by chapter."""

    __tablename__ = "chapter"
    __table_args__ = (UniqueConstraint("bank_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    bank_id: int = Field(foreign_key="bank.id", index=True)
    number: int
    title: str = Field(max_length=200)
    title_en: str = Field(default="", max_length=200)


class KnowledgePoint(SQLModel, table=True):
    """Something an item asks about; results are broken down by it."""

    __tablename__ = "knowledge_point"
    __table_args__ = (UniqueConstraint("bank_id", "code"),)

    id: int | None = Field(default=None, primary_key=True)
    bank_id: int = Field(foreign_key="bank.id", index=True)
    chapter_id: int | None = Field(default=None, foreign_key="chapter.id")
    code: str = Field(max_length=40)
    name: str = Field(max_length=200)
    name_en: str = Field(default="", max_length=200)


class Item(SQLModel, table=True):
    """An item under its code. What it says is in its versions; `version_number` is the current one.

    `kind`, `chapter_id`, `difficulty`, `points` and `search_text` repeat the current version's, for lists and filters.
    """

    __tablename__ = "item"
    __table_args__ = (UniqueConstraint("bank_id", "code"), CheckConstraint(one_of("state", ITEM_STATES), name="state"))

    id: int | None = Field(default=None, primary_key=True)
    bank_id: int = Field(foreign_key="bank.id", index=True)
    chapter_id: int = Field(foreign_key="chapter.id", index=True)
    code: str = Field(max_length=60)
    kind: str = Field(max_length=30, index=True)
    state: str = Field(default="draft", index=True)
    version_number: int = 1
    difficulty: int = Field(default=3, ge=1, le=5)
    points: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    keyed: bool = False
    search_text: str = Field(default="", sa_column=Column(Text, nullable=False))
    updated_at: datetime = Field(index=True)
    updated_by: int | None = Field(default=None, foreign_key="person.id")


class ItemVersion(SQLModel, table=True):
    """One wording of an item; never changed after it is written, so that a paper and its marks stay what they were."""

    __tablename__ = "item_version"
    __table_args__ = (UniqueConstraint("item_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id", index=True)
    number: int
    kind: str = Field(max_length=30)
    chapter_id: int = Field(foreign_key="chapter.id")
    difficulty: int
    points: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    content: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    semantic_hash: str = Field(max_length=64, index=True)
    created_at: datetime
    created_by: int | None = Field(default=None, foreign_key="person.id")


class Picture(SQLModel, table=True):
    """A checked and re-encoded picture of an institution's items; the bytes are in the object store under `sha256`."""

    __tablename__ = "picture"

    institution_id: int = Field(foreign_key="institution.id", primary_key=True)
    sha256: str = Field(primary_key=True, max_length=64)
    media_type: str = Field(max_length=40)
    width: int
    height: int
    size: int
    created_at: datetime
    created_by: int | None = Field(default=None, foreign_key="person.id")


class Paper(SQLModel, table=True):
    """A paper: items with marks. Published, it is frozen: its lines and the versions they name never change."""

    __tablename__ = "paper"
    __table_args__ = (
        UniqueConstraint("bank_id", "code"),
        CheckConstraint(one_of("state", PAPER_STATES), name="state"),
        CheckConstraint(one_of("method", PAPER_METHODS), name="method"),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    bank_id: int = Field(foreign_key="bank.id", index=True)
    code: str = Field(max_length=40)
    title: str = Field(max_length=200)
    method: str = "fixed"
    state: str = "draft"
    blueprint: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    seed: str = Field(default="", max_length=64)
    shuffle_items: bool = True
    shuffle_options: bool = True
    total_marks: Decimal = Field(default=Decimal(0), sa_type=Hundredths)
    created_at: datetime
    created_by: int | None = Field(default=None, foreign_key="person.id")
    published_at: datetime | None = None
    published_by: int | None = Field(default=None, foreign_key="person.id")


class PaperItem(SQLModel, table=True):
    """A line of a paper: which version of which item, for how many marks. `position` counts from 1, unshuffled."""

    __tablename__ = "paper_item"
    __table_args__ = (UniqueConstraint("paper_id", "position"), UniqueConstraint("paper_id", "item_id"))

    id: int | None = Field(default=None, primary_key=True)
    paper_id: int = Field(foreign_key="paper.id", index=True)
    position: int
    item_id: int = Field(foreign_key="item.id", index=True)
    version_id: int = Field(foreign_key="item_version.id", index=True)
    marks: Decimal = Field(sa_type=Hundredths)
