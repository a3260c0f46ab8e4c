"""One process at a time writes to an embedded database: SQLite before 3.51.3 can corrupt its log with several."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from exam.settings import Settings


class InUse(Exception):
    """Another process writes to this data folder."""


@contextmanager
def sole_writer(settings: Settings) -> Iterator[None]:
    """The right to write to the data folder while the block lasts; raises `InUse`. PostgreSQL needs no such thing.

    The operating system gives the lock back when the process ends, however it ends.
    """
    if settings.database_url:
        yield
        return
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with (settings.data_dir / "writer.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InUse(f"Another exam process is writing to {settings.data_dir}. Stop it first.") from error
        yield
