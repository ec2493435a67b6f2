"""The console's benchmark fills a database of the present tables."""

from __future__ import annotations

from pathlib import Path

from benchmarks.console.stored import fill
from storage import UnitOfWork, migrate, open_engine


def test_the_rows_of_the_benchmark_fit_the_tables(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'filled.sqlite'}")
    migrate.upgrade(engine)
    fill(engine, 40)
    with UnitOfWork(engine, reads_only=True) as unit:
        assert unit.transactions.count_since(0.0) == 40
        assert len(unit.alerts.newest(100)) == 40
    engine.dispose()
