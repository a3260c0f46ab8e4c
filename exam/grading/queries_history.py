"""One sitting's result with all that came before it and why, as its institution sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from exam.accounts.models import Person
from exam.core.errors import NotFound
from exam.grading import queries
from exam.grading.models import KeyDecision, Result
from exam.itembank.models import Paper
from exam.scheduling.models import Exam
from exam.sessions.models import Sitting


@dataclass(frozen=True)
class History:
    """Every result of a sitting, newest first (`current`), with the decisions about keys that made them."""

    sitting: Sitting
    person: Person
    exam: Exam
    bank_id: int
    current: Result
    is_out: bool
    history: Sequence[Result]
    decisions: Mapping[int | None, KeyDecision]
    evidence: queries.Evidence


def history(db: Session, institution_id: int, sitting_id: int) -> History:
    """The results of an institution's sitting. Raises `NotFound`, also while there is none."""
    mine = select(Sitting).where(Sitting.id == sitting_id, Sitting.institution_id == institution_id)
    sitting = db.exec(mine).one_or_none()
    if sitting is None:
        raise NotFound("result")
    results = db.exec(select(Result).where(Result.sitting_id == sitting_id).order_by(col(Result.number).desc())).all()
    if not results:
        raise NotFound("result")
    decided = {each.decision_id for each in results if each.decision_id}
    return History(
        sitting=sitting,
        person=db.get_one(Person, sitting.person_id),
        exam=db.get_one(Exam, sitting.exam_id),
        bank_id=db.get_one(Paper, sitting.paper_id).bank_id,
        current=results[0],
        is_out=queries.is_out(results[0]),
        history=results,
        decisions={each.id: each for each in db.exec(select(KeyDecision).where(col(KeyDecision.id).in_(decided)))},
        evidence=queries.evidence(db, results[0]),
    )
