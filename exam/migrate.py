"""The schema's versions: bring a database up to date, tell where it stands, compare it with the models."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

import exam.tables  # noqa: F401
from exam.core.db import Database

FOLDER = Path(__file__).parent / "migrations"


def _config(connection: Any = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    """Run what migrations are missing, in one transaction."""
    with database.writing(), database.write_engine.begin() as connection:
        command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    """Go back to an older version; what only newer versions hold is lost."""
    with database.writing(), database.write_engine.begin() as connection:
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
