"""The recorder writes each transaction once from a real broker to the history store."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from sqlalchemy import Engine

from contracts.scored_batch import scored_schema
from contracts.stage_batch import BatchFormat
from recorder.generations import TopicNames
from recorder.history import HistoryRecorder
from settings import Settings
from storage import StorageUnavailable, migrate, open_engine
from storage.history import HistoryPlace, HistoryReader, HistoryStore
from storage.history.store import Appended, NoHistory
from tests.history_rows import KINDS, history_rows
from tests.integration.test_recorder import SECRET, width
from tests.scored_messages import ENTITIES, scored_message
from tests.stream_run import environment_of
from tests.waiting import until


@pytest.fixture
def engine(stream_settings: Settings) -> Iterator[Engine]:
    engine = open_engine(stream_settings.storage.url)
    migrate.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def producer(stream_settings: Settings) -> Iterator[KafkaProducer]:
    producer = KafkaProducer(bootstrap_servers=stream_settings.broker.bootstrap, max_request_size=2**24)
    yield producer
    producer.close()


def place(tmp_path: Path) -> HistoryPlace:
    return HistoryPlace(str(tmp_path / "history"))


@contextmanager
def recording(settings: Settings, engine: Engine, tmp_path: Path) -> Iterator[None]:
    names = TopicNames(settings.topics.transactions, settings.topics.control)
    recorder = HistoryRecorder(
        settings.broker,
        settings.stream.group + "-history",
        settings.topics.scored,
        names,
        engine,
        BatchFormat(scored_schema(ENTITIES, width(settings))),
        lambda: HistoryStore.open(place(tmp_path), ENTITIES),
        commit_s=0.2,
    )
    thread = threading.Thread(target=recorder.run)
    thread.start()
    try:
        yield
    finally:
        recorder.stop()
        thread.join(30)
        assert not thread.is_alive()


def send(producer: KafkaProducer, settings: Settings, first: int, rows: int, each: int = 50) -> None:
    features = np.ones((each, width(settings)), np.float32)
    for begin in range(first, first + rows, each):
        for partition in range(2):
            message = scored_message(partition, range(begin, begin + each), features=features)
            producer.send(settings.topics.scored, message, partition=partition)
    producer.flush()


def ids(tmp_path: Path) -> Counter[str]:
    """Return how often each transaction is stored."""
    try:
        store = HistoryStore.open(place(tmp_path))
    except (NoHistory, StorageUnavailable):
        return Counter()
    batches = HistoryReader(store.table).batches(["transaction_id"])
    return Counter(one for batch in batches for one in batch["transaction_id"].to_pylist())


def has(tmp_path: Path, rows: int) -> Callable[[], bool]:
    return lambda: ids(tmp_path).total() == rows


def at_least(tmp_path: Path, rows: int) -> bool:
    return ids(tmp_path).total() >= rows


def committed(settings: Settings) -> dict[int, int | None]:
    consumer = KafkaConsumer(
        bootstrap_servers=settings.broker.bootstrap, group_id=settings.stream.group + "-history"
    )
    offsets = {p: consumer.committed(TopicPartition(settings.topics.scored, p)) for p in range(2)}
    consumer.close()
    return offsets


def test_what_is_scored_is_stored_once_and_offsets_follow(
    stream_settings: Settings, engine: Engine, producer: KafkaProducer, tmp_path: Path
) -> None:
    """1. Record. 2. Send half of it again at new offsets, as a worker after a crash may. 3. Send more."""
    send(producer, stream_settings, 0, 500)
    with recording(stream_settings, engine, tmp_path):
        until(has(tmp_path, 1_000), what="1,000 rows")
        until(lambda: committed(stream_settings) == {0: 10, 1: 10}, what="committed offsets")
    send(producer, stream_settings, 250, 500)
    producer.send(stream_settings.topics.scored, b"noise", partition=0)
    with recording(stream_settings, engine, tmp_path):
        until(lambda: committed(stream_settings) == {0: 21, 1: 20}, what="committed offsets")
    assert ids(tmp_path) == Counter(f"tx-{p}-{one}" for p in range(2) for one in range(750))


def test_a_new_store_begins_with_the_first_record(
    stream_settings: Settings, engine: Engine, producer: KafkaProducer, tmp_path: Path
) -> None:
    send(producer, stream_settings, 0, 100)
    with recording(stream_settings, engine, tmp_path):
        until(lambda: committed(stream_settings) == {0: 2, 1: 2}, what="committed offsets")
    (tmp_path / "history").rename(tmp_path / "lost")
    with recording(stream_settings, engine, tmp_path):
        until(has(tmp_path, 200), what="all rows in the new store")


def test_a_store_that_is_away_is_waited_for(
    stream_settings: Settings,
    engine: Engine,
    producer: KafkaProducer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries: list[dict[int, int | None]] = []
    append = HistoryStore.append

    def append_after_two_failures(store: HistoryStore, rows: object) -> Appended:
        if len(tries) < 2:
            tries.append(committed(stream_settings))
            raise StorageUnavailable("history", "away by a test")
        return append(store, rows)

    monkeypatch.setattr(HistoryStore, "append", append_after_two_failures)
    send(producer, stream_settings, 0, 100)
    with recording(stream_settings, engine, tmp_path):
        until(has(tmp_path, 200), what="all rows after the failures")
    assert tries == [{0: None, 1: None}] * 2


def test_killed_at_any_moment_the_users_command_loses_and_doubles_nothing(
    stream_settings: Settings, engine: Engine, producer: KafkaProducer, tmp_path: Path
) -> None:
    send(producer, stream_settings, 0, 2_000)
    for kill_at in (1, 2_000):
        with recorder_process(stream_settings, tmp_path):
            until(partial(at_least, tmp_path, kill_at), what=f"{kill_at} rows")
        send(producer, stream_settings, 2_000 * (1 + (kill_at > 1)), 2_000)
    with recording(stream_settings, engine, tmp_path):
        until(has(tmp_path, 12_000), what="every row once")
    assert set(ids(tmp_path).values()) == {1}


@contextmanager
def recorder_process(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Start the recorder as a separate process with the users' command; kill it at the end."""
    config = tmp_path / "flagfive.toml"
    config.write_text(
        f'var = "{tmp_path}"\n'
        f'[broker]\nbootstrap = "{settings.broker.bootstrap}"\n'
        f'[topics]\nscored = "{settings.topics.scored}"\nalerts = "{settings.topics.alerts}"\n'
        f'control = "{settings.topics.control}"\npartitions = 2\n'
        f'[stream]\ngroup = "{settings.stream.group}"\n'
        f'[storage]\nurl = "{settings.storage.url}"\n'
        '[history]\nlocation = "history"\ncommit_s = 0.1\n'
        "[metrics]\nrecorder_port = 0\n"
    )
    command = [sys.executable, "-m", "flagfive", "--config", str(config), "recorder"]
    process = subprocess.Popen(command, env={**os.environ, "FLAGFIVE_CONTROL_KEY": SECRET})
    try:
        yield
    finally:
        process.kill()
        process.wait()


def test_an_erasure_reaches_the_history_store(
    stream_settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    store = HistoryStore.open(place(tmp_path), KINDS)
    store.append(history_rows(0, range(20)))
    environment = environment_of(stream_settings) | {
        "FLAGFIVE_HISTORY__LOCATION": str(tmp_path / "history"),
        "PYTHONPATH": str(Path.cwd()),
    }
    command = [sys.executable, "-m", "flagfive", "personal", "erase", "card", "card-3", "--yes"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "3 of history" in done.stdout
    store.table.refresh()
    assert HistoryReader(store.table).rows_of_entity("card", "card-3") == []
    assert HistoryReader(store.table).count() == 17
