"""Files that wait for their uploader's confirmation: theirs alone, for a day. They may hold keys."""

import time
from pathlib import Path
from typing import Any

from exam.accounts.access import Caller
from exam.core.jobs import Job
from exam.core.objects import ObjectStore

KEPT_SECONDS = 24 * 3600
EVERY_SECONDS = 3600.0


def waiting(data_dir: Path, who: Caller) -> ObjectStore:
    """Where the uploads of one person at one institution wait."""
    return ObjectStore(data_dir / "imports" / f"{who.institution_id}-{who.person_id}")


def forget_old(data_dir: Path, now: float) -> int:
    """Delete uploads that nobody confirmed within a day; returns how many.

    `now` is seconds since 1970 by the machine's clock, as the ages of files are, whatever the program's clock says.
    """
    old = [path for path in (data_dir / "imports").glob("*/*/*") if path.stat().st_mtime < now - KEPT_SECONDS]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _run(state: Any) -> None:
    forget_old(state.settings.data_dir, time.time())


job = Job("itembank.uploads", EVERY_SECONDS, _run)
