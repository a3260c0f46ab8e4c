"""What lives as long as the server: the writer, the reader, the heart, and what they remember."""

import asyncio
import gc
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.exc import OperationalError
from sqlmodel import Session
from starlette.requests import Request

from exam.accounts import signals as accounts_signals
from exam.accounts.sign_in import AGAIN
from exam.core import i18n, tokens, web
from exam.core.clock import Clock
from exam.core.db import Database, after_commit
from exam.core.writer import NotSaved, Writer
from exam.scheduling import signals as scheduling_signals
from exam.seb import signals as seb_signals
from exam.seb.keyring import Keyring
from exam.sessions import outages, paper, queries_guard, requests, service, shown, signals
from exam.sessions.lives import Memory
from exam.sessions.perform import Context, perform
from exam.sessions.receipts import Keys
from exam.sessions.receipts import keys as derive_keys
from exam.sessions.requests import Outcome

log = structlog.get_logger()
READER_QUEUE = 50_000


@dataclass
class Runtime:
    """The answer path's state in one process; `app.state.sessions`."""

    database: Database
    clock: Clock
    keys: Keys
    again: Callable[[int, int, datetime], str]
    capacity: int
    seb: Keyring
    memory: Memory = field(default_factory=dict)
    frames: paper.Frames = field(default_factory=dict)
    writer: Writer[requests.Request, Outcome] | None = None
    reader: Writer[int, shown.Shown | None] | None = None
    beaten: float | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    heart: threading.Thread | None = None

    @property
    def context(self) -> Context:
        """What performing a request needs."""
        return Context(self.keys, self.memory, self.clock, self.again, self.seb)


def attach(state: Any) -> None:
    """Make the runtime of an app; nothing runs until `start`."""

    def again(person_id: int, institution_id: int, now: datetime) -> str:
        return tokens.make(state.secret, AGAIN, [person_id, institution_id], now)

    keys = derive_keys(state.secret)
    state.sessions = Runtime(state.database, state.clock, keys, again, state.settings.writer_queue, state.seb)
    if service.in_exam not in accounts_signals.in_exam:
        accounts_signals.in_exam.append(service.in_exam)
    if service.handed_in not in scheduling_signals.handed_in:
        scheduling_signals.handed_in.append(service.handed_in)
    if queries_guard.paper_part not in signals.paper_parts:
        signals.paper_parts.append(queries_guard.paper_part)
    if service.under_way not in seb_signals.running:
        seb_signals.running.append(service.under_way)


def of(request: Request) -> Runtime:
    """The runtime of the app that serves the request."""
    found: Runtime = request.app.state.sessions
    return found


def start(state: Any) -> None:
    """Begin, on the event loop's thread: first the time lost while no server ran is given back."""
    runtime: Runtime = state.sessions
    runtime.stopping.clear()
    with runtime.database.transaction() as db:
        keep_time(db, runtime)
    _tune()
    loop = asyncio.get_running_loop()

    def commit(db: Session, group: Sequence[requests.Request]) -> list[Outcome]:
        if runtime.beaten is not None and time.monotonic() - runtime.beaten > outages.STALE_SECONDS:
            keep_time(db, runtime)  # nothing is judged late before a standstill of our own is made good
        return perform(db, group, runtime.context)

    runtime.writer = Writer(runtime.database.transaction, commit, runtime.capacity)

    def look_up(db: Session, ids: Sequence[int]) -> list[shown.Shown | None]:
        return shown.look_up(db, ids, runtime.seb)

    runtime.reader = Writer(runtime.database.reading, look_up, READER_QUEUE, name="reader")
    runtime.writer.start(loop)
    runtime.reader.start(loop)
    runtime.heart = threading.Thread(target=_beat, args=(runtime,), name="heart", daemon=True)
    runtime.heart.start()


def _tune() -> None:
    """Collect garbage less often, without the program itself; let the writer have its turn sooner."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    sys.setswitchinterval(0.001)


def stop(state: Any) -> None:
    """Commit what waits, then end."""
    runtime: Runtime = state.sessions
    runtime.stopping.set()
    for thread in (runtime.writer, runtime.reader):
        if thread is not None:
            thread.stop()
    if runtime.heart is not None:
        runtime.heart.join(timeout=30)
    runtime.writer = runtime.reader = runtime.heart = None


def keep_time(db: Session, runtime: Runtime) -> None:
    """Note that the server is up; a gap since the last note is an outage, whose time is given back."""
    outages.beat(db, runtime.clock.now())

    def noted() -> None:
        runtime.beaten = time.monotonic()

    after_commit(db, noted)


def _beat(runtime: Runtime) -> None:
    while not runtime.stopping.wait(outages.BEAT_SECONDS):
        try:
            with runtime.database.transaction() as db:
                keep_time(db, runtime)
        except Exception:
            log.exception("heart.failed")  # tried again in a moment; the gap then shows as an outage


def perform_now(request: Request, asked: requests.Request) -> Outcome:
    """Perform one request in a transaction of its own, without the writer. Raises `NotSaved`."""
    runtime = of(request)
    try:
        with web.transaction(request) as db:
            return perform(db, [asked], runtime.context)[0]
    except OperationalError as error:
        raise NotSaved(str(error)) from error


def locale() -> str:
    """The language of the request."""
    return i18n.current_locale.get()
