"""The S2 rules: tables round each boundary."""

from datetime import date

import pytest

from exam.itembank import rules
from exam.itembank.rules import ItemFact, PaperFact
from exam.schemes.ccaa_items import EIGHT_KINDS, ITEM_BANK, item_bank_rules

RULES = item_bank_rules(date(2026, 11, 6))
SC, TF, MC = "single-choice", "true-false", "multiple-choice"


def items(n: int, kinds=(SC, TF), chapter: int = 1, keyed: bool = True, prefix: str = "I") -> list[ItemFact]:
    return [ItemFact(f"{prefix}{i}", kinds[i % len(kinds)], chapter, keyed) for i in range(n)]


def paper(code: str, n: int, kinds=(SC, TF), keyed: bool = True) -> PaperFact:
    return PaperFact(code, items(n, kinds, keyed=keyed, prefix=code))


def missing(report: rules.Report) -> list[tuple[str, str, int]]:
    return [(check.code, check.subject, check.short) for check in report.missing]


def face_to_face(*papers: PaperFact) -> rules.Report:
    return rules.bank_report(rules.FACE_TO_FACE, RULES, [1], [i for p in papers for i in p.items], papers)


def online(*chapters: list[ItemFact], papers: int = 1) -> rules.Report:
    numbers = list(range(1, len(chapters) + 1))
    facts = [
        ItemFact(f"{number}-{fact.code}", fact.kind, number, fact.keyed, fact.ready)
        for number, chapter in zip(numbers, chapters, strict=True)
        for fact in chapter
    ]
    return rules.bank_report(rules.ONLINE, RULES, numbers, facts, [paper(f"P{n}", 3) for n in range(papers)])


@pytest.mark.parametrize(
    ("papers", "expected"),
    [
        ([], [("papers", "", 2)]),
        ([("A", 50, (SC, TF))], [("papers", "", 1)]),
        ([("A", 50, (SC, TF)), ("B", 50, (SC, TF))], []),
        ([("A", 50, (SC, TF)), ("B", 49, (SC, TF))], [("paper-items", "B", 1)]),
        ([("A", 50, (SC, TF)), ("P2", 47, (SC, TF))], [("paper-items", "P2", 3)]),
        ([("A", 51, (SC, TF)), ("B", 500, (SC, TF))], []),
        ([("A", 50, (SC,)), ("B", 50, (SC, "essay"))], [("paper-kinds", "A", 1)]),
        ([("A", 0, (SC,)), ("B", 50, (SC, TF))], [("paper-items", "A", 50), ("paper-kinds", "A", 2)]),
        ([("A", 50, (SC, TF)), ("B", 50, (SC, TF)), ("C", 49, (SC, TF))], [("paper-items", "C", 1)]),
        ([("A", 50, EIGHT_KINDS), ("B", 50, EIGHT_KINDS[3:])], []),
    ],
)
def test_face_to_face(papers, expected):
    report = face_to_face(*(paper(*each) for each in papers))
    assert missing(report) == expected
    assert report.met == (not expected)


def test_a_face_to_face_paper_names_the_items_without_a_key():
    facts = [*items(49, prefix="A"), ItemFact("X", SC, 1, keyed=False)]
    report = face_to_face(PaperFact("A", facts), paper("B", 50))
    assert [(c.code, c.subject, c.items) for c in report.missing] == [
        ("paper-keyed", "A", ("X",)),
        ("keyed", "", ("X",)),
    ]


@pytest.mark.parametrize(
    ("chapters", "papers", "expected"),
    [
        ([items(10)], 1, []),
        ([items(9)], 1, [("chapter-items", "1", 1)]),
        ([items(11)], 1, []),
        ([items(10), items(9), items(12)], 1, [("chapter-items", "2", 1)]),
        ([items(10, (SC,))], 1, [("chapter-kinds", "1", 1)]),
        ([items(10, (MC, TF))], 1, []),
        ([items(10, (SC, MC, TF))], 1, []),
        ([items(0)], 1, [("chapter-items", "1", 10), ("chapter-kinds", "1", 2)]),
        ([], 1, [("chapters", "", 1)]),
        ([items(10)], 0, [("papers", "", 1)]),
        ([items(10)], 2, []),
    ],
)
def test_online(chapters, papers, expected):
    assert missing(online(*chapters, papers=papers)) == expected


def test_an_online_chapter_names_kinds_that_are_not_allowed_and_their_items():
    odd = [ItemFact("X", "fill-in-the-blank", 3, True), ItemFact("Y", "fill-in-the-blank", 3, True)]
    report = online(items(10), items(10), items(10) + odd)
    (check,) = report.missing
    assert (check.code, check.subject, check.items) == ("kinds-allowed", "3", ("3-X", "3-Y"))
    assert check.kinds == ("fill-in-the-blank",)


def test_items_of_kinds_that_are_not_allowed_do_not_fill_a_chapter():
    report = online([*items(9), ItemFact("X", "essay", 1, True)])
    assert [(c.code, c.short) for c in report.missing] == [("chapter-items", 1), ("kinds-allowed", 1)]


def test_drafts_do_not_count_but_an_item_without_a_key_is_named_all_the_same():
    drafts = [ItemFact("D", SC, 1, keyed=False, ready=False)]
    report = online(items(9) + drafts)
    assert [(c.code, c.items) for c in report.missing] == [("chapter-items", ()), ("keyed", ("1-D",))]


def test_a_paper_alone():
    assert rules.paper_report(rules.FACE_TO_FACE, RULES, paper("A", 50)).met
    assert missing(rules.paper_report(rules.FACE_TO_FACE, RULES, paper("A", 47))) == [("paper-items", "A", 3)]
    assert rules.paper_report(rules.ONLINE, RULES, paper("A", 3)).met
    odd = rules.paper_report(rules.ONLINE, RULES, paper("A", 3, (SC, "essay")))
    assert [(c.code, c.items) for c in odd.missing] == [("kinds-allowed", ("A1",))]


@pytest.mark.parametrize(
    ("day", "row"), [(date(2012, 12, 31), 0), (date(2013, 1, 1), 0), (date(2026, 11, 6), len(ITEM_BANK) - 1)]
)
def test_the_row_that_holds(day, row):
    assert item_bank_rules(day) is ITEM_BANK[row]


def test_overlap_is_counted_of_the_smaller_paper():
    first, second = PaperFact("A", items(50)), PaperFact("B", items(7) + items(3, prefix="Z"))
    (overlap,) = rules.overlaps([first, second, PaperFact("C", items(5, prefix="Q"))])
    assert (overlap.first, overlap.second, len(overlap.items), overlap.share) == ("A", "B", 7, 7000)
    assert rules.overlaps([PaperFact("A", []), PaperFact("B", [])]) == []


def test_coverage_counts_points_without_items_too():
    assert rules.coverage(["a", "b", "c"], ["a", "a", "c", "unknown"]) == {"a": 2, "b": 0, "c": 1}
