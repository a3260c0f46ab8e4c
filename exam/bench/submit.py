"""`exam bench submit`: candidates hand in and are graded, a second; over when the last of them has a result."""

import time
from pathlib import Path
from typing import Any

from sqlmodel import func, select

from exam.bench import client, frame, seed
from exam.bench.sync import load, prepare, responses, write_people
from exam.core.clock import SystemClock
from exam.core.db import Database
from exam.grading.models import Result
from exam.sessions import perform, receipts, requests
from exam.sessions.instants import micros

CONNECTIONS = 200
MOST_SECONDS = 120
FLOOR_SECONDS = 5


def answer_all(seeded: seed.Seeded, sittings: dict[int, int]) -> None:
    """Have every candidate answer every item, by the answer path, before the server starts."""
    context = perform.Context(receipts.keys(seeded.secret), {}, SystemClock(), lambda *about: "")
    for start in range(0, len(seeded.candidates), 50):
        with seeded.database.transaction() as db:
            group: list[requests.Request] = []
            for each in seeded.candidates[start : start + 50]:
                sitting_id = sittings[each.booking_id]
                answers = [
                    {"slot": slot, "revision": 1, "response": response}
                    for slot, response in enumerate(responses(db, sitting_id), 1)
                ]
                at = micros(seed.now_utc())
                group.append(requests.Sync(sitting_id, each.person_id, at, 1, answers, [], "zh"))
            perform.perform(db, group, context)


def graded(database: Database) -> int:
    """How many results there are."""
    with database.reading() as db:
        return db.exec(select(func.count()).select_from(Result)).one()


def hand_in(url: str, people: Path, candidates: int, database: Database) -> tuple[dict[str, Any], float]:
    """Submit for everybody; what the load says, and the seconds until the last result was there."""
    began = time.monotonic()
    last = 0.0

    def finished() -> bool:
        nonlocal last
        if not last and graded(database) >= candidates:
            last = time.monotonic() - began
        return bool(last)

    if frame.wrk():
        arguments = [str(people), str(min(2, candidates))]
        connections = min(CONNECTIONS, candidates)
        told = frame.run_wrk(
            url, "submit.lua", arguments, connections=connections, seconds=MOST_SECONDS, finished=finished
        )
    else:
        told = client.submit(url, people)
        while not finished() and time.monotonic() - began < MOST_SECONDS:
            time.sleep(0.05)
    return told, last


def run(candidates: int, items: int) -> dict[str, Any]:
    """The benchmark."""
    frame.raise_limits()
    with frame.data_folder() as folder:
        frame.upgrade(folder)
        seeded = seed.seed(folder, candidates, items, seed.now_utc())
        sittings = prepare(seeded, start=True)
        answer_all(seeded, sittings)
        people = folder / "people.txt"
        write_people(seeded, sittings, people)
        with frame.exam_server(folder, frame.free_port()) as server:
            told, last = hand_in(server.url, people, candidates, seeded.database)
            done = graded(seeded.database)
        seeded.database.close()
        with frame.floor_server(folder) as floor:
            bare = load(floor.url, people, min(CONNECTIONS, candidates), FLOOR_SECONDS)
    rate, floor_rate = (done / last if last else 0.0), bare["requests"] / bare["seconds"]
    return frame.report(
        {
            "rate": rate,
            "p50_ms": told["p50_ms"],
            "p99_ms": told["p99_ms"],
            "errors": told["errors"] + candidates - done,
            "floor_rate": floor_rate,
            "ratio": rate / floor_rate,
            "last_s": last,
            "peak_rss_mib": server.peak / frame.MIB,
            "client": "wrk" if frame.wrk() else "built-in",
        }
    )
