"""What grading keeps as long as the process lives: the sittings handed in since its job last ran."""

import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import Session

from exam.credits.service_posting import undo_outcome
from exam.grading import service
from exam.grading.jobs import NAME
from exam.grading.locks import SOURCE, refuse_locked
from exam.grading.service_credit import post_result
from exam.sessions import signals

LOOK_ROUND_SECONDS = 30.0
FEW = 100
GATHER_SECONDS = 0.2


class Inbox:
    """Sittings just handed in, so that the job need not look for them among all; it still looks round now and then."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._ids: deque[int] = deque()
        self._wake = wake
        self._looked: float | None = None

    def put(self, sitting_id: int) -> None:
        """Safe from any thread."""
        self._ids.append(sitting_id)
        self._wake()

    def take(self, limit: int) -> list[int]:
        """At most `limit` of the sittings, oldest first."""
        return [self._ids.popleft() for _ in range(min(limit, len(self._ids)))]

    def settle(self) -> None:
        """Where few have come, wait a moment for more: a batch costs one commit, however many it holds.

        Nobody waits for it: the page of a result grades for itself.
        """
        if 0 < len(self._ids) < FEW:
            time.sleep(GATHER_SECONDS)

    def look_round(self) -> bool:
        """Whether it is time to look at the whole database (at the first run, and every half minute)."""
        moment = time.monotonic()
        if self._looked is None or moment - self._looked >= LOOK_ROUND_SECONDS:
            self._looked = moment
            return True
        return False


def void_result(db: Session, sitting_id: int, now: datetime) -> None:
    """Take back the result of a sitting that is voided, and what it had earned, in the same transaction.

    Raises `Refused` for a locked one.
    """
    refuse_locked(db, [sitting_id])
    service.void_results(db, [sitting_id], now)
    undo_outcome(db, SOURCE, sitting_id, "result-changed", None, now)


def restore_result(db: Session, sitting_id: int, now: datetime) -> None:
    """Grade a sitting that counts again, as public as it was before it was voided, and post what it is worth."""
    service.grade_sittings(db, [sitting_id], now, "restored")
    post_result(db, sitting_id, now)


def attach(state: Any) -> None:
    """Make the inbox of an app; nothing is heard until `start`."""
    state.grading = Inbox(lambda: state.jobs.wake(NAME))
    if void_result not in signals.voided_in:
        signals.voided_in.append(void_result)
    if restore_result not in signals.restored_in:
        signals.restored_in.append(restore_result)


def start(state: Any) -> None:
    """Hear of sittings that are handed in."""
    signals.submitted.append(state.grading.put)


def stop(state: Any) -> None:
    """Stop hearing."""
    signals.submitted.remove(state.grading.put)
