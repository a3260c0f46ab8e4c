"""What evidence asks of the background: logs signed in time, pictures deleted in time."""

from typing import Any

from exam.core.jobs import Job
from exam.proctor.evidence import keys as evidence_keys
from exam.proctor.evidence import retention, service_checkpoints

SIGN, SIGN_ALL, RETENTION = "proctor.checkpoints", "proctor.checkpoints-all", "proctor.retention"
HOUR = 3600.0


def _sign(state: Any) -> None:
    service_checkpoints.sign_due(state.database, evidence_keys.of(state), state.clock.now(), everything=False)


def _sign_all(state: Any) -> None:
    service_checkpoints.sign_due(state.database, evidence_keys.of(state), state.clock.now(), everything=True)


def _delete(state: Any) -> None:
    """A batch at a time, so that the other jobs have their turn in between."""
    if retention.erase_due(state.database, state.private, state.clock.now()) == retention.BATCH:
        state.jobs.wake(RETENTION)


jobs: tuple[Job, ...] = (Job(SIGN, 30.0, _sign), Job(SIGN_ALL, HOUR, _sign_all), Job(RETENTION, HOUR, _delete))
