"""What is stored as training history: in the database, or in the history store beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from features.schema import TransactionSchema
from features.vector import FeatureLayout
from flagfive.errors import UserError
from flagfive.file_history import UNNAMED
from flagfive.history_migration import migrate_to_history
from flagfive.stored_history import read_stored, read_unlabelled
from settings import Settings
from storage import UnitOfWork, migrate, open_engine
from storage.episodes import LIVE, SUPPORT, Episode, EpisodeTransaction
from storage.history import HistoryPlace, HistoryStore
from storage.history_location import HISTORY, HistoryLocation
from storage.labels import FRAUD
from storage.scored_transactions import COLUMNS
from stream.wiring import transaction_schema

GENUINE, FRAUDS = 10_000, 60


@pytest.fixture
def schema(tmp_path: Path) -> TransactionSchema:
    return transaction_schema(Settings(var=tmp_path))


@pytest.fixture(params=["sql", "history"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    at = HistoryLocation(str(tmp_path / "history")) if request.param == "history" else None
    engine = open_engine(f"sqlite:///{tmp_path}/history.db", history=at)
    migrate.upgrade(engine)
    return engine


def store(engine: Engine, schema: TransactionSchema, frauds: int) -> None:
    width = len(FeatureLayout(schema))
    values = {
        "source_partition": 0, "arrival": 0.0, "amount": 1.0, "currency": "EUR", "category": 0,
        "surprise": 0.0, "tail": 1.0, "decision": 0, "winner": 0, "winner_id": "base",
        "control_offset": 0, "scored_at": None, "links": None,
    }  # fmt: skip
    rows = []
    for n in range(GENUINE + frauds):
        own = {
            "source_offset": n,
            "transaction_id": f"t-{n}",
            "event_time": float(n),
            "entities": f'{{"card": "c-{n % 7}", "merchant": "m"}}',
            "features": np.full(width, n, "<f4").tobytes(),
        }
        rows.append(tuple((values | own)[name] for name in COLUMNS))
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many(rows)
        unit.labels.add_many([(f"t-{n}", FRAUD, "bank", "b", 1.0, "r") for n in range(frauds)])
        flagged = [EpisodeTransaction(transaction_id=f"t-{n}", role=SUPPORT) for n in range(5)]
        unit.episodes.add(
            Episode(id="e", request_id="r", name="ring", author="a", status=LIVE, flagged_at=1.0,
                    transactions=flagged)
        )  # fmt: skip
        unit.commit()
    at: HistoryLocation | None = engine.get_execution_options()[HISTORY]
    if at is not None:
        kinds = [entity.name for entity in schema.entities]
        list(migrate_to_history(engine, HistoryStore.open(HistoryPlace(at.location), kinds), kinds, 20_000))


def test_frauds_are_named_by_their_episodes_and_all_is_in_order_of_time(
    engine: Engine, schema: TransactionSchema
) -> None:
    store(engine, schema, FRAUDS)
    history = read_stored(engine, schema, seed=0)
    rows = history.rows
    assert history.names == ("ring",)
    assert history.features == FeatureLayout(schema).names
    assert (np.sum(rows.family == 1), np.sum(rows.family == UNNAMED)) == (5, FRAUDS - 5)
    assert np.all(np.diff(rows.seconds) > 0)
    assert np.array_equal(rows.X[:, 0], rows.seconds.astype(np.float32))
    assert len(np.unique(rows.card)) == 7


def test_too_few_frauds_are_named(engine: Engine, schema: TransactionSchema) -> None:
    store(engine, schema, 3)
    with pytest.raises(UserError, match="3 confirmed frauds are stored, 50 are needed"):
        read_stored(engine, schema, seed=0)


def test_without_labels_all_traffic_but_confirmed_frauds_is_read(
    engine: Engine, schema: TransactionSchema
) -> None:
    store(engine, schema, 3)
    rows = read_unlabelled(engine, schema, seed=0).rows
    assert not rows.family.any()
    assert len(rows.X) == GENUINE
    assert rows.seconds.min() == 3.0  # t-0, t-1 and t-2 are confirmed frauds


def test_an_empty_database_says_what_to_do(engine: Engine, schema: TransactionSchema) -> None:
    with pytest.raises(UserError, match="no scored transactions are stored; train on a file"):
        read_unlabelled(engine, schema, seed=0)
