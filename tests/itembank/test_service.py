"""Banks and items: versions, clashes, states, bounds of the institution."""

import pytest
from sqlmodel import Session, select

from exam.core.audit import AuditEvent
from exam.core.errors import Invalid, NotFound, Refused
from exam.itembank import diff, queries, service
from exam.itembank.drafts import Draft
from exam.itembank.models import Item, ItemVersion
from exam.itembank.service_items import EditClash
from tests.itembank import banks
from tests.itembank.banks import NOW


def codes(invalid: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in invalid.value.problems]


def test_a_bank_needs_a_code_a_title_and_a_delivery(db: Session):
    who = banks.institution(db)
    with pytest.raises(Invalid) as invalid:
        service.create_bank(db, who, {"code": "a b", "title": "", "delivery": "mail"}, NOW)
    assert codes(invalid) == [("code", "code-malformed"), ("title", "required"), ("delivery", "delivery-unknown")]
    banks.bank(db, who)
    with pytest.raises(Invalid) as invalid:
        banks.bank(db, who)
    assert codes(invalid) == [("code", "code-taken")]
    banks.bank(db, banks.institution(db, "I2"))


def test_another_institution_finds_nothing(db: Session):
    who, other = banks.institution(db), banks.institution(db, "I2")
    made = banks.bank(db, who)
    item = banks.item(db, who, made, "A1")
    paper = service.create_paper(db, who, made.id or 0, {"code": "P", "title": "P", "method": "fixed"}, NOW)
    for call in (
        lambda: service.get_bank(db, other, made.id),
        lambda: service.get_item(db, other, item.id),
        lambda: service.get_paper(db, other, paper.id),
        lambda: service.save_item(db, other, item.id, banks.draft("A1"), 1, NOW, ready=True),
        lambda: service.retire_item(db, other, item.id, NOW),
        lambda: service.publish(db, other, paper.id, NOW),
        lambda: service.save_chapter(db, other, made.id, {"number": "9", "title": "x"}, NOW),
    ):
        with pytest.raises(NotFound):
            call()


def test_chapters_and_points_are_changed_and_removed_only_while_unused(db: Session):
    who = banks.institution(db)
    made = banks.bank(db, who)
    first, second = service.chapters_of(db, made.id or 0)
    with pytest.raises(Invalid) as invalid:
        service.save_chapter(db, who, made.id or 0, {"number": "1", "title": "again"}, NOW)
    assert codes(invalid) == [("number", "chapter-number-taken")]
    service.save_chapter(db, who, made.id or 0, {"number": "7", "title": "七"}, NOW, second.id)
    banks.item(db, who, made, "A1", points=["KP-1"])
    with pytest.raises(Refused) as refused:
        service.delete_chapter(db, who, made.id or 0, first.id or 0, NOW)
    assert refused.value.refusal.code == "chapter-in-use"
    points = {point.code: point for point in service.points_of(db, made.id or 0)}
    with pytest.raises(Refused):
        service.delete_point(db, who, made.id or 0, points["KP-1"].id or 0, NOW)
    service.delete_point(db, who, made.id or 0, points["KP-2"].id or 0, NOW)
    service.delete_chapter(db, who, made.id or 0, second.id or 0, NOW)
    assert [chapter.number for chapter in service.chapters_of(db, made.id or 0)] == [1]
    assert [point.code for point in service.points_of(db, made.id or 0)] == ["KP-1"]


def test_ready_needs_everything_a_draft_only_its_place(db: Session):
    who = banks.institution(db)
    made = banks.bank(db, who)
    lacking = banks.draft("A1", key="", stem="")
    with pytest.raises(Invalid) as invalid:
        service.create_item(db, who, made.id or 0, lacking, NOW, ready=True)
    assert codes(invalid) == [("stem", "stem-missing"), ("key", "key-missing")]
    item, version = service.create_item(db, who, made.id or 0, lacking, NOW, ready=False)
    assert (item.state, item.keyed, version.number) == ("draft", False, 1)
    misplaced = Draft("", "single-choice", 9, 0, ("KP-9",), lacking.content)
    with pytest.raises(Invalid) as invalid:
        service.create_item(db, who, made.id or 0, misplaced, NOW, ready=False)
    assert [field for field, _ in codes(invalid)] == ["code", "chapter", "difficulty", "points"]


def test_every_change_is_a_version_and_saying_the_same_is_none(db: Session):
    who = banks.institution(db)
    made = banks.bank(db, who)
    item = banks.item(db, who, made, "A1")
    service.save_item(db, who, item.id or 0, banks.draft("A1"), 1, NOW, ready=True)
    assert item.version_number == 1
    service.save_item(db, who, item.id or 0, banks.draft("A1", stem="别的题干", chapter=2), 1, NOW, ready=True)
    assert (item.version_number, item.search_text) == (2, "a1 别的题干 甲 乙 丙")
    versions = service.versions_of(db, item)
    assert [version.number for version in versions] == [2, 1]
    chapters = {chapter.id or 0: chapter.number for chapter in service.chapters_of(db, made.id or 0)}
    changes = {
        change.field: (change.before, change.after) for change in diff.changes(versions[1], versions[0], chapters)
    }
    assert changes == {"chapter": ("1", "2"), "stem": ("题干 single-choice", "别的题干")}


def test_a_clash_writes_nothing_and_says_so(db: Session):
    who = banks.institution(db)
    made = banks.bank(db, who)
    item = banks.item(db, who, made, "A1")
    service.save_item(db, who, item.id or 0, banks.draft("A1", stem="甲改"), 1, NOW, ready=True)
    with pytest.raises(EditClash) as clash:
        service.save_item(db, who, item.id or 0, banks.draft("A1", stem="乙改"), 1, NOW, ready=True)
    assert (clash.value.current, clash.value.based_on) == (2, 1)
    assert service.get_version(db, item).content["stem"] == "甲改"
    service.save_item(db, who, item.id or 0, banks.draft("A1", stem="乙改"), 2, NOW, ready=True)
    assert [version.content["stem"] for version in service.versions_of(db, item)][:2] == ["乙改", "甲改"]


def test_retire_and_restore(db: Session):
    who = banks.institution(db)
    made = banks.bank(db, who)
    item = banks.item(db, who, made, "A1")
    assert service.retire_item(db, who, item.id or 0, NOW).state == "retired"
    assert service.restore_item(db, who, item.id or 0, NOW).state == "ready"
    lacking, _ = service.create_item(db, who, made.id or 0, banks.draft("A2", key=""), NOW, ready=False)
    service.retire_item(db, who, lacking.id or 0, NOW)
    assert service.restore_item(db, who, lacking.id or 0, NOW).state == "draft"


def test_a_picture_that_the_institution_does_not_have_keeps_an_item_from_being_used(db: Session):
    who = banks.institution(db)
    made = banks.bank(db, who)
    with pytest.raises(Invalid) as invalid:
        shown = banks.draft("A1", stem=f"看图 ![图](picture:{'a' * 64})")
        service.create_item(db, who, made.id or 0, shown, NOW, ready=True)
    assert codes(invalid) == [("stem", "picture-unknown")]


def test_the_audit_log_never_says_what_an_item_says(db: Session):
    who = banks.institution(db)
    banks.item(db, who, banks.bank(db, who), "A1", stem="秘密题干")
    events = db.exec(select(AuditEvent)).all()
    assert [event.action for event in events][-1] == "item.create"
    assert all("秘密" not in str(event.detail) for event in events)


def test_versions_are_as_many_as_were_written(db: Session):
    who = banks.institution(db)
    banks.item(db, who, banks.bank(db, who), "A1")
    assert len(db.exec(select(ItemVersion)).all()) == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["A1", "A3", "A4", "A2"]),
        ({"q": "抽样"}, ["A2"]),
        ({"q": "抽样 方案"}, ["A2"]),
        ({"q": "ＩＳＯ"}, ["A1"]),
        ({"q": "a3"}, ["A3"]),
        ({"q": "50%"}, ["A4"]),
        ({"q": "5_%"}, []),
        ({"kind": "true-false"}, ["A3"]),
        ({"chapter": "2"}, ["A2"]),
        ({"point": "KP-1"}, ["A1"]),
        ({"point": "KP"}, []),
        ({"keyed": "no"}, ["A4"]),
        ({"state": "draft"}, ["A4"]),
        ({"state": "retired"}, ["A5"]),
        ({"difficulty": "5"}, []),
        ({"page": "99"}, ["A1", "A3", "A4", "A2"]),
        ({"chapter": "x", "difficulty": "-1", "kind": "nonsense"}, ["A1", "A3", "A4", "A2"]),
    ],
)
def test_search(db: Session, query, found):
    who = banks.institution(db)
    made = banks.bank(db, who)
    banks.item(db, who, made, "A1", stem="iso 9000", points=["KP-1"])
    banks.item(db, who, made, "A2", stem="抽样检验方案", chapter=2)
    banks.item(db, who, made, "A3", kind="true-false")
    service.create_item(db, who, made.id or 0, banks.draft("A4", stem="合格率 50% 以上", key=""), NOW, ready=False)
    banks.item(db, who, made, "A5")
    service.retire_item(db, who, db.exec(select(Item.id).where(Item.code == "A5")).one() or 0, NOW)
    page = queries.search(db, made, queries.read_filter(query))
    assert [row.item.code for row in page.rows] == found
    assert page.total == len(found)
