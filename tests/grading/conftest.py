"""What the tests of grading share."""

from collections.abc import Callable
from typing import Any

import pytest

from exam.accounts.permissions import Role
from exam.core.db import Database
from tests.conftest import Client, World
from tests.grading.build import Built, build


@pytest.fixture
def built(database: Database) -> Callable[..., Built]:
    """`built(items, …)` → an exam, committed; further rows go through its `db` in a transaction of their own."""

    def make(*args: Any, **kwargs: Any) -> Built:
        with database.transaction() as db:
            return build(db, *args, **kwargs)

    return make


@pytest.fixture
def staff(world: World) -> Callable[..., Client]:
    """`staff(institution_id, Role.MARKER)` → a client of a new person with that role there."""

    def make(institution_id: int, *roles: Role) -> Client:
        return world.signed_in(*roles, institution_id=institution_id)

    return make
