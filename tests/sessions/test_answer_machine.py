"""The answer path against a plain model: duplicates, reordering, replays, two pages, after submission and deadline."""

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlmodel import SQLModel

from exam.accounts.models import Institution
from exam.core.clock import FrozenClock
from exam.core.db import Database
from exam.sessions import receipts, requests, service
from exam.sessions.models import Sitting
from sessions.conftest import SECRET, Hall, answer, make_hall
from tests.conftest import NOON

SLOTS = st.integers(1, 3)
REVISIONS = st.integers(1, 5)
TEXTS = st.sampled_from(["一", "二", None])
MINUTES = st.sampled_from([1, 20, 59])
KEY = receipts.keys(SECRET).receipt


class Answering(RuleBasedStateMachine):
    """`stored` is all that a plain reader of the protocol would expect in the log: (slot, revision) → response."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = FrozenClock(NOON)
        self.database = Database(f"sqlite:///{self.folder / 'exam.sqlite3'}")
        self.stored: dict[tuple[int, int], Any] = {}
        self.receipts: dict[tuple[int, int], str] = {}
        self.claim = 0
        self.ended = False

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    @initialize()
    def begin(self) -> None:
        SQLModel.metadata.create_all(self.database.write_engine)
        with self.database.transaction() as db:
            db.add(Institution(code="H", name="机构", created_at=NOON))
        self.hall: Hall = make_hall(self.database, self.clock, 1)
        self.person = self.hall.person()
        self.sitting = self.hall.prepared(self.person)
        self.hall.do(requests.Start(self.sitting, self.person, self.hall.at()))
        self.deadline = self.clock.now() + timedelta(minutes=60)
        with self.database.reading() as db:
            slots = service.slots(db, db.get_one(Sitting, self.sitting))
        essay = next(slot.slot for slot in slots if slot.kind == "essay")
        others = [slot.slot for slot in slots if slot.kind in ("calculation", "fill-in-the-blank")]
        self.slots = {1: essay, 2: others[0], 3: others[1]}
        self.kinds = {slot.slot: slot.kind for slot in slots}

    def response(self, slot: int, text: str | None) -> Any:
        if text is None:
            return None
        match self.kinds[slot]:
            case "essay":
                return {"text": text}
            case "calculation":
                return {"value": text}
        return {"blanks": {"1": text}}

    @property
    def over(self) -> bool:
        return self.ended or self.clock.now() >= self.deadline

    def expect(self, asked: tuple[int, int, Any], told: dict[str, Any]) -> None:
        slot, revision, response = asked
        known = (slot, revision) in self.stored
        if not known:
            highest = max((r for s, r in self.stored if s == slot), default=0)
            assert told["status"] == ("saved" if revision > highest else "stale")
            self.stored[slot, revision] = response
            self.receipts[slot, revision] = told["receipt"]
        elif self.stored[slot, revision] == response:
            assert told["status"] == "duplicate"
            assert told["receipt"] == self.receipts[slot, revision]
        else:
            assert (told["status"], told["code"]) == ("refused", "revision-conflict")

    @rule(batch=st.lists(st.tuples(SLOTS, REVISIONS, TEXTS), max_size=4), older=st.integers(0, 2))
    def save(self, batch: list[tuple[int, int, Any]], older: int) -> None:
        claim = max(self.claim - older, 0)
        asked = [(self.slots[n], revision, self.response(self.slots[n], text)) for n, revision, text in batch]
        outcome = self.hall.sync(self.sitting, self.person, [answer(*each) for each in asked], claim)
        if self.over:
            assert outcome.status == 409
            assert outcome.body["error"] in ("submitted", "deadline-passed")
            self.ended = True
        elif claim != self.claim:
            assert (outcome.status, outcome.body["error"]) == (409, "superseded")
        else:
            assert outcome.status == 200
            for each, told in zip(asked, outcome.body["accepted"], strict=True):
                self.expect(each, told)

    @rule(first=st.tuples(SLOTS, REVISIONS, TEXTS), second=st.tuples(SLOTS, REVISIONS, TEXTS))
    def two_requests_in_one_group(self, first: tuple[int, int, Any], second: tuple[int, int, Any]) -> None:
        asked = [(self.slots[n], revision, self.response(self.slots[n], text)) for n, revision, text in (first, second)]
        group = [
            requests.Sync(self.sitting, self.person, self.hall.at(), self.claim, [answer(*each)], [], "zh")
            for each in asked
        ]
        for each, outcome in zip(asked, self.hall.do(*group), strict=True):
            if self.over:
                assert outcome.status == 409
                self.ended = True
            else:
                self.expect(each, outcome.body["accepted"][0])

    @rule()
    def another_page_opens(self) -> None:
        outcome = self.hall.do(requests.Claim(self.sitting, self.person, self.hall.at(), "csrf", "zh"))[0]
        if self.over:
            assert outcome.status == 409
            self.ended = True
            return
        self.claim += 1
        assert outcome.body["claim"] == self.claim
        counting = {slot: max(r for s, r in self.stored if s == slot) for slot, _ in self.stored}
        told = {each["slot"]: (each["revision"], each["response"]) for each in outcome.body["answers"]}
        assert told == {slot: (revision, self.stored[slot, revision]) for slot, revision in counting.items()}

    @rule(minutes=MINUTES)
    def time_passes(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    @precondition(lambda self: self.claim > 0)
    @rule(last=st.tuples(SLOTS, REVISIONS, TEXTS))
    def hand_in(self, last: tuple[int, int, Any]) -> None:
        n, revision, text = last
        asked = (self.slots[n], revision, self.response(self.slots[n], text))
        was_over, by_hand = self.over, self.ended
        request = requests.Submit(self.sitting, self.person, self.hall.at(), self.claim, [answer(*asked)], [], "zh")
        outcome = self.hall.do(request)[0]
        if not was_over:
            assert (outcome.status, outcome.body["state"]) == (200, "submitted")
            self.expect(asked, outcome.body["accepted"][0])
        elif outcome.status == 200:
            assert by_hand
            told, known = outcome.body["accepted"][0], self.stored.get(asked[:2], "nothing")
            assert told["status"] == ("duplicate" if known == asked[2] else "refused")
        else:
            assert outcome.body["error"] == "deadline-passed"
        self.ended = True

    @rule()
    def the_process_forgets(self) -> None:
        self.hall.memory.clear()

    @invariant()
    def the_log_holds_what_was_acknowledged(self) -> None:
        if not hasattr(self, "sitting"):
            return
        counting = {slot: max(r for s, r in self.stored if s == slot) for slot, _ in self.stored}
        with self.database.reading() as db:
            found = service.answers(db, self.sitting)
            assert service.check_log(db, self.sitting) is None
        assert {slot: (each.revision, each.response) for slot, each in found.items()} == {
            slot: (revision, self.stored[slot, revision]) for slot, revision in counting.items()
        }
        for (slot, revision), receipt in self.receipts.items():
            said = receipts.verify(KEY, receipt)
            assert said is not None
            assert (said.sitting_id, said.slot, said.revision) == (self.sitting, slot, revision)


TestAnswering = Answering.TestCase
TestAnswering.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
