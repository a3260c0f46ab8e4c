"""`kill -9` of the real server in the middle of a storm of saves: everything acknowledged is there, and time is
true.
"""

import asyncio
import os
import signal
import time
from pathlib import Path

import orjson
import pytest
from sqlmodel import col, select

from exam.bench import client, frame, seed
from exam.bench.sync import prepare
from exam.core.db import Database
from exam.sessions import receipts, service
from exam.sessions.models import Sitting, SittingEvent

CANDIDATES = 40
Kept = dict[tuple[int, int, int], str]


async def _storm(port: int, rows: list[tuple[int, str, str]], acknowledged: Kept, enough: asyncio.Event) -> None:
    async def one(sitting_id: int, token: str, csrf: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"POST /sittings/{sitting_id}/sync HTTP/1.1\r\nContent-Type: application/json\r\n"
        head += f"Cookie: sid={token}\r\nX-CSRF-Token: {csrf}\r\n"
        try:
            for revision in range(1, 100_000):
                answers = [{"slot": 0, "revision": revision, "response": {"n": revision}}]
                body = orjson.dumps({"claim": 1, "answers": answers, "events": []})
                status, _, content = await client.exchange(reader, writer, head, body)
                assert status == 200, content
                told = orjson.loads(content)["accepted"][0]
                assert told["status"] == "saved"
                acknowledged[sitting_id, 0, revision] = told["receipt"]
                if len(acknowledged) > 2000:
                    enough.set()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    await asyncio.gather(*(one(*row) for row in rows))


@pytest.mark.slow
def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    frame.upgrade(tmp_path)
    seeded = seed.seed(tmp_path, CANDIDATES, 5, seed.now_utc())
    sittings = prepare(seeded, start=True)
    seeded.database.close()
    rows = [(sittings[each.booking_id], each.token, each.csrf) for each in seeded.candidates]
    acknowledged: Kept = {}
    port = frame.free_port()

    async def storm_and_kill(process_id: int) -> None:
        enough = asyncio.Event()
        storm = asyncio.create_task(_storm(port, rows, acknowledged, enough))
        await asyncio.wait_for(enough.wait(), 60)
        os.kill(process_id, signal.SIGKILL)
        await storm

    with frame.exam_server(tmp_path, port) as server:
        asyncio.run(storm_and_kill(server.process.pid))
        server.process.wait()
    check(tmp_path, seeded.secret, acknowledged)
    with frame.exam_server(tmp_path, frame.free_port()) as again:
        deadline, server_time = asyncio.run(_heartbeat(again.port, rows[0]))
    with Database(f"sqlite:///{tmp_path / 'exam.sqlite3'}").reading() as db:
        sitting = db.get_one(Sitting, rows[0][0])
    assert sitting.deadline is not None
    assert deadline == int(sitting.deadline.timestamp() * 1000)
    assert abs(server_time - time.time() * 1000) < 60_000
    check(tmp_path, seeded.secret, acknowledged)


def check(folder: Path, secret: bytes, acknowledged: Kept) -> None:
    """Each acknowledged answer is in the log, with the receipt that was given; the logs are whole."""
    database = Database(f"sqlite:///{folder / 'exam.sqlite3'}")
    key = receipts.keys(secret).receipt
    with database.reading() as db:
        rows = db.exec(select(SittingEvent).where(col(SittingEvent.slot).is_not(None))).all()
        stored = {
            (row.sitting_id, row.slot or 0, row.revision or 0): receipts.sign(
                key, row.sitting_id, row.slot or 0, row.revision or 0, row.at, row.body
            )
            for row in rows
        }
        for sitting_id in {each for each, _, _ in acknowledged}:
            assert service.check_log(db, sitting_id) is None
    database.close()
    assert acknowledged
    assert {place: stored.get(place) for place in acknowledged} == acknowledged


async def _heartbeat(port: int, row: tuple[int, str, str]) -> tuple[int, int]:
    sitting_id, token, csrf = row
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST /sittings/{sitting_id}/sync HTTP/1.1\r\nContent-Type: application/json\r\n"
    head += f"Cookie: sid={token}\r\nX-CSRF-Token: {csrf}\r\n"
    status, _, content = await client.exchange(reader, writer, head, b'{"claim":1,"answers":[],"events":[]}')
    writer.close()
    assert status == 200
    told = orjson.loads(content)
    return told["deadline"], told["server_time"]
