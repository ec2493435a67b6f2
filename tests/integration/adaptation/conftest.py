"""Fixtures: stored traffic with one pattern, a base and a network in force, and an analyst."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from control.announce import Announcer
from recorder.rows import scored_rows
from settings import Settings
from storage import UnitOfWork, migrate, open_engine
from tests.adaptation_worker import (
    FRAUDS,
    GENUINE,
    KEY,
    PATTERN,
    Analyst,
)
from tests.scored_messages import scored_message
from tests.small_models import base_change, genuine_rows, network_change, small_base, small_network


@pytest.fixture(scope="module")
def traffic() -> list[Any]:
    """Return database rows: ordinary traffic with frauds of one pattern in it."""
    fraud = PATTERN + 0.3 * genuine_rows(FRAUDS, seed=9)
    usual = scored_rows(scored_message(0, range(GENUINE), features=genuine_rows(GENUINE, seed=8)))
    ids = [b"fraud-%d" % number for number in range(FRAUDS)]
    odd = scored_message(1, range(GENUINE, GENUINE + FRAUDS), features=fraud.astype(np.float32), ids=ids)
    return [*usual, *scored_rows(odd)]


@pytest.fixture
def engine(stream_settings: Settings, traffic: list[Any]) -> Iterator[Engine]:
    engine = open_engine(stream_settings.storage.url)
    migrate.upgrade(engine)
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many(traffic)
        unit.commit()
    yield engine
    engine.dispose()


@pytest.fixture
def announcer(stream_settings: Settings) -> Iterator[Announcer]:
    announcer = Announcer(stream_settings.broker, stream_settings.topics.control, KEY)
    announcer.announce(network_change(small_network()))
    announcer.announce(base_change(small_base()))
    yield announcer
    announcer.close()


@pytest.fixture
def analyst(stream_settings: Settings) -> Iterator[Analyst]:
    analyst = Analyst(stream_settings)
    yield analyst
    analyst.close()
