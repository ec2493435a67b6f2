"""Every row is in the history store once, also after crashes, repeats and races."""

from __future__ import annotations

import multiprocessing
import signal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyiceberg.table import Table

from storage import StorageUnavailable
from storage.history import HistoryPlace, HistoryReader, HistoryStore, Upkeep
from storage.history.marks import PROPERTY, Marks
from tests.history_rows import KINDS, append_until_killed, history_rows

ROWS, PER_APPEND = 300, 20


def stored_ids(store: HistoryStore) -> list[str]:
    store.table.refresh()
    batches = HistoryReader(store.table).batches(["transaction_id"])
    return sorted(one for batch in batches for one in batch["transaction_id"].to_pylist())


@pytest.fixture
def place(tmp_path: Path) -> HistoryPlace:
    return HistoryPlace(str(tmp_path / "history"))


def test_ten_kills_before_and_after_the_commit_lose_and_repeat_nothing(tmp_path: Path) -> None:
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.history_rows"])
    ends = []
    for number in range(11):
        where = ("before", "after")[number % 2] if number < 10 else "never"
        words = (tmp_path, ROWS, PER_APPEND, number % 3, where)
        one = processes.Process(target=append_until_killed, args=words)
        one.start()
        one.join()
        ends.append(one.exitcode)
    assert ends == [-signal.SIGKILL] * 10 + [0]
    store = HistoryStore.open(HistoryPlace(str(tmp_path / "history")))
    assert stored_ids(store) == sorted(f"tx-0-{one}" for one in range(ROWS))
    assert Upkeep(store).sweep(older_than_s=0) >= 5, "killed before the commit, a process leaves its files"
    assert len(stored_ids(store)) == ROWS


def test_an_append_again_stores_nothing(place: HistoryPlace) -> None:
    store = HistoryStore.open(place, KINDS)
    first = store.append(history_rows(0, range(10)))
    again = HistoryStore.open(place, KINDS).append(history_rows(0, range(5, 12)))
    assert (first.stored, first.repeated, again.stored, again.repeated) == (10, 0, 2, 5)


@pytest.mark.parametrize("at", [0, 1])
def test_of_two_writers_that_append_at_once_one_begins_again(
    place: HistoryPlace, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Both have the same rows, as after a rebalance that one of them has not noticed."""
    store, other = HistoryStore.open(place, KINDS), HistoryStore.open(place, KINDS)
    if at:
        store.append(history_rows(1, range(3)))
    commit = Table._do_commit

    def other_first(table: Table, *args: Any, **named: Any) -> None:
        monkeypatch.setattr(Table, "_do_commit", commit)
        assert other.append(history_rows(0, range(10))).stored == 10
        commit(table, *args, **named)

    monkeypatch.setattr(Table, "_do_commit", other_first)
    done = store.append(history_rows(0, range(14)))
    assert (done.stored, done.repeated) == (4, 10)
    assert len(stored_ids(store)) == 14 + 3 * at


def test_a_store_that_is_away_is_named_and_a_later_append_stores_the_rows(
    place: HistoryPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = HistoryStore.open(place, KINDS)

    def away(*_: Any, **__: Any) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Table, "_do_commit", away)
        with pytest.raises(StorageUnavailable, match="no space left"):
            store.append(history_rows(0, range(10)))
    assert store.append(history_rows(0, range(10))).stored == 10
    assert len(stored_ids(store)) == 10


def test_without_marks_in_any_snapshot_they_come_from_the_rows(place: HistoryPlace) -> None:
    store = HistoryStore.open(place, KINDS)
    store.append(history_rows(0, range(10)))
    store.append(history_rows(3, range(4)))
    rows = HistoryReader(store.table)
    everything = list(rows.batches(rows.names))
    store.table.overwrite(pa.Table.from_batches(everything))  # as another program's compaction does
    Upkeep(store).expire_snapshots(0)
    newest = store.table.current_snapshot()
    assert newest is not None
    assert newest.summary is not None
    assert newest.summary[PROPERTY] is None
    assert store.append(history_rows(3, range(6))).stored == 2
    assert store.append(history_rows(0, range(10))).stored == 0


def test_compaction_carries_the_marks(place: HistoryPlace) -> None:
    store = HistoryStore.open(place, KINDS)
    for first in range(0, 20, 2):
        store.append(history_rows(0, range(first, first + 2)))
    assert Upkeep(store).compact().rows > 0
    assert Marks.of_table(store.table) == Marks({0: 19})


steps = st.lists(
    st.tuples(st.sampled_from(["append", "lost", "unknown", "reopen"]), st.integers(0, 1), st.integers(1, 9)),
    min_size=1,
    max_size=8,
)


@settings(max_examples=10, deadline=None)
@given(steps=steps)
def test_any_order_of_appends_and_failures_stores_each_row_once(
    steps: list[tuple[str, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A consumer reads again what it is not sure of; the end of each partition is appended at last."""
    place = HistoryPlace(str(tmp_path_factory.mktemp("store")))
    store, at, top = HistoryStore.open(place, KINDS), [0, 0], [0, 0]
    commit = Table._do_commit
    for kind, partition, count in steps:
        if kind == "reopen":
            store = HistoryStore.open(place, KINDS)
            continue
        end = at[partition] + count
        top[partition] = max(top[partition], end)
        with pytest.MonkeyPatch.context() as patched:
            if kind != "append":
                patched.setattr(Table, "_do_commit", failing(commit, after=kind == "unknown"))
            try:
                store.append(history_rows(partition, range(at[partition], end)))
            except StorageUnavailable:
                continue
        at[partition] = end
    for partition in (0, 1):
        if top[partition]:
            store.append(history_rows(partition, range(at[partition], top[partition])))
    wanted = [f"tx-{partition}-{one}" for partition in (0, 1) for one in range(top[partition])]
    assert stored_ids(store) == sorted(wanted)


def failing(commit: Any, *, after: bool) -> Any:
    """Return a commit whose answer is lost, before or after it took effect."""

    def commit_and_fail(table: Table, *args: Any, **named: Any) -> None:
        if after:
            commit(table, *args, **named)
        raise OSError("connection reset")

    return commit_and_fail
