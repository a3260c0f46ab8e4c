"""Two processes never write to one embedded database."""

import pytest

from exam.core.sole import InUse, sole_writer
from exam.settings import Settings


def test_the_second_writer_is_turned_away_until_the_first_is_done(settings: Settings) -> None:
    with sole_writer(settings), pytest.raises(InUse), sole_writer(settings):
        pass
    with sole_writer(settings):
        pass


def test_postgresql_takes_as_many_as_come(settings: Settings) -> None:
    shared = Settings(data_dir=settings.data_dir, database_url="postgresql://localhost/exam")
    with sole_writer(shared), sole_writer(shared):
        pass
