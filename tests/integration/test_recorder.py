"""The recorder writes each record once from a real broker to a real database, also after an outage."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from sqlalchemy import Engine, func, select, text

from control.announce import Announcer
from control.keys import ControlKey
from control.restoring import Restored, Sealed, TopicNotEmpty, write_entries
from features.vector import FeatureLayout
from flagfive.cluster import administrator
from recorder import writing
from recorder.recorder import Recorder, Topics
from settings import Settings
from storage import StorageUnavailable, UnitOfWork, migrate, open_engine
from storage.scored_transactions import ScoredTransaction
from stream.wiring import transaction_schema
from tests.scored_messages import scored_message
from tests.small_models import base_change, network_change, small_base, small_network
from tests.waiting import until

SECRET = "a secret of enough length"
ALERT = (
    b'{"transaction_id":"tx-0-1","partition":0,"offset":1,"event_time":1.0,"amount":5.0,"currency":"EUR",'
    b'"entities":{"card":"c"},"surprise":3.5,"tail":0.0003,"decision":"review","scorer":"base",'
    b'"control_offset":4,"reasons":[{"feature":"log_amount","value":1.5,"push":0.5}]}'
)


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


def a_recorder(settings: Settings, engine: Engine) -> Recorder:
    names = settings.topics
    topics = Topics(names.scored, names.alerts, names.shadow_alerts, names.control, names.dead_letters)
    group = settings.stream.group + "-recorder"
    source = settings.topics.transactions
    return Recorder(settings.broker, group, topics, engine, ControlKey.single(SECRET), source=source)


@contextmanager
def recording(settings: Settings, engine: Engine) -> Iterator[Recorder]:
    recorder = a_recorder(settings, engine)
    thread = threading.Thread(target=recorder.run)
    thread.start()
    try:
        yield recorder
    finally:
        recorder.stop()
        thread.join(10)
        assert not thread.is_alive()


def rows(engine: Engine) -> int:
    with UnitOfWork(engine, reads_only=True) as unit:
        return unit.session.scalar(select(func.count()).select_from(ScoredTransaction)) or 0


def committed(settings: Settings) -> dict[int, int | None]:
    """Return the offsets of `scored` that the recorder has committed."""
    consumer = KafkaConsumer(
        bootstrap_servers=settings.broker.bootstrap, group_id=settings.stream.group + "-recorder"
    )
    offsets = {p: consumer.committed(TopicPartition(settings.topics.scored, p)) for p in range(2)}
    consumer.close()
    return offsets


def width(settings: Settings) -> int:
    """Return the number of features under these settings."""
    return len(FeatureLayout(transaction_schema(settings)))


def send(producer: KafkaProducer, settings: Settings, messages: int, each: int = 50) -> None:
    features = np.zeros((each, width(settings)), np.float32)
    for number in range(messages):
        offsets = range(number * each, (number + 1) * each)
        for partition in range(2):
            message = scored_message(partition, offsets, features=features)
            producer.send(settings.topics.scored, message, partition=partition)
    producer.flush()


def has_rows(engine: Engine, count: int) -> Callable[[], bool]:
    return lambda: rows(engine) == count


def at_least(engine: Engine, count: int) -> bool:
    return rows(engine) >= count


def test_what_is_scored_is_stored_and_offsets_follow(
    stream_settings: Settings, engine: Engine, producer: KafkaProducer
) -> None:
    send(producer, stream_settings, messages=10)
    with recording(stream_settings, engine):
        until(has_rows(engine, 1_000), what="1,000 rows")
        until(lambda: committed(stream_settings) == {0: 10, 1: 10}, what="committed offsets")
    with UnitOfWork(engine, reads_only=True) as unit:
        row = unit.transactions.by_ids(["tx-1-77"])["tx-1-77"]
    assert (row.source_partition, row.source_offset, row.currency) == (1, 77, "EUR")
    assert row.entities == {"card": "card-1-77", "merchant": "shop"}
    assert row.features == np.zeros(width(stream_settings), "<f4").tobytes()


def test_a_topic_read_twice_changes_nothing(
    stream_settings: Settings, engine: Engine, producer: KafkaProducer
) -> None:
    send(producer, stream_settings, messages=4)
    with recording(stream_settings, engine):
        until(has_rows(engine, 400), what="400 rows")
    again = stream_settings.model_copy(
        update={
            "stream": stream_settings.stream.model_copy(
                update={"group": "again" + stream_settings.stream.group}
            )
        }
    )
    with recording(again, engine):
        until(lambda: committed(again) == {0: 4, 1: 4}, what="the second reading")
    assert rows(engine) == 400


def test_alerts_and_control_entries_are_stored(
    stream_settings: Settings, engine: Engine, producer: KafkaProducer
) -> None:
    announcer = Announcer(stream_settings.broker, stream_settings.topics.control, ControlKey.single(SECRET))
    announced = announcer.announce(network_change(small_network()))
    announcer.close()
    producer.send(stream_settings.topics.alerts, ALERT)
    producer.send(stream_settings.topics.alerts, ALERT)

    def stored() -> bool:
        with UnitOfWork(engine, reads_only=True) as unit:
            entries = unit.control.up_to(announced.offset)
            alerts = unit.alerts.newest(10)
        return len(entries) == 1 and [a.body["reasons"][0]["feature"] for a in alerts] == ["log_amount"]

    with recording(stream_settings, engine):
        until(stored, what="one alert and one control entry")


def test_records_that_are_not_readable_are_left_out_and_the_rest_is_stored(
    stream_settings: Settings, engine: Engine, producer: KafkaProducer
) -> None:
    whole = scored_message(0, range(50))
    for value in (b"", b"noise", whole[:-300], None):
        producer.send(stream_settings.topics.scored, value, key=b"any", partition=0)
    producer.send(stream_settings.topics.alerts, b'{"transaction_id": 5}')
    producer.send(stream_settings.topics.control, b"noise", key=b"detector/x")
    send(producer, stream_settings, messages=1)
    with recording(stream_settings, engine):
        until(has_rows(engine, 100), what="the readable rows")
        until(lambda: committed(stream_settings) == {0: 5, 1: 1}, what="offsets past the unreadable")


def test_two_input_topics_of_one_name_after_each_other_are_both_stored(
    stream_settings: Settings, engine: Engine, producer: KafkaProducer
) -> None:
    """1. Record fifty transactions. 2. Create their topic again. 3. The next fifty have the same offsets."""
    scored, source = stream_settings.topics.scored, stream_settings.topics.transactions
    producer.send(scored, scored_message(0, range(50)), partition=0)
    with recording(stream_settings, engine):
        until(has_rows(engine, 50), what="rows of the first topic")
    recreate(stream_settings, source, partitions=2)
    later = scored_message(0, range(50), ids=[b"later-%d" % number for number in range(50)])
    producer.send(scored, later, partition=0)
    with recording(stream_settings, engine):
        until(has_rows(engine, 100), what="rows of both topics")
    with UnitOfWork(engine, reads_only=True) as unit:
        assert unit.transactions.by_ids(["tx-0-7"])["tx-0-7"].source_partition == 0
        assert unit.transactions.by_ids(["later-7"])["later-7"].source_partition == 1_000_000


def test_a_lost_control_log_is_restored_from_the_database(stream_settings: Settings, engine: Engine) -> None:
    """1. Record two entries. 2. Lose the topic. 3. Restore it. 4. It is in force and stored again."""
    topic, key = stream_settings.topics.control, ControlKey.single(SECRET)
    announcer = Announcer(stream_settings.broker, topic, key)
    announcer.announce(network_change(small_network()))
    announcer.announce(base_change(small_base()))
    announcer.close()
    with recording(stream_settings, engine):
        until(lambda: entries(engine) == 2, what="both entries")
    recreate(stream_settings, topic, partitions=1)
    with UnitOfWork(engine, reads_only=True) as unit:
        stored = [
            Sealed(f"{e.kind}/{e.entry_id}".encode(), e.value, e.control_offset)
            for e in unit.control.last_of_each_key()
        ]
    assert write_entries(stream_settings.broker, topic, key, stored) == Restored(2, 0)
    with pytest.raises(TopicNotEmpty, match="an empty one is needed"):
        write_entries(stream_settings.broker, topic, key, stored)
    reader = Announcer(stream_settings.broker, topic, key)
    assert reader.refresh().stack is not None
    reader.close()
    with recording(stream_settings, engine):
        until(lambda: entries(engine) == 4, what="the entries of both topics")


def entries(engine: Engine) -> int:
    with UnitOfWork(engine, reads_only=True) as unit:
        return unit.control.count()


def recreate(settings: Settings, topic: str, partitions: int) -> None:
    """Delete a topic and create another one of the same name."""
    with administrator(settings.broker) as admin:
        if topic in admin.list_topics():
            admin.delete_topics([topic])
            until(lambda: topic not in admin.list_topics(), what="the end of the topic")
        admin.create_topics({topic: {"num_partitions": partitions, "replication_factor": 1}})
        until(lambda: topic in admin.list_topics(), what="the new topic")


def test_a_card_number_in_an_id_is_masked(
    stream_settings: Settings, engine: Engine, producer: KafkaProducer
) -> None:
    message = scored_message(0, [0], ids=[b"4111111111111111"], cards=[b"5555555555554444"])
    producer.send(stream_settings.topics.scored, message, partition=0)
    with recording(stream_settings, engine):
        until(has_rows(engine, 1), what="the row")
    with engine.connect() as connection:
        stored = str(connection.execute(text("SELECT * FROM scored_transactions")).one())
    assert "4111111111111111" not in stored
    assert "555555******4444" in stored


def test_a_database_that_goes_away_is_waited_for_and_nothing_is_lost(
    stream_settings: Settings,
    engine: Engine,
    producer: KafkaProducer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first writes fail, as during a server restart. Offsets must not be committed before the writes."""
    tries: list[dict[int, int | None]] = []
    write = writing.write

    def write_after_three_failures(target: Engine, batch: writing.RowsByTable) -> None:
        if len(tries) < 3:
            tries.append(committed(stream_settings))
            raise StorageUnavailable("sqlite", "locked by a test")
        write(target, batch)

    monkeypatch.setattr(writing, "write", write_after_three_failures)
    send(producer, stream_settings, messages=3)
    with recording(stream_settings, engine):
        until(has_rows(engine, 300), what="all rows after the failures")
    assert tries == [{0: None, 1: None}] * 3


def test_killed_at_any_moment_it_loses_and_doubles_nothing(
    stream_settings: Settings, engine: Engine, producer: KafkaProducer, tmp_path: Path
) -> None:
    """1. Rows arrive. 2. The process is killed twice. 3. A last process leaves every row exactly once."""
    send(producer, stream_settings, messages=60, each=200)
    for kill_at in (1, 8_000):
        with recorder_process(stream_settings, tmp_path):
            until(partial(at_least, engine, kill_at), what=f"{kill_at} rows")
    with recording(stream_settings, engine):
        until(has_rows(engine, 24_000), what="every row once", within_s=90)


def test_sigterm_ends_the_process_with_success(
    stream_settings: Settings, engine: Engine, producer: KafkaProducer, tmp_path: Path
) -> None:
    send(producer, stream_settings, messages=1)
    with recorder_process(stream_settings, tmp_path) as process:
        until(has_rows(engine, 100), what="the first rows")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


@contextmanager
def recorder_process(settings: Settings, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start the recorder as a separate process with the users' command; kill it at the end."""
    config = tmp_path / "flagfive.toml"
    config.write_text(
        f'var = "{tmp_path}"\n'
        f'[broker]\nbootstrap = "{settings.broker.bootstrap}"\n'
        f'[topics]\nscored = "{settings.topics.scored}"\nalerts = "{settings.topics.alerts}"\n'
        f'control = "{settings.topics.control}"\npartitions = 2\n'
        f'[stream]\ngroup = "{settings.stream.group}"\n'
        f'[storage]\nurl = "{settings.storage.url}"\n'
        "[metrics]\nrecorder_port = 0\n"
    )
    command = [sys.executable, "-m", "flagfive", "--config", str(config), "recorder"]
    process = subprocess.Popen(command, env={**os.environ, "FLAGFIVE_CONTROL_KEY": SECRET})
    try:
        yield process
    finally:
        process.kill()
        process.wait()
