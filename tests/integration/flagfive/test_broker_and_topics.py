"""`flagfive broker` and `flagfive topics` as a user runs them, on a real broker."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from flagfive.cluster import administrator, answers
from flagfive.jars import cache_folder
from flagfive.own_broker import free_port
from flagfive.topic_plan import TopicsDiffer, ensure_topics, planned_topics
from settings import BrokerSettings, Settings
from tests.waiting import until


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return settings of a separate broker: free port, data in `tmp_path`, jars from the existing cache."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLAGFIVE_")}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "FLAGFIVE_CACHE": str(cache_folder()),
        "FLAGFIVE_BROKER__BOOTSTRAP": f"127.0.0.1:{free_port()}",
        "FLAGFIVE_VAR": str(tmp_path),
    }


def flagfive(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "flagfive", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=200)


def java_processes(folder: Path) -> list[psutil.Process]:
    """Return running processes with `folder` in their command line: the broker that stores its data there."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if any(str(folder) in word for word in words):
            found.append(process)
    return found


def test_a_broker_starts_serves_topics_stops_and_keeps_its_data(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """1. Start. 2. Create topics. 3. A second start is refused. 4. Stop. 5. Restart. 6. All data is kept."""
    address = environment["FLAGFIVE_BROKER__BOOTSTRAP"]
    assert flagfive(environment, "broker", "status").returncode == 1
    try:
        started = flagfive(environment, "broker", "start")
        assert f"Kafka answers at {address}" in started.stdout, started.stderr
        assert "control" in flagfive(environment, "topics").stdout
        assert "already runs" in flagfive(environment, "broker").stderr
        assert "has stopped" in flagfive(environment, "broker", "stop").stdout
        assert java_processes(tmp_path) == []
        flagfive(environment, "broker", "start")
        assert flagfive(environment, "broker", "status").returncode == 0
        assert "missing" not in flagfive(environment, "topics", "--show").stdout
    finally:
        flagfive(environment, "broker", "stop")
    assert java_processes(tmp_path) == []


def test_java_dies_with_a_broker_command_that_is_killed(environment: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "flagfive", "broker"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as foreground:
        assert foreground.stdout is not None
        assert any("Kafka answers" in line for line in iter(foreground.stdout.readline, ""))
        java = java_processes(tmp_path)
        foreground.kill()
    assert len(java) == 1
    until(lambda: java_processes(tmp_path) == [], what="Java to end")


def test_topics_are_created_once_and_set_right_afterwards(stream_settings: Settings) -> None:
    plan = planned_topics(stream_settings)
    longer = stream_settings.topics.model_copy(update={"retention_hours": 500.0})
    changed = planned_topics(stream_settings.model_copy(update={"topics": longer}))
    with administrator(stream_settings.broker) as admin:
        assert set(ensure_topics(admin, plan).values()) == {"as planned"}
        assert "retention.ms=1800000000" in ensure_topics(admin, changed)[stream_settings.topics.scores]
        assert set(ensure_topics(admin, changed).values()) == {"as planned"}


def test_the_retention_of_a_topic_that_exists_is_never_shortened(stream_settings: Settings) -> None:
    """1. A bank's own topic keeps records for ever; 2. it stays so, and is named; 3. unless asked for."""
    plan, name = planned_topics(stream_settings), stream_settings.topics.transactions
    with administrator(stream_settings.broker) as admin:
        own = ConfigResource(ConfigResourceType.TOPIC, name, configs={"retention.ms": "-1"})
        admin.alter_configs([own])
        until(lambda: retention(admin, name) == "-1", what="the bank's retention")
        outcome = ensure_topics(admin, plan)
        assert outcome.pop(name) == "left: retention.ms=-1 (planned 604800000)"
        assert set(outcome.values()) == {"as planned"}
        assert retention(admin, name) == "-1"
        assert ensure_topics(admin, plan, [name])[name] == "set: retention.ms=604800000"
        until(lambda: retention(admin, name) == "604800000", what="the planned retention")


def test_two_copies_in_sync_are_not_asked_of_a_topic_with_one(stream_settings: Settings) -> None:
    three = stream_settings.topics.model_copy(update={"replication": 3})
    plan = planned_topics(stream_settings.model_copy(update={"topics": three}))
    with administrator(stream_settings.broker) as admin:
        outcome = ensure_topics(admin, plan)
    assert set(outcome.values()) == {"left: min.insync.replicas=1 (planned 2)"}


def retention(admin: KafkaAdminClient, name: str) -> str:
    resource = ConfigResource(ConfigResourceType.TOPIC, name)
    return str(admin.describe_configs([resource])["topic"][name]["retention.ms"]["value"])


def test_another_number_of_partitions_is_refused(stream_settings: Settings) -> None:
    more = stream_settings.topics.model_copy(update={"partitions": 7})
    plan = planned_topics(stream_settings.model_copy(update={"topics": more}))
    with (
        administrator(stream_settings.broker) as admin,
        pytest.raises(TopicsDiffer, match=r"topics\.partitions is 7, but .* has 2"),
    ):
        ensure_topics(admin, plan)


def test_a_record_of_ten_megabytes_passes_and_gets_the_time_of_its_arrival(stream_settings: Settings) -> None:
    topic, value = stream_settings.topics.transactions, b"x" * 10_000_000
    address = stream_settings.broker.bootstrap
    producer = KafkaProducer(bootstrap_servers=address, max_request_size=12_000_000)
    sent = producer.send(topic, value, partition=0, timestamp_ms=1).get(timeout=60)
    producer.close()
    consumer = KafkaConsumer(bootstrap_servers=address, auto_offset_reset="earliest")
    consumer.assign([TopicPartition(topic, 0)])
    record = next(consumer)
    consumer.close()
    assert record.offset == sent.offset
    assert record.value == value
    assert record.timestamp > 1


def test_a_port_where_nothing_listens_does_not_answer() -> None:
    assert not answers(BrokerSettings(bootstrap=f"127.0.0.1:{free_port()}"))
