"""The private store is shared by several packages: nothing in it is deleted while one of them needs it.

A package that keeps pictures of people there registers a `Keeper`. Deleting is always: the rows first, in a
transaction; the files once that is committed; and a sweep for what was cut off in between.
"""

import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlmodel import Session

from exam.core.db import Database, after_commit
from exam.core.objects import ObjectStore

log = structlog.get_logger()
UNKNOWN_KEPT = timedelta(days=1)
"""A file is stored before its row is committed; after this long nobody is going to."""
LOOKED_UP_AT_ONCE = 5000
FEW = 50
"""Files that are deleted while everybody who writes waits (about a millisecond each); more go beside them."""


@dataclass(frozen=True)
class Keeper:
    """`among(db, hashes)`: those of them that the package still needs. `any_row(db)`: whether it ever kept one."""

    among: Callable[[Session, Collection[str]], set[str]]
    any_row: Callable[[Session], bool]


keepers: dict[str, Keeper] = {}
"""By package. Filled when the app is put together (or by a package's import)."""


def needed(db: Session, digests: Collection[str]) -> set[str]:
    """Those of the objects that some package needs."""
    wanted, found = sorted(set(digests)), set[str]()
    for start in range(0, len(wanted), LOOKED_UP_AT_ONCE):
        some = wanted[start : start + LOOKED_UP_AT_ONCE]
        for keeper in keepers.values():
            found |= keeper.among(db, some)
    return found


def unneeded(db: Session, digests: Collection[str]) -> list[str]:
    """Those of the objects that no row needs any more. The rows are to be changed and flushed before."""
    return sorted(set(digests) - needed(db, digests))


def remove(objects: ObjectStore, digests: Collection[str]) -> None:
    """Delete files. One that can't be deleted is left to `sweep`."""
    for digest in digests:
        try:
            objects.remove(digest)
        except OSError:
            log.exception("private.not-deleted", digest=digest)


def remove_unneeded(db: Session, objects: ObjectStore, digests: Collection[str]) -> int:
    """Delete the files that no row of this transaction needs any more, once it is committed; returns how many."""
    gone = unneeded(db, digests)

    def later() -> None:
        if len(gone) <= FEW:
            remove(objects, gone)
        else:
            threading.Thread(target=remove, args=(objects, gone), name="remover", daemon=True).start()

    if gone:
        after_commit(db, later)
    return len(gone)


def sweep(database: Database, objects: ObjectStore, now: datetime, folders: Collection[str] | None = None) -> int:
    """Delete files that nobody knows: uploads whose saving failed, deletions that were cut off. Returns how many.

    `folders`: only these of the store's 256 (two hex digits), so that a large store is walked through bit by bit. A
    database that knows no picture at all may be the wrong one: then nothing is deleted.
    """
    with database.reading() as db:
        if not any(keeper.any_row(db) for keeper in keepers.values()):
            return 0
    before = (now - UNKNOWN_KEPT).timestamp()
    deleted = 0
    for paths in _old_files(objects, folders, before):
        with database.reading() as db:  # never the right to write: answers don't wait for a walk over files
            known = needed(db, [path.name for path in paths])
        for path in paths:
            if path.name not in known and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
                deleted += 1
    return deleted


def _old_files(objects: ObjectStore, folders: Collection[str] | None, before: float) -> Iterator[list[Path]]:
    """The files from before an instant, some at a time; also halves of writes that were cut off."""
    for folder in sorted(objects.folder.glob("??")):
        if folders is not None and folder.name not in folders:
            continue
        old = [path for path in folder.iterdir() if path.stat().st_mtime < before]
        for start in range(0, len(old), LOOKED_UP_AT_ONCE):
            yield old[start : start + LOOKED_UP_AT_ONCE]


def folders_of(hour: int) -> set[str]:
    """The folders whose turn it is in an hour of the day (0 to 23): each comes once a day."""
    return {f"{number:02x}" for number in range(256) if number % 24 == hour % 24}
