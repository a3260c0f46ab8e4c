"""An answer rewritten hundreds of times is read once: a page that comes back, and grading, need only what counts."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from exam.grading import service as grading
from exam.grading.models import Result
from exam.grading.queries import evidence
from exam.grading.sources import counting_answers
from exam.sessions import perform, requests, service
from tests.sessions.conftest import Hall, answer

TIMES, MIB = 400, 1024 * 1024
TEXT = "论" * 10_000  # 30 kB as kept


@pytest.fixture
def rewritten(hall: Hall) -> tuple[int, int, int]:
    """A sitting whose essay was saved 400 times (12 MB of history): sitting, person, the essay's slot."""
    person = hall.person()
    sitting_id = hall.started(person)
    with hall.database.reading() as db:
        sitting = db.get_one(service.Sitting, sitting_id)
        slot = next(each.slot for each in service.slots(db, sitting) if each.kind == "essay")
    for first in range(1, TIMES + 1, 50):
        texts = [answer(slot, n, {"text": f"{n} {TEXT}"}) for n in range(first, first + 50)]
        assert {each["status"] for each in hall.sync(sitting_id, person, texts).body["accepted"]} == {"saved"}
    return sitting_id, person, slot


def peak(run: Callable[[], Any]) -> tuple[Any, float]:
    """What `run` returns, and how many MiB it needed at once."""
    tracemalloc.start()
    try:
        return run(), tracemalloc.get_traced_memory()[1] / MIB
    finally:
        tracemalloc.stop()


def test_a_page_that_comes_back_reads_only_what_counts(hall: Hall, rewritten: tuple[int, int, int]) -> None:
    sitting_id, person, slot = rewritten
    outcome, needed = peak(lambda: hall.do(requests.Claim(sitting_id, person, hall.at(), "csrf", "zh"))[0])
    found = {each["slot"]: each for each in outcome.body["answers"]}
    assert (found[slot]["revision"], found[slot]["response"]["text"][:4]) == (TIMES, f"{TIMES} ")
    assert needed < 3


def test_what_the_same_group_saves_is_told_too(hall: Hall, rewritten: tuple[int, int, int]) -> None:
    sitting_id, person, slot = rewritten
    save = requests.Sync(sitting_id, person, hall.at(), 1, [answer(slot, TIMES + 1, {"text": "new"})], [], "zh")
    with hall.database.transaction() as db:
        told = perform.perform(db, [save, requests.Claim(sitting_id, person, hall.at(), "csrf", "zh")], hall.context)
    assert {each["slot"]: each["response"] for each in told[1].body["answers"]} == {slot: {"text": "new"}}


def test_grading_reads_only_what_counts(hall: Hall, rewritten: tuple[int, int, int]) -> None:
    sitting_id, person, slot = rewritten
    hall.sync(sitting_id, person, [answer(0, 1, {"at": 1})])
    with hall.database.reading() as db:
        given, needed = peak(lambda: counting_answers(db, [sitting_id]))
        assert (list(given[sitting_id]), given[sitting_id][slot].revision) == ([slot], TIMES)
        assert needed < 3
        kept, needed = peak(lambda: service.answers(db, sitting_id))
        assert (list(kept), kept[slot].revision, kept[slot].response["text"][:4]) == ([slot], TIMES, f"{TIMES} ")
        assert needed < 3


def test_the_log_is_walked_some_links_at_a_time(hall: Hall, rewritten: tuple[int, int, int]) -> None:
    sitting_id, _, _ = rewritten
    with hall.database.reading() as db:
        assert service.check_log(db, sitting_id) is None
        db.expunge_all()
        broken, needed = peak(lambda: service.check_log(db, sitting_id))
    assert broken is None and needed < 6


def test_the_check_of_a_result_walks_the_log_too(hall: Hall, rewritten: tuple[int, int, int]) -> None:
    sitting_id, person, slot = rewritten
    hall.do(requests.Submit(sitting_id, person, hall.at(), 1, [], [], "zh"))
    with hall.database.transaction() as db:
        assert grading.grade_sittings(db, [sitting_id], hall.clock.now()) == 1
    with hall.database.reading() as db:
        result = db.exec(select(Result).where(Result.sitting_id == sitting_id)).one()
        found, needed = peak(lambda: evidence(db, result))
    assert found.problem is None and found.links > TIMES and needed < 6
    assert {each.slot: each.revision for each in found.answers if each.revision} == {slot: TIMES}
