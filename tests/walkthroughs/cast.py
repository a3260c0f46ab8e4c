"""Who takes part in the walkthroughs, a bank small enough to count its marks by hand, and a browser's requests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, select

from exam.accounts import service
from exam.accounts.access import Caller
from exam.accounts.permissions import Role, permissions_of
from exam.accounts.rules import Details
from exam.core.clock import SHANGHAI, FrozenClock
from exam.itembank.models import Paper
from exam.sessions import service as sessions
from exam.sessions.instants import micros
from exam.sessions.models import Sitting
from exam.sessions.perform import Context, perform
from exam.sessions.receipts import Keys
from exam.sessions.requests import Claim, Outcome, Request, Start, Submit, Sync

KEYS = Keys(b"r" * 32, b"s" * 32)
BEFORE = datetime(2026, 9, 1, tzinfo=UTC)
CODES = ("single", "multiple", "truth", "blanks", "sum", "case")
MARKS = ("3", "4", "2", "4", "3", "4")


def shanghai(text: str) -> datetime:
    """A time of the clock in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


@dataclass
class Cast:
    """An institution and its people, as callers of services."""

    db: Session
    institution_id: int
    institution_name: str
    count: int = 0
    made: dict[str, Caller] = field(default_factory=dict)

    def somebody(self, *roles: Role) -> Caller:
        """A new person with these roles."""
        self.count += 1
        name = "考生" + "甲乙丙丁戊己庚辛"[self.count]
        person = service.add_person(
            self.db, Details(name, username=f"someone{self.count}"), now=BEFORE, home=self.institution_id
        )
        for role in roles:
            service.grant(self.db, person.id or 0, self.institution_id, role, now=BEFORE)
        held = frozenset(roles)
        return Caller(
            person_id=person.id or 0,
            name=name,
            institution_id=self.institution_id,
            institution_name=self.institution_name,
            roles=held,
            permissions=permissions_of(held),
        )


def cast(db: Session) -> Cast:
    """A new institution."""
    home = service.add_institution(db, code="CZ", name="常州考试中心", now=BEFORE)
    return Cast(db, home.id or 0, home.name)


def items(letter: str) -> list[dict[str, Any]]:
    """Six items of six types in the authoring form; those of another letter ask the same under other codes."""
    options = [f"{letter} 甲", f"{letter} 乙", f"{letter} 丙", f"{letter} 丁"]
    forms: list[dict[str, Any]] = [
        {"kind": "single-choice", "options": options, "key": "B"},
        {
            "kind": "multiple-choice",
            "options": options,
            "key": "ABC",
            "policy": "partial-without-wrong",
            "partial_share": "0.5",
        },
        {"kind": "true-false", "key": "对"},
        {"kind": "fill-in-the-blank", "stem": f"{letter} {{{{1}}}} 与 {{{{2}}}}", "blanks": ["GB", "GB/T"]},
        {"kind": "calculation", "answer": "12.5", "tolerance": "0.1", "unit": "kg", "accepted_units": "g=0.001"},
        {
            "kind": "case-analysis",
            "parts": [
                {"kind": "single-choice", "weight": 1, "stem": "问一", "options": options, "key": "C"},
                {"kind": "true-false", "weight": 3, "stem": "问二", "key": "错"},
            ],
        },
    ]
    return [
        {
            "code": f"{letter}-{code}",
            "chapter": 1 if place < 3 else 2,
            "difficulty": 3,
            "points": ["KP-1"],
            "stem": f"{letter} 卷第 {place + 1} 题",
            **form,
        }
        for place, (code, form) in enumerate(zip(CODES, forms, strict=True))
    ]


def document() -> dict[str, Any]:
    """A whole bank with two papers of twenty marks, as a writer's JSON file."""
    papers = [
        {
            "code": f"PAPER-{letter}",
            "title": f"{letter} 卷",
            "items": [{"code": f"{letter}-{c}", "marks": m} for c, m in zip(CODES, MARKS, strict=True)],
        }
        for letter in "AB"
    ]
    return {
        "bank": {"code": "WALK", "title": "走查题库", "delivery": "face-to-face"},
        "chapters": [{"number": 1, "title": "第一章"}, {"number": 2, "title": "第二章"}],
        "points": [{"code": "KP-1", "name": "知识点", "chapter": 1}],
        "items": items("A") + items("B"),
        "papers": papers,
    }


@dataclass
class Browser:
    """The page of a sitting: what it has sent so far, and what it was told."""

    db: Session
    sitting: Sitting
    claim: int = 0
    told: dict[tuple[int, int], Mapping[str, Any]] = field(default_factory=dict)

    def ask(self, request: Request, at: datetime) -> Outcome:
        outcome = perform(self.db, [request], Context(KEYS, {}, FrozenClock(at), lambda *_: ""))[0]
        self.db.flush()
        self.db.expire_all()
        return outcome

    def start(self, at: datetime) -> Outcome:
        return self.ask(Start(self.sitting.id or 0, self.sitting.person_id, micros(at)), at)

    def open(self, at: datetime) -> Outcome:
        """Load the page: it takes the sitting over."""
        outcome = self.ask(Claim(self.sitting.id or 0, self.sitting.person_id, micros(at), "", "zh"), at)
        self.claim = outcome.body.get("claim", 0)
        return outcome

    def save(self, at: datetime, answers: Sequence[dict[str, Any]]) -> Outcome:
        who = (self.sitting.id or 0, self.sitting.person_id, micros(at), self.claim)
        return self.ask(Sync(*who, list(answers), [], "zh"), at)

    def submit(self, at: datetime, answers: Sequence[dict[str, Any]] = ()) -> Outcome:
        who = (self.sitting.id or 0, self.sitting.person_id, micros(at), self.claim)
        return self.ask(Submit(*who, list(answers), [], "zh"), at)

    def letter(self) -> str:
        """Which paper it is."""
        return self.db.exec(select(Paper.code).where(Paper.id == self.sitting.paper_id)).one()[-1]

    def answer(self, code: str, revision: int, wanted: Any) -> dict[str, Any]:
        """An answer to the item that ends in `code`, wherever it stands in this candidate's order; options by their
        authored letters, as in the key."""
        place, content = self.find(code)
        return {"slot": place, "revision": revision, "response": _response(content, wanted)}

    def find(self, code: str) -> tuple[int, Mapping[str, Any]]:
        position = CODES.index(code) + 1
        slot = next(slot for slot in sessions.slots(self.db, self.sitting) if slot.position == position)
        return slot.slot, slot.content


def _response(content: Mapping[str, Any], wanted: Any) -> Any:
    if isinstance(wanted, str) and "options" in content:
        chosen = [content["options"]["ABCD".index(letter)]["id"] for letter in wanted]
        return {"choices": chosen} if isinstance(content["key"], list) else {"choice": chosen[0]}
    if "parts" in content and wanted is not None:
        parts = {part["id"]: part["content"] for part in content["parts"]}
        return {"parts": {part: _response(parts[part], said) for part, said in wanted.items() if said is not None}}
    return wanted
