"""Exams, papers and sittings for the tests of grading, put into the database as they are after being handed in."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
from sqlmodel import Session

from exam.accounts.models import Institution, Person
from exam.core.db import Database
from exam.core.events import GENESIS, link
from exam.itembank import types
from exam.itembank.models import Bank, Chapter, Item, ItemVersion, KnowledgePoint, Paper, PaperItem
from exam.scheduling.models import Booking, Enrolment, Exam, ExamPaper
from exam.sessions.instants import micros
from exam.sessions.models import Sitting, SittingEvent, SittingHead
from exam.sessions.plan import plan

NOW = datetime(2026, 11, 6, 4, 0, tzinfo=UTC)
OPENS = datetime(2026, 11, 4, 16, 0, tzinfo=UTC)
CLOSES = datetime(2026, 11, 10, 16, 0, tzinfo=UTC)
_serial = itertools.count(1)


def single(key: str = "aa", n: int = 4) -> tuple[str, dict[str, Any]]:
    """A single-choice item whose options are aa, bb, cc …"""
    options = [{"id": letter * 2, "text": f"选项{letter}"} for letter in "abcdefgh"[:n]]
    return "single-choice", {"stem": "单选题干", "options": options, "key": key, "explanation": "解析秘密"}


def multiple() -> tuple[str, dict[str, Any]]:
    """A multiple-choice item: aa and bb are right, half the marks for one of them."""
    options = [{"id": letter * 2, "text": f"选项{letter}"} for letter in "abcd"]
    content = {"stem": "多选题干", "options": options, "key": ["aa", "bb"], "policy": "partial-without-wrong"}
    return "multiple-choice", {**content, "partial_share": "0.5", "explanation": "解析秘密"}


def essay() -> tuple[str, dict[str, Any]]:
    """A written item with a marking guide of two lines, weights 1 and 2."""
    rubric = [{"id": "p1", "text": "要点一秘密", "weight": 1}, {"id": "p2", "text": "要点二秘密", "weight": 2}]
    return "short-answer", {"stem": "简答题干", "model_answer": "范文秘密", "rubric": rubric, "max_length": 500}


def case() -> tuple[str, dict[str, Any]]:
    """A case of a choice and a written part, weights 1 and 3."""
    parts = [
        {"id": "1", "kind": "single-choice", "weight": 1, "content": single("bb")[1]},
        {"id": "2", "kind": "short-answer", "weight": 3, "content": essay()[1]},
    ]
    return "case-analysis", {"stem": "案例材料", "parts": parts}


@dataclass
class Built:
    """An exam with one paper, and how to sit it."""

    db: Session
    institution_id: int
    exam: Exam
    bank: Bank
    paper: Paper
    items: list[Item]
    versions: list[ItemVersion]
    sittings: list[Sitting] = field(default_factory=list)

    @property
    def exam_id(self) -> int:
        return self.exam.id or 0

    def person(self, name: str = "") -> Person:
        n = next(_serial)
        person = Person(
            name=name or f"考生{n}",
            username=f"taker-{n}",
            id_number=f"32040019900101{n:04d}",
            state="active",
            created_at=NOW,
        )
        return _saved(self.db, person)

    def sit(
        self,
        answers: Mapping[int, Any] | Sequence[Any],
        *,
        person: Person | None = None,
        seed: str = "",
        chance: int = 1,
        windowed: bool = True,
        submitted_at: datetime = NOW,
        state: str = "submitted",
    ) -> Sitting:
        """A sitting handed in with these responses, by the place of the item in the paper (from 0)."""
        person = person or self.person()
        given = answers if isinstance(answers, Mapping) else dict(enumerate(answers))
        own = {"institution_id": self.institution_id, "exam_id": self.exam_id, "person_id": person.id or 0}
        enrolment = _saved(self.db, Enrolment(**own, enrolled_at=NOW, course_finished_at=NOW - timedelta(days=30)))
        window = {"window_opens": OPENS, "window_closes": CLOSES} if windowed else {}
        booking = _saved(
            self.db,
            Booking(
                institution_id=self.institution_id,
                enrolment_id=enrolment.id or 0,
                chance=chance,
                state="started",
                booked_at=NOW,
                **window,
            ),
        )
        sitting = Sitting(
            **own,
            enrolment_id=enrolment.id or 0,
            booking_id=booking.id or 0,
            paper_id=self.paper.id or 0,
            seed=seed or f"seed-{next(_serial)}",
            scheme=self.exam.scheme,
            scheme_version="2011-03-01",
            state=state,
            duration_seconds=3600,
            prepared_at=NOW,
            started_at=submitted_at - timedelta(minutes=40),
            deadline=submitted_at + timedelta(minutes=20),
            submitted_at=submitted_at,
            submitted_by="candidate",
        )
        _saved(self.db, sitting)
        self.sittings.append(sitting)
        order = plan(self.db, sitting.paper_id).order(sitting.seed)
        log = [("prepared", None, None, {})]
        log += [("answer", order.index(place) + 1, 1, response) for place, response in given.items()]
        write_log(self.db, sitting, [*log, ("submitted", None, None, {"by": "candidate"})])
        return sitting


def write_log(db: Session, sitting: Sitting, links: Sequence[tuple[str, int | None, int | None, Any]]) -> None:
    """The whole log of a sitting, chained as the sessions package chains it."""
    previous, at = GENESIS, micros(sitting.started_at or NOW)
    for seq, (kind, slot, revision, body) in enumerate(links, 1):
        text = orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()
        now_at = at + seq * 1000
        parts = (seq, kind, now_at, "" if slot is None else slot, "" if revision is None else revision, text)
        hashed = link(previous, *parts)
        db.add(
            SittingEvent(
                sitting_id=sitting.id or 0,
                seq=seq,
                kind=kind,
                at=now_at,
                slot=slot,
                revision=revision,
                body=text,
                previous=previous,
                hash=hashed,
            )
        )
        previous = hashed
    db.add(SittingHead(sitting_id=sitting.id or 0, seq=len(links), hash=previous))
    db.flush()


def build(
    db: Session,
    items: Sequence[tuple[str, dict[str, Any]]] = (),
    *,
    marks: Sequence[str] | None = None,
    cut: str = "6",
    institution_id: int = 0,
    code: str = "",
    **settings: Any,
) -> Built:
    """An open exam with one published paper of these items (marks 2 each), two chapters in turn, one point an item."""
    items = items or [single(), multiple(), single("bb"), essay(), case()]
    n = next(_serial)
    if not institution_id:
        institution_id = _saved(db, Institution(code=f"B{n}", name=f"机构{n}", created_at=NOW)).id or 0
    bank = _saved(
        db, Bank(institution_id=institution_id, code=f"K{n}", title="题库", delivery="online", created_at=NOW)
    )
    chapters = [
        _saved(db, Chapter(bank_id=bank.id or 0, number=i, title=f"第{i}章", title_en=f"Ch {i}")) for i in (1, 2)
    ]
    for i in (1, 2, 3):
        _saved(db, KnowledgePoint(bank_id=bank.id or 0, code=f"P{i}", name=f"知识点{i}"))
    rows, versions = [], []
    for place, (kind, content) in enumerate(items):
        chapter = chapters[place % 2].id or 0
        points = [f"P{place % 3 + 1}"]
        own = {"chapter_id": chapter, "kind": kind, "difficulty": 3, "points": points}
        item = _saved(
            db, Item(bank_id=bank.id or 0, code=f"I{place}", state="ready", keyed=True, updated_at=NOW, **own)
        )
        rows.append(item)
        versions.append(version(db, item, kind, content, 1))
    paper = Paper(
        institution_id=institution_id, bank_id=bank.id or 0, code="A", title="A 卷", state="published", created_at=NOW
    )
    _saved(db, paper)
    for place, (item, made) in enumerate(zip(rows, versions, strict=True)):
        worth = Decimal(marks[place] if marks else "2")
        line = PaperItem(
            paper_id=paper.id or 0, position=place + 1, item_id=item.id or 0, version_id=made.id or 0, marks=worth
        )
        _saved(db, line)
    defaults = {"scheme": "changzhou", "duration_minutes": 60, "release_rule": "at-once", "state": "open"}
    exam = Exam(
        institution_id=institution_id,
        code=code or f"E{n}",
        title=f"考试{n}",
        title_en=f"Exam {n}",
        cut_marks=Decimal(cut),
        created_at=NOW,
        **{**defaults, **settings},
    )
    _saved(db, exam)
    _saved(db, ExamPaper(exam_id=exam.id or 0, paper_id=paper.id or 0))
    return Built(db, institution_id, exam, bank, paper, rows, versions)


def version(db: Session, item: Item, kind: str, content: dict[str, Any], number: int) -> ItemVersion:
    """One more version of an item."""
    made = ItemVersion(
        item_id=item.id or 0,
        number=number,
        kind=kind,
        chapter_id=item.chapter_id,
        difficulty=3,
        points=item.points,
        content=types.normalise(kind, content),
        semantic_hash="0" * 64,
        created_at=NOW,
    )
    return _saved(db, made)


def _saved(db: Session, row: Any) -> Any:
    db.add(row)
    db.flush()
    return row


def sat(database: Database, built: Built, answers: Any, **settings: Any) -> int:
    """A sitting of a built exam, committed; returns its id."""
    with database.transaction() as db:
        built.db = db
        return built.sit(answers, **settings).id or 0
