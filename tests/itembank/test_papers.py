"""Papers: lists, blueprints, publishing; what is published never changes."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from exam.core.errors import Invalid, Refused
from exam.itembank import queries, service
from exam.itembank.blueprint import BlueprintRow, Drawable, draw, read_marks, read_rows
from exam.itembank.models import Bank, Paper
from tests.itembank import banks
from tests.itembank.banks import NOW


@pytest.fixture
def stocked(db: Session):
    """An institution's operator, and a bank of six single choices and four true/false items."""
    who = banks.institution(db)
    made = banks.bank(db, who)
    for number in range(6):
        banks.item(db, who, made, f"S{number}", stem=f"单选 {number}")
    for number in range(4):
        banks.item(db, who, made, f"T{number}", kind="true-false", chapter=2, stem=f"判断 {number}")
    return who, made


def new(db: Session, who, made: Bank, code: str = "P1", method: str = "fixed") -> Paper:
    return service.create_paper(db, who, made.id or 0, {"code": code, "title": "卷", "method": method}, NOW)


def ids(db: Session, made: Bank) -> dict[str, int]:
    page = queries.search(db, made, queries.read_filter({}))
    return {row.item.code: row.item.id or 0 for row in page.rows}


def lines(db: Session, paper: Paper) -> list[tuple[str, Decimal]]:
    return [(line.code, line.marks) for line in queries.paper_lines(db, paper.id or 0)]


def test_a_fixed_list_is_added_to_ordered_marked_and_shortened(db: Session, stocked):
    who, made = stocked
    paper, items = new(db, who, made), ids(db, made)
    assert service.add_items(db, who, paper.id or 0, [items["S1"], items["S0"], items["T0"]], Decimal(2)) == 3
    assert service.add_items(db, who, paper.id or 0, [items["S1"], 999_999], Decimal(2)) == 0
    order = [items["T0"], items["S1"], items["S0"]]
    service.edit_lines(db, who, paper.id or 0, {items["T0"]: "0.5"}, order)
    assert lines(db, paper) == [("T0", Decimal("0.50")), ("S1", Decimal(2)), ("S0", Decimal(2))]
    assert paper.total_marks == Decimal("4.50")
    service.edit_lines(db, who, paper.id or 0, {}, order, remove=[items["S1"]])
    assert service.set_marks_by_kind(db, who, paper.id or 0, "single-choice", "3") == 1
    assert service.set_marks_by_kind(db, who, paper.id or 0, "", "1.25") == 2
    assert paper.total_marks == Decimal("2.50")
    with pytest.raises(Invalid) as invalid:
        service.edit_lines(db, who, paper.id or 0, {items["T0"]: "0"}, order)
    assert invalid.value.problems[0].field == f"marks.{items['T0']}"


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("1", "1.00"),
        (" 2.5 ", "2.50"),
        ("0.01", "0.01"),
        ("1000", "1000.00"),
        ("1000.01", None),
        ("0", None),
        ("0.005", None),
        ("-1", None),
        ("1e2", None),
        ("", None),
        ("NaN", None),
        ("１", None),
    ],
)
def test_marks_as_typed(text, marks):
    read = read_marks(text)
    assert (str(read) if read is not None else None) == marks


def test_publishing_checks_pins_and_freezes(db: Session, stocked):
    who, made = stocked
    paper, items = new(db, who, made), ids(db, made)
    with pytest.raises(Invalid) as invalid:
        service.publish(db, who, paper.id or 0, NOW)
    assert [problem.code for problem in invalid.value.problems] == ["paper-empty"]
    lacking, _ = service.create_item(db, who, made.id or 0, banks.draft("D1", key=""), NOW, ready=False)
    service.add_items(db, who, paper.id or 0, [items["S0"], lacking.id or 0], Decimal(1))
    with pytest.raises(Invalid) as invalid:
        service.publish(db, who, paper.id or 0, NOW)
    assert [problem.code for problem in invalid.value.problems] == ["paper-item-draft", "paper-item-unkeyed"]
    service.edit_lines(db, who, paper.id or 0, {}, [items["S0"]], remove=[lacking.id or 0])

    # Until publication the paper shows the item as it is; from then on as it was.
    service.save_item(db, who, items["S0"], banks.draft("S0", stem="第二版"), 1, NOW, ready=True)
    assert queries.paper_lines(db, paper.id or 0)[0].content["stem"] == "第二版"
    service.publish(db, who, paper.id or 0, NOW)
    service.save_item(db, who, items["S0"], banks.draft("S0", stem="第三版"), 2, NOW, ready=True)
    service.retire_item(db, who, items["S0"], NOW)
    (line,) = queries.paper_lines(db, paper.id or 0)
    assert (line.content["stem"], line.version_number, line.keyed) == ("第二版", 2, True)
    assert queries.paper_lines(db, paper.id or 0) is queries.paper_lines(db, paper.id or 0)

    for change in (
        lambda: service.add_items(db, who, paper.id, [items["S1"]], Decimal(1)),
        lambda: service.edit_lines(db, who, paper.id, {items["S0"]: "9"}, []),
        lambda: service.set_marks_by_kind(db, who, paper.id, "", "9"),
        lambda: service.update_paper(db, who, paper.id, {"title": "x"}),
        lambda: service.delete_draft(db, who, paper.id, NOW),
        lambda: service.publish(db, who, paper.id, NOW),
    ):
        with pytest.raises(Refused) as refused:
            change()
        assert refused.value.refusal.code == "paper-frozen"
    service.retire_paper(db, who, paper.id or 0, NOW)
    with pytest.raises(Refused):
        service.retire_paper(db, who, paper.id or 0, NOW)
    assert lines(db, paper) == [("S0", Decimal("1.00"))]


def test_a_copy_goes_on_from_a_frozen_paper_without_retired_items(db: Session, stocked):
    who, made = stocked
    paper, items = new(db, who, made), ids(db, made)
    service.add_items(db, who, paper.id or 0, [items["S0"], items["S1"]], Decimal(1))
    service.publish(db, who, paper.id or 0, NOW)
    service.retire_item(db, who, items["S0"], NOW)
    copied = service.copy_paper(db, who, paper.id or 0, "P2", NOW)
    assert (copied.state, lines(db, copied)) == ("draft", [("S1", Decimal("1.00"))])


def test_items_of_another_bank_cannot_be_put_on_a_paper(db: Session, stocked):
    who, made = stocked
    other = banks.bank(db, who, "B2")
    foreign = banks.item(db, who, other, "X1")
    paper = new(db, who, made)
    assert service.add_items(db, who, paper.id or 0, [foreign.id or 0], Decimal(1)) == 0


ROWS = [
    {"chapter": "1", "kind": "single-choice", "count": "3", "marks": "2"},
    {"chapter": 2, "kind": "true-false", "count": 2, "marks": "1.5"},
]


def test_a_blueprint_is_drawn_by_its_seed(db: Session, stocked):
    who, made = stocked
    paper = new(db, who, made, method="blueprint")
    service.set_blueprint(db, who, paper.id or 0, ROWS)
    assert paper.total_marks == Decimal("9.00")
    seed, first = paper.seed, lines(db, paper)
    service.set_blueprint(db, who, paper.id or 0, ROWS)
    assert (paper.seed, lines(db, paper)) == (seed, first)
    assert service.redraw(db, who, paper.id or 0, seed).lines and lines(db, paper) == first
    others = set()
    for number in range(10):
        service.redraw(db, who, paper.id or 0, f"s{number}")
        others.add(tuple(code for code, _ in lines(db, paper)))
    assert len(others) > 1
    with pytest.raises(Refused):
        service.add_items(db, who, paper.id or 0, [1], Decimal(1))


def test_a_blueprint_that_the_bank_cannot_fill_names_the_row(db: Session, stocked):
    who, made = stocked
    paper = new(db, who, made, method="blueprint")
    rows = [*ROWS, {"chapter": 2, "kind": "true-false", "count": 3, "marks": "1"}]
    drawn = service.set_blueprint(db, who, paper.id or 0, rows)
    assert [(short.row, short.have, short.need) for short in drawn.shortages] == [(3, 2, 3)]
    assert lines(db, paper) == []


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"chapter": "", "kind": "essay", "count": 1, "marks": "1"}, "rows.0.chapter"),
        ({"chapter": 1, "kind": "riddle", "count": 1, "marks": "1"}, "rows.0.kind"),
        ({"chapter": 1, "kind": "", "count": 1, "marks": "1"}, "rows.0.kind"),
        ({"chapter": 1, "kind": "essay", "count": 0, "marks": "1"}, "rows.0.count"),
        ({"chapter": 1, "kind": "essay", "count": 501, "marks": "1"}, "rows.0.count"),
        ({"chapter": 1, "kind": "essay", "count": 1, "marks": "0"}, "rows.0.marks"),
        ("nonsense", "rows.0.chapter"),
    ],
)
def test_rows_that_make_no_sense(row, field):
    with pytest.raises(Invalid) as invalid:
        read_rows([row])
    assert invalid.value.problems[0].field == field


@given(
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["essay", "true-false"]), st.integers(1, 4)), max_size=5),
    st.integers(0, 30),
    st.text(max_size=10),
    st.randoms(use_true_random=False),
)
def test_drawing_fits_the_blueprint_and_does_not_depend_on_the_pools_order(wanted, size, seed, random):
    rows = [BlueprintRow(chapter, kind, count, Decimal(1)) for chapter, kind, count in wanted]
    pool = [Drawable(i, f"I{i:02d}", ("essay", "true-false")[i % 2], 1 + i % 3) for i in range(size)]
    drawn = draw(rows, pool, seed)
    shuffled = list(pool)
    random.shuffle(shuffled)
    assert draw(rows, shuffled, seed) == drawn
    chosen = [item.item_id for item, _ in drawn.lines]
    assert len(chosen) == len(set(chosen))
    if not drawn.shortages:
        expected = [(row.chapter, row.kind) for row in rows for _ in range(row.count)]
        assert [(item.chapter, item.kind) for item, _ in drawn.lines] == expected
    else:
        assert not drawn.lines


def test_a_paper_from_a_definition(db: Session, stocked):
    who, made = stocked
    listed = {"code": "J1", "title": "卷", "items": [{"code": "S2", "marks": "2.5"}, {"code": "T1", "marks": "1"}]}
    paper = service.paper_from_definition(db, who, made.id or 0, listed, NOW)
    assert lines(db, paper) == [("S2", Decimal("2.50")), ("T1", Decimal("1.00"))]
    with pytest.raises(Invalid) as invalid:
        wrong = {"code": "J2", "title": "卷", "items": [{"code": "??", "marks": "1"}, {"code": "S1", "marks": "x"}]}
        service.paper_from_definition(db, who, made.id or 0, wrong, NOW)
    assert [problem.code for problem in invalid.value.problems] == ["item-unknown", "marks-malformed"]
