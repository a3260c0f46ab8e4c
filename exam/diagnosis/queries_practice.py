"""What somebody can practise: open practice exams they are enrolled in, and how many items ask about which points.

Only counts are given, and only of practice: the items of papers that count stay where they are.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from sqlmodel import Session, col, select

from exam import schemes
from exam.accounts.access import Caller
from exam.itembank.models import ItemVersion, Paper, PaperItem
from exam.scheduling.models import Enrolment, Exam, ExamPaper


@dataclass(frozen=True)
class Practice:
    """A practice exam of the person's, and how many of its items ask about each knowledge point."""

    enrolment_id: int
    exam: Exam
    items: dict[str, int]

    def count(self, codes: Collection[str]) -> int:
        """How many items ask about any of the points; one that asks about two counts once for each."""
        return sum(self.items.get(code, 0) for code in codes)


def practices(db: Session, who: Caller, bank_id: int, codes: Collection[str]) -> list[Practice]:
    """The person's practice exams on a bank that ask about any of these points."""
    keys = [key for key in schemes.SCHEMES if schemes.is_practice(key)]
    query = (
        select(Enrolment.id, Exam, ItemVersion.points)
        .join(Exam, col(Exam.id) == col(Enrolment.exam_id))
        .join(ExamPaper, col(ExamPaper.exam_id) == col(Exam.id))
        .join(Paper, col(Paper.id) == col(ExamPaper.paper_id))
        .join(PaperItem, col(PaperItem.paper_id) == col(Paper.id))
        .join(ItemVersion, col(ItemVersion.id) == col(PaperItem.version_id))
        .where(
            Enrolment.person_id == who.person_id,
            Enrolment.institution_id == who.institution_id,
            Enrolment.state == "active",
            Exam.state == "open",
            col(Exam.scheme).in_(keys),
            Paper.bank_id == bank_id,
        )
    )
    found: dict[int, tuple[Exam, Counter[str]]] = {}
    for enrolment_id, exam, points in db.execute(query):
        found.setdefault(enrolment_id, (exam, Counter()))[1].update(set(points) & set(codes))
    return [Practice(number, exam, dict(items)) for number, (exam, items) in found.items() if items]
