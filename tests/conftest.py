"""Fixtures shared by all tests: a fresh database, a clock that stands still, clients signed in as anybody."""

import itertools
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, SQLModel
from starlette.applications import Starlette
from starlette.testclient import TestClient

import exam.tables  # noqa: F401
from exam.accounts.access import SESSION_COOKIE
from exam.accounts.gate import token_hash
from exam.accounts.models import BrowserSession, Institution, Person, RoleGrant
from exam.accounts.permissions import Role
from exam.app import create_app
from exam.core.clock import FrozenClock
from exam.core.db import Database
from exam.settings import Settings

NOON = datetime(2026, 11, 6, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai, inside a Changzhou window
_serial = itertools.count(1)


@pytest.fixture
def clock() -> FrozenClock:
    """The server's clock, standing at 2026-11-06 12:00 Shanghai until a test moves it."""
    return FrozenClock(NOON)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an embedded deployment in a folder of the test's own."""
    return Settings(data_dir=tmp_path, secret_key="test-secret-" + "x" * 40)  # type: ignore[arg-type]


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """An empty database with every table."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.effective_database_url)
    SQLModel.metadata.create_all(database.write_engine)
    yield database
    database.close()


@pytest.fixture
def db(database: Database) -> Iterator[Session]:
    """A writing session; what the test adds is rolled back unless it commits."""
    with database.writing(), Session(database.write_engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def app(settings: Settings, clock: FrozenClock, database: Database) -> Starlette:
    """The application on the test's database and clock."""
    return create_app(settings, clock=clock, database=database)


@dataclass
class World:
    """Makes people and institutions for tests, committed at once."""

    database: Database
    app: Starlette
    clock: FrozenClock

    def institution(self, code: str = "") -> int:
        """A new institution's id."""
        code = code or f"I{next(_serial)}"
        with self.database.transaction() as db:
            row = Institution(code=code, name=f"机构{code}", name_en=f"Institution {code}", created_at=self.clock.now())
            db.add(row)
            db.flush()
            assert row.id is not None
            return row.id

    def person(self, institution_id: int, *roles: Role, name: str = "") -> int:
        """A new active person's id, holding `roles` at the institution."""
        n = next(_serial)
        with self.database.transaction() as db:
            row = Person(name=name or f"考生{n}", username=f"user{n}", state="active", created_at=self.clock.now())
            db.add(row)
            db.flush()
            assert row.id is not None
            for role in roles:
                db.add(
                    RoleGrant(person_id=row.id, institution_id=institution_id, role=role, granted_at=self.clock.now())
                )
            return row.id

    def client(self, person_id: int, institution_id: int) -> "Client":
        """A browser in which that person is signed in and works for that institution."""
        token = secrets.token_urlsafe(32)
        now = self.clock.now()
        with self.database.transaction() as db:
            db.add(
                BrowserSession(
                    token_hash=token_hash(token),
                    person_id=person_id,
                    institution_id=institution_id,
                    created_at=now,
                    last_seen_at=now,
                    expires_at=now + timedelta(hours=12),
                    address="testclient",
                    user_agent="test",
                )
            )
        client = Client(self.app, base_url="http://127.0.0.1:8000", follow_redirects=False)
        client.cookies.set(SESSION_COOKIE, token)
        client.csrf = self.csrf(token)
        return client

    def csrf(self, token: str) -> str:
        """The CSRF token of a browser session."""
        with self.database.reading() as db:
            who = self.app.state.gate.by_token(db, token, self.clock.now())
        return str(who.csrf_token) if who else ""

    def signed_in(self, *roles: Role, institution_id: int | None = None) -> "Client":
        """A client of a new person with these roles, in a new institution unless one is given."""
        institution_id = institution_id or self.institution()
        return self.client(self.person(institution_id, *roles), institution_id)


class Client(TestClient):
    """A test client that sends the CSRF token with every form and fetch."""

    csrf: str = ""

    def request(self, method: str, url: Any, **kwargs: Any) -> Any:
        if method not in ("GET", "HEAD") and self.csrf:
            kwargs["headers"] = {"X-CSRF-Token": self.csrf, **(kwargs.get("headers") or {})}
        return super().request(method, url, **kwargs)


@pytest.fixture
def world(database: Database, app: Starlette, clock: FrozenClock) -> World:
    """Makes people, institutions and signed-in clients."""
    return World(database, app, clock)


@pytest.fixture
def signed_in(world: World) -> Callable[..., Client]:
    """`signed_in(Role.REGISTRAR)` → a client of somebody with that role at a new institution."""
    return world.signed_in
