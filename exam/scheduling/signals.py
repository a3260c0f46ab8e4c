"""What other packages tell this one, without this one knowing them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from exam.accounts.access import Caller
from exam.core.errors import Problem
from exam.scheduling.models import Enrolment, Exam

# Asked which of these bookings have been sat and handed in: their candidates wait for a result, not for the paper.
handed_in: list[Callable[[Session, Collection[int]], frozenset[int]]] = []


# Asked what else stands in the way of opening an exam.
opening: list[Callable[[Session, Exam], list[Problem]]] = []

# Parts of the office's pages of an exam and of an enrolment: a template's name and its context (`part`), or None.
Part = tuple[str, dict[str, Any]]
exam_parts: list[Callable[[Session, Caller, Exam, datetime], Part | None]] = []
enrolment_parts: list[Callable[[Session, Caller, Exam, Enrolment, datetime], Part | None]] = []

# Short words beside these enrolments in the office's list, for those who manage them only.
enrolment_marks: list[Callable[[Session, Collection[int]], Mapping[int, Sequence[str]]]] = []


def marks_of(db: Session, enrolments: Collection[int]) -> dict[int, list[str]]:
    """What other packages say beside these enrolments."""
    found: dict[int, list[str]] = {}
    for ask in enrolment_marks:
        for enrolment_id, words in ask(db, enrolments).items():
            found.setdefault(enrolment_id, []).extend(words)
    return found


def are_handed_in(db: Session, bookings: Collection[int]) -> frozenset[int]:
    """Those of the bookings that any package knows to be handed in."""
    return frozenset().union(*(ask(db, bookings) for ask in handed_in)) if bookings else frozenset()
