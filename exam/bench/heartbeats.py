"""`exam bench heartbeats`: reports of learners that are judged a second, over real HTTP with real sign-ins.

Every learner plays a course of their own selection, opened by the ordinary route before the measured stretch; what
was counted is read from the database afterwards and held against the time that passed.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import insert
from sqlmodel import Session, delete, select

from exam.accounts.models import Institution
from exam.bench import client, frame, seed
from exam.core.db import Database
from exam.courses.models import Course, CourseEnrolment
from exam.courseware.models import CourseChapter, Courseware, Cue
from exam.learning.models import LearningRun, LearningVisit, Quiz
from exam.scheduling.models import Booking, Enrolment

FLOOR_SECONDS = 5
WARM_SECONDS = 2
SECOND_LOAD = 100_000  # far above any number of the warming up
CONNECTIONS = 500
OPENERS = 20
HOUR = 3_600_000
QUIZ = HOUR - 10_000


def course(db: Session, now: datetime) -> tuple[int, int, int]:
    """A published course of one film of an hour with a quiz before its end; its id, its chapter's and its cue's."""
    institution_id = db.exec(select(Institution.id)).one() or 0
    made = Course(
        institution_id=institution_id,
        code="C",
        title="测速课程",
        scheme="changzhou",
        hours=Decimal(1),
        delivery="online",
        state="open",
        opened=True,
        created_at=now,
    )
    db.add(made)
    db.flush()
    about: dict[str, Any] = {"institution_id": institution_id, "course_id": made.id or 0}
    db.add(Courseware(**about, state="published", created_at=now, published_at=now))
    chapter = CourseChapter(**about, number=1, title="第一章", kind="video", length_ms=HOUR, points=[HOUR // 2, HOUR])
    db.add(chapter)
    db.flush()
    cue = Cue(chapter_id=chapter.id or 0, kind="fixed", from_ms=QUIZ, until_ms=QUIZ, items=1, accuracy=60, seconds=60)
    db.add(cue)
    db.flush()
    return made.id or 0, chapter.id or 0, cue.id or 0


def enrol(db: Session, people: Sequence[seed.Candidate], about: tuple[int, int, int], now: datetime) -> None:
    """Every one of them has selected the course and begun it. All ids are the same."""
    course_id, chapter_id, cue_id = about
    institution_id = db.get_one(Course, course_id).institution_id
    rows: dict[Any, list[dict[str, Any]]] = {CourseEnrolment: [], LearningRun: [], Quiz: []}
    for n in (each.person_id for each in people):
        base = {"id": n, "institution_id": institution_id, "course_id": course_id, "person_id": n}
        rows[CourseEnrolment].append({**base, "scheme_version": "", "selected_at": now})
        run = {"selection_id": n, "seed": "0", "started_at": now, "verified": {}, "chapter_id": chapter_id}
        rows[LearningRun].append({**base, **run})
        quiz = {"run_id": n, "cue_id": cue_id, "chapter_id": chapter_id, "at_ms": QUIZ, "accuracy": 60, "seconds": 60}
        rows[Quiz].append({**quiz, "items": [], "responses": [], "marks": []})
    for model, values in rows.items():
        for start in range(0, len(values), 1000):
            db.execute(insert(model), values[start : start + 1000])


def open_all(url: str, people: Sequence[seed.Candidate], began: int) -> list[dict[str, Any]]:
    """Every learner opens the player, by the ordinary route; what each page was told. Raises RuntimeError."""
    address = urlsplit(url)
    told: dict[int, dict[str, Any]] = {}

    async def some(share: Sequence[seed.Candidate]) -> None:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        for each in share:
            head = f"POST /learn/{each.person_id}/open HTTP/1.1\r\nContent-Type: application/json\r\n"
            head += f"Cookie: sid={each.token}\r\nX-CSRF-Token: {each.csrf}\r\n"
            body = json.dumps({"device": "bench", "at": round(time.time() * 1000) - began})
            status, _, answer = await client.exchange(reader, writer, head, body.encode())
            if status != 200:
                raise RuntimeError(f"a player was not opened: {status}")
            told[each.person_id] = json.loads(answer)
        writer.close()

    async def everybody() -> None:
        await asyncio.gather(*(some(people[n::OPENERS]) for n in range(min(OPENERS, len(people)))))

    asyncio.run(everybody())
    return [told[each.person_id] for each in people]


def load(url: str, people: Path, learners: int, seconds: int, first: int, began: int) -> dict[str, Any]:
    """Send reports for some seconds, numbered from `first` on."""
    connections = min(learners, CONNECTIONS)
    if frame.wrk():
        arguments = [str(people), str(min(2, connections)), str(first), str(began)]
        return frame.run_wrk(url, "heartbeats.lua", arguments, connections=connections, seconds=seconds)
    return client.heartbeats(url, people, seconds, (connections, first, began))


def check(database: Database) -> tuple[int, int]:
    """How many learners were looked at, and of how many what counted is nothing, or more than the time that passed."""
    with database.reading() as db:
        rows = db.exec(
            select(
                LearningRun.counted_ms, LearningVisit.counted_ms, LearningVisit.opened_at, LearningVisit.seen_at
            ).join(LearningVisit, LearningVisit.run_id == LearningRun.id)  # type: ignore[arg-type]
        ).all()
    passed = [round((seen - opened).total_seconds() * 1000) for _, _, opened, seen in rows]
    right = sum(0 < run == visit <= most for (run, visit, _, _), most in zip(rows, passed, strict=True))
    return len(rows), len(rows) - right


def run(learners: int, seconds: int) -> dict[str, Any]:
    """The benchmark."""
    frame.raise_limits()
    with frame.data_folder() as folder:
        frame.upgrade(folder)
        seeded = seed.seed(folder, learners, 1, seed.now_utc())
        with seeded.database.transaction() as db:
            for model in (Booking, Enrolment):  # nobody sits: no sittings are prepared beside the learning
                db.exec(delete(model))
            enrol(db, seeded.candidates, course(db, seed.now_utc()), seed.now_utc())
        seeded.database.close()
        people, began = folder / "people.txt", round(time.time() * 1000)
        with frame.exam_server(folder, frame.free_port()) as server:
            told = open_all(server.url, seeded.candidates, began)
            with people.open("w") as file:
                for each, page in zip(seeded.candidates, told, strict=True):
                    file.write(f"{page['player']}\tsid={each.token}\t{each.csrf}\t{page['chapter']}\n")
            load(server.url, people, learners, WARM_SECONDS, 1, began)
            figures = load(server.url, people, learners, seconds, SECOND_LOAD, began)
        checked, wrong = check(seeded.database)
        seeded.database.close()
        with frame.floor_server(folder) as floor:
            bare = load(floor.url, people, learners, FLOOR_SECONDS, 1, began)
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
            "learners": learners,
            "checked": checked,
            "wrong": wrong,
        }
    )
