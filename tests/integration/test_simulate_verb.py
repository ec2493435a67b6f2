"""`flagfive simulate` as a user runs it: the records in the topic, and the ground truth in a file."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest
from kafka import KafkaConsumer, TopicPartition

from settings import Settings
from stream.wiring import transaction_schema
from tests.waiting import until


def start(settings: Settings, *arguments: str) -> subprocess.Popen[str]:
    """Start the verb on the topics of the set-up, which are set in the environment."""
    topics = {f"FLAGFIVE_TOPICS__{name}".upper(): str(value) for name, value in settings.topics}
    environment = {**os.environ, **topics, "FLAGFIVE_BROKER": settings.broker.bootstrap}
    command = [sys.executable, "-m", "flagfive", "simulate", "--cards", "500", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)


def simulate(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the verb to its end."""
    running = start(settings, *arguments)
    stdout, stderr = running.communicate(timeout=120)
    return subprocess.CompletedProcess(running.args, running.returncode, stdout, stderr)


def messages(settings: Settings) -> list[dict[str, object]]:
    """Return all records of the `transactions` topic."""
    consumer = KafkaConsumer(bootstrap_servers=settings.broker.bootstrap, auto_offset_reset="earliest")
    try:
        parts = [TopicPartition(settings.topics.transactions, n) for n in range(settings.topics.partitions)]
        consumer.assign(parts)
        ends = consumer.end_offsets(parts)
        values: list[bytes] = []
        while any(consumer.position(part) < end for part, end in ends.items()):
            values += [record.value for got in consumer.poll(500).values() for record in got]
        return [msgspec.json.decode(value) for value in values]
    finally:
        consumer.close()


def test_history_and_live_payments_arrive_and_the_truth_knows_each(
    stream_settings: Settings, tmp_path: Path
) -> None:
    truth = tmp_path / "truth.parquet"
    live = ("--live", "--rate", "2000", "--seconds", "2", "--pattern", "split_purchases", "--share", "0.1")
    run = simulate(stream_settings, "--days", "3", *live, "--truth", str(truth))
    assert run.returncode == 0, run.stderr
    told = pq.read_table(truth).to_pydict()
    arrived = messages(stream_settings)
    assert f"{len(arrived):,} payments sent; {truth} says which are fraud" in run.stdout.replace("\n", "")
    assert sorted(str(message["transaction_id"]) for message in arrived) == sorted(told["transaction_id"])
    assert set(arrived[0]) == {name for _, name in transaction_schema(stream_settings).fields()}
    assert "split_purchases" in told["family"]


def test_ctrl_c_leaves_a_truth_file_that_knows_all_that_was_sent(
    stream_settings: Settings, tmp_path: Path
) -> None:
    truth = tmp_path / "truth.parquet"
    running = start(stream_settings, "--days", "1", "--live", "--rate", "500", "--truth", str(truth))
    try:
        until(lambda: len(messages(stream_settings)) > 1_500, what="live payments")
        running.send_signal(signal.SIGINT)
        _, stderr = running.communicate(timeout=20)
    finally:
        running.kill()
    assert running.returncode == 130, stderr
    known = set(pq.read_table(truth).column("transaction_id").to_pylist())
    assert {message["transaction_id"] for message in messages(stream_settings)} <= known


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--pattern", "night_fuel"), "needs --live"),
        (("--live", "--pattern", "ring"), "card_testing"),
        (("--days", "-1"), "--days"),
    ],
)
def test_invalid_options_are_refused_with_the_allowed_values(
    stream_settings: Settings, arguments: tuple[str, ...], told: str
) -> None:
    run = simulate(stream_settings, *arguments)
    assert run.returncode in (1, 2)
    assert told in run.stderr
    assert messages(stream_settings) == []
