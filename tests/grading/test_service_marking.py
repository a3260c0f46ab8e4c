"""Marking: hand-out, claims, marks and corrections, on both databases."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session, col, select

from exam.accounts.access import Caller
from exam.accounts.models import Person
from exam.core.errors import Invalid, NotFound, Refused
from exam.grading import queries_marking, service, service_marking
from exam.grading.models import HumanMark, MarkingTask, Result
from exam.grading.rules_marking import CLAIM_FOR
from tests.grading.build import NOW, Built, build, case, essay

D = Decimal


def marker(db: Session, built: Built, name: str) -> Caller:
    person = Person(name=name, username=name, state="active", created_at=NOW)
    db.add(person)
    db.flush()
    return Caller(person.id or 0, name, built.institution_id, "机构")


@pytest.fixture
def essays(db: Session) -> Built:
    """An exam of one written item (2 marks: 0.67 and 1.33), three candidates."""
    built = build(db, [essay()], cut="1")
    ids = [built.sit([{"text": f"作答 {n}"}]).id or 0 for n in range(3)]
    service.grade_sittings(db, ids, NOW)
    return built


def take(db: Session, who: Caller, built: Built) -> MarkingTask | None:
    return service_marking.take_next(db, who, built.exam_id, built.items[0].id or 0, "", NOW)


def test_two_markers_never_hold_the_same_answer(db: Session, essays: Built) -> None:
    first, second = marker(db, essays, "甲"), marker(db, essays, "乙")
    one, two = take(db, first, essays), take(db, second, essays)
    assert one and two and one.number != two.number
    assert take(db, first, essays) is one  # what is in hand comes first
    with pytest.raises(Refused, match="marking-taken"):
        service_marking.shown(db, second, one.number, NOW)
    with pytest.raises(Refused, match="marking-taken"):
        service_marking.save(db, second, one.number, {"p1": "0", "p2": "0"}, "", NOW)


def test_an_answer_left_lying_goes_to_somebody_else(db: Session, essays: Built) -> None:
    first, second = marker(db, essays, "甲"), marker(db, essays, "乙")
    held = [take(db, first, essays)]
    for task in db.exec(select(MarkingTask)).all():
        task.claimed_by, task.claimed_until = first.person_id, NOW + CLAIM_FOR
        db.add(task)
    db.flush()
    assert take(db, second, essays) is None
    later = NOW + CLAIM_FOR
    found = service_marking.take_next(db, second, essays.exam_id, essays.items[0].id or 0, "", later)
    assert found is not None
    with pytest.raises(Refused, match=r"marking-(not-in-hand|taken)"):
        service_marking.save(db, first, found.number, {"p1": "0", "p2": "0"}, "", later)
    assert held[0] is not None


def test_slow_work_is_not_thrown_away(db: Session, essays: Built) -> None:
    who = marker(db, essays, "甲")
    task = take(db, who, essays)
    assert task
    service_marking.save(db, who, task.number, {"p1": "0", "p2": "1"}, "", NOW + 3 * CLAIM_FOR)
    assert not task.open


def test_a_skipped_answer_comes_back_last(db: Session, essays: Built) -> None:
    who = marker(db, essays, "甲")
    seen = []
    for _ in range(3):
        task = take(db, who, essays)
        assert task
        seen.append(task.number)
        service_marking.skip(db, who, task.number, NOW)
    assert len(set(seen)) == 3
    again = take(db, who, essays)
    assert again and again.number == min(seen)


def test_marks_make_the_result_final(db: Session, essays: Built) -> None:
    who = marker(db, essays, "甲")
    task = take(db, who, essays)
    assert task
    service_marking.save(db, who, task.number, {"p1": "0.67", "p2": "1.33"}, "好", NOW)
    result = db.exec(select(Result).where(Result.sitting_id == task.sitting_id, col(Result.current))).one()
    assert (result.state, result.marks, result.passed, result.number, result.cause) == ("final", 2, True, 2, "marked")
    assert result.released_at == NOW
    mark = db.exec(select(HumanMark)).one()
    assert (mark.marks, mark.rubric, mark.comment) == (2, {"p1": "0.67", "p2": "1.33"}, "好")
    old = db.exec(select(Result).where(Result.sitting_id == task.sitting_id, Result.number == 1)).one()
    assert (old.state, old.current, old.marks) == ("awaiting-marking", False, 0)


@pytest.mark.parametrize("given", [{"p1": "0.68", "p2": "0"}, {"p1": "1"}, {"p1": "-1", "p2": "0"}, {}])
def test_marks_beyond_the_guide_are_refused_whole(db: Session, essays: Built, given: dict[str, str]) -> None:
    who = marker(db, essays, "甲")
    task = take(db, who, essays)
    assert task
    with pytest.raises(Invalid):
        service_marking.save(db, who, task.number, given, "", NOW)
    assert db.exec(select(HumanMark)).all() == []


def test_a_correction_is_a_new_row_until_the_release(db: Session) -> None:
    built = build(db, [essay()], cut="1", release_rule="on-date", release_at=NOW + timedelta(days=1))
    sitting = built.sit([{"text": "作答"}]).id or 0
    service.grade_sittings(db, [sitting], NOW)
    who, other = marker(db, built, "甲"), marker(db, built, "乙")
    task = take(db, who, built)
    assert task
    service_marking.save(db, who, task.number, {"p1": "0", "p2": "0"}, "", NOW)
    with pytest.raises(Refused, match="marking-taken"):
        service_marking.save(db, other, task.number, {"p1": "0.67", "p2": "0"}, "", NOW)
    service_marking.save(db, who, task.number, {"p1": "0.67", "p2": "1.33"}, "更正", NOW)
    assert [mark.marks for mark in db.exec(select(HumanMark).order_by(col(HumanMark.number)))] == [0, 2]
    result = db.exec(select(Result).where(col(Result.current))).one()
    assert (result.number, result.marks, result.cause) == (3, 2, "corrected")
    result.released_at = NOW
    db.flush()
    with pytest.raises(Refused, match="marking-released"):
        service_marking.save(db, who, task.number, {"p1": "0", "p2": "0"}, "", NOW)


def test_a_case_is_final_when_its_last_part_is_marked(db: Session) -> None:
    built = build(db, [case(), essay()], marks=["4", "2"], cut="1")
    answers = [{"parts": {"1": {"choice": "bb"}, "2": {"text": "作答"}}}, {"text": "作答"}]
    sitting = built.sit(answers).id or 0
    service.grade_sittings(db, [sitting], NOW)
    who = marker(db, built, "甲")
    part = service_marking.take_next(db, who, built.exam_id, built.items[0].id or 0, "2", NOW)
    assert part
    shown = service_marking.shown(db, who, part.number, NOW)
    assert (shown.passage, shown.stem, shown.answer) == ("案例材料", "简答题干", "作答")
    assert [criterion.most for criterion in shown.criteria] == [D("1.00"), D("2.00")]
    service_marking.save(db, who, part.number, {"p1": "1", "p2": "2"}, "", NOW)
    assert db.exec(select(Result).where(col(Result.current))).one().state == "awaiting-marking"
    last = service_marking.take_next(db, who, built.exam_id, built.items[1].id or 0, "", NOW)
    assert last
    service_marking.save(db, who, last.number, {"p1": "0.5", "p2": "1"}, "", NOW)
    result = db.exec(select(Result).where(col(Result.current))).one()
    assert (result.state, result.marks, result.out_of) == ("final", D("5.50"), 6)


def test_the_queue_counts_by_item(db: Session, essays: Built) -> None:
    first, second = marker(db, essays, "甲"), marker(db, essays, "乙")
    task = take(db, first, essays)
    assert task
    line = queries_marking.queue(db, second, NOW)[0]
    assert (line.waiting, line.free, line.done, line.total) == (3, 2, 0, 3)
    service_marking.save(db, first, task.number, {"p1": "0", "p2": "0"}, "", NOW)
    line = queries_marking.queue(db, second, NOW)[0]
    assert (line.waiting, line.free, line.done) == (2, 2, 1)
    assert [done.correctable for done in queries_marking.recent(db, first)] == [False]  # released at once
    assert queries_marking.recent(db, second) == []


def test_another_institutions_answers_are_not_there(db: Session, essays: Built) -> None:
    stranger = marker(db, build(db, [essay()]), "丙")
    number = db.exec(select(MarkingTask.number)).first() or 0
    assert take(db, stranger, essays) is None
    assert queries_marking.queue(db, stranger, NOW) == []
    with pytest.raises(NotFound):
        service_marking.shown(db, stranger, number, NOW)
