"""Opens the database: SQLite with write-ahead log, or PostgreSQL through psycopg."""

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import ConnectionPoolEntry

from storage.errors import UnsupportedDatabase

# 30 s: the recorder's largest batch holds the one writer's lock for well under a second.
BUSY_TIMEOUT_MS = 30_000
# 64 MiB of page cache keeps the upper levels of the indexes in memory.
PAGE_CACHE_KIB = 65_536


def open_engine(url: str) -> Engine:
    """An engine for `url`: `sqlite:///PATH` (folder is made) or `postgresql://USER@HOST/DATABASE`.

    Raises UnsupportedDatabase for any other kind. Nothing is connected before the first use.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _open_sqlite(parsed)
    if backend == "postgresql":
        return create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    raise UnsupportedDatabase(url)


def _open_sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    # The driver must not begin transactions by itself: `_begin_sqlite` chooses which kind.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys=ON")
    # FULL: Kafka offsets are committed after SQL, so a committed row must survive a power cut.
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA cache_size=-{PAGE_CACHE_KIB}")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns from reading to writing fails at once when another writer was
    # faster, whatever the busy timeout; so a unit that may write takes the write lock first.
    reads_only = connection.get_execution_options().get("reads_only", False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")
