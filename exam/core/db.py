"""The database: one writing connection on SQLite, a pool on PostgreSQL; the same two verbs for both.

`transaction()` is for use cases that write: it commits once at the end, or nothing at all. On SQLite it is serialised
with every other writer of the process on the one writing connection (SQLite before 3.51.3 can corrupt a WAL with
several writers). `reading()` never writes.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from decimal import Decimal
from typing import Any

from sqlalchemy import Dialect, Engine, Integer, MetaData, QueuePool, create_engine, event
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session, SQLModel

CENT = Decimal("0.01")

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata
metadata.naming_convention = NAMING


def one_of(column: str, values: Iterable[str]) -> str:
    """The SQL of "`column` is one of these values", for CHECK constraints."""
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"


class Hundredths(TypeDecorator[Decimal]):
    """A `Decimal` with two places (marks, factors), kept as a whole number of hundredths; anything finer raises."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        scaled = Decimal(value) * 100
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{value} has more than two decimal places")
        return int(scaled)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else (Decimal(value) / 100).quantize(CENT)


def after_commit(db: Session, action: Callable[[], None]) -> None:
    """Have `action` called once the transaction of `db` is on disk, before any other writer's turn.

    For notifying and for dropping what is cached in memory; it must be short and must not fail or touch `db`.
    """
    db.info.setdefault("after_commit", []).append(action)


class FairLock:
    """A lock that is handed on in the order of asking: a busy writer can't keep everybody else waiting."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._queue: deque[threading.Lock] = deque()
        self._held = False

    def __enter__(self) -> None:
        with self._mutex:
            if not self._held:
                self._held = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._queue.append(turn)
        turn.acquire()  # released by whoever hands the lock on

    def __exit__(self, *_error: object) -> None:
        with self._mutex:
            if self._queue:
                self._queue.popleft().release()
            else:
                self._held = False


class Database:
    """The engines of one database and its write lock."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._lock = FairLock()
        if self.is_sqlite:
            self.write_engine = _sqlite_engine(url, pool_size=1, begin="BEGIN IMMEDIATE")
            self.read_engine = _sqlite_engine(url, pool_size=40, begin="BEGIN", query_only=True)
        else:
            self.write_engine = create_engine(
                url, pool_size=24, max_overflow=24, pool_pre_ping=True, hide_parameters=True
            )
            self.read_engine = self.write_engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    def writing(self) -> AbstractContextManager[Any]:
        """The right to write: the process's write lock on SQLite, nothing on PostgreSQL."""
        return self._lock if self.is_sqlite else nullcontext()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end of the block; an exception rolls everything back."""
        with self.writing(), Session(self.write_engine, expire_on_commit=False) as db:
            yield db
            db.commit()
            for action in db.info.pop("after_commit", []):
                action()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read-only session with one consistent view."""
        with Session(self.read_engine, expire_on_commit=False) as db:
            yield db

    def close(self) -> None:
        """Close every connection; the last one to close folds the WAL into the file."""
        self.read_engine.dispose()
        self.write_engine.dispose()


def _sqlite_engine(url: str, *, pool_size: int, begin: str, query_only: bool = False) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": 30},
        hide_parameters=True,  # errors are logged, and what people wrote must not be
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # pysqlite opens no transaction for SELECT and loses updates unless SQLAlchemy alone begins and commits.
        connection.isolation_level = None
        pragmas = ["journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY", "cache_size=-4000"]
        for pragma in [*pragmas, *(["query_only=ON"] if query_only else [])]:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine
