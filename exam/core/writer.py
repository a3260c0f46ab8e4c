"""The group-committing writer: one thread that commits whatever has queued up, many requests with one fsync.

Requests are handed over from the event loop; each is answered only after the commit that holds it. When a commit fails
nothing of it is acknowledged: its requests are tried again one by one, so that one that can't be written does not take
the others down, and those that still fail get the error. The writer itself goes on. With a reading scope instead of a
transaction the same thread answers many small questions with few statements.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar

import structlog
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

log = structlog.get_logger()

T = TypeVar("T")
R = TypeVar("R")
GROUP = 512
# So many failures of the storage in a row: the disk is at fault, and the rest of the group need not be tried.
FAILURES_IN_A_ROW = 3
STORAGE_ERRORS = (OperationalError, sqlite3.OperationalError, OSError)


class QueueFull(Exception):
    """More is waiting than may wait; ask again in a moment."""


class NotSaved(Exception):
    """The commit failed: nothing of the request was kept, or may be taken as kept."""


class Writer(Generic[T, R]):
    """Runs `perform(db, requests) -> results` on groups, each in one `scope()` (`database.transaction`).

    Call `submit` on the loop's thread only.
    """

    def __init__(
        self,
        scope: Callable[[], AbstractContextManager[Session]],
        perform: Callable[[Session, Sequence[T]], list[R]],
        capacity: int,
        name: str = "writer",
    ) -> None:
        self.scope = scope
        self.perform = perform
        self.capacity = capacity
        self.waiting = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gathered: list[tuple[asyncio.Future[R], T]] = []
        self._handed_over: queue.SimpleQueue[list[tuple[asyncio.Future[R], T]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin taking requests from `loop`."""
        self._loop = loop
        self._thread.start()

    def stop(self) -> None:
        """Commit what is queued, then end."""
        self._hand_over()
        self._handed_over.put(None)
        self._thread.join(timeout=30)

    def submit(self, request: T) -> "asyncio.Future[R]":
        """Queue a request; the future gets its result after the commit, or `NotSaved`. Raises `QueueFull`."""
        if self._loop is None or self.waiting >= self.capacity:
            raise QueueFull
        future: asyncio.Future[R] = self._loop.create_future()
        self.waiting += 1
        if not self._gathered:  # everything that this turn of the loop brings is handed over in one piece
            self._loop.call_soon(self._hand_over)
        self._gathered.append((future, request))
        return future

    def _hand_over(self) -> None:
        if self._gathered:
            self._handed_over.put(self._gathered)
            self._gathered = []

    def _run(self) -> None:
        ending = False
        left: list[tuple[asyncio.Future[R], T]] = []
        while not (ending and not left):
            group = left
            while not ending and len(group) < GROUP:
                try:
                    more = self._handed_over.get(block=not group)
                except queue.Empty:
                    break
                if more is None:
                    ending = True
                else:
                    group = group + more if group else more
            group, left = group[:GROUP], group[GROUP:]
            if group:
                self._answer([future for future, _ in group], self._commit_group([request for _, request in group]))

    def _commit_group(self, requests: list[T]) -> list[R | BaseException]:
        try:
            return list(self._commit(requests))
        except Exception as error:  # noqa: BLE001 - whatever it was, each request is tried by itself
            log.warning("writer.group-failed", size=len(requests), error=str(error)[:300])
        results: list[R | BaseException] = []
        failures = 0
        for request in requests:
            if failures >= FAILURES_IN_A_ROW:
                results.append(NotSaved("storage"))
                continue
            try:
                results += self._commit([request])
                failures = 0
            except Exception as error:  # noqa: BLE001 - the writer goes on, and the request is told
                log.error("writer.request-failed", kind=type(error).__name__, error=str(error)[:300])
                failures += isinstance(error, STORAGE_ERRORS)
                results.append(NotSaved(str(error)))
        return results

    def _commit(self, requests: list[T]) -> list[R]:
        with self.scope() as db:
            return self.perform(db, requests)

    def _answer(self, futures: list["asyncio.Future[R]"], results: list[R | BaseException]) -> None:
        loop: Any = self._loop
        try:
            loop.call_soon_threadsafe(self._deliver, futures, results)
        except RuntimeError:  # the loop has ended: nobody is left to be told
            log.info("writer.nobody-to-answer", size=len(futures))

    def _deliver(self, futures: list["asyncio.Future[R]"], results: list[R | BaseException]) -> None:
        self.waiting -= len(futures)
        for future, result in zip(futures, results, strict=True):
            if future.done():
                continue
            if isinstance(result, BaseException):
                future.set_exception(result)
            else:
                future.set_result(result)
