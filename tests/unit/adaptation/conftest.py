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


@pytest.fixture(scope="session")
def filled_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("adaptation") / "filled.sqlite"
    fill(file)
    return file


@pytest.fixture
def engine(filled_database: Path, tmp_path: Path) -> Iterator[Engine]:
    shutil.copy(filled_database, tmp_path / "adaptation.sqlite")
    engine = open_engine(f"sqlite:///{tmp_path}/adaptation.sqlite")
    yield engine
    engine.dispose()


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
    shutil.copy(few_database, tmp_path / "few.sqlite")
    engine = open_engine(f"sqlite:///{tmp_path}/few.sqlite")
    yield engine
    engine.dispose()
