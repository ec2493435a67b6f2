"""A look-back finds the same in the history store as in the database."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from console.models.look_back import LookedBack, look_back
from console.models.results import CannotScore
from control.snapshot import Snapshot
from flagfive.history_migration import migrate_to_history
from meta.reservoir import FEWEST_ROWS
from recorder.rows import scored_rows
from storage import UnitOfWork, migrate, open_engine
from storage.detectors import DetectorRow
from storage.history import HistoryPlace, HistoryStore
from storage.history_location import HistoryLocation
from tests.scored_messages import ENTITIES, scored_message
from tests.small_models import (
    base_change,
    genuine_rows,
    network_change,
    small_base,
    small_detector,
    small_network,
)

NETWORK = small_network()
ROWS = FEWEST_ROWS + 1_000


def in_force() -> Snapshot:
    snapshot = Snapshot()
    for offset, change in enumerate((network_change(NETWORK), base_change(small_base()))):
        snapshot = snapshot.apply(change.entry(sequence=offset + 1, time=0.0), offset)
    return snapshot


def detector() -> DetectorRow:
    return DetectorRow(id="d", payload=small_detector(NETWORK).to_bytes(), threshold=1.5, gate={"shift": 0.0})


def matches(tmp_path: Path, history: HistoryLocation | None) -> LookedBack:
    engine = open_engine(f"sqlite:///{tmp_path}/rows.sqlite", history=history)
    try:
        with UnitOfWork(engine, reads_only=True) as unit:
            return look_back(unit, in_force(), detector(), days=2.0, most=20)
    finally:
        engine.dispose()


def test_the_history_store_and_the_database_give_the_same_matches(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/rows.sqlite")
    migrate.upgrade(engine)
    times = (1.7e9 + np.arange(ROWS) * 60.0).tolist()
    message = scored_message(
        0, range(ROWS), features=genuine_rows(ROWS), times=times, decisions=[one % 2 for one in range(ROWS)]
    )
    older = scored_message(1, range(3), features=genuine_rows(3, width=2), times=times[-3:])
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many(scored_rows(message))
        unit.transactions.add_many(scored_rows(older))
        unit.commit()
    store = HistoryStore.open(HistoryPlace(str(tmp_path / "history")), ENTITIES)
    list(migrate_to_history(engine, store, ENTITIES, 4_000))
    HistoryStore.open(HistoryPlace(str(tmp_path / "empty")), ENTITIES)
    first = matches(tmp_path, None)
    second = matches(tmp_path, HistoryLocation(str(tmp_path / "history")))
    with pytest.raises(CannotScore):
        matches(tmp_path, HistoryLocation(str(tmp_path / "empty")))
    engine.dispose()
    assert 0 < first.total < first.scanned == 2 * 1440 + 1
    assert second == first
