"""Work that no request asks for: each job runs every so often in one background thread of the process.

A job must be safe to run twice and to be cut off anywhere: it reads what is due from the database and does it.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

log = structlog.get_logger()


@dataclass(frozen=True)
class Job:
    """`run(state)` gets the app's state (database, clock, settings, objects, secret …) every `every_seconds`."""

    name: str
    every_seconds: float
    run: Callable[[Any], None]


class JobRunner:
    """Runs the jobs until stopped. `wake(name)` has one run at once instead of when its time comes."""

    def __init__(self, jobs: Sequence[Job], state: Any) -> None:
        self.jobs = {job.name: job for job in jobs}
        self.state = state
        self._due = dict.fromkeys(self.jobs, 0.0)
        self._condition = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._loop, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin; every job runs once at once."""
        self._thread.start()

    def wake(self, name: str) -> None:
        """Have the job run now. Safe from any thread."""
        with self._condition:
            self._due[name] = 0.0
            self._condition.notify()

    def stop(self) -> None:
        """End after the job that is running."""
        with self._condition:
            self._stopped = True
            self._condition.notify()
        self._thread.join(timeout=30)

    def _loop(self) -> None:

        while True:
            with self._condition:
                if self._stopped:
                    return
                moment = time.monotonic()  # jobs are paced by real seconds, whatever the program's clock says
                due = [name for name, at in self._due.items() if at <= moment]
                for name in due:
                    self._due[name] = moment + self.jobs[name].every_seconds
                if not due:
                    self._condition.wait(timeout=max(0.01, min(self._due.values(), default=60.0) - moment))
                    continue
            for name in due:
                try:
                    self.jobs[name].run(self.state)
                except Exception:
                    log.exception("job.failed", job=name)
