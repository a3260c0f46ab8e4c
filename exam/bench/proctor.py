"""`exam bench proctor`: watched candidates, each with a frame and an answer every few seconds, over real HTTP.

In turns their answers alone and the same answers beside their frames: what happens to the time an answer takes. Frames
are drawn here, about 30 kB each, and looked at with the real model where it is found (`EXAM_FACE_MODEL`, or the data
folder's), else in degraded mode: the figures say which.
"""

import os
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from sqlmodel import Session, col, func, select

from exam.bench import frame, seed
from exam.bench import sync as sync_bench
from exam.core.db import Database
from exam.proctor import terms
from exam.proctor.detectors import DETECTORS
from exam.proctor.models import CameraConsent, CheckIn, Frame, ProctoringPolicy
from exam.sessions import service
from exam.sessions.models import Sitting
from exam.vision.frames import Pixels, clean_frame
from exam.vision.model import FILE_NAME, find_model

DRAWN = 40
WARM_SECONDS = 4
ROUNDS = 3
SECOND_LOAD = 100_000
FIRST_WARM, FIRST, EACH = 0, 1_000, 1_000
BESIDE = Path(__file__).resolve().parents[2].parent / "shared/data/models" / FILE_NAME


def drawn(number: int) -> bytes:
    """A frame of a room with somebody's outline, another for each number: a JPEG of 640 by 480, about 30 kB."""
    made = np.random.default_rng(number)
    down, across = np.mgrid[0:480, 0:640].astype(np.float32)
    light = 90 + 60 * across / 640 + 20 * np.sin(down / 37 + number)
    pixels = np.repeat(light[:, :, None], 3, axis=2) * np.array([0.8, 0.9, 1.0], np.float32)
    middle = 320 + 60 * np.sin(number / 3)
    for top, wide, high, colour in ((400, 170, 200, (90, 70, 60)), (200, 75, 100, (120, 150, 195))):
        inside = ((across - middle) / wide) ** 2 + ((down - top) / high) ** 2 < 1
        pixels[inside] = colour
    for x, y, r in ((-28, 185, 9), (28, 185, 9), (0, 215, 7), (0, 245, 14)):
        pixels[((across - middle - x) ** 2 + (down - y) ** 2) < r * r] = (50, 45, 60)
    noisy = pixels + made.normal(0, 6, pixels.shape).astype(np.float32)
    found: Pixels = np.clip(noisy, 0, 255).astype(np.uint8)
    return clean_frame(found)


def watch_all(db: Session, people: Sequence[seed.Candidate], exam_id: int, interval: int, now: datetime) -> None:
    """The exam is watched by camera, and every one of them is let in."""
    institution_id = service.prepare(db, people[0].booking_id, now).institution_id
    here: dict[str, Any] = {"institution_id": institution_id}
    policy: dict[str, Any] = {"level": "camera", "interval_seconds": interval, "detectors": sorted(DETECTORS)}
    db.add(ProctoringPolicy(**here, exam_id=exam_id, changed_at=now, changed_by=people[0].person_id, **policy))
    db.flush()
    for each in people:
        sitting = service.prepare(db, each.booking_id, now)
        terms.watch(db, db.get_one(Sitting, sitting.id), now)
        own = {**here, "sitting_id": sitting.id}
        answer: dict[str, Any] = {"answer": "given", "text_version": "bench", "locale": "zh", "at": now}
        db.add(CameraConsent(**own, person_id=each.person_id, **answer))
        db.add(CheckIn(**own, state="approved", camera_ok_at=now, decided_at=now))


def load(
    url: str, people: Path, about: tuple[int, float, int], kind: str, folder: Path, seconds: int
) -> dict[str, Any]:
    """Requests of one kind for some seconds; `about`: candidates, seconds between two of one, the first number."""
    candidates, interval, first = about
    threads = str(min(2, candidates))
    arguments = [str(people), threads, kind, str(interval), str(first), str(folder), str(DRAWN)]
    return frame.run_wrk(url, "proctor.lua", arguments, connections=candidates, seconds=seconds)


def together(url: str, people: Path, about: tuple[int, float], folder: Path, seconds: int, turn: int) -> list[Any]:
    """Frames and answers at once, for the `turn`-th time: the figures of both."""
    candidates, interval = about
    found: dict[str, dict[str, Any]] = {}

    def run(kind: str, first: int) -> None:
        found[kind] = load(url, people, (candidates, interval, first), kind, folder, seconds)

    firsts = (("frames", FIRST + turn * EACH), ("sync", (2 * turn + 2) * SECOND_LOAD))
    threads = [threading.Thread(target=run, args=each) for each in firsts]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return [found["frames"], found["sync"]]


def kept(database: Database) -> tuple[int, int, int, int]:
    """Of the measured stretch: frames in the database, those looked at, thinned ones, and their mean size in bytes."""
    with database.reading() as db:
        measured = Frame.number >= FIRST
        frames, size = db.exec(select(func.count(), func.avg(Frame.size)).where(measured)).one()
        thinned = db.exec(select(func.count()).where(measured, col(Frame.thinned).is_(True))).one()
    return frames, frames - thinned, thinned, round(float(size or 0))


def model() -> Path | None:
    """The model to look with."""
    named = os.environ.get("EXAM_FACE_MODEL")
    return find_model(Path(named) if named else BESIDE, Path("var"))


def run(candidates: int, interval: int, seconds: int) -> dict[str, Any]:
    """The benchmark. Raises RuntimeError without `wrk`."""
    if not frame.wrk():
        raise RuntimeError("this benchmark needs wrk, which sends what is measured at a pace of its own")
    frame.raise_limits()
    found = model()
    with frame.data_folder() as folder:
        frame.upgrade(folder)
        seeded = seed.seed(folder, candidates, sync_bench.ITEMS, seed.now_utc())
        with seeded.database.transaction() as db:
            watch_all(db, seeded.candidates, seeded.exam_id, interval, seed.now_utc())
        people = folder / "people.txt"
        sync_bench.write_people(seeded, sync_bench.prepare(seeded, start=True), people)
        for number in range(1, DRAWN + 1):
            (folder / f"{number}.jpg").write_bytes(drawn(number))
        seeded.database.close()
        more = {"EXAM_FACE_MODEL": str(found)} if found else {}
        with frame.exam_server(folder, frame.free_port(), more) as server:
            about = (candidates, float(interval))
            load(server.url, people, (*about, 1), "sync", folder, WARM_SECONDS)
            load(server.url, people, (*about, FIRST_WARM), "frames", folder, WARM_SECONDS)
            before = server.memory()
            rounds = []
            for turn in range(ROUNDS):
                alone = load(server.url, people, (*about, (2 * turn + 1) * SECOND_LOAD), "sync", folder, seconds)
                rounds.append([alone, *together(server.url, people, about, folder, seconds, turn)])
            after = server.memory()
        figures = kept(seeded.database)
        seeded.database.close()
    return frame.report(_figures(rounds, figures, (before, after, server.peak), found, about))


MEMORY = ("rss_before_mib", "rss_after_mib", "peak_rss_mib")


def _figures(
    rounds: Sequence[Sequence[dict[str, Any]]],
    stored: tuple[int, int, int, int],
    memory: tuple[int, int, int],
    found: Path | None,
    about: tuple[int, float],
) -> dict[str, Any]:
    """Times are the middle ones of the rounds, so that one disturbance from outside does not decide."""
    alone, frames, answers = ([each[place] for each in rounds] for place in range(3))
    in_all, looked, thinned, size = stored

    def total(rows: Sequence[dict[str, Any]], name: str) -> float:
        return float(sum(row[name] for row in rows))

    def middle(rows: Sequence[dict[str, Any]], name: str) -> float:
        return float(median(row[name] for row in rows))

    seconds = total(frames, "seconds")
    return {
        "frames_rate": in_all / seconds,
        "analysed_rate": looked / seconds,
        "wanted_rate": about[0] / about[1],
        "sync_p99_with_ms": middle(answers, "p99_ms"),
        "sync_p99_without_ms": middle(alone, "p99_ms"),
        "sync_p99_ratio": middle(answers, "p99_ms") / max(0.001, middle(alone, "p99_ms")),
        "sync_p50_with_ms": middle(answers, "p50_ms"),
        "sync_p50_without_ms": middle(alone, "p50_ms"),
        "sync_rate_with": total(answers, "requests") / total(answers, "seconds"),
        "sync_rate_without": total(alone, "requests") / total(alone, "seconds"),
        "frame_p50_ms": middle(frames, "p50_ms"),
        "frame_p99_ms": middle(frames, "p99_ms"),
        "errors": round(sum(total(rows, "errors") for rows in (alone, frames, answers))),
        "frames": in_all,
        "acknowledged": round(total(frames, "requests")),
        "thinned_share": thinned / max(1, in_all),
        "frame_bytes": size,
        **{name: held / frame.MIB for name, held in zip(MEMORY, memory, strict=True)},
        "model": "yunet" if found else "degraded",
        "candidates": about[0],
    }
