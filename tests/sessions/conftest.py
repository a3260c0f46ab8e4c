"""A small exam with a paper of six kinds, and candidates booked for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session

from exam.accounts.models import Institution, Person, RoleGrant
from exam.core.clock import FrozenClock
from exam.core.db import Database
from exam.itembank.models import Bank, Chapter, Item, ItemVersion, Paper, PaperItem
from exam.scheduling.models import Booking, Enrolment, Exam, ExamPaper
from exam.sessions import lives, perform, receipts, requests, service
from exam.sessions.instants import micros

SECRET = b"test-secret-" + b"x" * 40


def option(name: str, text: str) -> dict[str, str]:
    return {"id": name, "text": text}


CONTENTS: list[tuple[str, dict[str, Any]]] = [
    (
        "single-choice",
        {"stem": "1+1?", "options": [option("a1", "2"), option("b2", "3"), option("c3", "4")], "key": "a1"},
    ),
    ("true-false", {"stem": "对吗？", "key": True}),
    (
        "multiple-choice",
        {
            "stem": "哪些？",
            "options": [option("m1", "甲"), option("m2", "乙"), option("m3", "丙"), option("m4", "丁")],
            "key": ["m1", "m3"],
            "policy": "all-or-nothing",
        },
    ),
    ("fill-in-the-blank", {"stem": "首都是 {{1}}。", "blanks": [{"id": "1", "accept": ["北京"]}]}),
    (
        "calculation",
        {"stem": "质量？", "answer": "12.5", "tolerance": "0.1", "unit": "kg", "accepted_units": {"kg": "1"}},
    ),
    (
        "case-analysis",
        {
            "stem": "案情。",
            "parts": [
                {
                    "id": "1",
                    "kind": "single-choice",
                    "content": {"stem": "一", "options": [option("p1", "甲"), option("p2", "乙")], "key": "p1"},
                },
                {
                    "id": "2",
                    "kind": "multiple-choice",
                    "content": {
                        "stem": "二",
                        "options": [option("q1", "子"), option("q2", "丑"), option("q3", "寅")],
                        "key": ["q1"],
                        "policy": "all-or-nothing",
                    },
                },
                {"id": "3", "kind": "true-false", "content": {"stem": "三", "key": False}},
            ],
        },
    ),
    ("essay", {"stem": "论述。", "model_answer": "……", "rubric": [{"id": "1", "text": "要点", "weight": 1}]}),
]


@dataclass
class Hall:
    """An exam and its candidates; `now` is the test's clock."""

    database: Database
    clock: FrozenClock
    institution_id: int
    exam_id: int
    paper_ids: list[int]
    memory: lives.Memory = field(default_factory=dict)

    @property
    def context(self) -> perform.Context:
        return perform.Context(receipts.keys(SECRET), self.memory, self.clock, lambda *about: "again")

    def booking(self, person_id: int, window: tuple[datetime, datetime] | None = None) -> int:
        """A booked chance of a person."""
        with self.database.transaction() as db:
            enrolment = Enrolment(
                institution_id=self.institution_id,
                exam_id=self.exam_id,
                person_id=person_id,
                enrolled_at=self.clock.now(),
                course_finished_at=self.clock.now() - timedelta(days=1),
            )
            db.add(enrolment)
            db.flush()
            booking = Booking(
                institution_id=self.institution_id,
                enrolment_id=enrolment.id or 0,
                chance=1,
                booked_at=self.clock.now(),
                window_opens=window[0] if window else None,
                window_closes=window[1] if window else None,
            )
            db.add(booking)
            db.flush()
            assert booking.id
            return booking.id

    def person(self, name: str = "考生") -> int:
        with self.database.transaction() as db:
            row = Person(name=name, state="active", created_at=self.clock.now())
            db.add(row)
            db.flush()
            db.add(
                RoleGrant(
                    person_id=row.id or 0,
                    institution_id=self.institution_id,
                    role="candidate",
                    granted_at=self.clock.now(),
                )
            )
            assert row.id
            return row.id

    def prepared(self, person_id: int, window: tuple[datetime, datetime] | None = None) -> int:
        booking_id = self.booking(person_id, window)
        with self.database.transaction() as db:
            sitting = service.prepare(db, booking_id, self.clock.now())
            assert sitting.id
            return sitting.id

    def do(self, *asked: requests.Request) -> list[requests.Outcome]:
        """Perform requests as one group."""
        with self.database.transaction() as db:
            return perform.perform(db, list(asked), self.context)

    def at(self) -> int:
        return micros(self.clock.now())

    def started(self, person_id: int) -> int:
        """A sitting in progress whose page has claim 1."""
        sitting_id = self.prepared(person_id)
        self.do(requests.Start(sitting_id, person_id, self.at()))
        self.do(requests.Claim(sitting_id, person_id, self.at(), "csrf", "zh"))
        return sitting_id

    def sync(
        self, sitting_id: int, person_id: int, answers: list[Any], claim: int = 1, events: Any = ()
    ) -> requests.Outcome:
        """One sync request, now."""
        return self.do(requests.Sync(sitting_id, person_id, self.at(), claim, answers, list(events), "zh"))[0]


def make_paper(
    db: Session, institution_id: int, now: datetime, code: str, contents: list[tuple[str, dict[str, Any]]]
) -> int:
    """A published paper of two marks an item."""
    bank = Bank(institution_id=institution_id, code=code, title="题库", delivery="online", created_at=now)
    db.add(bank)
    db.flush()
    chapter = Chapter(bank_id=bank.id or 0, number=1, title="第一章")
    db.add(chapter)
    db.flush()
    paper = Paper(
        institution_id=institution_id,
        bank_id=bank.id or 0,
        code=code,
        title="试卷",
        state="published",
        total_marks=Decimal(2 * len(contents)),
        created_at=now,
        published_at=now,
    )
    db.add(paper)
    db.flush()
    for n, (kind, content) in enumerate(contents, 1):
        item = Item(
            bank_id=bank.id or 0,
            chapter_id=chapter.id or 0,
            code=f"{code}-{n}",
            kind=kind,
            state="ready",
            keyed=True,
            updated_at=now,
        )
        db.add(item)
        db.flush()
        version = ItemVersion(
            item_id=item.id or 0,
            number=1,
            kind=kind,
            chapter_id=chapter.id or 0,
            difficulty=3,
            content=content,
            semantic_hash=f"{code}{n}",
            created_at=now,
        )
        db.add(version)
        db.flush()
        db.add(
            PaperItem(
                paper_id=paper.id or 0, position=n, item_id=item.id or 0, version_id=version.id or 0, marks=Decimal(2)
            )
        )
    db.flush()
    assert paper.id
    return paper.id


def make_hall(database: Database, clock: FrozenClock, institution_id: int, scheme: str = "practice") -> Hall:
    """An open exam of 60 minutes with two papers."""
    with database.transaction() as db:
        now = clock.now()
        papers = [make_paper(db, institution_id, now, code, CONTENTS) for code in ("P1", "P2")]
        exam = Exam(
            institution_id=institution_id,
            code="E1",
            title="考试",
            scheme=scheme,
            state="open",
            duration_minutes=60,
            cut_marks=Decimal(6),
            created_at=now,
        )
        db.add(exam)
        db.flush()
        for paper_id in papers:
            db.add(ExamPaper(exam_id=exam.id or 0, paper_id=paper_id))
        return Hall(database, clock, institution_id, exam.id or 0, papers)


@pytest.fixture
def hall(database: Database, clock: FrozenClock) -> Hall:
    """An exam without windows, and its institution."""
    with database.transaction() as db:
        institution = Institution(code="H", name="机构", created_at=clock.now())
        db.add(institution)
        db.flush()
        institution_id = institution.id or 0
    return make_hall(database, clock, institution_id)


Answering = Callable[..., dict[str, Any]]


def answer(slot: int, revision: int, response: Any, **more: Any) -> dict[str, Any]:
    """One answer as a page sends it."""
    return {"slot": slot, "revision": revision, "response": response, **more}
