"""Scored transactions: repeats change nothing, look-ups by id, and the genuine sample for calibration."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, func, select

from storage import UnitOfWork
from storage.labels import FRAUD, GENUINE
from storage.retention import Retention, enforce_retention
from storage.scored_transactions import ScoredTransaction
from storage.traffic_sample import TrafficSample, sample_traffic

ScoredRow = Callable[..., tuple[Any, ...]]


def store(engine: Engine, *rows: tuple[Any, ...]) -> None:
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many(rows)
        unit.commit()


def stored(engine: Engine) -> int:
    with UnitOfWork(engine, reads_only=True) as unit:
        return unit.session.scalar(select(func.count()).select_from(ScoredTransaction)) or 0


def test_a_batch_that_comes_twice_is_stored_once(engine: Engine, scored_row: ScoredRow) -> None:
    batch = [scored_row(offset=offset) for offset in range(50)]
    store(engine, *batch)
    store(engine, *batch, scored_row(offset=50))
    assert stored(engine) == 51


def test_a_repeat_inside_one_batch_is_stored_once(engine: Engine, scored_row: ScoredRow) -> None:
    store(engine, scored_row(offset=3), scored_row(offset=3))
    assert stored(engine) == 1


def test_single_odd_times_do_not_stretch_the_days_that_are_stored(
    engine: Engine, scored_row: ScoredRow
) -> None:
    with UnitOfWork(engine, reads_only=True) as unit:
        assert unit.transactions.stored_days() == 0.0
    times = [0.0, *(1e9 + 100.0 * n for n in range(2_000)), 9e9]
    store(engine, *(scored_row(offset=n, event_time=at) for n, at in enumerate(times)))
    with UnitOfWork(engine, reads_only=True) as unit:
        assert unit.transactions.stored_days() == pytest.approx(190_000 / 86_400, rel=0.01)


def test_what_was_not_committed_is_gone(engine: Engine, scored_row: ScoredRow) -> None:
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many([scored_row()])
    assert stored(engine) == 0


def test_a_transaction_reads_back_as_it_was_written(engine: Engine, scored_row: ScoredRow) -> None:
    features = np.array([np.float32(1) / 3, -0.0, np.inf], "<f4")
    store(engine, scored_row(2, 2**40, features=features.tobytes(), tail=1e-12, entities='{"card": "c-1"}'))
    with UnitOfWork(engine, reads_only=True) as unit:
        row = unit.transactions.at(2, 2**40)
    assert row is not None
    assert (row.features, row.tail, row.entities) == (features.tobytes(), 1e-12, {"card": "c-1"})


def test_look_up_by_id_gives_the_known_and_leaves_out_the_unknown(
    engine: Engine, scored_row: ScoredRow
) -> None:
    store(engine, scored_row(offset=1), scored_row(offset=2))
    with UnitOfWork(engine, reads_only=True) as unit:
        found = unit.transactions.by_ids(["tx-0-2", "never-seen"])
    assert [(key, row.source_offset) for key, row in found.items()] == [("tx-0-2", 2)]


def test_an_id_that_came_twice_gives_the_one_scored_last(engine: Engine, scored_row: ScoredRow) -> None:
    store(engine, scored_row(1, 9, transaction_id="x", arrival=5.0), scored_row(0, 1, transaction_id="x"))
    with UnitOfWork(engine, reads_only=True) as unit:
        assert unit.transactions.by_ids(["x"])["x"].source_partition == 1


def sample(engine: Engine, count: int, newest: int = 1_000, seed: int = 7) -> TrafficSample:
    with UnitOfWork(engine, reads_only=True) as unit:
        return sample_traffic(unit.session, count, newest=newest, seed=seed)


def test_sample_leaves_out_fraud_and_keeps_alerts_and_confirmed_genuine(
    engine: Engine, scored_row: ScoredRow
) -> None:
    store(engine, *(scored_row(offset=offset, decision=int(offset == 4)) for offset in range(8)))
    with UnitOfWork(engine) as unit:
        unit.labels.add_many(
            [
                ("tx-0-2", FRAUD, "analyst", "ada", 1.0, "request-1"),
                ("tx-0-3", GENUINE, "analyst", "ada", 1.0, "request-1"),
            ]
        )
        unit.commit()
    assert set(sample(engine, 100).transaction_ids) == {f"tx-0-{offset}" for offset in (0, 1, 3, 4, 5, 6, 7)}


def test_sample_is_spread_over_partitions_and_time(engine: Engine, scored_row: ScoredRow) -> None:
    store(engine, *(scored_row(partition, offset) for partition in range(4) for offset in range(500)))
    drawn = sample(engine, 400, newest=2_000)
    assert len(drawn) == 400
    assert drawn.features.shape == (400, 3)
    assert np.all(np.diff(drawn.event_time) >= 0)
    per_partition = [sum(name.startswith(f"tx-{p}-") for name in drawn.transaction_ids) for p in range(4)]
    per_quarter, _ = np.histogram(drawn.event_time, [0, 125, 250, 375, 500])
    assert min(*per_partition, *per_quarter) > 60


def test_sample_keeps_to_the_newest(engine: Engine, scored_row: ScoredRow) -> None:
    store(engine, *(scored_row(partition, offset) for partition in range(2) for offset in range(300)))
    assert sample(engine, 50, newest=200).event_time.min() >= 200


def test_equal_seeds_draw_equal_samples(engine: Engine, scored_row: ScoredRow) -> None:
    store(engine, *(scored_row(offset=offset) for offset in range(200)))
    assert sample(engine, 50).transaction_ids == sample(engine, 50).transaction_ids
    assert sample(engine, 50).transaction_ids != sample(engine, 50, seed=8).transaction_ids


def test_sample_leaves_out_what_was_scored_with_other_features(engine: Engine, scored_row: ScoredRow) -> None:
    six = np.zeros(6, "<f4").tobytes()
    store(engine, *(scored_row(offset=offset, features=six) for offset in range(50)))
    store(engine, *(scored_row(offset=offset) for offset in range(50, 80)))
    drawn = sample(engine, 100)
    assert drawn.features.shape == (30, 3)
    assert drawn.event_time.min() == 50


def test_sample_of_an_empty_table_is_empty(engine: Engine) -> None:
    assert len(sample(engine, 10)) == 0


@pytest.mark.parametrize("rows", [1, 12_001])
def test_retention_deletes_the_old_and_keeps_the_rest(
    engine: Engine, scored_row: ScoredRow, rows: int
) -> None:
    day = 86_400.0
    store(engine, *(scored_row(offset=offset, event_time=day) for offset in range(rows)))
    store(engine, scored_row(1, 1, event_time=3 * day))
    deleted = enforce_retention(engine, Retention(transactions_days=1, alerts_days=30), now=9_000 * day)
    assert deleted["scored_transactions"] == rows
    assert stored(engine) == 1


def test_rate_counts_what_arrived_lately_in_each_partition(engine: Engine, scored_row: ScoredRow) -> None:
    store(engine, *(scored_row(0, offset, arrival=100 + offset / 50) for offset in range(200)))
    store(engine, *(scored_row(1, offset, arrival=offset / 50) for offset in range(200)))
    with UnitOfWork(engine, reads_only=True) as unit:
        assert unit.transactions.recent_rate(now=104.0) == pytest.approx(50)
        assert unit.transactions.recent_rate(now=1_000.0) == 0


def test_a_spread_is_even_over_partitions_and_offsets(engine: Engine, scored_row: ScoredRow) -> None:
    store(engine, *(scored_row(partition=p, offset=offset) for p in range(2) for offset in range(101)))
    with UnitOfWork(engine, reads_only=True) as unit:
        places = [(row.source_partition, row.source_offset) for row in unit.transactions.evenly_spaced(7)]
        assert places == [(0, 0), (0, 33), (0, 66), (0, 100), (1, 0), (1, 50), (1, 100)]
        assert unit.transactions.evenly_spaced(0) == []


def test_what_happened_since_comes_in_steps_and_completely(engine: Engine, scored_row: ScoredRow) -> None:
    store(engine, *(scored_row(offset=offset, event_time=float(offset)) for offset in range(25)))
    with UnitOfWork(engine, reads_only=True) as unit:
        steps = [len(step) for step in unit.transactions.since(4.0, per_step=10)]
    assert (sum(steps), max(steps)) == (21, 10)
