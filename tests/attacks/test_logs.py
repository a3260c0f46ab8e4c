"""What goes wrong is logged without what people wrote."""

import pytest
from sqlalchemy.exc import DBAPIError

from exam.core.db import Database

SECRET = "an answer, a name, a hash"


@pytest.mark.parametrize("engine", ["write_engine", "read_engine"])
def test_errors_of_the_database_do_not_say_what_was_written(database: Database, engine: str) -> None:
    with getattr(database, engine).connect() as connection, pytest.raises(DBAPIError) as failed:
        connection.exec_driver_sql("INSERT INTO nowhere (said) VALUES (?)", (SECRET,))
    assert SECRET not in str(failed.value)
