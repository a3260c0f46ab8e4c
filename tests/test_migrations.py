"""The migrations make, from an empty database, just what the models say; on both databases, and back again."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, inspect
from sqlalchemy.exc import IntegrityError

from exam import migrate
from exam.accounts.models import Institution
from exam.core.clock import FrozenClock
from exam.core.db import Database
from exam.sessions import service
from exam.sessions.models import Sitting
from tests.sessions.conftest import make_hall


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


def test_sittings_and_all_that_points_at_them_outlive_a_migration(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'sat.sqlite3'}")
    migrate.upgrade(database)
    clock = FrozenClock(datetime(2026, 11, 6, 4, tzinfo=UTC))
    with database.transaction() as db:
        institution = Institution(code="H", name="机构", created_at=clock.now())
        db.add(institution)
        db.flush()
        institution_id = institution.id or 0
    hall = make_hall(database, clock, institution_id)
    sitting_id = hall.started(hall.person())
    migrate.downgrade(database, "0004")
    migrate.upgrade(database)
    with database.reading() as db:
        sitting = db.get_one(Sitting, sitting_id)
        assert (sitting.state, sitting.paused_at) == ("in-progress", None)
        assert service.check_log(db, sitting_id) is None
    with database.write_engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        with pytest.raises(IntegrityError):
            connection.exec_driver_sql("UPDATE sitting SET state = 'paused'")  # without an instant
        connection.rollback()
        connection.exec_driver_sql("UPDATE sitting SET state = 'paused', paused_at = '2026-11-06 04:01:00.000000'")
    database.close()


def test_a_migration_that_would_leave_rows_pointing_at_nothing_changes_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'broken.sqlite3'}")
    migrate.upgrade(database, "0004")
    with database.write_engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys = OFF")
        driver.execute("INSERT INTO sitting_head (sitting_id, seq, hash) VALUES (7, 0, 'h')")
        driver.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(migrate.ForeignKeysBroken):
        migrate.upgrade(database)
    assert migrate.current(database) == "0004"
    database.close()
