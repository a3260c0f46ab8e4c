"""A commit is on disk before anybody is told: what each database is asked for."""

from exam.core.db import Database


def test_commits_are_synchronous(database: Database) -> None:
    question, promised = ("PRAGMA synchronous", 2) if database.is_sqlite else ("SHOW synchronous_commit", "on")
    with database.transaction() as db:
        assert db.connection().exec_driver_sql(question).scalar() == promised


def test_readers_cannot_write(database: Database) -> None:
    with database.reading() as db:
        refused = "PRAGMA query_only" if database.is_sqlite else "SHOW transaction_read_only"
        assert db.connection().exec_driver_sql(refused).scalar() in (1, "on")
