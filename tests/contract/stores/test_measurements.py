"""Measurements replace each other. New traffic is read once, and large amounts are thinned out."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sqlalchemy import Engine

from storage import UnitOfWork
from storage.measurements import Measurement
from storage.new_traffic import NewTraffic, read_new_traffic

ScoredRow = Callable[..., tuple[Any, ...]]


def measurement(kind: str, time: float, value: float) -> Measurement:
    return Measurement(kind=kind, subject="x", time=time, value=value, details={"of": [1, 2]})


def test_a_figure_measured_again_replaces_the_earlier_one(engine: Engine) -> None:
    for value in (1.0, 2.0):
        with UnitOfWork(engine) as unit:
            unit.measurements.put([measurement("psi", 5.0, value), measurement("psi", 6.0, value + 1)])
            unit.commit()
    with UnitOfWork(engine, reads_only=True) as unit:
        assert [row.value for row in unit.measurements.of_kind("psi")] == [2.0, 3.0]
        assert unit.measurements.latest("psi")["x"].details == {"of": [1, 2]}
        assert unit.measurements.of_kind("psi", since=5.5, subject="y") == []


def test_what_is_old_is_forgotten_and_other_kinds_stay(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        unit.measurements.put([measurement(kind, time, 0.0) for kind in ("a", "b") for time in (1.0, 2.0)])
        unit.measurements.delete_before("a", time=2.0)
        unit.commit()
    with UnitOfWork(engine, reads_only=True) as unit:
        kept = [(row.kind, row.time) for kind in ("a", "b") for row in unit.measurements.of_kind(kind)]
    assert kept == [("a", 2.0), ("b", 1.0), ("b", 2.0)]


def store(engine: Engine, rows: list[tuple[Any, ...]]) -> int:
    """Store the rows; return the number of features per row."""
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many(rows)
        unit.commit()
        first = unit.transactions.at(*rows[0][:2])
        assert first is not None
        return len(first.features) // 4


def read(engine: Engine, after: dict[int, int], limit: int, width: int) -> NewTraffic:
    with UnitOfWork(engine, reads_only=True) as unit:
        return read_new_traffic(unit.session, after, limit, width)


def test_newly_stored_traffic_is_read_once(engine: Engine, scored_row: ScoredRow) -> None:
    width = store(engine, [scored_row(partition=p, offset=o) for p in (0, 1) for o in range(30)])
    first = read(engine, {}, 1_000, width)
    assert (len(first), first.weight, first.places) == (60, 1.0, {0: 29, 1: 29})
    store(engine, [scored_row(partition=1, offset=30)])
    then = read(engine, first.places, 1_000, width)
    assert (len(then), then.places) == (1, {0: 29, 1: 30})
    assert len(read(engine, then.places, 1_000, width)) == 0


def test_much_traffic_is_thinned_evenly_and_each_row_stands_for_others(
    engine: Engine, scored_row: ScoredRow
) -> None:
    width = store(engine, [scored_row(offset=o, event_time=float(o)) for o in range(900)])
    for limit, step in ((450, 2), (100, 9)):
        found = read(engine, {}, limit, width)
        assert np.array_equal(np.sort(found.event_time), np.arange(0.0, 900.0, step))
        assert found.weight == step


def test_rows_of_another_configuration_are_left_out(engine: Engine, scored_row: ScoredRow) -> None:
    width = store(engine, [scored_row(offset=o) for o in range(3)])
    found = read(engine, {}, 10, width + 1)
    assert (len(found), found.places) == (0, {0: 2})
