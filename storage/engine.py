"""Opens the database: SQLite with a write-ahead log, or PostgreSQL through psycopg."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import ConnectionPoolEntry

from storage.audit_keys import OPTION, AuditKeys
from storage.errors import UnsupportedDatabase
from storage.history_location import HISTORY, HistoryLocation

# 30 s; the largest batch of the recorder holds the write lock for well under a second.
BUSY_TIMEOUT_MS = 30_000
# 64 MiB of page cache keeps the upper levels of the indexes in memory.
PAGE_CACHE_KIB = 65_536
AUTOCOMMIT = "AUTOCOMMIT"
"""Isolation level of a connection whose statements are transactions of their own."""


def open_engine(
    url: str, audit_keys: AuditKeys | None = None, history: HistoryLocation | None = None
) -> Engine:
    """Create an engine; it connects on first use.

    Args:
        url: `sqlite:///PATH`, whose folder is created if missing, or `postgresql://USER@HOST/DATABASE`.
        audit_keys: keys of the audit log. Without them, entries are chained by plain hashes, and a log with
            keyed entries can neither be appended to nor verified.
        history: the history store beside the database; None for none.

    Returns:
        The engine.

    Raises:
        UnsupportedDatabase: the URL names another kind of database.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    options = {OPTION: audit_keys, HISTORY: history}
    if backend == "sqlite":
        return _open_sqlite(parsed, options)
    if backend == "postgresql":
        there = parsed.set(drivername="postgresql+psycopg")
        return create_engine(there, pool_pre_ping=True, execution_options=options)
    raise UnsupportedDatabase(url)


def _open_sqlite(url: URL, options: dict[str, Any]) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, execution_options=options)
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    # The driver must not begin transactions: `_begin_sqlite` chooses their kind.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys=ON")
    # FULL, since Kafka offsets are committed after SQL: a committed row must survive a power cut.
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA cache_size=-{PAGE_CACHE_KIB}")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that goes from reading to writing fails at once if another writer was faster,
    # and ignores the busy timeout. So a unit of work that may write takes the write lock first.
    options = connection.get_execution_options()
    if options.get("isolation_level") == AUTOCOMMIT:
        return
    reads_only = options.get("reads_only", False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")
