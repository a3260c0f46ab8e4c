"""Disk full, failing fsync, one request that can't be written: an honest error, never an acknowledgement, then on."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session

from exam.core.writer import NotSaved, QueueFull, Writer
from exam.sessions import perform, requests, service
from exam.sessions.requests import Outcome
from sessions.conftest import Hall, answer

Told = list[Outcome | BaseException]


def write(
    hall: Hall, groups: Sequence[Sequence[requests.Request]], between: Callable[[int], None] | None = None
) -> Told:
    """Send groups of requests through a real writer, each group after the one before was answered."""

    def commit(db: Session, group: Sequence[requests.Request]) -> list[Outcome]:
        return perform.perform(db, group, hall.context)

    async def run() -> Told:
        writer: Writer[requests.Request, Outcome] = Writer(hall.database.transaction, commit, 1000)
        writer.start(asyncio.get_running_loop())
        told: Told = []
        for n, group in enumerate(groups):
            if between:
                between(n)
            told += await asyncio.gather(*(writer.submit(each) for each in group), return_exceptions=True)
        await asyncio.to_thread(writer.stop)
        return told

    return asyncio.run(run())


def save(hall: Hall, sitting_id: int, person: int, revision: int, text: str = "x") -> requests.Sync:
    return requests.Sync(sitting_id, person, hall.at(), 1, [answer(0, revision, {"t": text})], [], "zh")


def kept(hall: Hall, sitting_id: int) -> set[int]:
    """The revisions of slot 0 in the log, read anew."""
    with hall.database.reading() as db:
        assert service.check_log(db, sitting_id) is None
        rows = db.connection().exec_driver_sql(
            "SELECT revision FROM sitting_event WHERE slot = 0 AND sitting_id = ?", (sitting_id,)
        )
        return {row[0] for row in rows}


@contextmanager
def failing_commits(hall: Hall) -> Iterator[list[int]]:
    """Every commit of the writing connection fails as SQLite does when fsync fails."""
    failed: list[int] = []

    def fail(_connection: Any) -> None:
        failed.append(1)
        raise sqlite3.OperationalError("disk I/O error")

    event.listen(hall.database.write_engine, "commit", fail)
    try:
        yield failed
    finally:
        event.remove(hall.database.write_engine, "commit", fail)


def test_a_full_disk_is_told_and_passes(hall: Hall) -> None:
    person = hall.person()
    sitting_id = hall.started(person)
    big = "y" * 15_000

    def limit(pages: int) -> None:
        with hall.database.writing(), hall.database.write_engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    def at(n: int) -> None:
        if n == 0:
            with hall.database.reading() as db:
                used = db.connection().exec_driver_sql("PRAGMA page_count").scalar_one()
            limit(used)
        if n == 20:
            limit(1_000_000)

    told = write(hall, [[save(hall, sitting_id, person, n + 1, big)] for n in range(22)], at)
    saved = {n + 1 for n, each in enumerate(told) if isinstance(each, Outcome) and each.status == 200}
    assert any(isinstance(each, NotSaved) for each in told[:20])
    assert {21, 22} <= saved
    assert kept(hall, sitting_id) == saved


def test_a_failing_fsync_is_never_an_acknowledgement(hall: Hall) -> None:
    person = hall.person()
    sitting_id = hall.started(person)
    with failing_commits(hall) as failed:
        told = write(hall, [[save(hall, sitting_id, person, n) for n in range(1, 9)]])
    assert all(isinstance(each, NotSaved) for each in told)
    assert 0 < len(failed) <= 4  # the group, then as many single tries as show that the disk is at fault
    assert kept(hall, sitting_id) == set()
    again = write(hall, [[save(hall, sitting_id, person, n) for n in range(1, 9)]])
    assert [each.body["accepted"][0]["status"] for each in again if isinstance(each, Outcome)] == ["saved"] * 8
    assert kept(hall, sitting_id) == set(range(1, 9))


def test_one_bad_request_does_not_take_the_others_down(hall: Hall) -> None:
    person = hall.person()
    sitting_id = hall.started(person)
    bad = save(hall, sitting_id, person, 2)
    bad.answers = 7  # type: ignore[assignment] - no request of the wire looks like this
    told = write(hall, [[save(hall, sitting_id, person, 1), bad, save(hall, sitting_id, person, 3)]])
    assert [isinstance(each, NotSaved) for each in told] == [False, True, False]
    assert kept(hall, sitting_id) == {1, 3}


def test_what_is_remembered_may_be_out_of_date(hall: Hall) -> None:
    """Another process wrote in between: the remembered head is not used."""
    person = hall.person()
    sitting_id = hall.started(person)
    hall.sync(sitting_id, person, [answer(0, 1, {})])
    other = Hall(hall.database, hall.clock, hall.institution_id, hall.exam_id, hall.paper_ids)
    assert other.sync(sitting_id, person, [answer(0, 2, {})]).status == 200
    assert hall.sync(sitting_id, person, [answer(0, 3, {})]).status == 200
    assert kept(hall, sitting_id) == {1, 2, 3}


def test_a_full_queue_says_so(hall: Hall) -> None:
    async def run() -> None:
        writer: Writer[int, int] = Writer(hall.database.reading, lambda db, group: list(group), 2)
        writer.start(asyncio.get_running_loop())
        first = [writer.submit(1), writer.submit(2)]
        with pytest.raises(QueueFull):
            writer.submit(3)
        assert await asyncio.gather(*first) == [1, 2]
        assert await writer.submit(3) == 3
        await asyncio.to_thread(writer.stop)

    asyncio.run(run())
