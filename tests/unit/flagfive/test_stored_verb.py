"""`flagfive stored`: what the history store holds, and what its upkeep did."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from flagfive.errors import UserError
from flagfive.main import app
from storage import UnitOfWork, migrate, open_engine
from storage.history import HistoryPlace, HistoryStore
from storage.scored_transactions import COLUMNS
from tests.history_rows import BEGIN, KINDS, history_rows


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "flagfive.toml"
    file.write_text('var = "var"\n[history]\nlocation = "past"\ndays = 1\n')
    return file


def printed(config: Path, *words: str) -> str:
    result = CliRunner().invoke(app, ["--config", str(config), "stored", *words])
    if isinstance(result.exception, UserError):
        return str(result.exception)
    assert result.exit_code == 0, result.output
    return result.output


def filled(config: Path) -> None:
    store = HistoryStore.open(HistoryPlace(str(config.parent / "var" / "past")), KINDS)
    for first in range(0, 72, 6):
        store.append(history_rows(3, range(first, first + 6)))


def test_status_shows_rows_days_files_and_the_last_offsets(config: Path) -> None:
    filled(config)
    shown = printed(config, "status")
    assert "72 transactions" in shown
    assert "days 2023-11-15 to 2023-11-17, 12 files" in shown
    assert "partition 3: stored up to offset 71" in shown


def with_tables(config: Path) -> Engine:
    engine = open_engine(f"sqlite:///{config.parent / 'var' / 'flagfive.sqlite'}")
    migrate.upgrade(engine)
    return engine


def test_upkeep_trims_sql_joins_files_and_drops_whole_days_past_the_retention(config: Path) -> None:
    """72 hours are in both: SQL keeps the last 48 and what was held before, the history store two days."""
    filled(config)
    engine = with_tables(config)
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many(in_sql(offset, held=offset < 5) for offset in range(72))
        unit.commit()
    shown = printed(config, "upkeep")
    with UnitOfWork(engine, reads_only=True) as unit:
        kept = {row.source_offset for row in unit.transactions.evenly_spaced(72)}
    engine.dispose()
    assert "deleted from sql: 18" in shown
    assert kept == {*range(5), *range(23, 72)}
    assert "joined files: 12" in shown
    assert "dropped rows: 24" in shown
    assert "48 transactions" in printed(config, "status")


def in_sql(offset: int, *, held: bool) -> tuple[object, ...]:
    values = {
        "source_partition": 3, "source_offset": offset, "transaction_id": f"tx-3-{offset}",
        "event_time": BEGIN + offset * 3600.0, "arrival": 0.0, "amount": 1.0, "currency": "EUR",
        "category": 0, "entities": "{}", "features": b"", "surprise": 0.0, "tail": 1.0,
        "decision": int(held), "winner": 0, "winner_id": "base", "control_offset": 0, "scored_at": None,
        "links": None,
    }  # fmt: skip
    return tuple(values[name] for name in COLUMNS)


def test_without_a_location_or_a_table_it_says_what_is_missing(config: Path, tmp_path: Path) -> None:
    assert "holds no table flagfive.scored" in printed(config, "status")
    off = tmp_path / "off.toml"
    off.write_text("")
    assert "history.location is empty" in printed(off, "status")


def test_migrate_creates_the_store_even_if_nothing_is_to_be_copied(config: Path) -> None:
    with_tables(config).dispose()
    printed(config, "migrate")
    assert "0 transactions" in printed(config, "status")


def test_export_writes_the_days_that_are_asked_for(config: Path, tmp_path: Path) -> None:
    filled(config)
    whole, day = tmp_path / "whole.parquet", tmp_path / "day.parquet"
    assert "72 transactions" in printed(config, "export", str(whole))
    shown = printed(config, "export", str(day), "--since", "2023-11-16", "--until", "2023-11-17")
    assert "24 transactions" in shown
    times = pq.read_table(day)["event_time"].to_numpy()
    assert (times.min() // 86_400, times.max() // 86_400) == (19_677, 19_677)
    assert len(pq.read_table(whole)) == 72
    assert "no transactions of these days" in printed(config, "export", str(day), "--since", "2024-01-01")
    assert len(pq.read_table(day)) == 24  # the earlier file stays
