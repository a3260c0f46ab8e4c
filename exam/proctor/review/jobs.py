"""The job that gets sittings ready for their review."""

from typing import Any

import structlog

from exam.core.jobs import Job
from exam.proctor.review import service_settling

log = structlog.get_logger()
BATCH = 20
AT_ONCE = 200
NAME = "proctor.settle"


def run(state: Any) -> None:
    """Settle the watched sittings that are over, in short transactions; one that can't be settled keeps none back."""
    now = state.clock.now()
    with state.database.reading() as db:
        ids = service_settling.unsettled(db, now, AT_ONCE)
    for start in range(0, len(ids), BATCH):
        _settle(state, ids[start : start + BATCH])


def _settle(state: Any, ids: list[int]) -> None:
    try:
        with state.database.transaction() as db:
            service_settling.settle(db, ids, state.clock.now())
    except Exception:
        if len(ids) == 1:
            log.exception("proctor.settling-failed", sitting=ids[0])
            return
        for each in ids:
            _settle(state, [each])


jobs = (Job(NAME, 5.0, run),)
