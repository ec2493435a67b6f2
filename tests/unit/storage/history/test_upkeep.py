"""Small files are joined, old days go, and files that nothing names are deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.dataset as pads
import pytest
from pyiceberg.table import Table

from storage.history import HistoryPlace, HistoryReader, HistoryStore, Upkeep
from storage.history import upkeep as upkeep_module
from tests.history_rows import BEGIN, KINDS, history_rows

DAY_S = 86_400.0


@pytest.fixture
def store(tmp_path: Path) -> HistoryStore:
    """Two days of payments in 12 appends of 4."""
    store = HistoryStore.open(HistoryPlace(str(tmp_path / "history")), KINDS)
    for first in range(0, 48, 4):
        store.append(history_rows(0, range(first, first + 4)))
    return store


def rows_of(store: HistoryStore) -> list[dict[str, Any]]:
    store.table.refresh()
    reader = HistoryReader(store.table)
    rows = [row for batch in reader.batches(reader.names) for row in batch.to_pylist()]
    return sorted(rows, key=lambda row: int(row["source_offset"]))


def data_files(store: HistoryStore) -> int:
    folder = store.table.location().removeprefix("file://")
    return len(list(Path(folder).rglob("*.parquet")))


def test_small_files_of_a_day_become_one_and_the_rows_stay(store: HistoryStore) -> None:
    before = rows_of(store)
    done = Upkeep(store).compact()
    assert (done.before, done.after, done.rows) == (12, 2, 48)
    assert len(HistoryReader(store.table).files()) == 2
    assert rows_of(store) == before
    assert Upkeep(store).compact().before == 0


def test_files_are_joined_up_to_a_number_of_rows(
    store: HistoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep_module, "MOST_ROWS", 16)
    assert Upkeep(store).compact().after == 2  # 16 of the 24 rows of each day; the other 2 files stay
    assert len(HistoryReader(store.table).files()) == 6


def test_rows_that_arrive_during_a_compaction_stay(
    store: HistoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, commit = HistoryStore.open(HistoryPlace(_folder(store)), KINDS), Table._do_commit

    def other_first(table: Table, *args: Any, **named: Any) -> None:
        monkeypatch.setattr(Table, "_do_commit", commit)
        other.append(history_rows(0, range(48, 50)))
        commit(table, *args, **named)

    monkeypatch.setattr(Table, "_do_commit", other_first)
    assert Upkeep(store).compact().rows == 48
    assert [row["source_offset"] for row in rows_of(store)] == list(range(50))
    assert store.append(history_rows(0, range(48, 50))).stored == 0


def test_rows_of_an_entity_are_erased_and_no_file_that_is_left_names_it(store: HistoryStore) -> None:
    kept = [row for row in rows_of(store) if row["entity_card"] != "card-3"]
    assert len(HistoryReader(store.table).rows_of_entity("card", "card-3")) == 48 - len(kept) == 7
    assert Upkeep(store).erase("card", "card-3") == 7
    assert rows_of(store) == kept
    Upkeep(store).sweep(older_than_s=-1.0)
    folder = Path(_folder(store))
    assert [str(file) for file in folder.rglob("*.parquet") if "card-3" in _cards(file)] == []
    assert store.append(history_rows(0, range(44, 50))).stored == 2


def test_an_entity_that_another_recorder_writes_meanwhile_is_erased_too(
    store: HistoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, commit = HistoryStore.open(HistoryPlace(_folder(store)), KINDS), Table._do_commit

    def other_first(table: Table, *args: Any, **named: Any) -> None:
        monkeypatch.setattr(Table, "_do_commit", commit)
        other.append(history_rows(0, range(48, 55)))
        commit(table, *args, **named)

    monkeypatch.setattr(Table, "_do_commit", other_first)
    Upkeep(store).erase("card", "card-3")
    assert [row["source_offset"] for row in rows_of(store)] == [one for one in range(55) if one % 7 != 3]


def test_of_a_kind_without_a_column_nothing_is_erased(store: HistoryStore) -> None:
    assert Upkeep(store).erase("device", "card-3") == 0
    assert len(rows_of(store)) == 48


def _cards(file: Path) -> set[str]:
    return set(pads.dataset(file).to_table(columns=["entity_card"])["entity_card"].to_pylist())


def test_of_two_compactions_at_once_one_gives_up(
    store: HistoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, commit = HistoryStore.open(HistoryPlace(_folder(store))), Table._do_commit

    def other_first(table: Table, *args: Any, **named: Any) -> None:
        monkeypatch.setattr(Table, "_do_commit", commit)
        assert Upkeep(other).compact().before == 12
        commit(table, *args, **named)

    monkeypatch.setattr(Table, "_do_commit", other_first)
    assert Upkeep(store).compact().before == 0
    assert [row["source_offset"] for row in rows_of(store)] == list(range(48))


def test_whole_days_are_dropped_and_what_was_stored_does_not_come_again(store: HistoryStore) -> None:
    assert Upkeep(store).drop_before(BEGIN + DAY_S + 5 * 3600.0) == 24
    assert [row["source_offset"] for row in rows_of(store)] == list(range(24, 48))
    assert store.append(history_rows(0, range(48))).stored == 0


def test_files_of_dropped_days_are_deleted_once_no_snapshot_names_them(store: HistoryStore) -> None:
    upkeep = Upkeep(store)
    upkeep.drop_before(BEGIN + DAY_S)
    assert upkeep.sweep(older_than_s=0) == 0, "earlier snapshots still name the files"
    assert upkeep.expire_snapshots(older_than_s=0) == 12
    assert upkeep.sweep() == 0, "files younger than the grace time may belong to a commit in progress"
    assert upkeep.sweep(older_than_s=0) > 6
    assert data_files(store) == 6
    assert [row["source_offset"] for row in rows_of(store)] == list(range(24, 48))


def _folder(store: HistoryStore) -> str:
    return store.table.location().removeprefix("file://").removesuffix("/flagfive/scored")
