"""The migrations make, from an empty database, just what the models say; on both databases, and back again."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, inspect

from exam import migrate
from exam.core.db import Database


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A database without a single table."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    else:
        address: Callable[[str], str] = request.getfixturevalue("pg_server")
        admin = create_engine(address("postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with admin.connect() as connection:
            connection.exec_driver_sql("DROP DATABASE IF EXISTS exam_empty WITH (FORCE)")
            connection.exec_driver_sql("CREATE DATABASE exam_empty")
        database = Database(address("exam_empty"))
    request.addfinalizer(database.close)
    return database


def test_upgrade_from_empty_makes_what_the_models_say(empty: Database) -> None:
    assert migrate.current(empty) is None
    migrate.upgrade(empty)
    assert migrate.current(empty) == migrate.newest()
    assert migrate.drift(empty) == []
    migrate.upgrade(empty)  # a second time changes nothing


def test_downgrade_leaves_nothing_behind(empty: Database) -> None:
    migrate.upgrade(empty)
    migrate.downgrade(empty, "base")
    assert set(inspect(empty.write_engine).get_table_names()) <= {"alembic_version"}
