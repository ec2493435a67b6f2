"""The history store returns the rows of a range of times, with the columns that are asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import compute as pc

from storage.history import HistoryPlace, HistoryReader, HistoryStore
from storage.history.columns import features_of
from storage.history.place import UnusableHistory
from storage.history.store import NoHistory
from tests.history_rows import BEGIN, KINDS, history_rows

DAY_S = 86_400.0


@pytest.fixture
def store(tmp_path: Path) -> HistoryStore:
    """100 hours of payments, in two appends: five days."""
    store = HistoryStore.open(HistoryPlace(str(tmp_path / "history")), KINDS)
    store.append(history_rows(0, range(60)))
    store.append(history_rows(0, range(60, 100)))
    return store


def test_a_range_of_times_reads_the_files_of_its_days_only(store: HistoryStore) -> None:
    reader = HistoryReader(store.table)
    since, until = BEGIN + 30 * 3600.0, BEGIN + 50 * 3600.0
    offsets = [
        one
        for batch in reader.batches(["source_offset"], since=since, until=until)
        for one in batch["source_offset"].to_pylist()
    ]
    assert sorted(offsets) == list(range(30, 50))
    first = int(BEGIN // DAY_S)
    assert {one.day for one in reader.files(since, until)} == {first + 1, first + 2}
    assert [one.day for one in reader.files()] == sorted((one.day for one in reader.files()), reverse=True)


def test_features_come_back_bit_for_bit(store: HistoryStore) -> None:
    reader = HistoryReader(store.table)
    for batch in reader.batches(["source_offset", "features"], where=pc.field("source_offset") >= 20):
        offset = batch["source_offset"].to_numpy()
        expected = (offset[:, None] + np.arange(3)).astype(np.float32)
        assert features_of(batch["features"], 3).tobytes() == expected.tobytes()


def test_features_of_a_slice_begin_with_its_first_row() -> None:
    column = history_rows(0, range(10))["features"].chunk(0)
    assert features_of(column.slice(4, 2), 3).tolist() == [[4, 5, 6], [5, 6, 7]]
    large = column.cast(pa.large_binary()).slice(9)
    assert features_of(large, 3).tolist() == [[9, 10, 11]]


def test_counts_and_the_newest_time_need_no_rows_or_one_day(store: HistoryStore) -> None:
    reader = HistoryReader(store.table)
    assert (reader.count(), reader.newest_event_time()) == (100, BEGIN + 99 * 3600.0)


def test_an_empty_store_has_no_rows_and_no_newest_time(tmp_path: Path) -> None:
    reader = HistoryReader(HistoryStore.open(HistoryPlace(str(tmp_path)), KINDS).table)
    assert (reader.count(), reader.newest_event_time(), list(reader.batches(["amount"]))) == (0, None, [])


def test_rows_from_before_an_entity_was_added_have_no_key_of_it(tmp_path: Path) -> None:
    place = HistoryPlace(str(tmp_path))
    HistoryStore.open(place, KINDS).append(history_rows(0, range(2)))
    store = HistoryStore.open(place, (*KINDS, "device"))
    later = history_rows(0, range(2, 3)).append_column("entity_device", pa.array(["phone"]))
    store.append(later)
    found = [one for batch in HistoryReader(store.table).batches(["entity_device"]) for one in batch[0]]
    assert sorted(str(one) for one in found) == ["None", "None", "phone"]


def test_a_store_that_was_never_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoHistory, match=r"file://.*holds no table flagfive\.scored"):
        HistoryStore.open(HistoryPlace(str(tmp_path)))


def test_a_remote_location_needs_a_catalogue() -> None:
    with pytest.raises(UnusableHistory, match=r"history\.catalog"):
        HistoryStore.open(HistoryPlace("s3://bucket/history"))
