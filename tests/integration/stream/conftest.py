"""Fixtures of tests with a worker: a run of the stream, its database, and an analyst who sends requests."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from settings import Settings
from storage import migrate, open_engine
from tests.adaptation_worker import Analyst
from tests.stream_run import StreamRun, stream_run


@pytest.fixture
def run(stream_settings: Settings) -> Iterator[StreamRun]:
    with stream_run(stream_settings) as run:
        yield run


@pytest.fixture
def engine(stream_settings: Settings) -> Iterator[Engine]:
    engine = open_engine(stream_settings.storage.url)
    migrate.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def analyst(stream_settings: Settings) -> Iterator[Analyst]:
    analyst = Analyst(stream_settings)
    yield analyst
    analyst.close()
