"""Fixtures: a console on a separate database, with users of every role and a few alerts, without a broker."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from console.card_tokens import CardTokens
from console.context import ConsoleContext
from console.server import build_app
from contracts.signing.principals import CONSOLE
from contracts.signing.trust import Trust
from settings import Settings
from storage import migrate, open_engine
from storage.entity_index import index_entities
from tests.unit.console.at_hand import KEY, Clock, LagAtHand, ModelsAtHand, WorkerAtHand
from tests.unit.console.people import Person, add_users
from tests.unit.console.stored_rows import add_stored


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with all tables, empty; a migration takes longer than most tests."""
    file = tmp_path_factory.mktemp("console") / "empty.sqlite"
    engine = open_engine(f"sqlite:///{file}")
    migrate.upgrade(engine)
    index_entities(engine, ["card", "merchant"])
    engine.dispose()
    return file


@pytest.fixture
def engine(empty_database: Path, tmp_path: Path) -> Iterator[Engine]:
    shutil.copy(empty_database, tmp_path / "console.sqlite")
    engine = open_engine(f"sqlite:///{tmp_path}/console.sqlite")
    yield engine
    engine.dispose()


@pytest.fixture
def worker(engine: Engine) -> WorkerAtHand:
    return WorkerAtHand(engine)


@pytest.fixture
def models(engine: Engine) -> ModelsAtHand:
    return ModelsAtHand(engine)


@pytest.fixture
def lag() -> LagAtHand:
    return LagAtHand()


@pytest.fixture
def context(
    engine: Engine, clock: Clock, worker: WorkerAtHand, models: ModelsAtHand, lag: LagAtHand
) -> ConsoleContext:
    cards = CardTokens("card", b"a secret of enough length")
    trust = Trust.derived(b"a secret of enough length", CONSOLE)
    return ConsoleContext(engine, Settings(), cards, worker, models, lag, clock, KEY, trust=trust)


@pytest.fixture
def app(context: ConsoleContext) -> FastAPI:
    add_users(context)
    return build_app(context)


@pytest.fixture
def person(app: FastAPI) -> Callable[[str], Person]:
    """Return a function that signs a user in, for example `person("analyst")`."""
    return lambda name: Person(app, name)


@pytest.fixture
def stored(context: ConsoleContext, app: FastAPI) -> None:
    """Store the rows of `add_stored` beside the users."""
    add_stored(context)
