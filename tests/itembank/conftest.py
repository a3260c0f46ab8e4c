"""Fixtures of the item bank's pages."""

import pytest

from exam.core.db import Database
from tests.conftest import World
from tests.itembank.place import Place


@pytest.fixture
def place(world: World, database: Database) -> Place:
    """A bank with an item of every kind and papers in every state."""
    return Place(world, database)
