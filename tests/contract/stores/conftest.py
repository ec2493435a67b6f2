"""Run every store test on SQLite, and on a private PostgreSQL server if PostgreSQL is installed."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest
from sqlalchemy import Engine, text

from storage import migrate, open_engine
from storage.scored_transactions import COLUMNS

DEBIAN_FOLDER = Path("/usr/lib/postgresql")
# The server refuses to run as root, so root starts it as this user.
UNPRIVILEGED = "nobody"


def _programs() -> Path | None:
    """Return the folder of initdb and pg_ctl of the newest version, or None without PostgreSQL."""
    installed = sorted(DEBIAN_FOLDER.glob("*/bin/initdb"), reverse=True)
    if not installed and (on_path := shutil.which("initdb")):
        installed = [Path(on_path)]
    return installed[0].parent if installed else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """Yield the URL of a server that these tests may fill and empty."""
    if url := os.environ.get("FLAGFIVE_TEST_POSTGRES"):
        yield url
        return
    programs = _programs()
    if programs is None:
        pytest.skip(
            "PostgreSQL is not installed (apt install postgresql) and FLAGFIVE_TEST_POSTGRES is not set"
        )
    with tempfile.TemporaryDirectory(prefix="flagfive-pg-") as folder:
        yield from _serve(programs, Path(folder))


def _serve(programs: Path, folder: Path) -> Iterator[str]:
    user = UNPRIVILEGED if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    data, port = folder / "data", _free_port()

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs / program, *arguments], user=user, check=True, cwd=folder, capture_output=True
        )

    run("initdb", "-D", str(data), "-U", "flagfive", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
    # The log goes to a file: with a pipe, the server would keep it open and `run` would not return.
    run("pg_ctl", "-D", str(data), "-l", str(folder / "log"), "-w", "-o", options, "start")
    try:
        yield f"postgresql://flagfive@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Yield a database without tables."""
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path}/stores.db")
    else:
        engine = open_engine(request.getfixturevalue("postgresql_url"))
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an SQLite file with all tables, all empty; a migration takes longer than most tests."""
    file = tmp_path_factory.mktemp("stores") / "migrated.db"
    engine = open_engine(f"sqlite:///{file}")
    migrate.upgrade(engine)
    engine.dispose()
    return file


@pytest.fixture
def engine(empty_engine: Engine, migrated_file: Path) -> Engine:
    """Return a database with all tables, all empty."""
    if empty_engine.dialect.name == "sqlite":
        shutil.copy(migrated_file, str(empty_engine.url.database))
    else:
        migrate.upgrade(empty_engine)
    return empty_engine


class ScoredRow(Protocol):
    """Makes one row of scored transactions; tests name only the columns that they need."""

    def __call__(self, partition: int = 0, offset: int = 0, **changes: Any) -> tuple[Any, ...]: ...


@pytest.fixture
def scored_row() -> ScoredRow:
    """Return a factory of rows in the order of COLUMNS; `changes` are by column name."""

    def make(partition: int = 0, offset: int = 0, **changes: Any) -> tuple[Any, ...]:
        values: dict[str, Any] = {
            "source_partition": partition,
            "source_offset": offset,
            "transaction_id": f"tx-{partition}-{offset}",
            "event_time": float(offset),
            "arrival": float(offset),
            "amount": 10.0,
            "currency": "EUR",
            "category": 4,
            "entities": f'{{"card": "card-{offset}", "merchant": "shop"}}',
            "features": np.array([0.5, -2.0, 3.25], "<f4").tobytes(),
            "surprise": 0.5,
            "tail": 0.3,
            "decision": 0,
            "winner": 0,
            "winner_id": "base",
            "control_offset": 1,
            "scored_at": None,
            "links": None,
        }
        return tuple((values | changes)[name] for name in COLUMNS)

    return make
