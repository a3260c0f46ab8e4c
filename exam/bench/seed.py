"""Data of a benchmark, inserted in bulk: an exam of a paper, and candidates who are signed in and booked for it."""

import secrets
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, SQLModel

import exam.core.audit
import exam.grading.models  # noqa: F401
from exam.accounts.access import csrf_token, token_hash
from exam.accounts.models import BrowserSession, Institution, Person, RoleGrant
from exam.core.db import Database
from exam.core.secrets import derive, load_secret
from exam.itembank.models import Bank, Chapter, Item, ItemVersion, Paper, PaperItem
from exam.scheduling.models import Booking, Enrolment, Exam, ExamPaper
from exam.settings import Settings


@dataclass(frozen=True)
class Candidate:
    """Somebody with a living sign-in."""

    person_id: int
    booking_id: int
    name: str
    token: str
    csrf: str


@dataclass(frozen=True)
class Seeded:
    """What was made."""

    database: Database
    secret: bytes
    exam_id: int
    candidates: list[Candidate]


def seed(
    folder: Path, candidates: int, items: int, now: datetime, *, window: tuple[datetime, datetime] | None = None
) -> Seeded:
    """An exam of one paper with `items` items; `candidates` signed in and booked (for `window`, or at any time)."""
    settings = Settings(data_dir=folder)
    database = Database(settings.effective_database_url)
    SQLModel.metadata.create_all(database.write_engine)
    secret = load_secret(settings)
    with database.transaction() as db:
        exam_id, institution_id = _exam(db, items, now, "changzhou" if window else "practice")
        people = _candidates(db, candidates, now, derive(secret, "csrf"), (exam_id, institution_id), window)
    return Seeded(database, secret, exam_id, people)


def _exam(db: Session, items: int, now: datetime, scheme: str) -> tuple[int, int]:
    institution = Institution(code="BENCH", name="测速机构", created_at=now)
    db.add(institution)
    db.flush()
    institution_id = institution.id or 0
    bank = Bank(institution_id=institution_id, code="B", title="测速题库", delivery="face-to-face", created_at=now)
    db.add(bank)
    db.flush()
    chapter = Chapter(bank_id=bank.id or 0, number=1, title="第一章")
    db.add(chapter)
    db.flush()
    paper = Paper(
        institution_id=institution_id,
        bank_id=bank.id or 0,
        code="P",
        title="测速试卷",
        state="published",
        total_marks=Decimal(2 * items),
        created_at=now,
        published_at=now,
    )
    db.add(paper)
    db.flush()
    for n in range(1, items + 1):
        _item(db, n, bank.id or 0, chapter.id or 0, paper.id or 0, now)
    exam = Exam(
        institution_id=institution_id,
        code="E",
        title="测速考试",
        scheme=scheme,
        state="open",
        duration_minutes=90,
        cut_marks=Decimal(items),
        created_at=now,
    )
    db.add(exam)
    db.flush()
    db.add(ExamPaper(exam_id=exam.id or 0, paper_id=paper.id or 0))
    return exam.id or 0, institution_id


def _item(db: Session, n: int, bank_id: int, chapter_id: int, paper_id: int, now: datetime) -> None:
    kind, content = item_content(n)
    item = Item(
        bank_id=bank_id, chapter_id=chapter_id, code=f"I{n}", kind=kind, state="ready", keyed=True, updated_at=now
    )
    db.add(item)
    db.flush()
    version = ItemVersion(
        item_id=item.id or 0,
        number=1,
        kind=kind,
        chapter_id=chapter_id,
        difficulty=3,
        content=content,
        semantic_hash=f"bench-{n}",
        created_at=now,
    )
    db.add(version)
    db.flush()
    line = PaperItem(paper_id=paper_id, position=n, item_id=item.id or 0, version_id=version.id or 0, marks=Decimal(2))
    db.add(line)
    db.flush()


_STEM = "第 {n} 题：关于检验检测机构的公正性和保密要求，下列说法中符合通用要求的是（　　）。请结合所学内容作答。"
_OPTION = "机构应当对在实施活动中获得或产生的信息承担管理责任，并作出具有法律效力的承诺（{n}-{m}）"


def item_content(n: int) -> tuple[str, dict[str, Any]]:
    """The nth item: a plain mixture of the types that software scores. `answer_for` answers it."""
    options = [{"id": f"o{n}x{m}", "text": _OPTION.format(n=n, m=m)} for m in range(1, 6)]
    stem = _STEM.format(n=n)
    match n % 10:
        case 1 | 2 | 3 | 4 | 5:
            return "single-choice", {"stem": stem, "options": options[:4], "key": f"o{n}x1"}
        case 6 | 7:
            key = [f"o{n}x1", f"o{n}x3"]
            return "multiple-choice", {"stem": stem, "options": options, "key": key, "policy": "all-or-nothing"}
        case 8 | 9:
            return "true-false", {"stem": stem, "key": n % 2 == 0}
        case _:
            blank = {"id": "1", "accept": ["公正性"], "fold_width": True, "ignore_space": True}
            return "fill-in-the-blank", {"stem": stem + "要点是 {{1}}。", "blanks": [blank]}


def answer_for(kind: str, content: dict[str, Any], right: bool) -> dict[str, Any]:
    """A response to one of `item_content`'s items."""
    if kind == "single-choice":
        return {"choice": content["options"][0 if right else 1]["id"]}
    if kind == "multiple-choice":
        return {"choices": content["key"] if right else [content["options"][1]["id"]]}
    if kind == "true-false":
        return {"value": content["key"] if right else not content["key"]}
    return {"blanks": {"1": "公正性" if right else "别的"}}


def _candidates(
    db: Session,
    count: int,
    now: datetime,
    csrf_key: bytes,
    about: tuple[int, int],
    window: tuple[datetime, datetime] | None,
) -> list[Candidate]:
    made = []
    rows: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for n in range(1, count + 1):
        token = secrets.token_urlsafe(32)
        one = Candidate(n, n, f"考生{n:05d}", token, csrf_token(csrf_key, token_hash(token)))
        made.append(one)
        for model, values in _rows(one, now, about, window or (None, None)).items():
            rows[model].append(values)
    for model, all_values in rows.items():
        for start in range(0, len(all_values), 1000):
            db.execute(insert(model), all_values[start : start + 1000])
    return made


def _rows(
    one: Candidate, now: datetime, about: tuple[int, int], window: tuple[datetime | None, datetime | None]
) -> dict[Any, dict[str, Any]]:
    """A candidate's row in each table: signed in, enrolled in the exam, booked in the window. All ids are the same."""
    (exam_id, institution_id), (opens, closes), n = about, window, one.person_id
    base = {"id": n, "institution_id": institution_id, "person_id": n}
    finished = now - timedelta(days=1)
    return {
        Person: {"id": n, "name": one.name, "username": f"c{n}", "state": "active", "created_at": now},
        RoleGrant: {**base, "role": "candidate", "granted_at": now},
        BrowserSession: {
            **base,
            "token_hash": token_hash(one.token),
            "created_at": now,
            "last_seen_at": now,
            "expires_at": now + timedelta(hours=12),
            "address": "127.0.0.1",
            "user_agent": "bench",
        },
        Enrolment: {**base, "exam_id": exam_id, "enrolled_at": now, "course_finished_at": finished},
        Booking: {
            "id": n,
            "institution_id": institution_id,
            "enrolment_id": n,
            "chance": 1,
            "booked_at": now,
            "window_opens": opens,
            "window_closes": closes,
        },
    }


def now_utc() -> datetime:
    """The machine's time."""
    return datetime.now(UTC)
