"""Making the demo's data: whole or not at all, in a folder that is the demo's own."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlmodel import Session

from exam.accounts import passwords
from exam.core.db import Database
from exam.core.objects import ObjectStore
from exam.core.secrets import load_secret
from exam.demo import moment, story
from exam.demo.world import World
from exam.sessions.models import Beat
from exam.sessions.receipts import keys
from exam.settings import Settings

PASSWORD = "kaoshi-2026"  # noqa: S105 - the demo's common password is no secret: it is printed at every start
DATABASE = "exam.sqlite3"
MARK = "demo.json"
UNFINISHED = "seeding"


Upgrade = Callable[[Database], None]


class NotADemo(Exception):
    """The folder holds something that isn't the demo's; nothing in it is touched."""


@dataclass(frozen=True)
class Demo:
    """A demo that is ready to be served: `fresh` when it was made just now, `moved_on` when its clock had to jump."""

    folder: Path
    offset: timedelta
    fresh: bool
    moved_on: bool


def is_demo(folder: Path) -> bool:
    """Whether a folder holds a demo, finished or not."""
    return (folder / MARK).is_file()


def clear(folder: Path) -> None:
    """Throw a demo's data away. Raises `NotADemo` for a folder with a database of somebody else's."""
    if (folder / DATABASE).exists() and not is_demo(folder):
        raise NotADemo(str(folder))
    for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", MARK, "secret.key"):
        (folder / name).unlink(missing_ok=True)
    for name in (UNFINISHED, "objects", "private"):
        shutil.rmtree(folder / name, ignore_errors=True)


def ready(settings: Settings, real_now: datetime, upgrade: Upgrade, say: Callable[[str], None]) -> Demo:
    """The demo of the data folder: made if there is none or an interruption left half of one; else with its clock
    moved on to the next window if its own is over. `upgrade` brings a database's schema up to date.

    Raises `NotADemo`.
    """
    folder = settings.data_dir
    if (folder / DATABASE).exists() and not is_demo(folder):
        raise NotADemo(str(folder))
    kept = _kept(folder)
    if kept is None or not (folder / DATABASE).exists():
        clear(folder)
        offset = moment.offset(real_now)
        say("Making the demo's data …")
        make(settings, real_now + offset, upgrade)
        _keep(folder, offset)
        _rename(folder)
        return Demo(folder, offset, fresh=True, moved_on=False)
    offset = moment.offset(real_now, kept)
    _keep(folder, offset)
    bring_up(settings, upgrade, moved=offset != kept)
    return Demo(folder, offset, fresh=False, moved_on=offset != kept)


def make(settings: Settings, now: datetime, upgrade: Upgrade) -> None:
    """Build the whole database beside its final place."""
    unfinished = settings.data_dir / UNFINISHED
    unfinished.mkdir(parents=True)
    database = Database(f"sqlite:///{(unfinished / DATABASE).resolve()}")
    try:
        upgrade(database)
        with database.transaction() as db:
            story.tell(world(settings, db, now))
    finally:
        database.close()


def world(settings: Settings, db: Session, now: datetime) -> World:
    """An empty world whose present is `now`."""
    private, objects = ObjectStore(settings.data_dir / "private"), ObjectStore(settings.data_dir / "objects")
    return World(db, now, keys(load_secret(settings)), passwords.make_hash(PASSWORD), private, objects)


def _rename(folder: Path) -> None:
    """The last step: with its database in place a demo is whole."""
    (folder / UNFINISHED / DATABASE).rename(folder / DATABASE)
    shutil.rmtree(folder / UNFINISHED)


def bring_up(settings: Settings, upgrade: Upgrade, *, moved: bool) -> None:
    """Make a kept demo fit this program. A clock that was moved while nothing ran is no outage, whose time would be
    given back to sittings."""
    database = Database(settings.effective_database_url)
    try:
        upgrade(database)
        with database.transaction() as db:
            beat = db.get(Beat, 1)
            if moved and beat is not None:
                db.delete(beat)
    finally:
        database.close()


def _kept(folder: Path) -> timedelta | None:
    try:
        return timedelta(seconds=int(json.loads((folder / MARK).read_text())["offset_seconds"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _keep(folder: Path, offset: timedelta) -> None:
    """Write the offset so that an interruption leaves the old file or the new one."""
    temporary = folder / f"{MARK}.new"
    temporary.write_text(json.dumps({"offset_seconds": int(offset.total_seconds())}) + "\n")
    temporary.replace(folder / MARK)
