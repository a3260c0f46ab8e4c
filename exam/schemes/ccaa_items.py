"""DATA: what CCAA asks of item banks (S2: the 2013 continuing-education scheme of 认证人员, its annex 5 and form 1).

Each row holds from its date until the next one's; a later notice is one more row.
"""

from dataclasses import dataclass
from datetime import date

OBJECTIVE_KINDS = ("single-choice", "multiple-choice", "true-false")
EIGHT_KINDS = (
    *OBJECTIVE_KINDS,
    "fill-in-the-blank",
    "case-analysis",
    "short-answer",
    "calculation",
    "essay",
)


@dataclass(frozen=True)
class ItemBankRules:
    """The numbers for the items and papers of one course, by how the course is given."""

    holds_from: date
    source: str
    face_to_face_papers: int
    paper_items: int
    paper_kinds: int
    paper_kinds_allowed: tuple[str, ...]
    online_papers: int
    chapter_items: int
    chapter_kinds: int
    chapter_kinds_allowed: tuple[str, ...]


ITEM_BANK = (
    ItemBankRules(
        holds_from=date(2013, 1, 1),
        source="S2 附件5（二）1（3）、附表1 第3项",
        face_to_face_papers=2,
        paper_items=50,
        paper_kinds=2,
        paper_kinds_allowed=EIGHT_KINDS,
        online_papers=1,
        chapter_items=10,
        chapter_kinds=2,
        chapter_kinds_allowed=OBJECTIVE_KINDS,
    ),
)


def item_bank_rules(on: date) -> ItemBankRules:
    """The row that holds on a day (Shanghai); the first one for days before it."""
    return max((row for row in ITEM_BANK if row.holds_from <= on), key=lambda row: row.holds_from, default=ITEM_BANK[0])
