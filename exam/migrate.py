"""The schema's versions: bring a database up to date, tell where it stands, compare it with the models."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlmodel import SQLModel

import exam.tables  # noqa: F401
from exam.core.db import Database

FOLDER = Path(__file__).parent / "migrations"


def _config(connection: Any = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _changing(database: Database) -> Iterator[Connection]:
    """A transaction for changing tables. SQLite makes some of them anew, which foreign keys must not notice: they are
    off meanwhile (which works outside of a transaction only) and checked before the commit.

    Raises ForeignKeysBroken, and then nothing is changed.
    """
    with database.write_engine.connect() as connection:
        embedded = connection.dialect.name == "sqlite"
        driver = connection.connection.driver_connection
        if embedded and driver is not None:
            driver.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.begin():
                yield connection
                if embedded and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                    raise ForeignKeysBroken(f"{len(broken)} rows, the first: {tuple(broken[0])}")
        finally:
            if embedded and driver is not None:
                driver.execute("PRAGMA foreign_keys = ON")


class ForeignKeysBroken(RuntimeError):
    """A migration would leave rows that point at nothing."""


def upgrade(database: Database, revision: str = "head") -> None:
    """Run what migrations are missing, in one transaction."""
    with database.writing(), _changing(database) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    """Go back to an older version; what only newer versions hold is lost."""
    with database.writing(), _changing(database) as connection:
        command.downgrade(_config(connection), revision)


def revise(database: Database, message: str) -> None:
    """Write a new migration from what the models have and the database has not; to be read before it is committed."""
    with database.writing(), database.write_engine.begin() as connection:
        command.revision(_config(connection), message=message, autogenerate=True)


def current(database: Database) -> str | None:
    """The database's version; None for an empty one."""
    with database.read_engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """The version this program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def drift(database: Database) -> list[Any]:
    """What differs between the models and the database; empty when nothing does."""
    with database.read_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, SQLModel.metadata))
