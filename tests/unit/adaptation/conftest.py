"""Fixtures: a database with stored traffic, and an adaptation worker on it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from contracts.standing_policy import StandingPolicy
from storage import open_engine
from tests.unit.adaptation.few_transactions import fill_few
from tests.unit.adaptation.worker_in_memory import WorkerInMemory, fill


def copy_of(database: Path, folder: Path) -> Iterator[Engine]:
    """Yield an engine on a copy of a database, so that a test may change it."""
    copy = shutil.copy(database, folder)
    engine = open_engine(f"sqlite:///{copy}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def filled_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("adaptation") / "filled.sqlite"
    fill(file)
    return file


@pytest.fixture
def engine(filled_database: Path, tmp_path: Path) -> Iterator[Engine]:
    yield from copy_of(filled_database, tmp_path)


@pytest.fixture
def worker(engine: Engine) -> WorkerInMemory:
    """Return a worker whose settings file lets every detector that passes the gate go live."""
    return WorkerInMemory(engine, StandingPolicy())


@pytest.fixture(scope="session")
def few_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("few") / "few.sqlite"
    fill_few(file)
    return file


@pytest.fixture
def few(few_database: Path, tmp_path: Path) -> Iterator[Engine]:
    """Yield a database with the transactions `t0` to `t8` and nothing else."""
    yield from copy_of(few_database, tmp_path)
