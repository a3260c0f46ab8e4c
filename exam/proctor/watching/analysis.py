"""Looking at frames, in threads of their own: decoded once, looked at, written anew, stored.

OpenCV gives the interpreter lock away while it works, and these threads stand behind all others for the processor, so
that a frame never takes an answer's place. What waits is bounded. When more comes than can be looked at, every n-th
frame of each sitting is looked at and the others are only stored, which their record says (`thinned`): whoever has to
be left out, it is spread evenly, and a frame nobody looked at is no sign of anything.
"""

import asyncio
import os
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from exam.core.objects import ObjectStore
from exam.core.writer import QueueFull
from exam.vision.frames import clean_frame, decode_frame
from exam.vision.observation import Baseline, Observation
from exam.vision.observe import Observer
from exam.vision.pictures import BadPicture

log = structlog.get_logger()
CAPACITY = 120
"""Frames that may wait: 30 MiB at the most, two seconds of 200 candidates at 3 seconds."""
NICENESS = 10
CROWDED, RELAXED = 40, 8
"""Waiting frames above which fewer are looked at, and below which more are again."""
MOST_THINNED = 8
ADAPT_SECONDS = 1.0


@dataclass(frozen=True)
class Looked:
    """What came of a frame: where the picture is, its bytes, and what was seen (None: thinned)."""

    picture: str
    size: int
    observation: Observation | None


@dataclass(frozen=True)
class Sight:
    """A frame to be looked at. `turn` spreads thinning: its sitting's number and its own."""

    data: bytes
    baseline: Baseline | None
    turn: int


@dataclass
class Figures:
    """What was done since the program began, for its log and its benchmark."""

    looked: int = 0
    thinned: int = 0
    damaged: int = 0


@dataclass
class Eyes:
    """The threads that look; `submit` on the loop's thread only. `every`: one of so many frames is looked at."""

    store: ObjectStore
    model: Path | None
    threads: int = 1
    observer: Callable[[Path | None], Any] = Observer
    figures: Figures = field(default_factory=Figures)
    every: int = 1
    detector: str = ""
    _waiting: "queue.Queue[tuple[Sight, asyncio.Future[Looked]] | None]" = field(
        default_factory=lambda: queue.Queue(CAPACITY)
    )
    _running: list[threading.Thread] = field(default_factory=list)
    _loop: asyncio.AbstractEventLoop | None = None
    _adapted: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin looking."""
        self._loop = loop
        for n in range(self.threads):
            thread = threading.Thread(target=self._run, name=f"eyes-{n}", daemon=True)
            self._running.append(thread)
            thread.start()

    def stop(self) -> None:
        """Look at what waits, then end."""
        self._loop, running = None, self._running
        self._running = []
        for _ in running:
            self._waiting.put(None)
        for thread in running:
            thread.join(timeout=30)

    @property
    def waiting(self) -> int:
        """How many frames wait."""
        return self._waiting.qsize()

    def submit(self, sight: Sight) -> "asyncio.Future[Looked]":
        """Have a frame looked at. Raises QueueFull; the future may raise BadPicture or OSError (the disk)."""
        if self._loop is None:
            raise QueueFull
        future: asyncio.Future[Looked] = self._loop.create_future()
        try:
            self._waiting.put_nowait((sight, future))
        except queue.Full:
            raise QueueFull from None
        return future

    def _run(self) -> None:
        with suppress(OSError, AttributeError):  # a system without priorities of threads does without
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        observer = self.observer(self.model)
        self.detector = observer.detector
        loop = self._loop
        while (taken := self._waiting.get()) is not None:
            sight, future = taken
            self._adapt()
            result: Looked | BaseException
            try:
                result = self._look(observer, sight)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one frame is told to its sender
                result = error
            if loop is not None:
                with suppress(RuntimeError):  # the loop has ended: nobody is left to be told
                    loop.call_soon_threadsafe(_deliver, future, result)

    def _look(self, observer: Any, sight: Sight) -> Looked:
        try:
            pixels = decode_frame(sight.data)
        except BadPicture:
            self._count("damaged")
            raise
        seen = observer.look(pixels, sight.baseline) if sight.turn % self.every == 0 else None
        self._count("thinned" if seen is None else "looked")
        cleaned = clean_frame(pixels)
        return Looked(self.store.put(cleaned, durable=False), len(cleaned), seen)

    def _count(self, name: str) -> None:
        with self._lock:
            setattr(self.figures, name, getattr(self.figures, name) + 1)

    def _adapt(self) -> None:
        """Once a second: look at fewer while too many wait, at more while few do."""
        now = time.monotonic()
        if now - self._adapted < ADAPT_SECONDS:
            return
        self._adapted = now
        every = thin(self.every, self.waiting)
        if every != self.every:
            self.every = every
            log.warning("frames.thinned" if every > 1 else "frames.all-looked-at", every=every, waiting=self.waiting)


def thin(every: int, waiting: int) -> int:
    """Of how many frames one is looked at from now on, when it was `every` and so many wait."""
    if waiting > CROWDED:
        return min(MOST_THINNED, every + 1)
    return max(1, every - 1) if waiting < RELAXED else every


def _deliver(future: "asyncio.Future[Looked]", result: Looked | BaseException) -> None:
    if future.done():
        return
    if isinstance(result, BaseException):
        future.set_exception(result)
    else:
        future.set_result(result)
