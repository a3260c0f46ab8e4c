"""What this package tells others, and asks them, without knowing them.

Hooks run in the transaction of the deed, after it was written; they may raise `Refused` and must not commit.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session

from exam.courses.models import CourseEnrolment

Hook = Callable[[Session, CourseEnrolment, int | None, datetime], None]
"""Called with the selection, who did it (None: nobody in particular) and when."""

ExamState = Literal["waiting", "passed", "spent"]
"""Where the exam that follows a selection stands: chances are left, it was passed, or they are used up or forfeited."""

selected: list[Hook] = []
finished: list[Hook] = []
unfinished: list[Hook] = []
cancelled: list[Hook] = []
exam_states: list[Callable[[Session, Collection[int]], Mapping[int, ExamState]]] = []
"""Asked where the exams of these selections stand; those without an exam are left out."""


@dataclass(frozen=True)
class Learnable:
    """How far a selection is learned here: `passed` of `points`; `going` once it was begun."""

    passed: int
    points: int
    going: bool


learnable: list[Callable[[Session, Collection[int]], Mapping[int, Learnable]]] = []
"""Asked how far these selections are learned; those whose course has no content here are left out."""


def tell(hooks: list[Hook], db: Session, enrolment: CourseEnrolment, by: int | None, now: datetime) -> None:
    """Call each of the hooks."""
    for hook in hooks:
        hook(db, enrolment, by, now)


def exam_states_of(db: Session, enrolment_ids: Collection[int]) -> dict[int, ExamState]:
    """Where the exams of these selections stand."""
    found: dict[int, ExamState] = {}
    for ask in exam_states:
        found |= ask(db, enrolment_ids)
    return found


def learnable_of(db: Session, enrolment_ids: Collection[int]) -> dict[int, Learnable]:
    """How far these selections are learned here."""
    found: dict[int, Learnable] = {}
    for ask in learnable:
        found |= ask(db, enrolment_ids)
    return found
