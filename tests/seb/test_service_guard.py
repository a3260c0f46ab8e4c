"""SEB in a sitting: a start needs its proof; without it everything is saved, then a supervisor is needed."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from exam.accounts.access import Caller
from exam.accounts.permissions import Permission, Role
from exam.core.errors import NotFound, Refused
from exam.seb.keys import Said
from exam.seb.models import SebExcuse, SebLock
from exam.seb.rules import MOST_OUTSIDE, TOLERATED_SECONDS
from exam.sessions import requests, service, service_guard, service_supervise
from exam.sessions.requests import Outcome
from tests.seb.making import WRONG, require, said
from tests.sessions.conftest import Hall, answer


class Room:
    """A hall whose exam requires SEB, with a candidate writing in it, and somebody who watches."""

    def __init__(self, hall: Hall) -> None:
        self.hall, self.key, self.person = hall, require(hall), hall.person()
        self.sitting = hall.prepared(self.person)
        self.who = Caller(
            hall.person("监考"),
            "监考",
            hall.institution_id,
            "机构",
            roles=frozenset({Role.PROCTOR}),
            permissions=frozenset({Permission.SITTING_SUPERVISE}),
        )

    def proof(self, key: str = "") -> tuple[Said, ...]:
        return said(key or self.key, f"/sittings/{self.sitting}/sync")

    def start(self, proof: tuple[Said, ...]) -> Outcome:
        return self.hall.do(requests.Start(self.sitting, self.person, self.hall.at(), proof))[0]

    def claim(self, proof: tuple[Said, ...]) -> dict[str, Any]:
        return self.hall.do(requests.Claim(self.sitting, self.person, self.hall.at(), "csrf", "zh", proof))[0].body

    def sync(self, proof: tuple[Said, ...], *answers: Any, claim: int = 1) -> Outcome:
        return self.hall.do(
            requests.Sync(self.sitting, self.person, self.hall.at(), claim, list(answers), [], "zh", proof)
        )[0]

    def submit(self, proof: tuple[Said, ...], *answers: Any) -> Outcome:
        return self.hall.do(
            requests.Submit(self.sitting, self.person, self.hall.at(), 1, list(answers), [], "zh", proof)
        )[0]

    def made(self) -> int:
        return self.hall.at() // 1000

    def later(self, seconds: float) -> None:
        self.hall.clock.advance(timedelta(seconds=seconds))

    def unlock(self, reason: str = "SEB 崩溃") -> None:
        with self.hall.database.transaction() as db:
            service_guard.unlock(db, self.who, self.sitting, reason, self.hall.clock.now())

    def excuse(self, reason: str = "读屏软件") -> None:
        with self.hall.database.transaction() as db:
            service_guard.excuse(db, self.who, self.sitting, reason, self.hall.clock.now())

    def kinds(self) -> list[str]:
        """What the log holds beside the answers; the chain is whole."""
        with self.hall.database.reading() as db:
            assert service.check_log(db, self.sitting) is None
            return [row.kind for row in service.walk_log(db, self.sitting) if row.kind.startswith("seb.")]

    def answered(self) -> dict[int, Any]:
        """What was saved last in each slot."""
        with self.hall.database.reading() as db:
            rows = [row for row in service.walk_log(db, self.sitting) if row.slot is not None]
        return {row.slot: json.loads(row.body) for row in sorted(rows, key=lambda row: row.revision)}


@pytest.fixture
def room(hall: Hall) -> Room:
    return Room(hall)


@pytest.fixture
def writing(room: Room) -> Room:
    """The candidate has started in SEB, with the page open."""
    assert room.start(room.proof()).status == 200
    assert "locked" not in room.claim(room.proof())
    return room


def test_a_start_is_refused_outside_seb_and_nothing_is_lost_by_that(room: Room) -> None:
    for proof, code in (((), "seb-needed"), (room.proof(WRONG), "seb-other-config")):
        outcome = room.start(proof)
        assert outcome.status == 409
        assert outcome.refusal is not None and outcome.refusal.code == code
    assert room.start(room.proof()).status == 200


def test_who_proves_seb_never_hears_of_it(writing: Room) -> None:
    for n in range(1, 6):
        writing.later(60)
        outcome = writing.sync(writing.proof(), answer(0, n, {"at": n}))
        assert outcome.body["accepted"][0]["status"] == "saved"
        assert "locked" not in outcome.body
    assert writing.submit(writing.proof()).body["state"] == "submitted"
    assert writing.kinds() == []


def test_another_configuration_in_the_middle_saves_everything_and_waits_for_a_supervisor(writing: Room) -> None:
    outcome = writing.sync(writing.proof(WRONG), answer(0, 1, {"at": 3}))
    assert outcome.status == 200
    assert outcome.body["accepted"][0]["status"] == "saved"
    assert outcome.body["locked"] == {"since": writing.made(), "why": "other-config"}
    made = writing.made() - 1
    writing.later(5)
    late = writing.sync(writing.proof(), answer(0, 2, {"at": 4}, made=made), answer(0, 3, {}, made=writing.made()))
    assert [each["status"] for each in late.body["accepted"]] == ["saved", "later"]
    assert late.body["locked"]["why"] == "other-config"  # a later proof does not unlock
    assert writing.answered()[0] == {"at": 4}
    writing.unlock()
    gone = writing.sync(writing.proof(), answer(0, 3, {}, made=writing.made()))
    assert gone.body["accepted"][0]["status"] == "saved"
    assert "locked" not in gone.body
    assert writing.kinds() == ["seb.locked", "seb.unlocked"]


def test_silence_locks_only_when_it_lasts(writing: Room) -> None:
    assert "locked" not in writing.sync(()).body
    writing.later(TOLERATED_SECONDS - 1)
    assert "locked" not in writing.sync(()).body
    assert "locked" not in writing.sync(writing.proof()).body  # proven in between: forgotten
    writing.later(TOLERATED_SECONDS)
    assert "locked" not in writing.sync(()).body
    writing.later(TOLERATED_SECONDS)
    outcome = writing.sync((), answer(0, 1, {"at": 1}))
    assert outcome.body["locked"]["why"] == "silent"
    assert outcome.body["accepted"][0]["status"] == "saved"


def test_a_page_in_another_browser_is_tolerated_no_longer_than_any_other_silence(writing: Room) -> None:
    assert "locked" not in writing.claim(())
    writing.later(TOLERATED_SECONDS - 1)
    assert "locked" not in writing.sync((), claim=2).body
    writing.later(1)
    assert writing.sync((), claim=2).body["locked"]["why"] == "silent"


def turns(writing: Room, first: int, count: int) -> list[dict[str, Any]]:
    """A heartbeat of SEB's page and, a second later, answers with the same claim from elsewhere, so many times."""
    heard = []
    for revision in range(first, first + count):
        writing.later(9)
        writing.sync(writing.proof())
        writing.later(1)
        heard.append(writing.sync((), answer(0, revision, {"at": 1}, made=writing.made())).body)
    return heard


def test_who_writes_from_outside_beside_seb_is_noted_at_once_and_locked_at_the_third_time(writing: Room) -> None:
    heard = turns(writing, 1, MOST_OUTSIDE)
    assert ["locked" in each for each in heard] == [False, False, True]
    assert heard[-1]["locked"]["why"] == "outside"
    assert heard[-1]["accepted"][0]["status"] == "saved"
    assert writing.kinds() == ["seb.outside", "seb.outside", "seb.outside", "seb.locked"]
    writing.unlock()
    heard = turns(writing, 4, MOST_OUTSIDE)
    assert ["locked" in each for each in heard] == [False, False, True]  # counted anew after a supervisor has looked


def test_how_often_is_told_by_the_log_and_not_by_one_process(writing: Room) -> None:
    turns(writing, 1, MOST_OUTSIDE - 1)
    writing.hall.memory.clear()
    assert turns(writing, 3, 1)[0]["locked"]["why"] == "outside"


def test_one_failure_of_seb_counts_once_however_much_is_answered_meanwhile(writing: Room) -> None:
    for revision in range(1, 6):
        writing.later(4)
        assert "locked" not in writing.sync((), answer(0, revision, {}, made=writing.made())).body
    assert "locked" not in writing.sync(writing.proof()).body
    assert writing.kinds() == ["seb.outside"]


def test_a_page_that_was_taken_over_locks_nobody(writing: Room) -> None:
    writing.claim(writing.proof())
    assert writing.sync(writing.proof(WRONG), claim=1).body["error"] == "superseded"
    assert writing.kinds() == []


def test_handing_in_needs_the_proof_too_but_loses_nothing(writing: Room) -> None:
    outcome = writing.submit(writing.proof(WRONG), answer(0, 1, {"at": 3}))
    assert (outcome.status, outcome.body["error"], outcome.body["state"]) == (409, "seb-locked", "in-progress")
    assert outcome.body["accepted"][0]["status"] == "saved"
    assert outcome.body["message"].startswith("答卷已锁定")
    assert writing.submit(writing.proof()).body["error"] == "seb-locked"
    writing.unlock()
    assert writing.submit(writing.proof()).body["state"] == "submitted"


def test_the_clock_runs_on_and_the_deadline_ends_a_locked_sitting(writing: Room) -> None:
    before = writing.sync(writing.proof(WRONG), answer(0, 1, {"at": 1})).body["deadline"]
    writing.later(600)
    writing.unlock()
    assert writing.sync(writing.proof()).body["deadline"] == before
    writing.sync(writing.proof(WRONG))
    writing.later(3600)
    assert writing.sync(()).body["error"] == "deadline-passed"
    assert writing.answered() == {0: {"at": 1}}
    assert writing.kinds() == ["seb.locked", "seb.unlocked", "seb.locked"]


def test_a_paused_sitting_can_be_locked_and_each_has_its_own_end(writing: Room) -> None:
    with writing.hall.database.transaction() as db:
        service_supervise.pause(db, writing.who, writing.sitting, "核对身份", writing.hall.clock.now())
    writing.later(1)
    outcome = writing.sync(writing.proof(WRONG), answer(0, 1, {}, made=writing.made()))
    assert outcome.body["accepted"][0]["status"] == "later"
    assert outcome.body["paused"] and outcome.body["locked"]
    with writing.hall.database.transaction() as db:
        service_supervise.resume(db, writing.who, writing.sitting, writing.hall.clock.now())
    assert "locked" in writing.sync(writing.proof()).body
    writing.unlock()
    assert "locked" not in writing.sync(writing.proof()).body


def test_what_is_remembered_of_a_lock_is_true_in_every_process(writing: Room) -> None:
    other = replace(writing.hall, memory={})
    writing.sync(writing.proof(WRONG))
    request = requests.Sync(writing.sitting, writing.person, other.at(), 1, [], [], "zh", writing.proof())
    assert "locked" in other.do(request)[0].body
    writing.unlock()
    assert "locked" not in other.do(request)[0].body
    assert "locked" not in writing.sync(writing.proof()).body


def test_unlocking_twice_is_once_and_of_what_is_not_locked_nothing(writing: Room) -> None:
    writing.unlock()
    writing.sync(writing.proof(WRONG))
    writing.unlock("一")
    writing.unlock("二")
    with writing.hall.database.reading() as db:
        (lock,) = db.exec(select(SebLock))
        assert (lock.reason, lock.unlocked_by, lock.why) == ("一", writing.who.person_id, "other-config")
    assert writing.kinds() == ["seb.locked", "seb.unlocked"]


def test_who_is_excused_starts_and_goes_on_in_any_browser(room: Room) -> None:
    room.excuse()
    room.excuse()
    assert room.start(()).status == 200
    assert "locked" not in room.claim(())
    for _ in range(3):
        room.later(TOLERATED_SECONDS)
        assert "locked" not in room.sync(room.proof(WRONG)).body
    assert room.kinds() == ["seb.excused"]
    with room.hall.database.reading() as db:
        assert db.get_one(SebExcuse, room.sitting).reason == "读屏软件"


def test_an_excuse_in_the_middle_unlocks_too(writing: Room) -> None:
    writing.sync(writing.proof(WRONG))
    writing.excuse()
    assert "locked" not in writing.sync(()).body
    assert writing.kinds() == ["seb.locked", "seb.excused"]
    writing.submit(())


def test_a_sitting_that_is_over_needs_no_excuse(writing: Room) -> None:
    writing.later(3600)
    with pytest.raises(Refused) as caught:
        writing.excuse()
    assert caught.value.refusal.code == "sitting-over"


def test_other_institutions_sittings_are_not_found(writing: Room) -> None:
    writing.sync(writing.proof(WRONG))
    stranger = replace(writing.who, institution_id=writing.hall.institution_id + 1)
    deeds: list[Callable[..., None]] = [service_guard.unlock, service_guard.excuse]
    with writing.hall.database.transaction() as db:
        for deed in deeds:
            with pytest.raises(NotFound):
                deed(db, stranger, writing.sitting, "x", writing.hall.clock.now())


def test_when_the_office_no_longer_requires_seb_nobody_stays_locked(writing: Room) -> None:
    writing.sync(writing.proof(WRONG))
    require(writing.hall, required=False)
    assert "locked" not in writing.sync(()).body
    assert writing.sync((), answer(0, 1, {})).body["accepted"][0]["status"] == "saved"


def test_exams_without_seb_hear_nothing_of_it(hall: Hall) -> None:
    person = hall.person()
    sitting_id = hall.started(person)
    hall.clock.advance(timedelta(minutes=5))
    outcome = hall.sync(sitting_id, person, [answer(0, 1, {})])
    assert "locked" not in outcome.body
    assert hall.memory[sitting_id].seb is None
