"""Fixtures of the tests of courseware."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import Session

from exam.core.db import Database
from exam.core.objects import ObjectStore
from tests.courseware.making import Made, course
from tests.fees.making import Place, place_in


@pytest.fixture
def place(world: Any) -> Place:
    """An institution with an office and two candidates."""
    return place_in(world)


@pytest.fixture
def db(place: Place, database: Database) -> Iterator[Session]:
    """A writing session, opened only once the place is there."""
    with database.writing(), Session(database.write_engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def made(place: Place, db: Session) -> Made:
    """A course in work, with a bank of two chapters."""
    return course(db, place.office)


@pytest.fixture
def store(tmp_path: Any) -> ObjectStore:
    """An object store of the test's own."""
    return ObjectStore(tmp_path / "objects")
