"""What lives as long as the server: the eyes that look at frames, and what is remembered about each sitting."""

import asyncio
import os
import time
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from exam.core.clock import Clock
from exam.core.db import Database
from exam.core.writer import Writer
from exam.proctor.detectors import CAMERA_LEVELS
from exam.proctor.incidents import rules as incident_rules
from exam.proctor.incidents import service as service_incidents
from exam.proctor.models import ProctoringPolicy
from exam.proctor.watching import lines, service_frames
from exam.proctor.watching.analysis import Eyes
from exam.proctor.watching.lines import Ask, Found, Line
from exam.proctor.watching.outbox import Outbox
from exam.proctor.watching.service import PageMemory
from exam.scheduling.models import Exam
from exam.sessions import signals
from exam.sessions.instants import micros
from exam.vision.model import find_model

READER_QUEUE = 20_000


@dataclass
class Watching:
    """Frames and heartbeats in one process; `app.state.watching`.

    `heard`: sitting → when its page was last heard (microseconds), until a job has written it down. `pages`: what
    their pages did; `followed` is when that was last looked at, and before `settled` nobody counts as lost: this
    process had just begun, or stood still. `held`: sitting → when a frame of its was last turned away because this
    server had no room for it, until that is written down too.
    """

    database: Database
    clock: Clock
    eyes: Eyes
    lines: dict[int, Line] = field(default_factory=dict)
    heard: dict[int, int] = field(default_factory=dict)
    held: dict[int, int] = field(default_factory=dict)
    pages: dict[int, PageMemory] = field(default_factory=dict)
    outbox: Outbox = field(default_factory=Outbox)
    settled: int = 0
    followed: int = 0
    reader: Writer[Ask, Found] | None = None
    loop: asyncio.AbstractEventLoop | None = None

    async def line(self, sitting_id: int) -> Line:
        """How a sitting stands, read anew every other second. Raises QueueFull, NotSaved (nobody can tell now)."""
        found = self.lines.get(sitting_id)
        if found is None or found.until <= time.monotonic():
            read = await self._read(Ask(sitting_id, found is None))
            found = self.lines.get(sitting_id)  # another frame may have brought it meanwhile
            if found is None and read.standing is None:
                return lines.make(read, micros(self.clock.now()))  # not kept: anybody may ask for any number
            if found is None:
                lines.put_away(self.lines)
                found = self.lines[sitting_id] = lines.make(read, micros(self.clock.now()))
            else:
                lines.renew(found, read)
        found.used = time.monotonic()
        return found

    async def _read(self, ask: Ask) -> Found:
        if self.reader is None:  # the server is not up: one question by itself
            with self.database.reading() as db:
                return lines.look_up(db, [ask])[0]
        return await self.reader.submit(ask)


def attach(state: Any) -> None:
    """Make the runtime of an app; nothing runs until `start`."""
    model = find_model(state.settings.face_model, state.settings.data_dir)
    threads = max(1, (os.cpu_count() or 2) - 1)
    state.watching = Watching(state.database, state.clock, Eyes(state.private, model, threads))
    if paper_part not in signals.paper_parts:
        signals.paper_parts.append(paper_part)
    listen()


def listen() -> None:
    """Have the rows of frames and incidents written with their links. Once is enough; again changes nothing."""
    signals.note_bars[service_frames.BAR] = service_frames.barred
    signals.noted[service_frames.FRAME] = service_frames.heard
    signals.noted[incident_rules.OPENED] = service_incidents.heard
    signals.noted[incident_rules.CLOSED] = service_incidents.heard


def paper_part(db: Session, exam: Exam) -> tuple[str, dict[str, Any]] | None:
    """On the paper's page of a watched exam: the camera, and what else is reported."""
    policy = db.get(ProctoringPolicy, exam.id)
    if policy is None or policy.level == "none":
        return None
    return "proctor/_paper_part.html", {"script": "proctor/watching.js", "camera": policy.level in CAMERA_LEVELS}


def start(state: Any) -> None:
    """Begin, on the event loop's thread."""
    watching: Watching = state.watching
    loop = asyncio.get_running_loop()
    watching.reader = Writer(
        watching.database.reading, lambda db, asked: lines.look_up(db, asked), READER_QUEUE, "frames"
    )
    watching.reader.start(loop)
    watching.loop = loop
    watching.eyes.start(loop)


def stop(state: Any) -> None:
    """Look at what waits, then end."""
    watching: Watching = state.watching
    watching.eyes.stop()
    if watching.outbox.waiting and state.sessions.writer is not None:
        watching.outbox.hand_over(state.sessions.writer)
    if watching.reader is not None:
        watching.reader.stop()
    watching.reader = watching.loop = None
