"""Fixtures of the tests of learning: a place, a course that can be learned, a selection of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import Session

from exam.core.db import Database
from exam.courses.models import CourseEnrolment
from tests.fees.making import Place, place_in
from tests.learning.making import Learnable, published, selected


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
def made(place: Place, db: Session) -> Learnable:
    """A published course of two chapters with a quiz in the middle of the first."""
    return published(db, place.office)


@pytest.fixture
def selection(place: Place, db: Session, made: Learnable) -> CourseEnrolment:
    """My selection of it."""
    return selected(db, place.me, made)
