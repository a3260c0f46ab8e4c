"""Many threads (or processes) on the same sittings: no fork of a log, nothing acknowledged is lost."""

from concurrent.futures import ThreadPoolExecutor

from exam.core.db import Database
from exam.sessions import requests, service
from exam.sessions.models import Sitting
from sessions.conftest import Hall, answer

THREADS, ROUNDS = 8, 6


def test_eight_threads_on_the_same_sittings(database: Database, hall: Hall) -> None:
    people = [hall.person() for _ in range(3)]
    sittings = [hall.started(person) for person in people]
    pairs = list(zip(sittings, people, strict=True))

    def work(thread: int) -> set[tuple[int, int]]:
        # Half of them as another process would: with a memory of its own.
        own = Hall(database, hall.clock, hall.institution_id, hall.exam_id, hall.paper_ids) if thread % 2 else hall
        saved = set()
        for n in range(ROUNDS):
            revision = n * THREADS + thread + 1
            group = [
                requests.Sync(sitting, person, own.at(), 1, [answer(0, revision, {"by": thread})], [], "zh")
                for sitting, person in pairs
            ]
            for outcome, (sitting, _) in zip(own.do(*group), pairs, strict=True):
                assert outcome.status == 200
                assert outcome.body["accepted"][0]["status"] in ("saved", "stale")
                saved.add((sitting, revision))
        return saved

    with ThreadPoolExecutor(THREADS) as pool:
        saved = set().union(*pool.map(work, range(THREADS)))
    assert len(saved) == THREADS * ROUNDS * len(pairs)
    with database.reading() as db:
        for sitting, _ in pairs:
            assert service.check_log(db, sitting) is None
            # prepared, started, claimed, then every revision once
            assert (
                db.connection()
                .exec_driver_sql(f"SELECT count(*) FROM sitting_event WHERE sitting_id = {sitting}")
                .scalar_one()
                == 3 + THREADS * ROUNDS
            )


def test_starting_at_once_is_starting_once(database: Database, hall: Hall) -> None:
    person = hall.person()
    sitting_id = hall.prepared(person)

    def press(_: int) -> int:
        own = Hall(database, hall.clock, hall.institution_id, hall.exam_id, hall.paper_ids)
        return own.do(requests.Start(sitting_id, person, own.at()))[0].status

    with ThreadPoolExecutor(THREADS) as pool:
        assert set(pool.map(press, range(THREADS))) == {200}
    with database.reading() as db:
        assert db.get_one(Sitting, sitting_id).state == "in-progress"
        assert service.check_log(db, sitting_id) is None
