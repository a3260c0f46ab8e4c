"""What S2 asks of a bank and its papers, as pure functions: each check with what there is and what is needed.

Settled readings: every paper of a face-to-face course that is not retired must meet the numbers ("each"); an online
course needs its one paper, and a practice paper beside it does no harm; only items that are ready count towards a
chapter's number, but an item without its answer is named whatever its state, unless it is retired.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from exam.schemes.ccaa_items import ItemBankRules

FACE_TO_FACE, ONLINE = "face-to-face", "online"


@dataclass(frozen=True)
class ItemFact:
    """What the rules need to know of an item."""

    code: str
    kind: str
    chapter: int
    keyed: bool
    ready: bool = True


@dataclass(frozen=True)
class PaperFact:
    """A paper with the items on it."""

    code: str
    items: Sequence[ItemFact]


@dataclass(frozen=True)
class Check:
    """One requirement. `subject` is a paper's code or a chapter's number ("" for the whole bank); `items` are the codes
    of the items, `kinds` the kinds, that stand against it. Its texts are `s2.<code>` and `s2.missing.<code>`.
    """

    code: str
    subject: str
    have: int
    need: int
    items: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    @property
    def met(self) -> bool:
        return self.have >= self.need and not self.items

    @property
    def short(self) -> int:
        """How many are missing."""
        return max(self.need - self.have, 0)


@dataclass(frozen=True)
class Report:
    """Every check of one bank or paper."""

    delivery: str
    checks: tuple[Check, ...]

    @property
    def met(self) -> bool:
        return all(check.met for check in self.checks)

    @property
    def missing(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.met)


def bank_report(
    delivery: str, rules: ItemBankRules, chapters: Sequence[int], items: Sequence[ItemFact], papers: Sequence[PaperFact]
) -> Report:
    """A bank against the rules of its delivery. `items` and `papers` without the retired ones."""
    if delivery == FACE_TO_FACE:
        each = [check for paper in papers for check in paper_checks(rules, paper)]
        checks = [Check("papers", "", len(papers), rules.face_to_face_papers), *each, keyed_check("", items)]
    else:
        each = [check for number in chapters for check in chapter_checks(rules, number, items)]
        checks = [
            Check("chapters", "", len(chapters), 1),
            *each,
            Check("papers", "", len(papers), rules.online_papers),
            keyed_check("", items),
        ]
    return Report(delivery, tuple(checks))


def paper_report(delivery: str, rules: ItemBankRules, paper: PaperFact) -> Report:
    """One paper: S2 sets numbers for the papers of face-to-face courses only; every item needs its answer anyway."""
    if delivery == FACE_TO_FACE:
        return Report(delivery, tuple(paper_checks(rules, paper)))
    return Report(delivery, (*_allowed(rules.chapter_kinds_allowed, paper.items, ""), keyed_check("", paper.items)))


def paper_checks(rules: ItemBankRules, paper: PaperFact) -> Iterable[Check]:
    """S2 annex 5: at least 50 items, at least two of the eight kinds, every item with its answer."""
    kinds = {item.kind for item in paper.items if item.kind in rules.paper_kinds_allowed}
    yield Check("paper-items", paper.code, len(paper.items), rules.paper_items)
    yield Check("paper-kinds", paper.code, len(kinds), rules.paper_kinds)
    unkeyed = tuple(item.code for item in paper.items if not item.keyed)
    yield Check("paper-keyed", paper.code, len(paper.items) - len(unkeyed), len(paper.items), unkeyed)


def chapter_checks(rules: ItemBankRules, number: int, items: Sequence[ItemFact]) -> Iterable[Check]:
    """S2 annex 5: each chapter at least 10 items, only of the three objective kinds, at least two of them."""
    within = [item for item in items if item.chapter == number and item.ready]
    allowed = [item for item in within if item.kind in rules.chapter_kinds_allowed]
    subject = str(number)
    yield Check("chapter-items", subject, len(allowed), rules.chapter_items)
    yield Check("chapter-kinds", subject, len({item.kind for item in allowed}), rules.chapter_kinds)
    yield from _allowed(rules.chapter_kinds_allowed, within, subject)


def _allowed(kinds: Sequence[str], items: Sequence[ItemFact], subject: str) -> Iterable[Check]:
    others = [item for item in items if item.kind not in kinds]
    names = tuple(dict.fromkeys(item.kind for item in others))
    codes = tuple(item.code for item in others)
    yield Check("kinds-allowed", subject, len(items) - len(others), len(items), codes, names)


def keyed_check(subject: str, items: Sequence[ItemFact]) -> Check:
    """S2 annex 5: every item comes with its answer."""
    unkeyed = tuple(item.code for item in items if not item.keyed)
    return Check("keyed", subject, len(items) - len(unkeyed), len(items), unkeyed)


@dataclass(frozen=True)
class Overlap:
    """Items that two papers share (试题重复率 of S2 form 1); `share` is of the smaller paper, in 1/100 percent."""

    first: str
    second: str
    items: tuple[str, ...]
    share: int


def overlaps(papers: Sequence[PaperFact]) -> list[Overlap]:
    """The overlap of every pair of papers, pairs without any left out."""
    found: list[Overlap] = []
    for i, first in enumerate(papers):
        codes = {item.code for item in first.items}
        for second in papers[i + 1 :]:
            common = tuple(item.code for item in second.items if item.code in codes)
            if common:
                least = min(len(first.items), len(second.items))
                found.append(Overlap(first.code, second.code, common, (len(common) * 20000 + least) // (2 * least)))
    return found


def coverage(points: Iterable[str], asked: Mapping[str, int] | Iterable[str]) -> dict[str, int]:
    """How many items ask about each knowledge point (知识点覆盖 of S2 form 1), points without any included."""
    counts = Counter(asked if isinstance(asked, Mapping) else Counter(asked))
    return {point: counts[point] for point in points}
