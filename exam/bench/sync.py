"""`exam bench sync`: acknowledged answers a second, over real HTTP with real sign-ins and durable commits."""

import json
from pathlib import Path
from typing import Any

import orjson
from sqlmodel import Session, func, select

from exam.bench import client, frame, seed
from exam.core.clock import SystemClock
from exam.core.db import Database
from exam.sessions import perform, receipts, requests, service
from exam.sessions.instants import micros
from exam.sessions.models import Outage, Sitting, SittingEvent

ITEMS = 50
FLOOR_SECONDS = 5
WARM_SECONDS = 2
SECOND_LOAD = 100_000  # far above any revision of the warming up


def prepare(seeded: seed.Seeded, *, start: bool) -> dict[int, int]:
    """Give every candidate their sitting, begun and claimed if `start`; booking id → sitting id."""
    database, now = seeded.database, seed.now_utc()
    context = perform.Context(receipts.keys(seeded.secret), {}, SystemClock(), lambda *about: "")
    found: dict[int, int] = {}
    for at in range(0, len(seeded.candidates), 500):
        group = seeded.candidates[at : at + 500]
        with database.transaction() as db:
            for each in group:
                found[each.booking_id] = service.prepare(db, each.booking_id, now).id or 0
            db.expunge_all()
        if start:
            with database.transaction() as db:
                arrived = micros(seed.now_utc())
                perform.perform(db, [requests.Start(found[e.booking_id], e.person_id, arrived) for e in group], context)
            with database.transaction() as db:
                asked = [requests.Claim(found[e.booking_id], e.person_id, arrived, e.csrf, "zh") for e in group]
                perform.perform(db, asked, context)
    return found


def responses(db: Session, sitting_id: int) -> list[dict[str, Any]]:
    """A fitting response for each slot of a sitting."""
    slots = service.slots(db, db.get_one(Sitting, sitting_id))
    return [seed.answer_for(slot.kind, dict(slot.content), right=slot.slot % 3 > 0) for slot in slots]


def write_people(seeded: seed.Seeded, sittings: dict[int, int], target: Path) -> None:
    """The file that the load's script reads: a line a candidate."""
    with seeded.database.reading() as db, target.open("w") as file:
        for each in seeded.candidates:
            sitting_id = sittings[each.booking_id]
            bodies = [orjson.dumps(response).decode() for response in responses(db, sitting_id)]
            file.write("\t".join([str(sitting_id), f"sid={each.token}", each.csrf, *bodies]) + "\n")


def load(url: str, people: Path, candidates: int, seconds: int, revision: int = 1) -> dict[str, Any]:
    """Send answers for some seconds on a connection a candidate, of revisions from `revision` on."""
    if frame.wrk():
        threads = str(min(2, candidates))
        return frame.run_wrk(
            url, "sync.lua", [str(people), threads, str(revision)], connections=candidates, seconds=seconds
        )
    return client.sync(url, people, seconds, revision)


def kept(database: Database) -> int:
    """How many answers are in the log."""
    with database.reading() as db:
        return db.exec(select(func.count()).select_from(SittingEvent).where(SittingEvent.kind == "answer")).one()


def run(candidates: int, seconds: int) -> dict[str, Any]:
    """The benchmark. Everything acknowledged is counted again in the database afterwards."""
    frame.raise_limits()
    with frame.data_folder() as folder:
        frame.upgrade(folder)
        seeded = seed.seed(folder, candidates, ITEMS, seed.now_utc())
        people = folder / "people.txt"
        write_people(seeded, prepare(seeded, start=True), people)
        seeded.database.close()
        with frame.exam_server(folder, frame.free_port()) as server:
            load(server.url, people, candidates, WARM_SECONDS)
            before = kept(seeded.database)
            figures = load(server.url, people, candidates, seconds, SECOND_LOAD)
            after = kept(seeded.database)
            with seeded.database.reading() as db:
                outages = db.exec(select(func.count()).select_from(Outage)).one()
        seeded.database.close()
        with frame.floor_server(folder) as floor:
            bare = load(floor.url, people, candidates, FLOOR_SECONDS)
    rate, floor_rate = figures["requests"] / figures["seconds"], bare["requests"] / bare["seconds"]
    return frame.report(
        {
            "rate": rate,
            "p50_ms": figures["p50_ms"],
            "p99_ms": figures["p99_ms"],
            "errors": figures["errors"],
            "floor_rate": floor_rate,
            "ratio": rate / floor_rate,
            "peak_rss_mib": server.peak / frame.MIB,
            "client": "wrk" if frame.wrk() else "built-in",
            "acknowledged": figures["requests"],
            "kept": after - before,
            "outages": outages,
        }
    )


def show(figures: dict[str, Any]) -> str:
    """The figures as one line of JSON."""
    return json.dumps(figures, ensure_ascii=False)
