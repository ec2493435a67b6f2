"""`flagfive personal export`: what the history store holds about an entity is part of the answer."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from flagfive.main import app
from storage import migrate, open_engine
from storage.history import HistoryPlace, HistoryStore
from tests.history_rows import KINDS, history_rows


def exported(config: Path, key: str) -> dict[str, list[dict[str, object]]]:
    result = CliRunner().invoke(app, ["--config", str(config), "personal", "export", "card", key])
    assert result.exit_code == 0, result.output
    found: dict[str, list[dict[str, object]]] = json.loads(result.output)
    return found


def with_database(folder: Path, text: str) -> Path:
    config = folder / "flagfive.toml"
    config.write_text(f'var = "var"\n{text}')
    engine = open_engine(f"sqlite:///{folder / 'var' / 'flagfive.sqlite'}")
    migrate.upgrade(engine)
    engine.dispose()
    return config


def test_rows_of_the_history_store_are_exported(tmp_path: Path) -> None:
    config = with_database(tmp_path, '[history]\nlocation = "past"\n')
    assert "history" not in exported(config, "card-3")  # nothing was stored yet
    store = HistoryStore.open(HistoryPlace(str(tmp_path / "var" / "past")), KINDS)
    store.append(history_rows(0, range(20)))
    rows = exported(config, "card-3")["history"]
    assert [row["transaction_id"] for row in rows] == ["tx-0-3", "tx-0-10", "tx-0-17"]
    assert exported(config, "card-99")["history"] == []


def test_without_a_history_store_the_database_is_exported(tmp_path: Path) -> None:
    assert "history" not in exported(with_database(tmp_path, ""), "card-3")
