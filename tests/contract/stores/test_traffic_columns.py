"""Stored transactions are read as columns, part by part, from SQLite and PostgreSQL alike."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import Engine

from storage import UnitOfWork
from storage.labels import FRAUD, GENUINE
from storage.traffic_columns import WantedColumns, parts_of_traffic, read_part, read_verdicts
from tests.contract.stores.conftest import ScoredRow

ALL = WantedColumns(("card", "device"), surprise=True, category=True, currency=True)


@pytest.fixture
def stored(engine: Engine, scored_row: ScoredRow) -> Engine:
    """Ten transactions on two partitions at times 0 to 4; one has other features, one no currency."""
    with UnitOfWork(engine) as unit:
        rows = [scored_row(p, n, event_time=float(n), surprise=n / 4) for p in (0, 1) for n in range(4)]
        rows.append(scored_row(0, 4, features=b"1234", event_time=4.0))
        rows.append(scored_row(1, 4, currency=None, winner_id="rule/r", decision=2, event_time=4.0))
        unit.transactions.add_many(rows)
        labels = [("tx-0-1", GENUINE, 1.0), ("tx-0-1", FRAUD, 2.0), ("tx-1-4", GENUINE, 1.0)]
        unit.labels.add_many(
            (identity, verdict, "analyst", "ada", time, f"r-{at}")
            for at, (identity, verdict, time) in enumerate(labels)
        )
        unit.commit()
    return engine


def test_every_column_has_the_values_that_were_stored(stored: Engine) -> None:
    with UnitOfWork(stored, reads_only=True) as unit:
        (part,) = [one for one in parts_of_traffic(unit.session) if one.partition == 1]
        (found,) = read_part(unit.session, part, ALL, since=1.0, width=3)
    assert found.offset.tolist() == [1, 2, 3, 4]
    assert found.event_time.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert found.amount.tolist() == [10.0] * 4
    assert found.decision.tolist() == [0, 0, 0, 2]
    assert list(found.winner) == ["base", "base", "base", "rule/r"]
    assert np.array_equal(found.features, np.tile([0.5, -2.0, 3.25], (4, 1)))
    assert found.keys["card"].to_pylist() == ["card-1", "card-2", "card-3", "card-4"]
    assert found.keys["device"].to_pylist() == [None] * 4
    assert found.surprise is not None
    assert found.surprise.tolist() == [0.25, 0.5, 0.75, 0.5]
    assert found.category is not None
    assert found.category.tolist() == [4] * 4
    assert list(found.currency or ()) == ["EUR", "EUR", "EUR", None]


def test_rows_with_other_features_are_left_out_and_counted(stored: Engine) -> None:
    with UnitOfWork(stored, reads_only=True) as unit:
        (part,) = [one for one in parts_of_traffic(unit.session) if one.partition == 0]
        (found,) = read_part(unit.session, part, WantedColumns(), since=0.0, width=3)
    assert (len(found), found.left_out) == (4, 1)
    assert (found.surprise, found.category, found.currency, found.keys) == (None, None, None, {})


def test_parts_cover_all_offsets_once_and_the_newest_come_first(
    stored: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.traffic_columns.PER_PART", 2)
    with UnitOfWork(stored, reads_only=True) as unit:
        parts = parts_of_traffic(unit.session)
        read = [
            (part.partition, offset)
            for part in parts
            for one in read_part(unit.session, part, WantedColumns(), since=0.0, width=3)
            for offset in one.offset.tolist()
        ]
    assert {part.last for part in parts[:2]} == {4}
    assert sorted(read) == [(0, n) for n in range(4)] + [(1, n) for n in range(5)]


def test_the_last_verdict_on_a_transaction_counts(stored: Engine) -> None:
    with UnitOfWork(stored, reads_only=True) as unit:
        found = read_verdicts(unit.session, 0.0)
        later = read_verdicts(unit.session, 2.0)
    assert (found[0].offset.tolist(), found[0].verdict.tolist()) == ([1], [FRAUD])
    assert (found[1].offset.tolist(), found[1].verdict.tolist()) == ([4], [GENUINE])
    assert set(later) == {1}
