"""An exam that shows its answers must not give away the items of one that does not."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlmodel import Session, select

from exam.accounts.access import Caller
from exam.core.errors import Invalid
from exam.itembank.models import PaperItem
from exam.scheduling import service_exams
from exam.scheduling.exam_rules import Settings
from exam.scheduling.models import Exam, ExamPaper
from tests.sessions.conftest import Hall

CODE = "exam-shown-items"


@pytest.fixture
def office(hall: Hall) -> Caller:
    """The exam office of the hall's institution."""
    return Caller(hall.person(), "office", hall.institution_id, "")


def settings(hall: Hall, *papers: int, show: bool, scheme: str = "practice") -> Settings:
    return Settings(
        code="E2",
        title="练习",
        title_en="",
        scheme=scheme,
        duration_minutes=15,
        cut_marks=Decimal(6),
        calculator=False,
        release_rule="at-once",
        release_at=None,
        show_answers=show,
        paper_ids=papers,
    )


def opened(hall: Hall, office: Caller, wanted: Settings) -> int:
    with hall.database.transaction() as db:
        exam = service_exams.save_exam(db, office, None, wanted, hall.clock.now())
        assert exam.id
        service_exams.move_exam(db, office, exam.id, "open", hall.clock.now())
        return exam.id


def use_first_only(hall: Hall, scheme: str, *, show: bool) -> None:
    """The hall's exam uses its first paper; the second has items of its own."""
    with hall.database.transaction() as db:
        db.delete(db.get_one(ExamPaper, (hall.exam_id, hall.paper_ids[1])))
        exam = db.get_one(Exam, hall.exam_id)
        exam.scheme, exam.show_answers = scheme, show
        db.add(exam)


def codes(failed: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [problem.code for problem in failed.value.problems]


@pytest.mark.parametrize(
    ("first", "second", "show"), [("changzhou", "practice", True), ("practice", "changzhou", False)]
)
def test_the_same_items_with_and_without_answers(
    hall: Hall, office: Caller, first: str, second: str, show: bool
) -> None:
    use_first_only(hall, first, show=not show)
    with pytest.raises(Invalid) as failed:
        opened(hall, office, settings(hall, hall.paper_ids[0], show=show, scheme=second))
    assert codes(failed) == [CODE]
    opened(hall, office, settings(hall, hall.paper_ids[1], show=show, scheme=second))


def test_exams_to_practise_with_give_nothing_away(hall: Hall, office: Caller) -> None:
    use_first_only(hall, "practice", show=False)
    opened(hall, office, settings(hall, hall.paper_ids[0], show=True))


def test_one_item_is_enough(hall: Hall, office: Caller) -> None:
    use_first_only(hall, "changzhou", show=False)
    with hall.database.transaction() as db:
        shared, line = (
            db.exec(select(PaperItem).where(PaperItem.paper_id == paper, PaperItem.position == 1)).one()
            for paper in hall.paper_ids
        )
        line.item_id, line.version_id = shared.item_id, shared.version_id
        db.add(line)
    with pytest.raises(Invalid) as failed:
        opened(hall, office, settings(hall, hall.paper_ids[1], show=True))
    assert codes(failed) == [CODE]
    assert failed.value.problems[0].params == {"exam": "E1", "n": 1}


def test_showing_later_is_no_way_round(hall: Hall, office: Caller) -> None:
    use_first_only(hall, "changzhou", show=False)
    wanted = settings(hall, hall.paper_ids[0], show=False)
    exam_id = opened(hall, office, wanted)

    def change(db: Session) -> None:
        service_exams.save_exam(db, office, exam_id, replace(wanted, show_answers=True), hall.clock.now())

    with pytest.raises(Invalid) as failed, hall.database.transaction() as db:
        change(db)
    assert codes(failed) == [CODE]
    with hall.database.transaction() as db:
        service_exams.move_exam(db, office, hall.exam_id, "close", hall.clock.now())
        change(db)
