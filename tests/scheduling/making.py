"""Makes papers, exams and callers for the tests of scheduling."""

from datetime import date, datetime
from decimal import Decimal
from itertools import count

from sqlmodel import Session

from exam.accounts.access import Caller
from exam.accounts.permissions import Role, permissions_of
from exam.itembank.models import Bank, Paper
from exam.scheduling import service_exams
from exam.scheduling.exam_rules import Settings
from exam.scheduling.models import Enrolment, Exam
from exam.scheduling.service_enrolment import enrol

_serial = count(1)


def caller(person_id: int, institution_id: int, *roles: Role) -> Caller:
    """Somebody signed in."""
    held = frozenset(roles)
    return Caller(person_id, "", institution_id, "", roles=held, permissions=permissions_of(held))


def paper(db: Session, institution_id: int, now: datetime, total: str = "100", state: str = "published") -> int:
    """A paper of an institution, in a bank of its own."""
    n = next(_serial)
    bank = Bank(institution_id=institution_id, code=f"B{n}", title="题库", delivery="online", created_at=now)
    db.add(bank)
    db.flush()
    row = Paper(
        institution_id=institution_id,
        bank_id=bank.id or 0,
        code=f"P{n}",
        title=f"试卷{n}",
        state=state,
        total_marks=Decimal(total),
        created_at=now,
    )
    db.add(row)
    db.flush()
    return row.id or 0


def settings(*paper_ids: int, **changes: object) -> Settings:
    """An exam's settings."""
    values: dict[str, object] = {
        "code": f"E{next(_serial)}",
        "title": "质量管理基础",
        "title_en": "Basics of quality management",
        "scheme": "changzhou",
        "duration_minutes": 60,
        "cut_marks": Decimal(60),
        "calculator": False,
        "release_rule": "when-marked",
        "release_at": None,
        "show_answers": False,
        "paper_ids": paper_ids,
    }
    return Settings(**(values | changes))  # type: ignore[arg-type]


def open_exam(db: Session, registrar: Caller, now: datetime, papers: int = 2, **changes: object) -> Exam:
    """An open exam with published papers."""
    ids = [paper(db, registrar.institution_id, now) for _ in range(papers)]
    exam = service_exams.save_exam(db, registrar, None, settings(*ids, **changes), now)
    return service_exams.move_exam(db, registrar, exam.id or 0, "open", now)


def enrolled(
    db: Session, registrar: Caller, exam: Exam, person_id: int, now: datetime, on: date | None = date(2026, 10, 20)
) -> Enrolment:
    """An enrolment whose course is finished."""
    return enrol(db, registrar, exam.id or 0, person_id, now, on)
