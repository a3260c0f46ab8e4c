"""What the browser tests find on the site: an exam with one item of each kind, a long one, and candidates for them."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from exam.accounts.access import token_hash
from exam.accounts.models import BrowserSession, Institution, Person, RoleGrant
from exam.accounts.passwords import make_hash
from exam.accounts.permissions import Role
from exam.itembank import types
from exam.itembank.models import Bank, Chapter, Item, ItemVersion, Paper, PaperItem
from exam.scheduling.models import Accommodation, Booking, Enrolment, Exam, ExamPaper
from exam.sessions import service

PASSWORD = "correct horse battery 2026"
OPTIONS = [
    {"id": "k3f9a1", "text": "持续改进，直到产品完全没有缺陷为止"},
    {"id": "p2m7b4", "text": "以顾客为关注焦点，满足并努力超越顾客期望"},
    {"id": "x8q1c6", "text": "使 $\\bar{x}$ 控制图上的点都落在 $\\mu \\pm 3\\sigma$ 之内"},
    {"id": "b5t4d2", "text": "把检验的次数增加到原来的两倍"},
]
SINGLE = {"stem": "质量管理的首要原则是什么？", "options": OPTIONS, "key": "p2m7b4"}
MULTIPLE = {
    "stem": "下列哪些属于**预防成本**？\n\n| 项目 | 金额 |\n|---|---|\n| 培训 | 3000 |\n| 返工 | 1200 |",
    "options": [*OPTIONS, {"id": "e7", "text": "质量培训"}, {"id": "f8", "text": "供方评价"}],
    "key": ["e7", "f8"],
    "policy": "partial-without-wrong",
    "partial_share": "0.5",
}
TRUE_FALSE = {"stem": "抽样检验中，$\\alpha$ 是生产方风险。$$\\bar x=\\frac{1}{n}\\sum_{i=1}^n x_i$$", "key": True}
BLANKS = {
    "stem": "强制性国家标准的代号是 {{1}}，推荐性国家标准的代号是 {{2}}。",
    "blanks": [{"id": "1", "accept": ["GB"]}, {"id": "2", "accept": ["GB/T"]}],
}
CALCULATION = {
    "stem": "样本标准差 $s=2.5$ kg，$n=25$，求平均值的标准误。",
    "answer": "0.5",
    "tolerance": "0.01",
    "unit": "kg",
    "accepted_units": {"kg": "1", "g": "0.001"},
}
SHORT = {"stem": "简述 PDCA 循环的四个阶段。", "model_answer": "策划、实施、检查、处置", "max_length": 500}
ESSAY = {"stem": "论述企业的产品质量安全主体责任。", "model_answer": "略", "min_length": 200, "max_length": 2000}
CASE = {
    "stem": "某企业生产的儿童玩具在监督抽查中被发现小零件脱落，已售出 3000 件。",
    "parts": [
        {"id": "1", "kind": "single-choice", "weight": 2, "content": {**SINGLE, "stem": "企业首先应当做什么？"}},
        {"id": "2", "kind": "true-false", "weight": 1, "content": {"stem": "应当召回已售出的产品。", "key": True}},
        {"id": "3", "kind": "short-answer", "weight": 2, "content": {**SHORT, "stem": "说明理由。"}},
    ],
}
EACH_KIND: list[tuple[str, dict[str, Any]]] = [
    ("single-choice", SINGLE),
    ("multiple-choice", MULTIPLE),
    ("true-false", TRUE_FALSE),
    ("fill-in-the-blank", BLANKS),
    ("calculation", CALCULATION),
    ("case-analysis", CASE),
    ("short-answer", SHORT),
    ("essay", ESSAY),
]
LONG = EACH_KIND + [
    ("single-choice", {**SINGLE, "stem": f"第 {n} 组：关于过程能力指数 $C_{{pk}}$ 的说法，哪一项正确？（样本量 {n}）"})
    for n in range(42)
]


@dataclass(frozen=True)
class Candidate:
    """Somebody with a sitting, and the token of a sign-in."""

    person_id: int
    name: str
    sitting_id: int
    token: str


@dataclass
class Site:
    """Makes what a test needs, before the server starts."""

    db: Session
    now: datetime
    institution_id: int = 0
    bank_id: int = 0
    chapter_id: int = 0
    made: int = 0

    def open(self) -> None:
        """The institution and its bank."""
        institution = Institution(code="E2E", name="浏览器测试机构", name_en="Browser tests", created_at=self.now)
        self.institution_id = self.add(institution)
        bank = Bank(
            institution_id=self.institution_id, code="E2E", title="题库", delivery="face-to-face", created_at=self.now
        )
        self.bank_id = self.add(bank)
        self.chapter_id = self.add(Chapter(bank_id=self.bank_id, number=1, title="第一章"))

    def add(self, row: Any) -> int:
        """The row's id."""
        self.db.add(row)
        self.db.flush()
        return int(row.id)

    def paper(self, items: list[tuple[str, dict[str, Any]]], *, shuffle: bool = False) -> int:
        """A published paper, two marks an item."""
        self.made += 1
        paper = Paper(
            institution_id=self.institution_id,
            bank_id=self.bank_id,
            code=f"P{self.made}",
            title="试卷",
            state="published",
            shuffle_items=shuffle,
            total_marks=Decimal(2 * len(items)),
            created_at=self.now,
        )
        paper_id = self.add(paper)
        for position, (kind, content) in enumerate(items, 1):
            self._line(paper_id, position, kind, types.normalise(kind, content))
        return paper_id

    def _line(self, paper_id: int, position: int, kind: str, content: dict[str, Any]) -> None:
        common: dict[str, Any] = {"kind": kind, "chapter_id": self.chapter_id, "difficulty": 3}
        item = Item(
            bank_id=self.bank_id,
            code=f"I{paper_id}-{position}",
            state="ready",
            updated_at=self.now,
            keyed=True,
            **common,
        )
        item_id = self.add(item)
        version = ItemVersion(
            item_id=item_id, number=1, content=content, semantic_hash=f"{item_id}", created_at=self.now, **common
        )
        version_id = self.add(version)
        self.add(
            PaperItem(
                paper_id=paper_id, position=position, item_id=item_id, version_id=version_id, marks=Decimal("2.00")
            )
        )

    def exam(self, paper_id: int, *, scheme: str = "practice", minutes: int = 60) -> int:
        """An open exam on one paper, with the calculator."""
        self.made += 1
        exam = Exam(
            institution_id=self.institution_id,
            code=f"X{self.made}",
            title="质量工程师（中级）公共科目考试",
            title_en="Quality engineer, public subject",
            scheme=scheme,
            state="open",
            duration_minutes=minutes,
            cut_marks=Decimal(10),
            calculator=True,
            created_at=self.now,
        )
        exam_id = self.add(exam)
        self.db.add(ExamPaper(exam_id=exam_id, paper_id=paper_id))
        return exam_id

    def candidate(
        self,
        exam_id: int,
        *,
        window: tuple[datetime, datetime] | None = None,
        extra_minutes: int = 0,
        password: bool = False,
    ) -> Candidate:
        """A candidate signed in, with a prepared sitting."""
        self.made += 1
        name = f"李明{self.made}"
        person = Person(
            name=name,
            username=f"e2e{self.made}",
            state="active",
            password_hash=make_hash(PASSWORD) if password else None,
            created_at=self.now,
        )
        person_id = self.add(person)
        self._belongs(person_id)
        enrolment_id = self._enrolled(exam_id, person_id)
        if extra_minutes:
            self._extra(enrolment_id, person_id, extra_minutes)
        booking = Booking(
            institution_id=self.institution_id,
            enrolment_id=enrolment_id,
            chance=1,
            window_opens=window[0] if window else None,
            window_closes=window[1] if window else None,
            booked_at=self.now,
        )
        sitting = service.prepare(self.db, self.add(booking), self.now)
        return Candidate(person_id, name, sitting.id or 0, self._signed_in(person_id))

    def _belongs(self, person_id: int) -> None:
        self.db.add(
            RoleGrant(person_id=person_id, institution_id=self.institution_id, role=Role.CANDIDATE, granted_at=self.now)
        )

    def _enrolled(self, exam_id: int, person_id: int) -> int:
        enrolment = Enrolment(
            institution_id=self.institution_id,
            exam_id=exam_id,
            person_id=person_id,
            enrolled_at=self.now,
            course_finished_at=self.now - timedelta(days=10),
        )
        return self.add(enrolment)

    def _extra(self, enrolment_id: int, person_id: int, minutes: int) -> None:
        grant = Accommodation(
            institution_id=self.institution_id,
            enrolment_id=enrolment_id,
            extra_minutes=minutes,
            reason="医院证明",
            granted_by=person_id,
            granted_at=self.now,
        )
        self.add(grant)

    def _signed_in(self, person_id: int) -> str:
        token = secrets.token_urlsafe(32)
        sign_in = BrowserSession(
            token_hash=token_hash(token),
            person_id=person_id,
            institution_id=self.institution_id,
            created_at=self.now,
            last_seen_at=self.now,
            expires_at=self.now + timedelta(hours=12),
            address="127.0.0.1",
            user_agent="e2e",
        )
        self.add(sign_in)
        return token
