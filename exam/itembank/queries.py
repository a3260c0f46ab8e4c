"""Reads of item banks that pages and other packages share; their rooms are `queries_banks`, `_items`, `_papers`."""

from exam.itembank.queries_banks import (
    BankRow,
    ChapterCount,
    PointCount,
    chapter_counts,
    item_facts,
    list_banks,
    meter,
    point_counts,
)
from exam.itembank.queries_items import ItemFilter, ItemPage, ItemRow, papers_with, read_filter, search
from exam.itembank.queries_papers import (
    PaperLine,
    PaperRow,
    PreparedPaper,
    facts_of,
    list_papers,
    paper_facts,
    paper_lines,
    paper_pictures,
    prepared_paper,
    published_papers,
    read_lines,
)

__all__ = [
    "BankRow",
    "ChapterCount",
    "ItemFilter",
    "ItemPage",
    "ItemRow",
    "PaperLine",
    "PaperRow",
    "PointCount",
    "PreparedPaper",
    "chapter_counts",
    "facts_of",
    "item_facts",
    "list_banks",
    "list_papers",
    "meter",
    "paper_facts",
    "paper_lines",
    "paper_pictures",
    "papers_with",
    "point_counts",
    "prepared_paper",
    "published_papers",
    "read_filter",
    "read_lines",
    "search",
]
